#!/usr/bin/env python3
"""loop.py CAPTURE (--hours N | --rounds N) [--every SECONDS] [--move]: a capture again and again, on standard output.

Each round has the time stamps of the first, shifted by --every (default: as long as the capture takes, and a second). With --move, the outside
world is another in each of 256 rounds: public IPv4 addresses change in their second byte, checksums mended. All else is the same. Classic pcap.
`bench/soak` feeds a replay with it: loop.py CAPTURE --hours 24 | vedette replay -
"""
import argparse
import os
import struct
import sys

HEAD_BYTES = 24


def moves(data, at, n):
    """What --move changes in the frame at AT: (offsets of bytes that change, (offset, is UDP's) of checksums); None: nothing."""
    kind, ip, end = data[at + 12:at + 14], at + 14, at + n
    while kind in (b'\x81\0', b'\x88\xa8'):
        kind, ip = data[ip + 2:ip + 4], ip + 4
    if kind != b'\x08\0' or ip + 20 > end:
        return None
    changed = [ip + o + 1 for o in (12, 16) if not private(data[ip + o:ip + o + 4])]
    if not changed:
        return None
    transport, proto, tail = ip + (data[ip] & 15) * 4, data[ip + 9], (data[ip + 6] & 0x1f) or data[ip + 7]
    total = transport + {6: 16, 17: 6}.get(proto, n)
    if tail or total + 2 > end or (proto == 17 and data[total:total + 2] == b'\0\0'):
        return changed, ((ip + 10, False),)
    return changed, ((ip + 10, False), (total, proto == 17))


def private(a):
    return a[0] in (0, 10, 127) or a[0] >= 224 or (a[0], a[1] & 0xf0) == (172, 16) or a[:2] in (b'\xc0\xa8', b'\xa9\xfe') or (a[0], a[1] & 0xc0) == (100, 64)


class Loop:
    """The capture in memory, and where in it stands what changes. PARTS: pieces that a round is handed out in."""

    def __init__(self, path, every_s=None, parts=8, move=False):
        with open(path, 'rb') as f:
            data = f.read()
        order = {b'\xd4\xc3\xb2\xa1': '<', b'\x4d\x3c\xb2\xa1': '<', b'\xa1\xb2\xc3\xd4': '>', b'\xa1\xb2\x3c\x4d': '>'}.get(data[:4])
        if not order:
            raise ValueError('%s: not a classic pcap file' % path)
        unit = 1000000000 if data[:4] in (b'\x4d\x3c\xb2\xa1', b'\xa1\xb2\x3c\x4d') else 1000000
        self.head, self.stamp, record = data[:HEAD_BYTES], struct.Struct(order + 'II'), struct.Struct(order + 'IIII')
        stamps, at = [], HEAD_BYTES
        while at + 16 <= len(data):
            s, fraction, captured, _ = record.unpack_from(data, at)
            if at + 16 + captured > len(data):
                break
            stamps.append((at, s, fraction))
            at += 16 + captured
        if not stamps:
            raise ValueError('%s: no packets' % path)
        self.first_s = min(s for _, s, _ in stamps)
        last_s = max(s + f / unit for _, s, f in stamps)
        self.every_s = int(every_s or last_s - self.first_s + 2)
        if self.every_s < last_s - self.first_s:
            raise ValueError('--every: the capture takes longer')
        self.packets, bounds = len(stamps), [len(stamps) * i // parts for i in range(parts + 1)]
        self.parts = []
        for begin, end in zip(bounds, bounds[1:]):
            if begin < end:
                start = stamps[begin][0]
                stop = stamps[end][0] if end < len(stamps) else at
                self.parts.append((bytearray(data[start:stop]), [(o - start, s, f) for o, s, f in stamps[begin:end]]))
        self.moved = [self.to_move(part, stamps, record) for part, stamps in self.parts] if move else None

    @staticmethod
    def to_move(part, stamps, record):
        """[([(offset, old byte)], [(offset, old checksum, is UDP's)])] of the packets that change."""
        found = (moves(part, at + 16, record.unpack_from(part, at)[2]) for at, _, _ in stamps)
        return [([(o, part[o]) for o in changed], [(o, part[o] << 8 | part[o + 1], udp) for o, udp in sums])
                for changed, sums in filter(None, found)]

    @staticmethod
    def move(data, moved, by):
        put = struct.Struct('>H').pack_into
        for changed, sums in moved:
            more = 0
            for o, old in changed:
                data[o] = old + by & 0xff
                more += data[o] - old
            for o, old, udp in sums:
                put(data, o, (old - more) % 65535 or (65535 if udp else 0))

    def round(self, number):
        """(seconds since the first packet, bytes) of each part; the bytes are good until the next."""
        shift, put = number * self.every_s, self.stamp.pack_into
        for i, (data, stamps) in enumerate(self.parts):
            if self.moved:
                self.move(data, self.moved[i], number)
            for at, s, fraction in stamps:
                put(data, at, s + shift, fraction)
            yield stamps[-1][1] + shift - self.first_s, data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('capture')
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument('--hours', type=float)
    length.add_argument('--rounds', type=int)
    parser.add_argument('--every', type=float, metavar='SECONDS')
    parser.add_argument('--move', action='store_true')
    args = parser.parse_args()
    try:
        loop = Loop(args.capture, args.every, move=args.move)
        sys.stdout.buffer.write(loop.head)
        number = 0
        while number < args.rounds if args.rounds else number * loop.every_s < args.hours * 3600:
            for _, data in loop.round(number):
                sys.stdout.buffer.write(data)
            number += 1
        sys.stdout.buffer.flush()
    except BrokenPipeError: # the reader has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (ValueError, OSError) as e:
        sys.exit('loop.py: %s' % e)


if __name__ == '__main__':
    main()
