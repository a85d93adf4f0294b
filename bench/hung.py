"""hung.py COUNT FILE: a capture for bench/hung.sh. COUNT frames, a hundred microseconds apart: two of 140 are a look-up of
latency.py, which raises two alerts, and the others are a conversation that is known. The same COUNT gives the same bytes."""
import struct
import sys

from latency import EQUIPMENT, EQUIPMENT_MAC, ROUTER_MAC, exchange, frame

EACH = 140
HEADER = struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)


def frames(count):
    known = frame(ROUTER_MAC + EQUIPMENT_MAC, EQUIPMENT, bytes([192, 0, 2, 66]), (2152, 2153), b'x' * 64)
    for i in range(count):
        yield exchange(i // EACH + 1)[i % EACH] if i % EACH < 2 else known


def main():
    count = int(sys.argv[1])
    with open(sys.argv[2], 'wb') as to:
        to.write(HEADER)
        for i, data in enumerate(frames(count)):
            at_us = i * 100
            to.write(struct.pack('<IIII', 1790000000 + at_us // 1000000, at_us % 1000000, len(data), len(data)) + data)


main()
