#!/usr/bin/env python3
"""loop.py CAPTURE (--hours N | --rounds N) [--every SECONDS]: a capture again and again, on standard output.

Each round has the time stamps of the first, shifted by --every (default: as long as the capture takes, and a second); everything else is the
same. Classic pcap. `bench/soak` feeds a replay with it: loop.py CAPTURE --hours 24 | vedette replay -
"""
import argparse
import os
import struct
import sys

HEAD_BYTES = 24


class Loop:
    """The capture in memory, and where in it time stamps stand. PARTS: pieces that a round is handed out in."""

    def __init__(self, path, every_s=None, parts=8):
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

    def round(self, number):
        """(seconds since the first packet, bytes) of each part; the bytes are good until the next."""
        shift, put = number * self.every_s, self.stamp.pack_into
        for data, stamps in self.parts:
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
    args = parser.parse_args()
    try:
        loop = Loop(args.capture, args.every)
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
