#!/usr/bin/env python3
"""generate.py OUT [--packets N] [--seed N] [--seconds N]: a large capture of many conversations at a time, made of ../pcaps.

Conversations of the captures there are played again and again, by other hosts and from other ports each time: addresses, hardware addresses
and ephemeral ports are changed alike in all packets of a copy and in the DNS answers that name them, checksums mended. Sizes and the times
between packets stay. Of some TCP and tunnel conversations the middle is played many times over, with sequence numbers that go on, so that
a few long conversations carry most packets, as in a real network. The operator's hosts move to private space, the outside world to public
space: synthetic, it accuses nobody, and is not to be kept. The same arguments give the same bytes. Standard library only.
"""
import argparse
import hashlib
import heapq
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PCAPS = os.path.join(HERE, '..', 'pcaps')
sys.path.insert(0, os.path.join(PCAPS, 'make'))
from packets import read  # noqa: E402

T0_US = 1790000000 * 1000000
MAX_SPAN_S = 60            # a capture that takes longer is about the calendar or the clock
HEAD_BYTES = 16            # of a record of the file
TCP, UDP, GRE, ICMP6, SCTP = 6, 17, 47, 58, 132
EPHEMERAL = 32768
IP_HEADER, TRANSPORT, UDP_OVER_IP = range(3) # whose checksum it is
TRANSPORT_SUM = {TCP: 16, UDP: 6, ICMP6: 2}

# How often a capture is drawn: mostly what is ordered, now and then what is not.
OFTEN = {'ngap': 6, 'user-plane': 30, 'snmp-v3': 10, 'snmp-v2c': 4, 'ssh-from-management': 8, 'dns-outside': 12, 'ntp-outside': 12,
         'encrypted-dns': 10, 'certificates': 6, 'diameter-sctp': 6, 'diameter-tcp': 6, 'undeclared': 6, 'supplier-support': 4,
         'both-ways': 4, 'wireguard': 4, 'tagged': 4, 'fragments': 2}

# Of those that can go on, so many do, for a number of rounds with a long tail.
LONG_SHARE, ROUNDS, MOST_ROUNDS, MOST_LONG_US = 0.12, 4, 400, 300 * 1000000

SITES = 64                 # networks of the operator; in each, core elements are one and stations are many
CORE_HOSTS = {1, 53, 65, 66, 100, 123}
# First bytes of public space that a copy's outside world is put into.
OUTSIDE = (5, 31, 46, 52, 62, 77, 80, 91, 93, 109, 141, 151, 176, 178, 185, 193, 195, 212, 213, 217)


def words(data):
    """The sum of the 16-bit words in DATA, as a checksum sees it."""
    return sum(struct.unpack('>%dH' % (len(data) // 2), data)) % 65535


def stable(*parts):
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()


class Packet:
    """One packet of a template, and where in it stands what a copy changes.

    fields: (offset, end, value) with the index of a value of the template (address or port);
    sums: (offset, old checksum, ((value, weight), ...), IP_HEADER, TRANSPORT or UDP_OVER_IP);
    tcp: (offset of the sequence number, side) or None; ident: offset of the IPv4 identification or None.
    """
    __slots__ = ('us', 'head', 'frame', 'fields', 'sums', 'tcp', 'ident', 'payload', 'macs', 'key', 'side', 'flags')


class Template:
    """A capture taken apart: values that copies change, and conversations."""

    def __init__(self, path):
        self.name = os.path.basename(path)[:-len('.pcap')]
        self.values, self.index, self.conversations = [], {}, {}
        frames = list(read(path))
        first = min(t for t, _ in frames)
        self.span_s = max(t for t, _ in frames) - first
        for t, frame in sorted(frames, key=lambda f: f[0]):
            p = self.packet(frame)
            p.us = round((t - first) * 1e6)
            self.conversations.setdefault(p.key, []).append(p)
        self.conversations = [Conversation(packets) for packets in self.conversations.values()]

    def value(self, data):
        if data not in self.index:
            self.index[data] = len(self.values)
            self.values.append(data)
        return self.index[data]

    def packet(self, frame):
        p = Packet()
        p.head = struct.pack('<II', len(frame), len(frame))
        p.fields, p.sums, p.tcp, p.ident, p.payload, p.key, p.side, p.flags = [], [], None, None, 0, ('other', frame[12:14]), 0, 0
        p.macs = [o for o in (0, 6) if frame[o:o + 3] == b'\x02\0\0']
        data = bytearray(frame)
        self.ethernet(p, data, 0, outer=True)
        p.frame = bytes(8) + p.head + bytes(data)
        p.macs = [o + HEAD_BYTES + 3 for o in p.macs]
        return p

    def ethernet(self, p, data, at, outer):
        kind, at = struct.unpack_from('>H', data, at + 12)[0], at + 14
        while kind in (0x8100, 0x88a8) and len(data) >= at + 4:
            kind, at = struct.unpack_from('>H', data, at + 2)[0], at + 4
        if kind == 0x8847:
            while not data[at + 2] & 1:
                at += 4
            at += 4
            kind = 0x0800 if data[at] >> 4 == 4 else 0x86dd
        if kind in (0x0800, 0x86dd):
            self.ip(p, data, at, outer)

    def ip(self, p, data, at, outer):
        if data[at] >> 4 == 4:
            proto, end, transport = data[at + 9], at + struct.unpack_from('>H', data, at + 2)[0], at + (data[at] & 15) * 4
            fragment, tail = struct.unpack_from('>H', data, at + 6)[0] & 0x3fff, struct.unpack_from('>H', data, at + 6)[0] & 0x1fff
            ends = [self.field(p, data, at + 12, 4), self.field(p, data, at + 16, 4)]
            p.sums.append((at + 10, struct.unpack_from('>H', data, at + 10)[0], tuple((v, 1) for v in ends), IP_HEADER))
            if outer:
                p.ident = at + 4 + HEAD_BYTES
        else:
            proto, end, transport = data[at + 6], at + 40 + struct.unpack_from('>H', data, at + 4)[0], at + 40
            fragment = tail = 0
            ends = [self.field(p, data, at + 8, 16), self.field(p, data, at + 24, 16)]
        terms, sport, dport = [(v, 1) for v in ends], 0, 0
        if proto in (TCP, UDP, SCTP) and not tail and end >= transport + 8:
            sport, dport = struct.unpack_from('>HH', data, transport)
            if proto != SCTP: # its checksum is no sum; its ports are fixed here
                terms += [(self.field(p, data, transport + 2 * i, 2), 1) for i, port in enumerate((sport, dport)) if port >= EPHEMERAL]
        if outer:
            ordered = (ends[0], sport) <= (ends[1], dport)
            p.key = (proto, *sorted(((ends[0], sport), (ends[1], dport)))) if not fragment else ('fragments', proto, *sorted(ends))
            p.side = 0 if ordered else 1
        self.transport(p, data, transport, end, proto, terms, (sport, dport), fragment, tail, outer)
        if proto == GRE and data[transport:transport + 4] == b'\0\0\x08\0':
            self.ip(p, data, transport + 4, outer=False)

    def transport(self, p, data, at, end, proto, terms, ports, fragment, tail, outer):
        if proto == UDP and 4789 in ports:
            data[at + 6:at + 8] = b'\0\0' # a tunnel whose inside changes, too: RFC 7348 §5 has it zero
            self.ethernet(p, data, at + 16, outer=False)
        where = TRANSPORT_SUM.get(proto)
        if where is None or tail or end < at + where + 2:
            return
        if proto == TCP and outer:
            p.tcp, p.flags = at + 4 + HEAD_BYTES, data[at + 13]
            p.payload = end - at - (data[at + 12] >> 4) * 4
        if proto == UDP and 53 in ports and not fragment:
            terms = terms + self.dns(p, data, at + 8, end, at)
        old = struct.unpack_from('>H', data, at + where)[0]
        if proto != UDP or old:
            p.sums.append((at + where, old, tuple(terms), UDP_OVER_IP if proto == UDP else TRANSPORT))

    def field(self, p, data, at, n):
        value = self.value(bytes(data[at:at + n]))
        p.fields.append((at + HEAD_BYTES, at + HEAD_BYTES + n, value))
        return value

    def dns(self, p, data, at, end, base):
        """A and AAAA records (RFC 1035 §4.1); what stands at an odd offset counts with its bytes swapped."""
        terms, fields = [], len(p.fields)
        try:
            questions, *records = struct.unpack_from('>HHHH', data, at + 4)
            at += 12
            for _ in range(questions):
                at = skip_name(data, at, end) + 4
            for _ in range(sum(records)):
                at = skip_name(data, at, end)
                kind, length = struct.unpack_from('>H', data, at)[0], struct.unpack_from('>H', data, at + 8)[0]
                at += 10
                if (kind, length) in ((1, 4), (28, 16)) and at + length <= end:
                    terms.append((self.field(p, data, at, length), 256 if (at - base) % 2 else 1))
                at += length
        except (IndexError, struct.error):
            del p.fields[fields:]
            return []
        return terms


def skip_name(data, at, end):
    while data[at]:
        if data[at] >= 0xc0:
            return at + 2
        at += 1 + data[at]
        if at >= end:
            raise IndexError
    return at + 1


class Conversation:
    """Packets of one conversation: what comes first, what can be played again, what comes last."""

    def __init__(self, packets):
        self.head, self.section, self.tail = packets, [], []
        self.sent, self.round_us = [0, 0], 0
        closing = next((i for i, p in enumerate(packets) if p.flags & 5), len(packets))
        carry = [i for i, p in enumerate(packets[:closing]) if p.payload > 0]
        if packets[0].tcp and len(carry) >= 6 and not any(p.flags & 2 for p in packets[carry[0]:]):
            first, last = carry[len(carry) // 3], carry[-1]
        elif packets[0].key[0] == UDP and 2152 in (packets[0].key[1][1], packets[0].key[2][1]) and len(packets) >= 4:
            first, last = len(packets) // 2, len(packets) - 1
        else:
            return
        self.head, self.section, self.tail = packets[:first], packets[first:last + 1], packets[last + 1:]
        for p in self.section:
            self.sent[p.side] += max(p.payload, 0)
        self.round_us = self.section[-1].us - self.section[0].us + 60000


class Copy:
    """What the hosts and ports of TEMPLATE are called in copy number K."""

    def __init__(self, template, k):
        site, generation = k % SITES, k // SITES % 250
        self.new, self.change = [], []
        self.mac = bytes([site + 1, generation])
        for old in template.values:
            new = self.port(old, k) if len(old) == 2 else self.address(template, old, k, site, generation)
            self.new.append(new)
            self.change.append((words(new) - words(old)) % 65535)

    @staticmethod
    def port(old, k):
        return struct.pack('>H', EPHEMERAL + (struct.unpack('>H', old)[0] - EPHEMERAL + k * 1009) % EPHEMERAL)

    @staticmethod
    def address(template, old, k, site, generation):
        far = stable(template.name, k % 400)
        if old[:3] == b'\xc0\0\2':
            return bytes([10, site, 0 if old[3] in CORE_HOSTS else generation, old[3]])
        if old[:3] == b'\xc6\x33\x64':
            return bytes([202, 97, far[1], old[3]])
        if old[:3] == b'\xcb\0\x71':
            return bytes([OUTSIDE[far[0] % len(OUTSIDE)], far[1], far[2], old[3]])
        if old[:6] == b'\x20\x01\x0d\xb8\0\1':
            return bytes([0xfd, 0, 0, 0, site, generation]) + old[6:]
        if old[:6] == b'\x20\x01\x0d\xb8\x0b\xad':
            return bytes([0x24, 0x0e, 0, 0, far[1], far[2]]) + old[6:]
        return old


def play(conversation, copy, at, rounds):
    """(time in µs, record) of each packet. Written to be fast: this runs for every packet of the output."""
    new, change, mac = copy.new, copy.change, copy.mac
    step, sent = conversation.round_us, conversation.sent
    parts = [(0, conversation.head)] + [(r, conversation.section) for r in range(rounds + 1)] + [(rounds, conversation.tail)]
    pack, put, get = struct.pack_into, struct.Struct('>H').pack_into, struct.unpack_from
    for r, packets in parts:
        begin = at + r * step
        for p in packets:
            us = begin + p.us
            x = bytearray(p.frame)
            pack('<II', x, 0, us // 1000000, us % 1000000)
            for o in p.macs:
                x[o:o + 2] = mac
            for o, end, v in p.fields:
                x[o:end] = new[v]
            moved = 0
            if r and p.tcp:
                seq, ack = get('>II', x, p.tcp)
                more = struct.pack('>II', (seq + r * sent[p.side]) & 0xffffffff, (ack + r * sent[1 - p.side]) & 0xffffffff)
                moved = words(more) - words(x[p.tcp:p.tcp + 8])
                x[p.tcp:p.tcp + 8] = more
            for o, total, terms, kind in p.sums:
                for v, weight in terms:
                    total -= change[v] * weight
                if kind != IP_HEADER:
                    total -= moved
                elif r and p.ident: # another identification, or it would be a copy that a second tap made
                    ident = get('>H', x, p.ident)[0]
                    put(x, p.ident, (ident + r * 7) & 0xffff)
                    total -= ((ident + r * 7) & 0xffff) - ident
                total %= 65535
                put(x, o + HEAD_BYTES, total or (65535 if kind == UDP_OVER_IP else 0))
            yield us, x


def templates():
    found = []
    for name in sorted(os.listdir(PCAPS)):
        if name.endswith('.pcap'):
            t = Template(os.path.join(PCAPS, name))
            if t.span_s <= MAX_SPAN_S:
                found.append(t)
    return found


def plan(rng, packets, seconds):
    """(start in µs, conversation, copy, rounds) by time, until there are enough packets."""
    all_of, k, n, out = templates(), 0, 0, []
    weights = [OFTEN.get(t.name, 0.4) for t in all_of]
    while n < packets:
        template = rng.choices(all_of, weights)[0]
        copy, start, k = Copy(template, k), T0_US + int(rng.random() * seconds * 1e6), k + 1
        for c in template.conversations:
            rounds = 0
            if c.section and rng.random() < LONG_SHARE:
                rounds = min(int(ROUNDS * rng.paretovariate(0.9)), MOST_ROUNDS, MOST_LONG_US // c.round_us)
            out.append((start, len(out), c, copy, rounds))
            n += len(c.head) + len(c.section) * (rounds + 1) + len(c.tail)
    out.sort(key=lambda o: o[:2])
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out')
    parser.add_argument('--packets', type=int, default=1700000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--seconds', type=float, help='in which conversations begin; by default so many that 2,000 packets come in each')
    args = parser.parse_args()
    starts = plan(random.Random(args.seed), args.packets, args.seconds or args.packets / 2000)
    heap, next_start, n = [], 0, 0
    with open(args.out, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        while n < args.packets and (heap or next_start < len(starts)):
            # A conversation opens when its start is the earliest: its first packet comes then or later.
            while next_start < len(starts) and (not heap or starts[next_start][0] <= heap[0][0]):
                at, number, c, copy, rounds = starts[next_start]
                packets = play(c, copy, at, rounds)
                heapq.heappush(heap, (*next(packets), number, packets))
                next_start += 1
            us, record, number, packets = heap[0]
            f.write(record)
            n += 1
            following = next(packets, None)
            if following:
                heapq.heapreplace(heap, (*following, number, packets))
            else:
                heapq.heappop(heap)
    print('%d packets, %d bytes' % (n, os.path.getsize(args.out)))


if __name__ == '__main__':
    main()
