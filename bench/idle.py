#!/usr/bin/env python3
"""idle.py COUNT FILE [--rate N]: a capture of COUNT conversations that are classified at once and then silent.

Each is a DNS look-up of its own name and the answer to it, from an address of its own in 10.0.0.0/8 to one of four resolvers in
198.51.100.0/24 (RFC 5737); the answer's address is in 203.0.113.0/24. --rate: conversations a second of capture time (default 50000). The
same arguments give the same bytes. At most 16,777,216 conversations. Standard library only.
"""
import argparse
import struct
import sys

START = 1790000000
FIRST_HOST = 0x0a000000
SCATTER = 0x9e3779          # odd: hosts come in no order, each once
LAG = 25                  # conversations that begin before an answer comes
QUESTION = b'\x0bn0000000000\x04host\x07example\0\0\1\0\1'   # its digits are the number of the conversation
ANSWER = b'\xc0\x0c\0\1\0\1\0\0\x01\x2c\0\4\xcb\0\x71\1'
DIGITS = 16 + 14 + 20 + 8 + 12 + 2                            # where they stand in a record


def checksum(data):
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def record(answer):
    """A record of the file, from 10.0.0.0; UDP without a checksum (RFC 768), the IP header's yet to be made."""
    dns = struct.pack('>HHHHHH', 1, 0x8180 if answer else 0x0100, 1, 1 if answer else 0, 0, 0) + QUESTION + (ANSWER if answer else b'')
    ports, ends = (53, 40000), (b'\xc6\x33\x64\1', b'\x0a\0\0\0')
    if not answer:
        ports, ends = ports[::-1], ends[::-1]
    ip = struct.pack('>BBHHHBBH', 0x45, 0, 28 + len(dns), 1, 0x4000, 64, 17, 0) + ends[0] + ends[1]
    frame = b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + struct.pack('>HHHH', *ports, 8 + len(dns), 0) + dns
    return bytearray(struct.pack('<IIII', 0, 0, len(frame), len(frame)) + frame)


def write(to, count, rate):
    to.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    records = []
    for answer in (False, True):
        x = record(answer)
        client, resolver = (46, 42) if answer else (42, 46)
        sums = [(~checksum(bytes(x[30:50])) & 0xffff) + i for i in range(4)] # by resolver
        records.append((x, client, resolver, sums))
    stamp, host, short = struct.Struct('<II').pack_into, struct.Struct('>I').pack_into, struct.Struct('>H').pack_into
    for n in range(count + LAG):
        us = n * 1000000 // rate
        for (x, client, resolver, sums), i in zip(records, (n, n - LAG)): # the query of one, the answer of an earlier one
            if not 0 <= i < count:
                continue
            stamp(x, 0, START + us // 1000000, us % 1000000)
            address = FIRST_HOST + (i * SCATTER & 0xffffff)
            host(x, client, address)
            x[resolver + 3] = 1 + (i & 3)
            total = sums[i & 3] + (address >> 16) - (FIRST_HOST >> 16) + (address & 0xffff)
            total = (total & 0xffff) + (total >> 16)
            short(x, 40, ~((total & 0xffff) + (total >> 16)) & 0xffff)
            x[DIGITS:DIGITS + 10] = b'%010d' % i
            to.write(x)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('count', type=int)
    parser.add_argument('file')
    parser.add_argument('--rate', type=int, default=50000)
    args = parser.parse_args()
    if not 0 <= args.count <= 1 << 24 or args.rate < 1:
        sys.exit('idle.py: COUNT or --rate is out of range')
    with open(args.file, 'wb', buffering=1 << 20) as f:
        write(f, args.count, args.rate)


if __name__ == '__main__':
    main()
