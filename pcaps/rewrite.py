#!/usr/bin/env python3
"""rewrite.py IN OUT OLD=NEW...: moves prefixes of a capture to others of the same length, checksums mended.

Ethernet, with VLAN tags and MPLS labels; IPv4 and IPv6; GRE between hosts; TCP, UDP and ICMPv6 checksums; A and AAAA records of DNS
answers. The longest OLD that holds an address decides. A packet that was cut is refused: its checksum cannot be made anew. Standard
library only.
"""
import ipaddress
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'make'))
from packets import checksum, read, write  # noqa: E402


class Moves:
    def __init__(self, pairs):
        self.pairs = []
        for pair in pairs:
            old, new = (ipaddress.ip_network(p) for p in pair.split('='))
            if old.prefixlen != new.prefixlen or old.version != new.version:
                raise SystemExit('rewrite.py: %s: both prefixes must be of one family and length' % pair)
            self.pairs.append((old, new))
        self.pairs.sort(key=lambda p: -p[0].prefixlen)

    def address(self, packed):
        addr = ipaddress.ip_address(bytes(packed))
        for old, new in self.pairs:
            if addr.version == old.version and addr in old:
                return (int(new.network_address) + int(addr) - int(old.network_address)).to_bytes(len(packed), 'big')
        return bytes(packed)


def skip_name(data, at):
    while data[at]:
        if data[at] >= 0xc0:
            return at + 2
        at += 1 + data[at]
    return at + 1


def move_dns(data, moves):
    """A and AAAA records of an answer (RFC 1035 §4.1). A message that does not parse stays as it is."""
    out = bytearray(data)
    try:
        questions, *records = struct.unpack('>HHHH', data[4:12])
        at = 12
        for _ in range(questions):
            at = skip_name(data, at) + 4
        for _ in range(sum(records)):
            at = skip_name(data, at)
            kind, _, _, length = struct.unpack('>HHIH', data[at:at + 10])
            at += 10
            if (kind, length) in ((1, 4), (28, 16)):
                out[at:at + length] = moves.address(data[at:at + length])
            at += length
    except (IndexError, struct.error):
        pass
    return bytes(out)


def move_transport(proto, pseudo, data, moves):
    """The segment with its checksum made anew over PSEUDO, where it has one."""
    at = {6: 16, 17: 6, 58: 2}.get(proto)
    if proto == 17 and len(data) >= 20 and 53 in struct.unpack('>HH', data[:4]):
        data = data[:8] + move_dns(data[8:], moves)
    if at is None or len(data) < at + 2 or (proto == 17 and data[6:8] == b'\0\0'):
        return data
    blank = data[:at] + b'\0\0' + data[at + 2:]
    total = checksum(pseudo + blank)
    return data[:at] + struct.pack('>H', (total or 0xffff) if proto == 17 else total) + data[at + 2:]


def check_whole(data, length):
    if length > len(data):
        raise SystemExit('rewrite.py: a packet of %d bytes is cut to %d' % (length, len(data)))


def move_ip(data, moves):
    version = data[0] >> 4 if data else 0
    if version == 4 and len(data) >= 20:
        head = (data[0] & 15) * 4
        total = struct.unpack('>H', data[2:4])[0]
        check_whole(data, total)
        payload, rest = data[head:total], data[total:]
        ends = moves.address(data[12:16]) + moves.address(data[16:20])
        ip = data[:10] + b'\0\0' + ends + data[20:head]
        ip = ip[:10] + struct.pack('>H', checksum(ip)) + ip[12:]
        if data[9] == 47 and payload[:4] == b'\0\0\x08\0':
            payload = payload[:4] + move_ip(payload[4:], moves)
        elif not struct.unpack('>H', data[6:8])[0] & 0x3fff:
            payload = move_transport(data[9], ends + struct.pack('>BBH', 0, data[9], len(payload)), payload, moves)
        return ip + payload + rest
    if version == 6 and len(data) >= 40:
        length = struct.unpack('>H', data[4:6])[0]
        check_whole(data, 40 + length)
        payload, rest = data[40:40 + length], data[40 + length:]
        ends = moves.address(data[8:24]) + moves.address(data[24:40])
        payload = move_transport(data[6], ends + struct.pack('>II', len(payload), data[6]), payload, moves)
        return data[:8] + ends + payload + rest
    return data


def move_frame(frame, moves):
    at, ethertype = 14, struct.unpack('>H', frame[12:14])[0]
    while ethertype in (0x8100, 0x88a8):
        ethertype = struct.unpack('>H', frame[at + 2:at + 4])[0]
        at += 4
    if ethertype == 0x8847:
        while not frame[at + 2] & 1:
            at += 4
        at += 4
    elif ethertype not in (0x0800, 0x86dd):
        return frame
    return frame[:at] + move_ip(frame[at:], moves)


def main(source, target, *pairs):
    moves = Moves(pairs)
    write(target, [(t, move_frame(frame, moves)) for t, frame in read(source)], in_order=False)


if __name__ == '__main__':
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
