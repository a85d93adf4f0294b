#!/usr/bin/env python3
"""flood.py [--rate PACKETS] [--start SECONDS] [--seed N] COUNT FILE: a capture of COUNT conversations of one packet each.

Each is one UDP datagram from an address of its own in 10.0.0.0/8 to one of 254 addresses in 198.51.100.0/24 (RFC 5737), with a
payload that no classifier has a name for. No two have the same ends. "-" writes to standard output. --rate is in packets a second
of capture time (default 50000), --start the Unix time of the first one (default 1790000000). The same arguments give the same
bytes. At most 16,777,216 conversations; ten million take some seconds.

Records are made in blocks: what differs between them is written a column of bytes at a time, which Python does in C."""
import argparse
import random
import struct
import sys

HEADER = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
PAYLOAD = b'x' * 10
FRAME = struct.pack('!6s6sH', b'\x02\x00\x5e\x00\x53\x02', b'\x02\x00\x5e\x00\x53\x01', 0x0800) + \
    struct.pack('!BBHHHBBH4s4s', 0x45, 0, 28 + len(PAYLOAD), 0, 0x4000, 64, 17, 0, bytes([10, 0, 0, 0]), bytes([198, 51, 100, 0])) + \
    struct.pack('!HHHH', 0, 9999, 8 + len(PAYLOAD), 0) + PAYLOAD  # UDP over IPv4: checksum 0 is none (RFC 768)
RECORD = struct.pack('<IIII', 0, 0, len(FRAME), len(FRAME)) + FRAME
BLOCK = 1 << 16
IP, UDP = 16 + 14, 16 + 14 + 20  # offsets in a record
MOST = 1 << 24


def column(block, at, values):
    """Byte AT of each record."""
    block[at::len(RECORD)] = values


def words(block, at, values, order):
    """Two bytes, most significant first when ORDER is (0, 1)."""
    column(block, at + order[0], bytes([v >> 8 for v in values]))
    column(block, at + order[1], bytes([v & 255 for v in values]))


def checksum_of(frame):
    total = sum(struct.unpack('!10H', frame[14:34]))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total


def fill(block, number, hosts, rate, start):
    """Block NUMBER: sources 10.NUMBER.0.0/16."""
    first = number * BLOCK
    base = checksum_of(FRAME) + number
    column(block, IP + 13, bytes([number]) * BLOCK)
    sums = [base + i + h for i, h in enumerate(hosts)]
    words(block, IP + 10, [~((s & 0xffff) + (s >> 16)) & 0xffff for s in sums], (0, 1))
    microseconds = [(first + i) * 1000000 // rate for i in range(BLOCK)]
    for at, values in ((0, [start + t // 1000000 for t in microseconds]), (4, [t % 1000000 for t in microseconds])):
        packed = struct.pack('<%dI' % BLOCK, *values)
        for k in range(4):
            column(block, at + k, packed[k::4])


def write(to, count, rate, start, seed):
    ends = random.Random(seed)
    hosts = [ends.randrange(1, 255) for _ in range(BLOCK)]
    ports = [ends.randrange(1024, 65536) for _ in range(BLOCK)]
    block = bytearray(RECORD * BLOCK)
    words(block, IP + 14, range(BLOCK), (0, 1))
    column(block, IP + 19, bytes(hosts))
    words(block, UDP, ports, (0, 1))
    to.write(HEADER)
    for number in range((count + BLOCK - 1) // BLOCK):
        fill(block, number, hosts, rate, start)
        to.write(memoryview(block)[:min(BLOCK, count - number * BLOCK) * len(RECORD)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--rate', type=int, default=50000)
    parser.add_argument('--start', type=int, default=1790000000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('count', type=int)
    parser.add_argument('file')
    args = parser.parse_args()
    if not 0 <= args.count <= MOST:
        parser.error('at most %d conversations' % MOST)
    if args.rate < 1:
        parser.error('a rate is at least 1')
    if args.file == '-':
        write(sys.stdout.buffer, args.count, args.rate, args.start, args.seed)
    else:
        with open(args.file, 'wb') as to:
            write(to, args.count, args.rate, args.start, args.seed)


if __name__ == '__main__':
    main()
