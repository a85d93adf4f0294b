"""Benign traffic of the network of tests/tradecraft/site.yaml, all of it as its policy says: a day that is dense, four weeks that are not."""
import struct

from compose import DAY, HOUR, MINUTE, MONDAY, WEEK, caller_port, cut, fatten, move, piece, random_of, tagged
from craft import NG_SETUP, NG_SETUP_ANSWER, avp, diameter, gtpu
from packets import address, ethernet, icmp_echo, tcp, udp
from telecom import (PFCP_BORN, RECOVERY_1, RECOVERY_2, Association, Talk, ask, bfd, dns, erspan2, gtp1, gtp2, gtp2_element, ldp_hello, m3ua, netflow9, noise,
                     ntp, packet, pfcp, pfcp_element, pfcp_node, raw, tacacs)

HOST = dict(router=1, router2=2, switch=3, secgw=10, gnb=17, gnb19=19, gnb20=20, oru=21, odu=22, resolver=53, edns=54, amf=65, upf=66, smf=67, mme=68, sgw=69,
            hss=70, stp=71, dra=72, pgw=73, mediation=75, ems=100, nms=101, logs=110, archive=111, collector=112, aaa=113, jump=114, proxy=115, clock=123)
HOST = {name: '192.0.2.%d' % n for name, n in HOST.items()}
GNBS = [HOST['gnb'], HOST['gnb19'], HOST['gnb20']]
SUMMER_ENDS = MONDAY + 20 * DAY + HOUR  # 2026-10-25 01:00 UTC
TAC, UPDATES, PARTNERS = '203.0.113.9', '203.0.113.20', ['203.0.113.%d' % n for n in (161, 162, 163)]
TALKERS = [HOST[n] for n in ('router', 'router2', 'switch', 'gnb', 'gnb19', 'gnb20', 'amf', 'upf', 'smf', 'mme', 'sgw', 'hss', 'pgw', 'ems', 'nms')]
POLLED = [HOST[n] for n in ('router', 'router2', 'switch', 'gnb19', 'upf', 'hss')]
LINES = ('%%LINK-3-UPDOWN: interface xe-0/0/%d, changed state to up', '%%SYS-5-CONFIG_I: configured from console by operator on vty%d',
         'sshd[%d]: session closed', 'cell %d: output power within limits', 'license server reached, %d features valid')


class Ports:
    """Ports of callers, one after the other."""

    def __init__(self, first=32768):
        self.next = first

    def take(self):
        self.next = self.next + 1 if self.next < 60999 else 32768
        return self.next


def every(rng, start, end, period, jitter=0.0):
    at = start + rng.uniform(0, period)
    while at < end:
        yield at
        at += period * (1 + rng.uniform(-jitter, jitter))


def session(name, at, hosts, port, amount=0, seconds=60, caller=True, whole=14, service=None):
    """The piece NAME between HOSTS, with AMOUNT bytes more."""
    recording = cut(piece(name), whole)
    if amount:
        recording = fatten(recording, caller, amount, seconds)
    ports = {caller_port(piece(name)): port}
    ports.update(service or {})
    return move(recording, at, hosts, ports)


def times(rng, start, end, period):
    """Time by NTP; each host with a port of its own way: 123, or a new one for each question."""
    for i, host in enumerate(TALKERS):
        for n, at in enumerate(every(rng, start, end, period, 0.02)):
            yield from ask(at, host, HOST['clock'], 123 if i % 3 else 33000 + (97 * i + n) % 20000, 123, ntp(3, int(at)), ntp(4, int(at)))


def logs(rng, start, end, mean):
    for i, host in enumerate(TALKERS):
        at = start + rng.expovariate(1 / mean)
        while at < end:
            text = LINES[rng.randrange(len(LINES))] % rng.randrange(1, 40)
            yield packet(at, host, HOST['logs'], 514 if i % 2 else 40514, 514, b'<%d>' % rng.choice((13, 30, 189)) + text.encode())
            at += 1 + rng.expovariate(1 / mean)


def pings(rng, start, end, period):
    for host in POLLED:
        for n, at in enumerate(every(rng, start, end, period)):
            for src, dst, kind, late in ((HOST['nms'], host, 8, 0), (host, HOST['nms'], 0, 0.001)):
                frame = ethernet(src, dst, 0x0800, icmp_echo(src, dst, kind, 7, n & 0xffff, struct.pack('>Q', int(at * 1e6)) + bytes(range(16, 64))))
                yield at + late, frame, len(frame)


def polls(rng, ports, start, end, period):
    for host in POLLED:
        for at in every(rng, start, end, period):
            yield from session('snmp-poll', at, {'192.0.2.1': host}, ports.take())


def names(rng, ports, start, end, period):
    """Look-ups: of the network's own names, of partners by the roaming DNS, in reverse."""
    own = ('ems-1.core.example', 'clock-1.core.example', 'archive-1.oob.example', 'licence.acme.example', 'amf-1.core.example')
    for host in TALKERS:
        for n, at in enumerate(every(rng, start, end, period, 0.8)):
            name, kind = rng.choice(own), 1
            if n % 7 == 6:
                name, kind = '%d.2.0.192.in-addr.arpa' % rng.randrange(1, 130), 12
            answer = address(HOST['ems']) if kind == 1 else b'\x05ems-1\x04core\x07example\0'
            missing = name == 'licence.acme.example' and n % 4 == 0
            yield from ask(at, host, HOST['resolver'], ports.take(), 53, dns(n & 0xffff, name, kind), dns(n & 0xffff, name, kind, b'' if missing else answer, 3 if missing else 0))
    for n, at in enumerate(every(rng, start, end, 4 * period, 0.8)):
        name = 'internet.apn.epc.mnc%03d.mcc001.3gppnetwork.example' % rng.randrange(1, 9)
        yield from tagged(ask(at, PARTNERS[n % 3], HOST['edns'], ports.take(), 53, dns(n, name, 1), dns(n, name, 1, address(HOST['pgw']))), 500)


def echoes(rng, start, end, period):
    """GTP-U, GTP-C, PFCP: each path is asked whether it lives."""
    for host in GNBS:
        for n, at in enumerate(every(rng, start, end, period)):
            yield from ask(at, host, HOST['upf'], 2152, 2152, gtpu(1, 0, b''), gtpu(2, 0, b'\x0e\0'))
    for peer in PARTNERS:
        for n, at in enumerate(every(rng, start, end, period)):
            yield from tagged(ask(at, HOST['sgw'], peer, 2123, 2123, gtp2(1, n), gtp2(2, n)), 500)
            yield from tagged(ask(at + 7, peer, HOST['pgw'], 2123, 2123, gtp1(1, n & 0xffff), gtp1(2, n & 0xffff, RECOVERY_1)), 500)
    for n, at in enumerate(every(rng, start, end, period)):
        yield from ask(at, HOST['mme'], HOST['sgw'], 2123, 2123, gtp2(1, n), gtp2(2, n))
        yield from ask(at + 3, HOST['smf'], HOST['upf'], 8805, 8805, pfcp(1, n, PFCP_BORN), pfcp(2, n, PFCP_BORN))


def node_association(at):
    yield from ask(at, HOST['smf'], HOST['upf'], 8805, 8805, pfcp(5, 1, pfcp_node(HOST['smf']), PFCP_BORN),
                   pfcp(6, 1, pfcp_node(HOST['upf']), pfcp_element(19, b'\1'), PFCP_BORN))


def roamers(rng, start, end, period):
    """Sessions that a partner's subscribers set up and end; no subscriber is named."""
    for n, at in enumerate(every(rng, start, end, period, 0.5)):
        peer, teid = PARTNERS[n % 3], 0x1000 + n
        tunnel = struct.pack('>I', teid)
        asked = gtp2_element(71, b'\x08internet') + gtp2_element(82, b'\x06') + gtp2_element(87, b'\x86' + tunnel + address(peer)) + RECOVERY_2
        given = gtp2_element(2, b'\x10\x00') + gtp2_element(87, b'\x87' + tunnel + address(HOST['pgw'])) + RECOVERY_2
        yield from tagged(ask(at, peer, HOST['pgw'], 2123, 2123, gtp2(32, 9000 + n, asked, 0), gtp2(33, 9000 + n, given, teid)), 500)
        yield from tagged(ask(at + 600, peer, HOST['pgw'], 2123, 2123, gtp2(36, 19000 + n, gtp2_element(73, b'\x05'), teid),
                              gtp2(37, 19000 + n, gtp2_element(2, b'\x10\x00'), teid)), 500)


def associations(rng, start, end, period):
    """NGAP of base stations, Diameter of the mobility entity, M3UA of the subscriber server and of partners: long, with beats and watchdogs."""
    for i, host in enumerate(GNBS):
        talk = Association(host, HOST['amf'], 38412 + i, 38412)
        yield from talk.open(start + i)
        yield from talk.data(start + i + 1, 0, 60, NG_SETUP)
        yield from talk.data(start + i + 2, 1, 60, NG_SETUP_ANSWER)
        for n, at in enumerate(every(rng, start + 60, end, period)):
            yield from talk.beat(at, n % 2)
    talk = Association(HOST['mme'], HOST['hss'], 36868, 3868, ((), (HOST['hss'], '192.0.2.170')))
    me = [avp(264, n + b'.epc.example') + avp(296, b'epc.example') for n in (b'mme', b'hss')]
    done = avp(268, struct.pack('>I', 2001))
    yield from talk.open(start + 5)
    yield from talk.data(start + 6, 0, 46, diameter(257, True, 1, me[0]))
    yield from talk.data(start + 7, 1, 46, diameter(257, False, 1, done, me[1]))
    for n, at in enumerate(every(rng, start + 60, end, period)):
        yield from talk.data(at, n % 2, 46, diameter(280, True, 10 + n, me[n % 2]))
        yield from talk.data(at + 0.01, 1 - n % 2, 46, diameter(280, False, 10 + n, done, me[1 - n % 2]))
        yield from talk.beat(at + period / 2, 0, (HOST['mme'], '192.0.2.170') if n % 4 == 3 else None)
    for i, (client, vid) in enumerate(((HOST['hss'], None), (PARTNERS[0], 500))):
        talk = Association(client, HOST['stp'], 2905 + i, 2905)
        said = list(talk.open(start + 10 + i))
        for n, (side, what) in enumerate(((0, m3ua(3, 1)), (1, m3ua(3, 4)), (0, m3ua(4, 1)), (1, m3ua(4, 3)))):
            said += talk.data(start + 11 + i + n, side, 3, what)
        for n, at in enumerate(every(rng, start + 60, end, 3 * period)):
            said += talk.data(at, 0, 3, m3ua(3, 3, struct.pack('>HHI', 9, 8, n)))
            said += talk.data(at + 0.01, 1, 3, m3ua(3, 6, struct.pack('>HHI', 9, 8, n)))
        yield from tagged(said, vid) if vid else said


def routing(rng, start, end, period):
    """BGP, BFD and LDP between routers; some minutes of BFD at its real pace."""
    talk = Talk(HOST['router'], HOST['router2'], 41179, 179)
    yield from talk.open(start + 1)
    for side, router in ((0, 'router'), (1, 'router2')):
        yield from talk.say(start + 1.1 + side / 10, side, b'\xff' * 16 + struct.pack('>HBBHH4sB', 29, 1, 4, 64510, 180, address(HOST[router]), 0))
    for n, at in enumerate(every(rng, start + 5, end, period / 2)):
        yield from talk.say(at, n % 2, b'\xff' * 16 + b'\0\x13\4')
    beats = [(at, 60_000_000) for at in every(rng, start, end, 60)] + [(start + 10 * HOUR + n, 1_000_000) for n in range(600)]
    for at, interval in beats:
        for src, dst, port, mine in (('router', 'router2', 49152, 1), ('router2', 'router', 49153, 2)):
            yield packet(at + mine / 100, HOST[src], HOST[dst], port, 3784, bfd(mine, 3 - mine, interval))
    for n, at in enumerate(every(rng, start, end, 2 * period)):
        for src, dst in (('router', 'router2'), ('router2', 'router')):
            yield packet(at, HOST[src], HOST[dst], 646, 646, ldp_hello(HOST[src], n))


def exports(rng, start, end, period):
    """Flows to the collector; for an hour a mirror of what a fault is looked for in."""
    for n, at in enumerate(every(rng, start, end, period)):
        yield packet(at, HOST['router'], HOST['collector'], 42055, 2055, netflow9(n, int(at), 6))
    for n in range(60):
        inner = ethernet(HOST['mme'], HOST['sgw'], 0x0800, udp(HOST['mme'], HOST['sgw'], 2123, 2123, gtp2(1, n)))
        yield raw(start + 11 * HOUR + 60 * n, HOST['router'], HOST['collector'], 47, erspan2(n, 7, inner))


def logins(rng, ports, start, end, period):
    """Element management and the jump host log in, and the equipment asks the site's AAA by TACACS+."""
    for at in every(rng, start, end, period, 0.7):
        who, where = rng.choice(('ems', 'nms', 'jump')), rng.choice(('router', 'router2', 'switch', 'gnb19', 'upf', 'hss'))
        yield from session('ssh', at, {'192.0.2.100': HOST[who], '192.0.2.1': HOST[where]}, ports.take())
        talk = Talk(HOST[where], HOST['aaa'], ports.take(), 49)
        yield from talk.open(at + 0.1)
        for i, (kind, seq, length) in enumerate(((1, 1, 31), (1, 2, 16), (1, 3, 13), (1, 4, 6))):
            yield from talk.say(at + 0.11 + i / 100, i % 2, tacacs(kind, seq, 'login %f' % at, length))
        yield from talk.close(at + 0.2)


def telemetry(rng, ports, start, end, period):
    """TLS of base stations to element management; a router's to the Internet, by a written exception."""
    for host in GNBS:
        for at in every(rng, start, end, period, 0.1):
            yield from session('tls-call', at, {'203.0.113.220': HOST['ems']}, ports.take(), whole=7) if host == HOST['gnb'] else session(
                'tls-call', at, {'192.0.2.17': host, '203.0.113.220': HOST['ems']}, ports.take(), whole=7)
    for at in every(rng, start, end, period, 0.05):
        yield from session('tls-call', at, {'192.0.2.17': HOST['router']}, ports.take(), whole=7, service={443: 4434})


def night(rng, ports, midnight, scale):
    """Backups, each night at its minute; element management asks for updates through the proxy."""
    for i, host in enumerate(('router', 'router2', 'switch')):
        yield from session('sftp', midnight + 90 * MINUTE + 20 * MINUTE * i + rng.uniform(0, 90), {'192.0.2.1': HOST[host]}, ports.take(),
                           int(scale * rng.uniform(0.85, 1.15)), 300, whole=10)
    yield from session('tls-call', midnight + 40 * MINUTE + rng.uniform(0, 600), {'192.0.2.17': HOST['proxy'], '203.0.113.220': UPDATES}, ports.take(), whole=7)


def tuesday(rng, ports, midnight, scale):
    """Inside the supplier's window: its support logs in, and a router loads software; a base station gets its own from element management."""
    window = midnight + (20 if midnight < SUMMER_ENDS else 21) * HOUR + 20 * MINUTE
    yield from session('ssh-typed', window, None, ports.take(), whole=12)
    yield from session('http-image', window + 600, {'203.0.113.220': TAC}, ports.take(), whole=12)
    yield from session('ssh', midnight + 13 * HOUR + rng.uniform(0, 600), {'192.0.2.1': HOST['gnb19']}, ports.take(), scale, 600, whole=10)


def users(rng, start, end, period):
    """What subscribers say inside tunnels between base stations and the user plane."""
    for n, at in enumerate(every(rng, start, end, period, 0.9)):
        ue, site = '100.64.%d.%d' % (n % 200, 1 + n % 250), '203.0.113.%d' % (130 + n % 20)
        for up, late in ((True, 0), (False, 0.03)):
            src, dst = (GNBS[n % 3], HOST['upf']) if up else (HOST['upf'], GNBS[n % 3])
            inner = tcp(ue, site, 40000 + n % 1000, 443, 0x18, n, 1, noise('page %d' % n, 60)) if up else tcp(
                site, ue, 443, 40000 + n % 1000, 0x18, 1, n, noise('answer %d' % n, 400))
            yield packet(at + late, src, dst, 2152, 2152, gtpu(255, 0x1000 + n, inner, up))


def background_day():
    """A Tuesday and the two hours after it, all as the policy says: NTP, DNS, log lines, pings, SNMPv3, echoes of GTP and PFCP, NGAP, Diameter and
    M3UA with beats and watchdogs, BGP, BFD and LDP, NetFlow, a mirror to the collector, logins with TACACS+, telemetry, subscribers' tunnels,
    backups at night, updates in the supplier's window."""
    rng, ports = random_of('background day'), Ports()
    start, end = MONDAY + DAY, MONDAY + 2 * DAY + 2 * HOUR
    yield from node_association(start)
    for made in (times(rng, start, end, 1024), logs(rng, start, end, 600), pings(rng, start, end, 900), polls(rng, ports, start, end, HOUR),
                 names(rng, ports, start, end, HOUR), echoes(rng, start, end, 300), roamers(rng, start, end, 900), associations(rng, start, end, 300),
                 routing(rng, start, end, 300), exports(rng, start, end, 240), logins(rng, ports, start, end, 3 * HOUR),
                 telemetry(rng, ports, start, end, 3 * HOUR), users(rng, start, end, 600), night(rng, ports, start, 8_000_000),
                 night(rng, ports, start + DAY, 8_000_000), tuesday(rng, ports, start, 20_000_000)):
        yield from made


def background_weeks():
    """Four weeks of the same network, thinner: time, log lines, pings, echoes, telemetry, logins, nightly backups, updates on Tuesdays."""
    rng, ports = random_of('background weeks'), Ports(50000)
    start, end = MONDAY, MONDAY + 4 * WEEK
    for made in (times(rng, start, end, 16 * HOUR), logs(rng, start, end, 12 * HOUR), pings(rng, start, end, DAY), names(rng, ports, start, end, DAY),
                 telemetry(rng, ports, start, end, 1.5 * DAY), logins(rng, ports, start, end, 3 * DAY), roamers(rng, start, end, DAY), echoes(rng, start, end, 6 * HOUR)):
        yield from made
    for day in range(28):
        yield from night(rng, ports, start + day * DAY, 3_000_000)
    for week in range(4):
        yield from tuesday(rng, ports, start + DAY + week * WEEK, 5_000_000)
