"""Captures of amounts over hours and days, for craft.py. Bulk is headers alone: each segment says in its IP header how long it was."""
import struct

from packets import checksum, ethernet, stable, tcp, udp

T0 = 1790582400  # Monday, 2026-09-28, 08:00 UTC
MINUTE, HOUR, DAY = 60, 3600, 86400
MB = 1000000
SEGMENT = 65000  # bytes of payload: what a host hands to its network card at once
GNB, ROUTER, AMF, GUEST, CLOCK = '192.0.2.17', '192.0.2.1', '192.0.2.65', '192.0.2.200', '192.0.2.123'
LISTED, CLOUD, TAC = '198.51.100.7', '203.0.113.230', '203.0.113.9'


def header(src, dst, sport, dport, flags, seq, ack, amount):
    """A TCP segment of AMOUNT bytes of which the headers alone were captured."""
    packet = tcp(src, dst, sport, dport, flags, seq, ack)
    head = packet[:2] + struct.pack('>H', 40 + amount) + packet[4:10] + b'\0\0' + packet[12:20]
    frame = ethernet(src, dst, 0x0800, head[:10] + struct.pack('>H', checksum(head)) + head[12:] + packet[20:])
    return frame, len(frame) + amount


def bulk(at, src, dst, sport, dport, sent, received=0, seconds=60):
    """A TCP conversation in which SRC, which begins it, sends and receives so many bytes within SECONDS."""
    ends, seq = [(src, sport), (dst, dport)], [stable(src + dst) & 0xffffff, stable(dst + src) & 0xffffff]

    def say(side, t, flags, amount=0):
        frame, length = header(*[e for pair in zip(ends[side], ends[1 - side]) for e in pair], flags, seq[side], seq[1 - side], amount)
        seq[side] += amount + bool(flags & 3)
        return t, frame, length

    yield say(0, at, 0x02)
    yield say(1, at + 0.01, 0x12)
    yield say(0, at + 0.02, 0x10)
    parts = [(side, min(SEGMENT, total - i)) for side, total in ((0, sent), (1, received)) for i in range(0, total, SEGMENT)]
    for i, (side, amount) in enumerate(parts):
        yield say(side, at + 0.03 + seconds * i / len(parts), 0x18, amount)
        if i % 50 == 0:
            yield say(1 - side, at + 0.031 + seconds * i / len(parts), 0x10)
    yield say(0, at + seconds + 0.1, 0x11)
    yield say(1, at + seconds + 0.11, 0x11)
    yield say(0, at + seconds + 0.12, 0x10)


def ask_time(at, src):
    """A question to the clock, and its answer."""
    question = bytes([0x23]) + bytes(47)
    answer = bytes([0x24, 2]) + bytes(46)
    yield at, ethernet(src, CLOCK, 0x0800, udp(src, CLOCK, 40123, 123, question))
    yield at + 0.001, ethernet(CLOCK, src, 0x0800, udp(CLOCK, src, 123, 40123, answer))


def uploads_undeclared():
    """A host that nobody declared asks its clock each hour and uploads 60 kB three times a day, for eleven days; on the last three nights
    110 MB at ten past one, and then 210 MB by day."""
    for hour in range(12 * 24):
        yield from ask_time(T0 + hour * HOUR + 7, GUEST)
    for day in range(12):
        for i in range(3):
            yield from bulk(T0 + day * DAY + i * 3 * HOUR, GUEST, CLOUD, 41000 + day * 3 + i, 443, 60000, 20000)
    for day in (8, 9, 10):
        yield from bulk(T0 + day * DAY + 15 * HOUR + 10 * MINUTE, GUEST, CLOUD, 42000 + day, 443, 110 * MB, 0, 600)
    yield from bulk(T0 + 11 * DAY + 7 * HOUR, GUEST, CLOUD, 43000, 443, 210 * MB, 0, 900)


def downloads_undeclared():
    """The same host; what comes on three nights and by day comes to it."""
    for hour in range(12 * 24):
        yield from ask_time(T0 + hour * HOUR + 7, GUEST)
    for day in range(12):
        for i in range(3):
            yield from bulk(T0 + day * DAY + i * 3 * HOUR, GUEST, CLOUD, 41000 + day * 3 + i, 443, 60000, 20000)
    for day in (8, 9, 10):
        yield from bulk(T0 + day * DAY + 15 * HOUR + 10 * MINUTE, GUEST, CLOUD, 42000 + day, 443, MB, 20 * MB, 600)


def upload_to_listed():
    """The AMF uploads 1.2 MB to a listed network; a base station downloads as much from it."""
    yield from bulk(T0, AMF, LISTED, 41000, 443, 1200000, 30000)
    yield from bulk(T0 + 300, GNB, LISTED, 41001, 443, 30000, 1200000)


def supplier_comes_back():
    """The supplier calls its base station inside its window, Tuesday 22:30 in Warsaw, and again on Thursday at noon; its router inside only."""
    tuesday = T0 + DAY + 12 * HOUR + 30 * MINUTE
    yield from bulk(tuesday, TAC, GNB, 41000, 22, 4000, 20000)
    yield from bulk(tuesday + 300, TAC, ROUTER, 41001, 22, 4000, 20000)
    yield from bulk(tuesday + DAY + 13 * HOUR, TAC, GNB, 41002, 22, 4000, 20000)


def tftp_outside():
    """A host that nobody declared writes 8 kB by TFTP to a host on the Internet; another one reads as much."""
    for host, sport, write in ((GUEST, 41000, True), ('192.0.2.201', 41001, False)):
        def say(side, t, port, payload, host=host, sport=sport):
            ends = [(host, sport), (CLOUD, port)]
            (src, sp), (dst, dp) = ends[side], ends[1 - side]
            return t, ethernet(src, dst, 0x0800, udp(src, dst, sp, dp, payload))

        t = T0 + (0 if write else 60)
        # RFC 1350: 1 read request, 2 write request, 3 data, 4 acknowledgement
        yield say(0, t, 69, struct.pack('>H', 2 if write else 1) + b'running-config\0octet\0')
        if write:
            yield say(1, t + 0.01, 50001, struct.pack('>HH', 4, 0))
        for block in range(1, 17):
            data = struct.pack('>HH', 3, block) + b'!' * (512 if block < 16 else 300)
            yield say(1 - write, t + 0.02 * block, 50001, data)
            yield say(int(write), t + 0.02 * block + 0.01, 50001, struct.pack('>HH', 4, block))


CAPTURES = {
    'uploads-undeclared': uploads_undeclared,
    'downloads-undeclared': downloads_undeclared,
    'upload-to-listed': upload_to_listed,
    'supplier-comes-back': supplier_comes_back,
    'tftp-outside': tftp_outside,
}
