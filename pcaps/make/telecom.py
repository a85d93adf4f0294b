"""Messages of telecom protocols as bytes, for captures that no program here makes. Each decodes in tshark as what it is meant to be.

GTP-C: TS 29.060 clauses 7.2.1, 7.7 (version 1), TS 29.274 clauses 5.5, 7.1, 8.1 (version 2). PFCP: TS 29.244 clauses 7.2, 7.4.2, 8.1.2.
M3UA: RFC 4666 3.1. TACACS+: RFC 8907 4.1. ERSPAN: draft-foschiano-erspan 4. BFD: RFC 5880 4.1. LDP: RFC 5036 3.5.2. NTP: RFC 5905 7.3,
NTS: RFC 8915 5. NetFlow 9: RFC 3954. SCTP: RFC 9260 3.3.
"""
import struct

from packets import address, ethernet, ipv4, sctp, sctp_chunk, sctp_data, stable, tcp, udp


def noise(name, length):
    """LENGTH bytes that depend on NAME alone."""
    return b''.join(struct.pack('>I', stable('%s %d' % (name, i))) for i in range((length + 3) // 4))[:length]


def packet(at, src, dst, sport, dport, payload):
    """A frame with a UDP datagram."""
    frame = ethernet(src, dst, 0x0800, udp(src, dst, sport, dport, payload))
    return at, frame, len(frame)


def segment(at, src, dst, sport, dport, flags, seq, ack, payload=b''):
    frame = ethernet(src, dst, 0x0800, tcp(src, dst, sport, dport, flags, seq, ack, payload))
    return at, frame, len(frame)


def raw(at, src, dst, proto, payload):
    frame = ethernet(src, dst, 0x0800, ipv4(src, dst, proto, payload))
    return at, frame, len(frame)


def ask(at, src, dst, sport, dport, question, answer, delay=0.002):
    """A datagram and the one that answers it."""
    yield packet(at, src, dst, sport, dport, question)
    yield packet(at + delay, dst, src, dport, sport, answer)


def gtp1(kind, seq, elements=b'', teid=0, flags=0x32, length=None):
    return struct.pack('>BBHIHBB', flags, kind, 4 + len(elements) if length is None else length, teid, seq, 0, 0) + elements


RECOVERY_1 = b'\x0e\x05'
PRIVATE_1 = b'\xff\x00\x06\x28\xafnode'  # private extension of an enterprise


def gtp2_element(kind, value, instance=0):
    return struct.pack('>BHB', kind, len(value), instance) + value


RECOVERY_2 = gtp2_element(3, b'\x05')


def gtp2(kind, seq, elements=RECOVERY_2, teid=None):
    head = b'' if teid is None else struct.pack('>I', teid)
    body = head + struct.pack('>I', seq << 8) + elements
    return struct.pack('>BBH', 0x40 if teid is None else 0x48, kind, len(body)) + body


def pfcp_element(kind, value):
    return struct.pack('>HH', kind, len(value)) + value


def pfcp(kind, seq, *elements):
    body = struct.pack('>I', seq << 8) + b''.join(elements)
    return struct.pack('>BBH', 0x20, kind, len(body)) + body


PFCP_BORN = pfcp_element(96, struct.pack('>I', 0xebd00000))


def pfcp_session(kind, seq, session, *elements):
    """The same of a session, which has a number."""
    body = struct.pack('>QI', session, seq << 8) + b''.join(elements)
    return struct.pack('>BBH', 0x21, kind, len(body)) + body


def pfcp_node(text):
    return pfcp_element(60, b'\0' + address(text))


def m3ua(group, kind, body=b''):
    return struct.pack('>BBBBI', 1, 0, group, kind, 8 + len(body)) + body


def tacacs(kind, seq, name, length):
    """Header in the clear; the body is hidden by the shared secret, as noise is."""
    return struct.pack('>BBBBII', 0xc0, kind, seq, 0, stable(name), length) + noise('%s %d' % (name, seq), length)


def erspan2(seq, session, inner):
    gre = struct.pack('>HHI', 0x1000, 0x88be, seq)
    return gre + struct.pack('>HHI', 1 << 12 | 17, session, 0) + inner


def bfd(mine, yours, interval_us=1000000):
    return struct.pack('>BBBBIIIII', 0x20, 0xc0, 3, 24, mine, yours, interval_us, interval_us, 0)


def ldp_hello(router, seq):
    message = struct.pack('>HHI', 0x0100, 12, seq) + struct.pack('>HHHH', 0x0400, 4, 15, 0)
    return struct.pack('>HH', 1, 6 + len(message)) + address(router) + b'\0\0' + message


def ntp(mode, stamp, more=b''):
    """A client's question (3) or a server's answer (4) of 48 bytes, and MORE."""
    seconds = struct.pack('>II', stamp & 0xffffffff, 0)
    return struct.pack('>BBbb', 0x20 | mode, 0 if mode == 3 else 3, 6, -20) + bytes(8) + b'SITE' + (
        bytes(24) if mode == 3 else seconds * 3) + seconds + more


def dns(number, name, kind, answer=None, code=0):
    """A question, or with ANSWER (bytes of its one record; b'': none) the answer to it."""
    labels = b''.join(bytes([len(x)]) + x.encode() for x in name.split('.')) + b'\0'
    question = labels + struct.pack('>HH', kind, 1)
    if answer is None:
        return struct.pack('>HHHHHH', number, 0x0100, 1, 0, 0, 0) + question
    record = struct.pack('>HHHIH', 0xc00c, kind, 1, 300, len(answer)) + answer if answer else b''
    return struct.pack('>HHHHHH', number, 0x8180 | code, 1, 1 if answer else 0, 0, 0) + question + record


def netflow9(seq, at, records):
    """A template of five fields, and RECORDS flows by it."""
    fields = ((8, 4), (12, 4), (7, 2), (11, 2), (1, 4))
    template = struct.pack('>HHHH', 0, 8 + 4 * len(fields), 256, len(fields)) + b''.join(struct.pack('>HH', *f) for f in fields)
    data = b''.join(address('192.0.2.17') + address('192.0.2.66') + struct.pack('>HHI', 2152, 2152, 1000 + i) for i in range(records))
    data += bytes(-len(data) % 4)
    return struct.pack('>HHIIII', 9, 1 + records, 1000, at, seq, 1) + template + struct.pack('>HH', 256, 4 + len(data)) + data


class Association:
    """An SCTP association, packet by packet; addresses that INIT and INIT ACK name beside those of the packets: PATHS of either side."""

    def __init__(self, client, server, sport, dport, paths=((), ())):
        self.ends, self.paths = [(client, sport), (server, dport)], paths
        self.tag = [stable(client + server + str(sport)) | 1, stable(server + client + str(sport)) | 1]
        self.tsn = [t & 0xffffff for t in self.tag]

    def say(self, at, side, *chunks, hosts=None, tag=None):
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        src, dst = hosts or (src, dst)
        frame = ethernet(src, dst, 0x0800, sctp(src, dst, sport, dport, self.tag[1 - side] if tag is None else tag, *chunks))
        return at, frame, len(frame)

    def init(self, side):
        named = b''.join(struct.pack('>HH', 5, 8) + address(a) for a in self.paths[side])
        return struct.pack('>IIHHI', self.tag[side], 106496, 10, 10, self.tsn[side]) + named

    def open(self, at):
        cookie = bytes(range(64))
        yield self.say(at, 0, sctp_chunk(1, 0, self.init(0)), tag=0)
        yield self.say(at + 0.001, 1, sctp_chunk(2, 0, self.init(1) + struct.pack('>HH', 7, 68) + cookie))
        yield self.say(at + 0.002, 0, sctp_chunk(10, 0, cookie))
        yield self.say(at + 0.003, 1, sctp_chunk(11, 0, b''))

    def data(self, at, side, ppid, payload):
        yield self.say(at, side, sctp_data(self.tsn[side], ppid, payload))
        yield self.say(at + 0.002, 1 - side, sctp_chunk(3, 0, struct.pack('>IIHH', self.tsn[side], 106496, 0, 0)))
        self.tsn[side] += 1

    def beat(self, at, side, hosts=None):
        """HEARTBEAT and its answer, on another path with HOSTS."""
        info = struct.pack('>HH', 1, 12) + struct.pack('>d', at)
        yield self.say(at, side, sctp_chunk(4, 0, info), hosts=hosts)
        yield self.say(at + 0.001, 1 - side, sctp_chunk(5, 0, info), hosts=hosts and hosts[::-1])

    def close(self, at):
        yield self.say(at, 0, sctp_chunk(7, 0, struct.pack('>I', self.tsn[1] - 1)))
        yield self.say(at + 0.001, 1, sctp_chunk(8, 0, b''))
        yield self.say(at + 0.002, 0, sctp_chunk(14, 0, b''))


class Talk:
    """A TCP conversation that goes on for as long as it is told to."""

    def __init__(self, client, server, sport, dport):
        isn = stable(client + server + str(sport)) & 0x3fffffff
        self.ends, self.seq = [(client, sport), (server, dport)], [isn, isn ^ 0x15555555]

    def segment(self, at, side, flags, payload=b''):
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        out = segment(at, src, dst, sport, dport, flags, self.seq[side] & 0xffffffff, self.seq[1 - side] & 0xffffffff if flags & 0x10 else 0, payload)
        self.seq[side] += len(payload) + bool(flags & 3)
        return out

    def open(self, at):
        yield self.segment(at, 0, 0x02)
        yield self.segment(at + 0.001, 1, 0x12)
        yield self.segment(at + 0.002, 0, 0x10)

    def say(self, at, side, payload):
        yield self.segment(at, side, 0x18, payload)
        yield self.segment(at + 0.001, 1 - side, 0x10)

    def close(self, at):
        yield self.segment(at, 0, 0x11)
        yield self.segment(at + 0.001, 1, 0x11)
        yield self.segment(at + 0.002, 0, 0x10)
