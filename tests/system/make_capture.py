#!/usr/bin/env python3
"""make_capture.py OUT [COUNT]: a small classic capture of DNS look-ups from 192.0.2.10 to 198.51.100.53, one a second."""
import struct
import sys


def checksum(data):
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(i):
    question = struct.pack('>HHHHHH', i, 0x0100, 1, 0, 0, 0) + b'\3www\7example\3com\0' + struct.pack('>HH', 1, 1)
    udp = struct.pack('>HHHH', 40000 + i, 53, 8 + len(question), 0) + question
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(udp), i, 0, 64, 17, 0, bytes([192, 0, 2, 10]), bytes([198, 51, 100, 53]))
    head = head[:10] + struct.pack('>H', checksum(head)) + head[12:]
    return b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + head + udp


def main(out, count):
    with open(out, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i in range(count):
            data = frame(i)
            f.write(struct.pack('<IIII', 1790000000 + i, 0, len(data), len(data)) + data)


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10)
