"""Building blocks for crafted captures: headers as bytes, checksums, classic pcap files. Standard library only."""
import ipaddress
import struct
import zlib


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(text):
    return ipaddress.ip_address(text).packed


def ethernet(src, dst, ethertype, payload):
    """Hardware addresses come from the last byte of the IP addresses' text."""
    mac = [bytes([2, 0, 0, 0, 0, address(a)[-1]]) for a in (dst, src)]
    return mac[0] + mac[1] + struct.pack('>H', ethertype) + payload


def vlan(frame, vid, ethertype=0x8100):
    return frame[:12] + struct.pack('>HH', ethertype, vid) + frame[12:]


def mpls(frame, *labels):
    stack = b''.join(struct.pack('>I', label << 12 | (i == len(labels) - 1) << 8 | 64) for i, label in enumerate(labels))
    return frame[:12] + b'\x88\x47' + stack + frame[14:]


def ipv4(src, dst, proto, payload, ident=1, ttl=64):
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), ident, 0x4000, ttl, proto, 0, address(src), address(dst))
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + payload


def fragment(packet, start, end, ident):
    """The fragment of an IPv4 packet without options that carries bytes START to END of what that carries."""
    more = 0x2000 if end < len(packet) - 20 else 0
    head = packet[:2] + struct.pack('>HHH', 20 + end - start, ident, more | start // 8) + packet[8:10] + b'\0\0' + packet[12:20]
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + packet[20 + start:20 + end]


def pseudo(src, dst, proto, length):
    return address(src) + address(dst) + struct.pack('>BBH', 0, proto, length)


def udp(src, dst, sport, dport, payload):
    head = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0)
    total = checksum(pseudo(src, dst, 17, 8 + len(payload)) + head + payload)
    return ipv4(src, dst, 17, head[:6] + struct.pack('>H', total or 0xffff) + payload)


def tcp(src, dst, sport, dport, flags, seq, ack, payload=b''):
    head = struct.pack('>HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff, 5 << 4, flags, 64240, 0, 0)
    total = checksum(pseudo(src, dst, 6, len(head) + len(payload)) + head + payload)
    return ipv4(src, dst, 6, head[:16] + struct.pack('>H', total) + head[18:] + payload)


def icmp_echo(src, dst, kind, ident, seq, payload):
    head = struct.pack('>BBHHH', kind, 0, 0, ident, seq)
    return ipv4(src, dst, 1, head[:2] + struct.pack('>H', checksum(head + payload)) + head[4:] + payload)


def crc32c(data):
    """RFC 9260 appendix A: the reflected Castagnoli polynomial."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def sctp_chunk(kind, flags, body):
    return struct.pack('>BBH', kind, flags, 4 + len(body)) + body + b'\0' * (-len(body) % 4)


def sctp(src, dst, sport, dport, tag, *chunks):
    head = struct.pack('>HHII', sport, dport, tag, 0)
    body = b''.join(chunks)
    return ipv4(src, dst, 132, head[:8] + struct.pack('<I', crc32c(head + body)) + body)


def sctp_data(tsn, ppid, payload, stream=0, ssn=0):
    return sctp_chunk(0, 3, struct.pack('>IHHI', tsn, stream, ssn, ppid) + payload)


class TcpTalk:
    """A TCP conversation, sentence by sentence; yields (seconds, frame)."""

    def __init__(self, src, dst, sport, dport, isn):
        self.ends = [(src, sport, isn), (dst, dport, isn * 7 + 1)]
        self.seq = [isn, isn * 7 + 1]

    def segment(self, side, flags, payload=b''):
        src, sport, _ = self.ends[side]
        dst, dport, _ = self.ends[1 - side]
        data = tcp(src, dst, sport, dport, flags, self.seq[side], self.seq[1 - side] if flags & 0x10 else 0, payload)
        self.seq[side] += len(payload) + bool(flags & 3)
        return ethernet(src, dst, 0x0800, data)

    def run(self, at, sentences):
        """SENTENCES: (side, bytes); opens with a handshake and closes."""
        yield at, self.segment(0, 0x02)
        yield at + 0.001, self.segment(1, 0x12)
        yield at + 0.002, self.segment(0, 0x10)
        at += 0.01
        for side, payload in sentences:
            yield at, self.segment(side, 0x18, payload)
            yield at + 0.001, self.segment(1 - side, 0x10)
            at += 0.05
        yield at, self.segment(0, 0x11)
        yield at + 0.001, self.segment(1, 0x11)
        yield at + 0.002, self.segment(0, 0x10)


def write(path, packets, in_order=True):
    """PACKETS: (seconds since 1970, frame), and the length on the wire of a frame that is cut; written in order of time, or as they come, as a
    classic little-endian capture with microseconds."""
    with open(path, 'wb') as out:
        out.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for at, frame, *length in sorted(packets, key=lambda p: p[0]) if in_order else packets:
            us = round(at * 1e6)
            out.write(struct.pack('<IIII', us // 1000000, us % 1000000, len(frame), *(length or [len(frame)])) + frame)


def read_cut(path):
    """(seconds, frame, its length on the wire) of a classic little-endian capture with microseconds."""
    data = open(path, 'rb').read()
    if data[:4] != b'\xd4\xc3\xb2\xa1':
        raise SystemExit('%s: not a little-endian microsecond capture' % path)
    at = 24
    while at + 16 <= len(data):
        s, us, cap, length = struct.unpack('<IIII', data[at:at + 16])
        yield s + us / 1e6, data[at + 16:at + 16 + cap], length
        at += 16 + cap


def read(path):
    """(seconds, frame) of such a capture."""
    return ((at, frame) for at, frame, _ in read_cut(path))


def stable(text):
    """A number that depends on TEXT alone."""
    return zlib.crc32(text.encode())
