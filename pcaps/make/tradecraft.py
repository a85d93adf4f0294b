#!/usr/bin/env python3
"""tradecraft.py FOLDER: for each detection of tests/tradecraft/table.tsv a capture of what it is to find, and NAME-near of what only looks
like it. Composed of pieces/ (real programs, at other times and between other hosts of tests/tradecraft/site.yaml) and of telecom.py (bytes,
where no program here speaks). The same bytes each time. Frames of bulk transfers are headers alone, as a capture with a short snap length has.
"""
import os
import struct
import sys

from background import background_day, background_weeks
from compose import (DAY, HOUR, MINUTE, MONDAY, SEGMENT, WEEK, caller_port, cut, fatten, headers, mend, move, piece, random_of, spread, tagged)
from craft import NG_SETUP, NG_SETUP_ANSWER, avp, diameter
from packets import address, ethernet, icmp_echo, tcp, write
from telecom import (PFCP_BORN, PRIVATE_1, RECOVERY_1, RECOVERY_2, Association, Talk, ask, dns, erspan2, gtp1, gtp2, gtp2_element, m3ua, netflow9,
                     noise, ntp, packet, pfcp, pfcp_element, pfcp_node, pfcp_session, raw, segment, tacacs)

UNDECLARED = '192.0.2.99'
GNB, GNB19, GNB20, ORU, ODU = '192.0.2.17', '192.0.2.19', '192.0.2.20', '192.0.2.21', '192.0.2.22'
ROUTER, ROUTER2, SWITCH, SECGW = '192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.10'
AMF, UPF, SMF, MME, SGW, HSS, STP, DRA, PGW = ('192.0.2.%d' % n for n in range(65, 74))
RESOLVER, EDNS, CLOCK, EMS, NMS, BMC = '192.0.2.53', '192.0.2.54', '192.0.2.123', '192.0.2.100', '192.0.2.101', '192.0.2.150'
LOGS, ARCHIVE, COLLECTOR, AAA, JUMP, PROXY = ('192.0.2.%d' % n for n in range(110, 116))
LISTED, LAB, TAC, PARTNER = '198.51.100.7', '198.51.100.20', '203.0.113.9', '203.0.113.161'
CLOUD, OTHER, STRANGER = '203.0.113.220', '203.0.113.221', '192.0.2.200'
NOON = MONDAY + 12 * HOUR
TUESDAY_WINDOW = MONDAY + DAY + 20 * HOUR + 30 * MINUTE  # 22:30 in Warsaw, summer time: inside the supplier's window
NIGHT = 30 * MINUTE  # 02:30 in Warsaw


CAPTURES = {}  # by their names, in the order of this file


def capture(make):
    CAPTURES[make.__name__.replace('_', '-')] = make
    return make


def one(name, start, hosts=None, port=None, **more):
    """The piece NAME between other hosts; its caller's port becomes PORT."""
    recording = piece(name)
    ports = {caller_port(recording): port} if port else None
    return move(recording, start, hosts, ports, **more)


def call(start, port, src=GNB, dst=CLOUD):
    """A TLS conversation of a few kB."""
    return move(cut(piece('tls-call'), 7), start, {GNB: src, CLOUD: dst}, {caller_port(piece('tls-call')): port})


def upload(start, port, amount, seconds=60, src=GNB, dst=CLOUD):
    """A TLS conversation in which the caller sends AMOUNT bytes."""
    made = fatten(cut(piece('tls-upload'), 7), True, amount, seconds)
    return move(made, start, {GNB: src, CLOUD: dst}, {caller_port(piece('tls-upload')): port})


def backup(start, port, amount, seconds=60, src=ROUTER, dst=ARCHIVE):
    """An SFTP session in which the caller sends AMOUNT bytes."""
    made = fatten(cut(piece('sftp'), 10), True, amount, seconds)
    return move(made, start, {ROUTER: src, ARCHIVE: dst}, {caller_port(piece('sftp')): port})


def ssh(start, port, src=EMS, dst=ROUTER, service=None):
    recording = piece('ssh')
    ports = {caller_port(recording): port}
    if service:
        ports[22] = service
    return move(recording, start, {EMS: src, ROUTER: dst}, ports)


def own_ntp(start, port, src=GNB):
    return ask(start, src, CLOCK, port, 123, ntp(3, int(start)), ntp(4, int(start)))


def syslog(at, src=ROUTER, text='%LINK-3-UPDOWN: interface xe-0/0/1, changed state to up', port=514):
    return packet(at, src, LOGS, port, 514, b'<189>Oct  5 12:00:00 core ' + text.encode())


def echo2(at, src, dst, seq):
    """An echo of GTP-C version 2 that is answered."""
    return ask(at, src, dst, 2123, 2123, gtp2(1, seq), gtp2(2, seq))


# --- outside the contract, listed networks, tunnels

@capture
def role_egress():
    """A base station calls a host on the Internet by TLS, which its role does not."""
    yield from call(NOON, 42001)


@capture
def role_egress_near():
    """A base station calls element management by TLS, as its role says."""
    yield from call(NOON, 42001, dst=EMS)


@capture
def adversary_network():
    """A base station calls a listed network by TLS."""
    yield from call(NOON, 42002, dst=LISTED)


@capture
def adversary_network_near():
    """A base station calls a laboratory in leased address space of a listed network, by a written exception."""
    yield from call(NOON, 42002, src=GNB19, dst=LAB)


@capture
def tunnel_openvpn():
    """The router holds an OpenVPN tunnel to a host on the Internet."""
    yield from one('openvpn', NOON)


@capture
def tunnel_wireguard():
    """The router holds a WireGuard tunnel to a host on the Internet."""
    yield from one('wireguard-go', NOON)


@capture
def tunnel_gre():
    """The router holds a GRE tunnel to a host on the Internet: keepalives both ways, and an SSH session of somebody inside."""
    for i in range(8):
        for src, dst, kind, at in ((ROUTER, CLOUD, 8, 0), (CLOUD, ROUTER, 0, 0.04)):
            inner = icmp_echo(src, dst, kind, 9, i, bytes(32))
            yield raw(NOON + 10 * i + at, src, dst, 47, struct.pack('>HH', 0, 0x0800) + inner)


@capture
def tunnel_near():
    """A base station's tunnel to the security gateway: IKE (the initial exchange), then ESP both ways."""
    transforms = ((1, 12, b'\x80\x0e\1\0'), (3, 12, b''), (2, 5, b''), (4, 31, b''))  # AES-CBC-256, HMAC-SHA2-256-128, its PRF, Curve25519
    offered = b''.join(struct.pack('>BBHBBH', 0 if kind == 4 else 3, 0, 8 + len(more), kind, 0, number) + more for kind, number, more in transforms)
    offered = struct.pack('>BBHBBBB', 0, 0, 8 + len(offered), 1, 1, 0, 4) + offered
    body = (struct.pack('>BBH', 34, 0, 4 + len(offered)) + offered + struct.pack('>BBHHH', 40, 0, 40, 31, 0) + noise('key', 32)
            + struct.pack('>BBH', 0, 0, 36) + noise('nonce', 32))
    spi = noise('initiator', 8)
    hello = spi + bytes(8) + struct.pack('>BBBBII', 33, 0x20, 34, 0x08, 0, 28 + len(body)) + body
    answer = spi + noise('responder', 8) + struct.pack('>BBBBII', 33, 0x20, 34, 0x20, 0, 28 + len(body)) + body
    yield from ask(NOON, GNB, SECGW, 500, 500, hello, answer, 0.02)
    for i in range(20):
        yield raw(NOON + 1 + i, GNB, SECGW, 50, struct.pack('>II', 0xc0ffee, i + 1) + noise('esp %d' % i, 96))
        yield raw(NOON + 1.02 + i, SECGW, GNB, 50, struct.pack('>II', 0xdecade, i + 1) + noise('pse %d' % i, 96))


# --- management

@capture
def management_odd_port():
    """Somebody on the Internet logs in to the router by SSH on ports 22122 and 57722."""
    yield from one('ssh-odd', NOON)


@capture
def management_odd_port_near():
    """Element management logs in to the router by SSH on port 22."""
    yield from ssh(NOON, 42003)


@capture
def aaa_redirect():
    """A router asks a RADIUS server on the Internet whether a person may log in; then one by TACACS+."""
    yield from one('radius-foreign', NOON)
    yield from login_by_tacacs(NOON + 60, ROUTER, OTHER, 42004)


@capture
def aaa_redirect_near():
    """A router asks the site's RADIUS server; then the site's server by TACACS+."""
    yield from one('radius-own', NOON)
    yield from login_by_tacacs(NOON + 60, ROUTER, AAA, 42004)


def login_by_tacacs(at, src, dst, port):
    talk = Talk(src, dst, port, 49)
    yield from talk.open(at)
    for i, (kind, seq, length) in enumerate(((1, 1, 31), (1, 2, 16), (1, 3, 13), (1, 4, 6), (2, 1, 54), (2, 2, 12), (3, 1, 80), (3, 2, 5))):
        yield from talk.say(at + 0.05 * (i + 1), i % 2, tacacs(kind, seq, '%s %d' % (dst, kind), length))
    yield from talk.close(at + 1)


@capture
def config_exfil():
    """A router's configuration leaves to a host on the Internet, by TFTP and by FTP."""
    yield from one('tftp-put', NOON)
    yield from one('ftp-put', NOON + 600)


@capture
def config_exfil_near():
    """A router sends its configuration to the archive by SFTP, and fetches a small file by TFTP from element management."""
    yield from one('sftp', NOON)
    yield from one('tftp-get', NOON + 600)


def mirrored(at, collector, seq):
    """A packet of a login by TACACS+, mirrored by ERSPAN."""
    inner = ethernet(SWITCH, AAA, 0x0800, tcp(SWITCH, AAA, 43001, 49, 0x18, 1000 + 60 * seq, 2000, tacacs(1, 3, 'mirrored %d' % seq, 48)))
    return raw(at, ROUTER, collector, 47, erspan2(seq, 5, inner))


@capture
def mirror_export():
    """A router mirrors logins to a host on the Internet by ERSPAN, and exports its flows there by NetFlow (softflowd)."""
    for i in range(20):
        yield mirrored(NOON + i, OTHER, i)
    yield from one('netflow', NOON + 60)


@capture
def mirror_export_near():
    """A router mirrors to the site's collector by ERSPAN, and exports its flows there by NetFlow."""
    for i in range(20):
        yield mirrored(NOON + i, COLLECTOR, i)
    for i in range(10):
        yield packet(NOON + 60 + 60 * i, ROUTER, COLLECTOR, 43002, 2055, netflow9(i, int(NOON) + 60 * i, 8))


@capture
def roaming_foreign():
    """On the roaming network (VLAN 500) somebody logs in to the site's DNS server by SSH."""
    yield from tagged(ssh(NOON, 42005, src=PARTNER, dst=EDNS), 500)


@capture
def roaming_foreign_near():
    """On the roaming network: look-ups of DNS, echoes of GTP-C, a session that a partner sets up."""
    name = 'internet.apn.epc.mnc001.mcc001.3gppnetwork.example'
    yield from tagged(ask(NOON, PARTNER, EDNS, 42006, 53, dns(7, name, 1), dns(7, name, 1, address(PGW))), 500)
    yield from tagged(partner_session(NOON + 1), 500)


def partner_session(at):
    """Echo, Create Session and its answer, between a partner's serving gateway and the packet gateway."""
    yield from echo2(at, PARTNER, PGW, 1)
    teid = struct.pack('>I', 0x1001)
    ask_for = (gtp2_element(71, b'\x08internet') + gtp2_element(82, b'\x06') + gtp2_element(87, b'\x86' + teid + address(PARTNER)) + RECOVERY_2)
    answer = gtp2_element(2, b'\x10\x00') + gtp2_element(87, b'\x87' + teid + address(PGW)) + RECOVERY_2
    yield from ask(at + 1, PARTNER, PGW, 2123, 2123, gtp2(32, 2, ask_for, 0), gtp2(33, 2, answer, 0x1001))
    yield from ask(at + 30, PARTNER, PGW, 2123, 2123, gtp2(36, 3, gtp2_element(73, b'\x05'), 0x1001), gtp2(37, 3, gtp2_element(2, b'\x10\x00'), 0x1001))


# --- suppliers and their windows

@capture
def vendor_window():
    """The supplier's support centre logs in to its base station on a Monday afternoon."""
    yield from one('ssh-typed', NOON)


@capture
def vendor_window_near():
    """The supplier's support centre logs in on a Tuesday, 22:30 in Warsaw, inside its window."""
    yield from one('ssh-typed', TUESDAY_WINDOW)


@capture
def window_conduct():
    """The supplier's support centre logs in inside its window, stays until the morning, and takes 120 MB."""
    recording = fatten(cut(piece('ssh-typed'), 30), False, 120_000_000, 7 * HOUR)
    yield from move(recording, TUESDAY_WINDOW)


@capture
def window_conduct_near():
    """Three evenings inside the window: twenty minutes each, one with 300 kB."""
    for week in range(3):
        recording = fatten(cut(piece('ssh-typed'), 30), False, 300_000 if week == 1 else 20_000, 20 * MINUTE)
        yield from move(recording, TUESDAY_WINDOW + week * WEEK, None, {caller_port(piece('ssh-typed')): 42010 + week})


@capture
def window_outside():
    """The supplier's support centre logs in inside its window on two Tuesdays; then on a Thursday night, when none is open."""
    for at in (TUESDAY_WINDOW, TUESDAY_WINDOW + WEEK, TUESDAY_WINDOW + WEEK + 2 * DAY + 5 * HOUR):
        yield from one('ssh-typed', at, None, 42015 + int(at) // DAY % 100)


# --- volumes over days and weeks

def background_of(src, start, end, every=HOUR):
    """A host that asks its clock and writes its log, so that days have their usual packets."""
    for i, at in enumerate(range(int(start), int(end), int(every))):
        yield from own_ntp(at + 3, 44000 + i % 2000, src)
        yield syslog(at + 5, src)


@capture
def night_bulk():
    """A base station sends 60 MB to a host on the Internet at half past two (local time) on five nights of two weeks."""
    yield from background_of(GNB, MONDAY, MONDAY + 12 * DAY)
    for i, night in enumerate((3, 4, 6, 8, 10)):
        yield from upload(MONDAY + night * DAY + NIGHT + 97 * i, 42020 + i, 60_000_000, 15 * MINUTE)


@capture
def night_bulk_near():
    """Nightly backups of a router to the archive; a base station that sends 60 MB once at night, and every day at noon 3 MB."""
    yield from background_of(GNB, MONDAY, MONDAY + 12 * DAY)
    for night in range(12):
        yield from backup(MONDAY + night * DAY + NIGHT, 42040 + night, 8_000_000, 10 * MINUTE)
        yield from upload(MONDAY + night * DAY + 10 * HOUR, 42060 + night, 3_000_000)
    yield from upload(MONDAY + 5 * DAY + NIGHT, 42080, 60_000_000, 15 * MINUTE)


@capture
def night_bulk_small():
    """A base station sends 8 MB to a host on the Internet at half past two (local time) on six nights."""
    for night in range(6):
        yield from upload(MONDAY + night * DAY + NIGHT + 97 * night, 42260 + night, 8_000_000, 5 * MINUTE)


@capture
def exfiltration_slow():
    """A base station sends 2 MB a day to a host on the Internet, for 30 days."""
    rng = random_of('slow')
    for day in range(30):
        yield from upload(MONDAY + day * DAY + 6 * HOUR + rng.uniform(0, 10 * HOUR), 42300 + day, 2_000_000)


@capture
def exfiltration():
    """Base stations send some 200 kB a day to a host on the Internet, for two weeks; then one of them 120 MB in half an hour."""
    yield from everyday_uploads(15)
    yield from upload(MONDAY + 14 * DAY + 9 * HOUR, 42200, 120_000_000, 30 * MINUTE)


@capture
def exfiltration_near():
    """The same two weeks; then one of them sends 500 kB in a day."""
    yield from everyday_uploads(15)
    yield from upload(MONDAY + 14 * DAY + 9 * HOUR, 42200, 300_000, 30 * MINUTE)


@capture
def exfiltration_listed():
    """A base station sends 30 MB to a listed network in a quarter of an hour."""
    yield from upload(NOON, 42201, 30_000_000, 15 * MINUTE, dst=LISTED)


@capture
def exfiltration_dealt_out():
    """Base stations send some 200 kB a day to a host on the Internet, for a week; then one of them 240 MB to twelve addresses in an evening."""
    yield from everyday_uploads(8)
    for i in range(12):
        yield from upload(MONDAY + 7 * DAY + 16 * HOUR + 900 * i, 42210 + i, 20_000_000, 10 * MINUTE, dst='203.0.113.%d' % (222 + i))


@capture
def exfiltration_ordered():
    """A router sends 1 GB in two hours where a written exception lets it send telemetry."""
    for day in range(8):
        yield from upload_4434(MONDAY + day * DAY + 9 * HOUR, 42230 + day, 150_000, 30)
    yield from upload_4434(MONDAY + 8 * DAY + 9 * HOUR, 42240, 1_050_000_000, 2 * HOUR)


def upload_4434(start, port, amount, seconds):
    made = fatten(cut(piece('tls-upload'), 7), True, amount, seconds)
    return move(made, start, {GNB: ROUTER}, {443: 4434, caller_port(piece('tls-upload')): port})


def everyday_uploads(days):
    rng = random_of('everyday')
    for day in range(days):
        for i, src in enumerate((GNB, GNB19, GNB20)):
            yield from upload(MONDAY + day * DAY + 8 * HOUR + rng.uniform(0, 3 * HOUR), 42100 + 3 * day + i, rng.randrange(120_000, 280_000), 30, src)


def hourly_volume(strange):
    """For four weeks and three days a router sends to the archive once an hour: much by day, little at night, less at the weekend.
    STRANGE(hour): factor in thousandths."""
    rng = random_of('volume')
    for hour in range(4 * 168 + 72):
        weekend, by_day = hour % 168 >= 120, 6 <= hour % 24 < 20
        amount = (110_000 if by_day else 30_000) // (3 if weekend else 1) * rng.randrange(850, 1150) // 1000
        yield from transfer(MONDAY + hour * HOUR + rng.uniform(0, 600), 45000 + hour, amount * strange(hour) // 1000)


def transfer(at, port, amount):
    """AMOUNT bytes by SSH from a router to the archive: banners, then headers alone."""
    talk = Talk(ROUTER, ARCHIVE, port, 22)
    yield from talk.open(at)
    for side in (1, 0):
        yield from talk.say(at + 0.1, side, b'SSH-2.0-OpenSSH_9.2\r\n')
    yield from fatten_talk(talk, at + 0.2, amount)
    yield from talk.close(at + 30)


def fatten_talk(talk, at, amount):
    (src, sport), (dst, dport) = talk.ends
    for i in range(-(-amount // SEGMENT)):
        size = min(SEGMENT, amount - i * SEGMENT)
        yield (at + i / 100,) + headers(src, dst, sport, dport, 0x18, talk.seq[0], talk.seq[1], size)
        talk.seq[0] += size
    yield talk.segment(at + 20, 1, 0x10)


UNUSUAL = 4 * 168 + 2 * 24 + 1  # an hour of Wednesday night


@capture
def volume_by_hour():
    """Four weeks of a router's hourly transfers; in the fifth, on Wednesday night, two thousand times the usual."""
    return hourly_volume(lambda hour: 2_000_000 if hour == UNUSUAL else 1000)


@capture
def volume_by_hour_near():
    """Four weeks of a router's hourly transfers; in the fifth a Wednesday night with half as much again."""
    return hourly_volume(lambda hour: 1500 if hour == UNUSUAL else 1000)


# --- DNS, time, ICMP

@capture
def dns_tunnel():
    """iodine: a tunnel of NULL records through the site's resolver."""
    yield from one('iodine', NOON)


@capture
def dns_tunnel_near():
    """ENUM, reverse look-ups, long names of 3GPP and of a content network, a zone's key, a TXT record."""
    yield from one('dns-odd', NOON)
    for i in range(120):
        yield from ask(NOON + 60 + i, MME, RESOLVER, 46000 + i, 53, *names('d3%07x%08x.e%d.edge-%02d.content.cloud.example' % (
            i * 7919, i * 104729, i % 4, i % 7), i % 40))


def names(name, number, code=0, answer=None):
    """Question and answer for NAME."""
    return dns(number, name, 1), dns(number, name, 1, b'' if code else answer or address(CLOUD), code)


@capture
def dga():
    """A base station asks for sixty names that an algorithm made, of which two exist."""
    rng = random_of('dga')
    for i in range(60):
        name = ''.join(rng.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(rng.randrange(12, 19))) + '.example'
        yield from ask(NOON + 5 * i, GNB, RESOLVER, 46000 + i, 53, *names(name, i, 0 if i in (23, 47) else 3))


@capture
def dga_near():
    """A base station asks for names of its network with the wrong suffix: many do not exist, and all are words."""
    hosts = ('licence', 'update', 'timeserver', 'config', 'element-manager', 'backup', 'gateway', 'register')
    for i in range(60):
        name = '%s.%s' % (hosts[i % 8], ('ran.acme.example', 'ran', 'acme.example', 'north.acme.example')[i // 8 % 4])
        yield from ask(NOON + 5 * i, GNB, RESOLVER, 46000 + i, 53, *names(name, i, 3 if i % 4 else 0))


@capture
def resolver_bypass():
    """A base station asks a resolver on the Internet by DNS, by DNS over TLS and over HTTPS."""
    yield from move(piece('dns-outside', ''), NOON)
    yield from move(piece('encrypted-dns', ''), NOON + 60)


@capture
def resolver_bypass_near():
    """Equipment asks the site's resolver."""
    yield from one('dns-odd', NOON)


@capture
def icmp_tunnel():
    """ptunnel-ng: an SSH session in echoes between a base station and a host on the Internet."""
    yield from one('ptunnel', NOON)


@capture
def icmp_file():
    """A configuration leaves a router by hping3, 600 bytes in each echo request; nobody answers."""
    yield from one('hping-file', NOON)


@capture
def icmp_replies():
    """A host on the Internet sends a base station echo replies that it did not ask for, 200 bytes each."""
    yield from one('hping-replies', NOON)


@capture
def icmp_near():
    """Pings of network management, of 56 and of 1400 bytes, answered as they were asked."""
    yield from one('ping', NOON)


@capture
def foreign_time():
    """Time from a server on the Internet; mode 6 and mode 7 from the Internet to the site's server; a question with 200 bytes of something."""
    yield from one('ntp-foreign', NOON)
    yield packet(NOON + 20, CLOUD, CLOCK, 42300, 123, b'\x17\x00\x03\x2a' + bytes(4))
    yield packet(NOON + 20.001, CLOCK, CLOUD, 123, 42300, b'\x97\x00\x03\x2a\0\x01\0\x48' + bytes(72))
    for i in range(4):
        yield from ask(NOON + 30 + 64 * i, GNB, CLOUD, 42301, 123, ntp(3, int(NOON), noise('order %d' % i, 200)), ntp(4, int(NOON), noise('answer %d' % i, 300)))


@capture
def foreign_time_near():
    """Time from the site's own server; with a message authentication code; with the extension fields of NTS."""
    yield from one('ntp-own', NOON)
    code = struct.pack('>I', 7) + noise('digest', 16)
    nts = b''.join(struct.pack('>HH', kind, 4 + n) + noise('nts %d' % kind, n) for kind, n in ((0x0104, 32), (0x0204, 100), (0x0404, 40)))
    for i in range(4):
        for more, port in ((code, 42302), (nts, 42303)):
            yield from ask(NOON + 30 + 64 * i, GNB19, CLOCK, port, 123, ntp(3, int(NOON), more), ntp(4, int(NOON), more))


# --- signalling

@capture
def gtpdoor():
    """Echoes of GTP-C with something behind them: GTPDOOR's knock at a packet gateway, and its answer; one with flags that no version has."""
    key = b'135798642'
    hidden = bytes(b ^ key[i % 9] for i, b in enumerate(b'uname -a\0' + bytes(15)))
    block = bytes(5) + b'\x00' + b'\x01' + struct.pack('>H', len(hidden)) + hidden
    for i, flags in enumerate((0x32, 0x32, 0x02)):
        yield from ask(NOON + 30 * i, PARTNER, PGW, 40123, 2123, gtp1(1, i, block, flags=flags, length=4), gtp1(2, i, block[::-1] + noise('out', 60), flags=flags, length=6))


@capture
def gtp_echo_near():
    """Echoes as the specification has them: with a restart counter, and with a private extension; of version 1 and 2."""
    for i in range(10):
        yield from ask(NOON + 60 * i, PARTNER, PGW, 2123, 2123, gtp1(1, i, PRIVATE_1 if i % 2 else b''), gtp1(2, i, RECOVERY_1 + (PRIVATE_1 if i % 2 else b'')))
        yield from echo2(NOON + 30 + 60 * i, SGW, PGW, i)


@capture
def gtp_rogue():
    """sgsnemu on a router: echo, and a PDP context at the packet gateway."""
    yield from one('sgsnemu', NOON)


@capture
def gtp_rogue_near():
    """A roaming partner's gateway sets a session up at the packet gateway; the mobility entity at the serving gateway."""
    yield from partner_session(NOON)
    yield from echo2(NOON + 60, MME, SGW, 1)


@capture
def pfcp_rogue():
    """A base station speaks PFCP to the user plane: association, as the session manager it is not."""
    for at, kind, more in ((0, 5, (pfcp_element(89, b'\0\0'),)), (10, 1, None), (20, 1, None)):
        body = (PFCP_BORN,) if more is None else (pfcp_node(GNB), PFCP_BORN) + more
        answer = (PFCP_BORN,) if more is None else (pfcp_node(UPF), pfcp_element(19, b'\1'), PFCP_BORN)
        yield from ask(NOON + at, GNB, UPF, 8805, 8805, pfcp(kind, at + 1, *body), pfcp(kind + 1, at + 1, *answer))


@capture
def pfcp_rogue_near():
    """The session manager speaks PFCP to the user plane."""
    for at, kind in ((0, 5), (10, 1), (20, 1)):
        body = (PFCP_BORN,) if kind == 1 else (pfcp_node(SMF), PFCP_BORN)
        answer = (PFCP_BORN,) if kind == 1 else (pfcp_node(UPF), pfcp_element(19, b'\1'), PFCP_BORN)
        yield from ask(NOON + at, SMF, UPF, 8805, 8805, pfcp(kind, at + 1, *body), pfcp(kind + 1, at + 1, *answer))


@capture
def gtp_echo_odd():
    """Echoes of GTP-C as a scanner writes them: without the sequence number, with a tunnel, of a version that there is not."""
    for i, question in enumerate((struct.pack('>BBHI', 0x30, 1, 0, 0), gtp1(1, 1, teid=7), gtp1(1, 2, flags=0xf2), gtp1(1, 3, flags=0x3a))):
        yield from ask(NOON + 20 * i, PARTNER, PGW, 40123, 2123, question, gtp1(2, i, RECOVERY_1))


@capture
def gtp_echo_extension():
    """Echoes whose private extension holds 200 bytes."""
    for i in range(5):
        more = struct.pack('>BHH', 255, 202, 0x28af) + noise('extension %d' % i, 200)
        yield from ask(NOON + 60 * i, PARTNER, PGW, 2123, 2123, gtp1(1, i, more), gtp1(2, i, RECOVERY_1))


@capture
def gtp_echo_often():
    """An echo each second on one path, each answered."""
    for i in range(50):
        yield from ask(NOON + i, PARTNER, PGW, 2123, 2123, gtp1(1, i), gtp1(2, i, RECOVERY_1))


@capture
def gtp_undeclared():
    """A host that nobody declared asks the packet gateway whether it lives, and has something behind an echo of its own."""
    yield from ask(NOON, UNDECLARED, PGW, 2123, 2123, gtp1(1, 1), gtp1(2, 1, RECOVERY_1))
    yield from ask(NOON + 30, UNDECLARED, SGW, 2123, 2123, gtp1(1, 2, noise('undeclared', 40), length=4), gtp1(2, 2, RECOVERY_1))


@capture
def gtp_message_more():
    """The session manager's heartbeats to the user plane have 24 bytes behind them."""
    for i in range(4):
        yield from ask(NOON + 60 * i, SMF, UPF, 8805, 8805, pfcp(1, i + 1, PFCP_BORN) + noise('behind %d' % i, 24), pfcp(2, i + 1, PFCP_BORN))


@capture
def gtp_message_near():
    """What paths and sessions need: echoes each five seconds, heartbeats, a few error indications, a session that is ended by who made it."""
    for i in range(12):
        yield from ask(NOON + 5 * i, SGW, PGW, 2123, 2123, gtp1(1, i, PRIVATE_1), gtp1(2, i, RECOVERY_1))
    for i in range(4):
        yield from ask(NOON + 60 * i, SMF, UPF, 8805, 8805, pfcp(1, i + 1, PFCP_BORN), pfcp(2, i + 1, PFCP_BORN))
    yield from ask(NOON + 90, SMF, UPF, 8805, 8805, pfcp_session(54, 9, 77), pfcp_session(55, 9, 78, pfcp_element(19, b'\1')))
    for i in range(20):
        yield packet(NOON + 100 + i, UPF, GNB, 2152, 2152, gtp1(26, i, b'\x10' + struct.pack('>I', 500 + i) + b'\x85\0\4' + address(UPF)))


@capture
def gtpu_errors():
    """The user plane answers three hundred packets for tunnels that it does not know, within a minute."""
    for i in range(300):
        yield packet(NOON + i / 6, UPF, GNB, 2152, 2152, gtp1(26, i, b'\x10' + struct.pack('>I', 500 + i) + b'\x85\0\4' + address(UPF)))


@capture
def pfcp_sessions_ended():
    """A base station ends sessions at the user plane."""
    for i in range(5):
        yield from ask(NOON + i, GNB, UPF, 8805, 8805, pfcp_session(54, 9 + i, 77 + i), pfcp_session(55, 9 + i, 99, pfcp_element(19, b'\1')))


@capture
def diameter_foreign():
    """freeDiameter: the mobility entity connects to a peer on the Internet, of a realm that is no partner's."""
    yield from one('diameter-foreign', NOON)


@capture
def diameter_foreign_near():
    """freeDiameter: the mobility entity and the subscriber server of one realm."""
    yield from one('diameter-own', NOON)


def diameter_hello(origin, realm):
    me = avp(264, origin) + avp(296, realm) + avp(257, b'\0\1' + address(HSS)) + avp(266, struct.pack('>I', 0)) + avp(269, b'vedette') + avp(
        258, struct.pack('>I', 16777251))
    return me


def over_sctp(at, client, server, sport, dport, ppid, messages, paths=((), ())):
    """An association with MESSAGES (side, payload), a second apart, and its end."""
    talk = Association(client, server, sport, dport, paths)
    yield from talk.open(at)
    for i, (side, payload) in enumerate(messages):
        yield from talk.data(at + 1 + i, side, ppid, payload)
    yield from talk.close(at + 2 + len(messages))


SIGTRAN_UP = [(0, m3ua(3, 1)), (1, m3ua(3, 4)), (0, m3ua(4, 1)), (1, m3ua(4, 3)), (0, m3ua(3, 3)), (1, m3ua(3, 6))]


@capture
def sigtran_rogue():
    """A router brings M3UA up with the signalling transfer point; then the transfer point with somebody on the Internet."""
    yield from over_sctp(NOON, ROUTER, STP, 2905, 2905, 3, SIGTRAN_UP)
    yield from over_sctp(NOON + 60, OTHER, STP, 2905, 2905, 3, SIGTRAN_UP)


@capture
def sigtran_rogue_near():
    """The subscriber server and a partner bring M3UA up with the signalling transfer point."""
    yield from over_sctp(NOON, HSS, STP, 2905, 2905, 3, SIGTRAN_UP)
    yield from over_sctp(NOON + 60, PARTNER, STP, 2905, 2905, 3, SIGTRAN_UP)


@capture
def sctp_secondary():
    """A mobility entity's Diameter association with the subscriber server, whose INIT ACK names an address on the Internet; beats go there."""
    messages = [(0, diameter(257, True, 1, diameter_hello(b'mme.epc.example', b'epc.example'))),
                (1, diameter(257, False, 1, avp(268, struct.pack('>I', 2001)), diameter_hello(b'hss.epc.example', b'epc.example')))]
    talk = Association(MME, HSS, 36868, 3868, ((), (HSS, OTHER)))
    yield from talk.open(NOON)
    for i, (side, payload) in enumerate(messages):
        yield from talk.data(NOON + 1 + i, side, 46, payload)
    for i in range(6):
        yield from talk.beat(NOON + 30 * (i + 1), 0, (MME, OTHER))
    yield from talk.close(NOON + 240)


@capture
def sctp_secondary_near():
    """The same with the subscriber server's second address, which its inventory has."""
    talk = Association(MME, HSS, 36868, 3868, ((), (HSS, '192.0.2.170')))
    yield from talk.open(NOON)
    yield from talk.data(NOON + 1, 0, 46, diameter(257, True, 1, diameter_hello(b'mme.epc.example', b'epc.example')))
    yield from talk.data(NOON + 2, 1, 46, diameter(257, False, 1, avp(268, struct.pack('>I', 2001)), diameter_hello(b'hss.epc.example', b'epc.example')))
    for i in range(6):
        yield from talk.beat(NOON + 30 * (i + 1), 0, (MME, '192.0.2.170'))
    yield from talk.close(NOON + 240)


# --- exposed management

@capture
def exposed_pages():
    """From the Internet: the router's management page by a path that is encoded twice, and what CWMP listens on."""
    yield from one('webui', NOON)


@capture
def exposed_pages_near():
    """A base station fetches a page whose path has an encoded blank, from element management by HTTP on port 80."""
    talk = Talk(EMS, PROXY, 42310, 80)
    yield from talk.open(NOON)
    yield from talk.say(NOON + 0.1, 0, b'GET http://licence.acme.example/release%20notes.txt HTTP/1.1\r\nHost: licence.acme.example\r\nUser-Agent: ems/7.2\r\n\r\n')
    yield from talk.say(NOON + 0.2, 1, b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nfine\n')
    yield from talk.close(NOON + 1)


@capture
def smart_install():
    """From the Internet: Smart Install at the switch, and its answer."""
    talk = Talk(CLOUD, SWITCH, 42311, 4786)
    yield from talk.open(NOON)
    yield from talk.say(NOON + 0.1, 0, struct.pack('>6I', 1, 1, 4, 8, 1, 0))
    yield from talk.say(NOON + 0.2, 1, struct.pack('>6I', 4, 0, 3, 8, 1, 0))
    yield from talk.close(NOON + 1)


@capture
def smart_install_near():
    """Something else on the port of Smart Install: a test of element management that the switch refuses."""
    yield segment(NOON, EMS, SWITCH, 42312, 4786, 0x02, 7000, 0)
    yield segment(NOON + 0.001, SWITCH, EMS, 4786, 42312, 0x14, 0, 7001)


def ipmi_asked(start, src, answered):
    """ipmitool's questions from SRC; with ANSWERED the controller gives its channel's authentication capabilities."""
    for at, frame, length in one('ipmi', start, {CLOUD: src}):
        yield at, frame, length
        if answered and frame[26:30] == address(src):
            sport = struct.unpack('>H', frame[34:36])[0]
            answer = bytes.fromhex('0600ff0700000000000000000010811c632000380001' '8e04000000000092')
            yield packet(at + 0.003, BMC, src, 623, sport, answer)


@capture
def ipmi_exposed():
    """From the Internet: IPMI at a baseboard controller, which answers."""
    return ipmi_asked(NOON, CLOUD, True)


@capture
def ipmi_exposed_near():
    """The out-of-band network's management asks the baseboard controller by IPMI."""
    return ipmi_asked(NOON, NMS, True)


@capture
def netconf_call_home():
    """A radio unit calls home by SSH, on port 4334, to a host on the Internet; its distributed unit is not told."""
    yield from one('call-home', NOON, {GNB: ORU, CLOUD: OTHER})


@capture
def netconf_call_home_near():
    """A radio unit calls its distributed unit home."""
    yield from one('call-home', NOON, {GNB: ORU, CLOUD: ODU})


@capture
def snmp_abuse():
    """A router walks its neighbour by SNMP, 400 requests, and sets a value."""
    yield from one('snmp-walk', NOON)


@capture
def snmp_words():
    """A switch asks a router for its description, with a hundred communities, and gets no answer."""
    for i in range(100):
        word = b'word-%03d' % i
        yield packet(NOON + 0.05 * i, SWITCH, ROUTER, 42450, 161, bytes.fromhex('302b0201010408') + word + bytes.fromhex('a01c0204') + struct.pack('>I', 1000 + i) + bytes.fromhex('020100020100300e300c06082b060102010101000500'))


@capture
def snmp_abuse_near():
    """Network management reads five values by SNMPv3 each five minutes for two hours."""
    for i in range(24):
        yield from one('snmp-poll', NOON + 300 * i, None, 43100 + i)


@capture
def firmware_fetch():
    """A router loads an image of 1.5 MB from a host on the Internet."""
    yield from cut(one('http-image', NOON), 12)


@capture
def firmware_fetch_near():
    """A router of the supplier loads the same image inside the supplier's window from the supplier; and a page from its element manager."""
    yield from cut(one('http-image', TUESDAY_WINDOW, {CLOUD: TAC}), 12)
    yield from one('http-call', NOON, {GNB: EMS, CLOUD: PROXY})


@capture
def port_mismatch():
    """SSH on port 443 of a host on the Internet."""
    yield from one('ssh-443', NOON)


@capture
def port_mismatch_near():
    """TLS on port 443 of a host on the Internet."""
    yield from call(NOON, 42320)


@capture
def port_unknown():
    """On port 443 of a host on the Internet something that is no TLS and nothing else that is known, both ways."""
    talk = Talk(GNB, CLOUD, 42321, 443)
    yield from talk.open(NOON)
    for i in range(12):
        yield from talk.say(NOON + 1 + i, i % 2, noise('unknown %d' % i, 700))
    yield from talk.close(NOON + 20)


# --- beacons and sessions

@capture
def beacon():
    """A base station calls a host on the Internet by TLS every ten minutes or so (30 % jitter, a fifth of the calls missing), forty times."""
    rng = random_of('beacon')
    for i, at in enumerate(spread(rng, NOON, 600, 50, 0.3, 0.2)):
        yield from call(at, 47000 + i)


@capture
def beacon_listed():
    """The same calls to a listed network, by hosts of TLS that answer."""
    return beacon_to(GNB, LISTED)


@capture
def beacon_internal():
    """A base station reports to another one inside: by TLS, every ten minutes or so, as no role says."""
    return beacon_to(GNB, GNB20)


@capture
def beacon_common():
    """Six pieces of equipment call the same host on the Internet, each every ten minutes or so."""
    for i, src in enumerate((GNB, GNB19, GNB20, AMF, UPF, HSS)):
        yield from beacon_to(src, CLOUD, 47000 + 50 * i, 20)


@capture
def beacon_time():
    """A base station asks a server on the Internet for the time, every 64 seconds."""
    for i in range(90):
        yield from ask(NOON + 64 * i, GNB, CLOUD, 123, 123, ntp(3, int(NOON) + 64 * i), ntp(4, int(NOON) + 64 * i))


def beacon_to(src, dst, port=47000, number=50):
    rng = random_of('beacon %s' % src)
    for i, at in enumerate(spread(rng, NOON, 600, number, 0.3, 0.2)):
        yield from call(at, port + i, src, dst)


@capture
def beacon_week():
    """A base station calls a host on the Internet once a week, within some hours, for thirteen weeks."""
    rng = random_of('week')
    for i, at in enumerate(spread(rng, NOON, WEEK, 13, 0.01)):
        yield from call(at, 47100 + i)


@capture
def beacon_heartbeat():
    """One TCP connection of a base station to a host on the Internet, on which 32 bytes go out every minute for eight hours."""
    rng = random_of('heartbeat')
    talk = Talk(GNB, CLOUD, 47200, 8443)
    yield from talk.open(NOON)
    for i, at in enumerate(spread(rng, NOON + 60, 60, 480, 0.1)):
        yield from talk.say(at, 0, noise('beat %d' % i, 32))
        if i % 60 == 59:
            yield from talk.say(at + 2, 1, noise('answer %d' % i, 48))
    yield from talk.close(NOON + 481 * 60)


@capture
def beacon_near():
    """What repeats and is no beacon: NTP to the site's clock, GTP-C echoes, an ordered telemetry each ten minutes; and a person who browses."""
    for i in range(180):
        yield from own_ntp(NOON + 64 * i, 123, GNB19)
        yield from echo2(NOON + 60 * i, MME, SGW, i)
    for i in range(18):
        talk = move(cut(piece('tls-call'), 7), NOON + 600 * i, {GNB: ROUTER}, {443: 4434, caller_port(piece('tls-call')): 47300 + i})
        yield from talk
    yield from browsing_near()


@capture
def browsing_near():
    """A person browses: a host that nobody declared calls a host on the Internet forty-five times, now often, now seldom."""
    rng = random_of('browsing')
    at = NOON
    for i in range(45):
        at += rng.choice((2, 5, 9, 30, 120, 600, 1800)) * rng.uniform(0.3, 2)
        yield from call(at, 47400 + i, src=STRANGER)


@capture
def long_quiet():
    """An SSH session of a base station with a host on the Internet that stays for two days: a few hundred bytes each half hour."""
    recording = piece('ssh-443')
    last = len(recording) - 6
    yield from move(recording[:last], NOON)
    yield from slow(recording, last, NOON + 60, 1800, 96)


def slow(recording, last, start, every, times):
    """SSH packets of the client, EVERY seconds, between packet LAST of the RECORDING and its rest."""
    a, b, p, q = ends_text(recording[0][1])
    frame = next(f for _, f, _ in reversed(recording[:last]) if ends_text(f)[:2] == (a, b))
    at = 14 + 20
    seq, ack = struct.unpack('>II', frame[at + 4:at + 12])
    seq += len(frame) - at - 4 * (frame[at + 12] >> 4)
    for i in range(times):
        yield segment(start + every * i, a, b, p, q, 0x18, seq + 64 * i, ack, noise('key %d' % i, 64))
        yield segment(start + every * i + 0.02, b, a, q, p, 0x10, ack, seq + 64 * (i + 1))
    yield segment(start + every * times, a, b, p, q, 0x11, seq + 64 * times, ack)
    yield segment(start + every * times + 0.02, b, a, q, p, 0x11, ack, seq + 64 * times + 1)
    yield segment(start + every * times + 0.04, a, b, p, q, 0x10, seq + 64 * times + 1, ack + 1)


def ends_text(frame):
    sport, dport = struct.unpack('>HH', frame[34:38])
    return ('.'.join(map(str, frame[26:30])), '.'.join(map(str, frame[30:34])), sport, dport)


@capture
def long_quiet_near():
    """An SSH session of twenty minutes with the same host; and BGP between routers that lasts for two days, as it should."""
    recording = piece('ssh-443')
    yield from move(recording[:-6], NOON)
    yield from slow(recording, len(recording) - 6, NOON + 60, 60, 20)
    talk = Talk(ROUTER, ROUTER2, 47500, 179)
    yield from talk.open(NOON)
    hello = b'\xff' * 16 + struct.pack('>HBBHH4sB', 29, 1, 4, 64510, 180, address(ROUTER), 0)
    yield from talk.say(NOON + 0.1, 0, hello)
    yield from talk.say(NOON + 0.2, 1, hello)
    for i in range(96):
        yield from talk.say(NOON + 60 + 1800 * i, i % 2, b'\xff' * 16 + b'\0\x13\4')


# --- triggers

@capture
def trigger_callback():
    """A datagram to a base station's port on which nobody listens (BPFDoor's magic); a second later the base station connects to its sender."""
    yield from one('callback', NOON)


@capture
def trigger_hidden():
    """A datagram to a router that carries an address; eight seconds later the router connects there. Its sender is another host."""
    yield packet(NOON, CLOUD, ROUTER, 42400, 33434, b'\x11\x9e' + noise('pad', 10) + address(OTHER) + struct.pack('>H', 4443) + noise('more', 8))
    talk = Talk(ROUTER, OTHER, 42401, 4443)
    yield from talk.open(NOON + 8)
    yield from talk.say(NOON + 8.1, 0, noise('hello', 64))
    yield from talk.say(NOON + 8.4, 1, noise('order', 48))
    yield from talk.close(NOON + 20)


@capture
def trigger_sender():
    """A segment with data and without a connection to a router; three seconds later the router connects to its sender."""
    yield segment(NOON, CLOUD, ROUTER, 42415, 179, 0x18, 5000, 1, noise('wake', 24))
    talk = Talk(ROUTER, CLOUD, 42416, 8443)
    yield from talk.open(NOON + 3)
    yield from talk.say(NOON + 3.1, 0, noise('here', 64))
    yield from talk.say(NOON + 3.4, 1, noise('do', 48))
    yield from talk.close(NOON + 15)


@capture
def trigger_near():
    """Knocks of a scanner that are refused, and calls of the equipment that have nothing to do with them: a log line, a call to another host,
    and one to the scanner's own address, ordered, half an hour later."""
    for i, port in enumerate((33434, 161, 623, 5060)):
        yield packet(NOON + i, CLOUD, ROUTER, 42410, port, noise('probe %d' % i, 24))
    yield segment(NOON + 5, CLOUD, ROUTER, 42411, 8443, 0x02, 100, 0)
    yield segment(NOON + 5.001, ROUTER, CLOUD, 8443, 42411, 0x14, 0, 101)
    yield syslog(NOON + 6)
    yield from call(NOON + 10, 42412, src=ROUTER, dst=EMS)
    yield from move(cut(piece('tls-call'), 7), NOON + 1800, {GNB: ROUTER}, {443: 4434, caller_port(piece('tls-call')): 42413})


@capture
def magic_packets():
    """BPFDoor's words: 0x5293 in TCP without a connection, 0x7255 in UDP and in an echo, 0x5571, and the one byte of its heartbeat."""
    for i, word in enumerate((b'\x52\x93', b'\x55\x71')):
        yield segment(NOON + i, CLOUD, GNB, 42420 + i, 22, 0x18, 5000, 1, word + b'\0\0' + address(OTHER) + struct.pack('>H', 8443) + b'example\0' + bytes(6))
    yield packet(NOON + 10, CLOUD, GNB, 42422, 47808, b'\x72\x55\0\0' + address(OTHER) + struct.pack('>H', 8443) + b'example\0' + bytes(6))
    frame = ethernet(CLOUD, GNB, 0x0800, icmp_echo(CLOUD, GNB, 8, 0x72, 1, b'\x72\x55\0\0' + address(OTHER) + struct.pack('>H', 8443) + b'example\0' + bytes(6)))
    yield NOON + 20, frame, len(frame)
    yield packet(NOON + 30, CLOUD, GNB, 42423, 47809, b'1')
    yield packet(NOON + 30.01, GNB, CLOUD, 47809, 42423, b'1')


@capture
def magic_packets_near():
    """The same words where they mean nothing: inside a connection, behind other bytes; and a datagram of two bytes."""
    talk = Talk(EMS, GNB, 42430, 22)
    yield from talk.open(NOON)
    yield from talk.say(NOON + 0.1, 1, b'SSH-2.0-OpenSSH_9.2\r\n')
    yield from talk.say(NOON + 0.2, 0, b'SSH-2.0-OpenSSH_9.2\r\n')
    yield from talk.say(NOON + 0.3, 0, b'\x52\x93' + noise('inside', 60))
    yield from talk.close(NOON + 2)
    yield packet(NOON + 10, CLOUD, GNB, 42431, 47808, b'\x00\x72\x55\0' + noise('behind', 20))
    yield packet(NOON + 20, CLOUD, GNB, 42432, 47809, b'12')


@capture
def gtpdoor_beacon():
    """GTPDOOR's second version: RST+ACK with an urgent pointer and no URG, to a base station and back."""
    def knock(at, src, dst, sport, dport, flags, pointer):
        made = bytearray(tcp(src, dst, sport, dport, flags, 7000, 1))
        made[38:40] = struct.pack('>H', pointer)
        made[36:38] = b'\0\0'
        return made

    for i in range(4):
        for src, dst, ports, flags, pointer, late in ((CLOUD, GNB, (42440, 2123), 0x10, 0, 0), (GNB, CLOUD, (2123, 42440), 0x14, 1, 0.001)):
            frame = mended(src, dst, knock(NOON, src, dst, *ports, flags, pointer))
            yield NOON + 60 * i + late, frame, len(frame)


@capture
def gtpdoor_beacon_near():
    """A bare ACK that is answered by a reset as any host does it; and a session of Telnet with an urgent pointer and its flag."""
    for i in range(4):
        yield segment(NOON + 60 * i, CLOUD, GNB, 42441, 2123, 0x10, 7000, 1)
        yield segment(NOON + 60 * i + 0.001, GNB, CLOUD, 2123, 42441, 0x04, 1, 0)
    made = bytearray(tcp(EMS, ROUTER, 42442, 23, 0x38, 7000, 1, b'\xff\xf2'))
    made[38:40] = struct.pack('>H', 2)
    frame = mended(EMS, ROUTER, made)
    yield NOON + 300, frame, len(frame)


def mended(src, dst, made):
    return mend(ethernet(src, dst, 0x0800, bytes(made)))


# --- fan-out, what is new, what is silent

@capture
def fanout_ports():
    """nmap on a base station: sixty ports of five neighbours."""
    yield from one('nmap', NOON)


@capture
def fanout_hosts():
    """nmap on a base station: one port of forty addresses, of which one answers."""
    yield from one('nmap-hosts', NOON)


@capture
def fanout_slow():
    """A base station tries one port of one neighbour every five minutes for twelve hours, thirteen ports of twelve; all refuse or are silent."""
    for i in range(144):
        peer, port = '192.0.2.%d' % (200 + i % 12), (21, 22, 23, 80, 139, 443, 445, 830, 2123, 3389, 5900, 8080, 8443)[i // 12]
        at = MONDAY + 6 * HOUR + 300 * i
        yield segment(at, GNB, peer, 40000 + i, port, 0x02, 100 + i, 0)
        if i % 3 == 0:
            yield segment(at + 0.001, peer, GNB, port, 40000 + i, 0x14, 0, 101 + i)


@capture
def fanout_slow_near():
    """A base station asks three neighbours that are gone every five minutes for twelve hours."""
    for i in range(144):
        yield segment(MONDAY + 6 * HOUR + 300 * i, GNB, '192.0.2.%d' % (200 + i % 3), 40000 + i, 38412, 0x02, 100 + i, 0)


@capture
def fanout_near():
    """Network management asks twelve neighbours for their SSH identification."""
    yield from one('discovery', NOON)


@capture
def gtp_sweep():
    """A router sends echoes of GTP-C to forty addresses; three answer."""
    for i in range(40):
        peer = '203.0.113.%d' % (160 + i)
        yield packet(NOON + i / 2, ROUTER, peer, 42500, 2123, gtp1(1, i))
        if i in (1, 5, 9):
            yield packet(NOON + i / 2 + 0.02, peer, ROUTER, 2123, 42500, gtp1(2, i, RECOVERY_1))


@capture
def gtp_sweep_near():
    """A serving gateway's echoes to its twelve partners each minute; all answer."""
    for minute in range(5):
        for i in range(12):
            yield from echo2(NOON + 60 * minute + i, SGW, '203.0.113.%d' % (161 + i), minute * 12 + i)


@capture
def sctp_sweep():
    """A router sends INIT to port 2905 of forty addresses; two answer, the others abort or are silent."""
    for i in range(40):
        talk = Association(ROUTER, '203.0.113.%d' % (160 + i), 42501, 2905)
        opening = list(talk.open(NOON + i / 2))
        yield opening[0]
        if i in (1, 7):
            yield opening[1]
        elif i % 3 == 0:
            yield talk.say(NOON + i / 2 + 0.002, 1, struct.pack('>BBH', 6, 0, 4), tag=talk.tag[0])


@capture
def sctp_sweep_near():
    """The signalling transfer point opens associations with eight partners."""
    for i in range(8):
        yield from over_sctp(NOON + 5 * i, STP, '203.0.113.%d' % (161 + i), 2905, 2905, 3, SIGTRAN_UP[:4])


def quiet_days(days):
    """What base stations do each day as their roles say: time, log lines, echoes, element management."""
    for day in range(days):
        for i, src in enumerate((GNB, GNB19, GNB20)):
            yield from background_of(src, MONDAY + day * DAY + 60 * i, MONDAY + (day + 1) * DAY, 6 * HOUR)
            yield from call(MONDAY + day * DAY + 9 * HOUR + i, 42600 + 3 * day + i, src=src, dst=EMS)


@capture
def first_contact():
    """Three weeks in which base stations keep to themselves; on the last day one of them calls a host of a network that nobody called before."""
    yield from quiet_days(21)
    yield from call(MONDAY + 20 * DAY + 14 * HOUR, 42700)


@capture
def first_contact_inside():
    """Three weeks as they should be; on the last day a base station logs in to a router by SSH, which no base station ever did."""
    yield from quiet_days(21)
    yield from ssh(MONDAY + 20 * DAY + 14 * HOUR, 42701, src=GNB, dst=ROUTER2)


@capture
def first_contact_client():
    """Three weeks in which a base station calls a host by one program; on the last day by another one, whose TLS begins otherwise."""
    yield from first_contact_near()
    yield from upload(MONDAY + 20 * DAY + 18 * HOUR, 42750, 2000, 5)


@capture
def first_contact_near():
    """Three weeks in which a base station calls that host every day, the last one too."""
    yield from quiet_days(21)
    for day in range(21):
        yield from call(MONDAY + day * DAY + 14 * HOUR, 42700 + day)


@capture
def new_service():
    """Ten days in which a router answers SSH on port 22; on the eleventh it also answers on port 8022, to a host that nobody declared."""
    yield from known_service()
    yield from ssh(MONDAY + 10 * DAY + 13 * HOUR, 42800, src=STRANGER, dst=ROUTER2, service=8022)


def known_service():
    for day in range(11):
        yield from background_of(ROUTER2, MONDAY + day * DAY, MONDAY + (day + 1) * DAY, 6 * HOUR)
        yield from ssh(MONDAY + day * DAY + 10 * HOUR, 42780 + day, src=EMS, dst=ROUTER2)


@capture
def new_service_near():
    """The same ten days; on the eleventh another host asks for the service that was there, and one is refused on port 8022."""
    yield from known_service()
    yield from ssh(MONDAY + 10 * DAY + 13 * HOUR, 42800, src=JUMP, dst=ROUTER2)
    yield segment(MONDAY + 10 * DAY + 13.5 * HOUR, STRANGER, ROUTER2, 42801, 8022, 0x02, 100, 0)
    yield segment(MONDAY + 10 * DAY + 13.5 * HOUR + 0.001, ROUTER2, STRANGER, 8022, 42801, 0x14, 0, 101)


def site_day(start, end, skip=()):
    """What everybody does: log lines each minute or so, time, echoes, polls. SKIP: (kind, host, from, until) that is left out."""
    def left(kind, host, at):
        return any(k in (kind, '*') and h == host and a <= at < b for k, h, a, b in skip)

    rng = random_of('site day')
    for host in (GNB, GNB19, ROUTER, MME):
        at = start + rng.uniform(0, 60)
        while at < end:
            if not left('syslog', host, at):
                yield syslog(at, host)
            at += 20 + rng.expovariate(1 / 40)
        for at in range(int(start), int(end), 256):
            if not left('ntp', host, at):
                yield from own_ntp(at + rng.uniform(0, 5), 123, host)
        for at in range(int(start), int(end), 300):
            if not left('ping', host, at):
                for src, dst, kind, late in ((NMS, host, 8, 0), (host, NMS, 0, 0.001)):
                    frame = ethernet(src, dst, 0x0800, icmp_echo(src, dst, kind, 77, at // 300 & 0xffff, bytes(range(16, 72))))
                    yield at + 2 + late, frame, len(frame)
    for at in range(int(start), int(end), 60):
        if not left('echo', MME, at):
            yield from echo2(at, MME, SGW, at // 60 & 0xffff)


@capture
def log_silence():
    """A site's day; a router's log stops at four in the afternoon, while its time, its pings and everybody else go on."""
    return site_day(NOON, NOON + 6 * HOUR, [('syslog', ROUTER, NOON + 4 * HOUR, NOON + DAY)])


@capture
def log_silence_near():
    """A site's day; a router's log is quiet for four minutes, five times its usual gap, and goes on."""
    return site_day(NOON, NOON + 6 * HOUR, [('syslog', ROUTER, NOON + 4 * HOUR, NOON + 4 * HOUR + 240)])


@capture
def keepalive_silence():
    """A site's day; the mobility entity's echoes to the serving gateway stop at four in the afternoon, while it goes on with time and log."""
    return site_day(NOON, NOON + 6 * HOUR, [('echo', MME, NOON + 4 * HOUR, NOON + DAY)])


@capture
def equipment_silence():
    """A site's day; a base station falls silent at four in the afternoon while everybody else goes on."""
    return site_day(NOON, NOON + 6 * HOUR, [('*', GNB19, NOON + 4 * HOUR, NOON + DAY)])


@capture
def equipment_silence_near():
    """A site's day; the mirror shows nothing of anybody for an hour, and then everybody again."""
    return (p for p in site_day(NOON, NOON + 6 * HOUR) if not NOON + 4 * HOUR <= p[0] < NOON + 5 * HOUR)


# --- one story

@capture
def story():
    """One base station in one day: names that an algorithm made, a new host on the Internet, pings with something in them, knocks at
    neighbours. Each of it is weak."""
    yield from quiet_days(16)
    base = MONDAY + 15 * DAY
    yield from move(dga(), base + 10 * HOUR - NOON)
    yield from call(base + 11 * HOUR, 42900)
    yield from one('ptunnel', base + 12 * HOUR)
    yield from one('nmap', base + 13 * HOUR)


@capture
def story_near():
    """The same days without it, and one of the weak findings alone."""
    yield from quiet_days(16)
    yield from call(MONDAY + 15 * DAY + 11 * HOUR, 42900)


@capture
def user_plane():
    """The control plane inside a subscriber's tunnel."""
    yield from move(piece('user-plane-to-infrastructure', ''), NOON)


@capture
def user_plane_near():
    """A subscriber's look-up and page inside a tunnel."""
    yield from move(piece('user-plane', ''), NOON)


@capture
def wrong_interface():
    """A base station sets NGAP up with somebody on the Internet."""
    yield from over_sctp(NOON, GNB, OTHER, 38412, 38412, 60, [(0, NG_SETUP), (1, NG_SETUP_ANSWER)])


@capture
def wrong_interface_near():
    """A base station sets NGAP up with the mobility function."""
    yield from over_sctp(NOON, GNB, AMF, 38412, 38412, 60, [(0, NG_SETUP), (1, NG_SETUP_ANSWER)])


for background in (background_day, background_weeks):
    capture(background)

if __name__ == '__main__':
    for name, make in CAPTURES.items():
        if len(sys.argv) < 3 or name in sys.argv[2:]:
            write(os.path.join(sys.argv[1], name + '.pcap'), make())
