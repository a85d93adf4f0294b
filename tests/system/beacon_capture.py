#!/usr/bin/env python3
"""beacon_capture.py write FOLDER DRIVER RULES EVERY: the series of beacon_grid.py as captures, with the site's policy, for the whole program.
beacon_capture.py check FOLDER: holds FOLDER/N/alerts.json, what the program made of them, against what was expected.

Writes to FOLDER/N/ a capture.pcap, a site.yaml, and expected.txt: of each series its equipment, its kind, and whether the rule about declared
equipment has to speak; N is the period in seconds, 0 for what is no beacon. EVERY: of so many series one is taken; of the
longest periods those of ten beats alone, since the program counts each tenth of a second. Times are made, nothing is waited for. Addresses are of 2001:db8::/32 (RFC 3849). A series is one TCP connection a beat, or a burst in one that lasts: handshake, a request, an
answer, and its end. Sizes above 200,000 bytes are cut to that, with their part of noise.
"""
import json
import os
import struct
import sys
from collections import defaultdict

import beacon_grid
import beacon_series as bs

T0 = beacon_grid.T0
SNAP = 96  # bytes of a packet that are kept: the headers, and the beginning of what they carry
MOST = 200000
FIN, SYN, PSH, ACK = 1, 2, 8, 16
ETHERNET = bytes.fromhex('020000000002' '020000000001' '86dd')


class Capture:
    def __init__(self):
        self.packets = []

    def tcp(self, t, ends, sport, dport, flags, seq, ack, n=0, text=b''):
        """A segment with N bytes of payload, which begin with TEXT; checksums are left out, as a card does that fills them in itself."""
        src, dst = ends
        header = struct.pack('>HHIIBBHHH', sport, dport, seq & 0xffffffff, ack & 0xffffffff, 5 << 4, flags, 65535, 0, 0)
        ip = struct.pack('>IHBB', 6 << 28, 20 + n, 6, 64) + src + dst
        frame = ETHERNET + ip + header + text
        frame += bytes((i * 37 + 11) & 0xff for i in range(max(0, min(SNAP - len(frame), n - len(text)))))
        self.packets.append((round(t * 1e6), frame[:SNAP], 14 + 40 + 20 + n))

    def bytes_of(self, t, ends, sport, dport, seq, ack, n):
        while n > 0:
            part = min(n, 60000)
            self.tcp(t, ends, sport, dport, PSH | ACK, seq, ack, part, b'\x01\x7f')
            seq += part
            n -= part
            t += 0.0001
        return seq

    def open(self, t, a, b, sport, dport):
        self.tcp(t, (a, b), sport, dport, SYN, 1000, 0)
        self.tcp(t + 0.01, (b, a), dport, sport, SYN | ACK, 5000, 1001)
        self.tcp(t + 0.02, (a, b), sport, dport, ACK, 1001, 5001)
        return 1001, 5001

    def exchange(self, t, a, b, sport, dport, state, sent, received):
        x, y = state
        x2 = self.bytes_of(t, (a, b), sport, dport, x, y, sent)
        y2 = self.bytes_of(t + 0.03, (b, a), dport, sport, y, x2, received)
        self.tcp(t + 0.05, (a, b), sport, dport, ACK, x2, y2)
        return x2, y2

    def close(self, t, a, b, sport, dport, state):
        x, y = state
        self.tcp(t, (a, b), sport, dport, FIN | ACK, x, y)
        self.tcp(t + 0.01, (b, a), dport, sport, FIN | ACK, y, x + 1)
        self.tcp(t + 0.02, (a, b), sport, dport, ACK, x + 1, y + 1)

    def write(self, path):
        self.packets.sort(key=lambda p: p[0])
        with open(path, 'wb') as f:
            f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
            for us, frame, length in self.packets:
                f.write(struct.pack('<IIII', us // 1000000, us % 1000000, len(frame), length) + frame)


def address(net, n):
    return bytes.fromhex('20010db8') + struct.pack('>HHII', net, 0, 0, n)


def text(net, n):
    return f'2001:db8:{net:x}::{n >> 16:x}:{n & 0xffff:x}'


def cut(n):
    n = int(n)
    return max(20, n if n <= MOST else MOST + n % 50000)


def add(capture, s, a, b):
    t0 = T0 + s.flows[0][0]
    if s.bursts:
        state = capture.open(t0 - 100, a, b, 20000, 4443)
        for t, sent, received, _ in s.flows:
            state = capture.exchange(T0 + t, a, b, 20000, 4443, state, cut(sent), cut(received))
        return
    for i, (t, sent, received, _) in enumerate(s.flows):
        port = 20000 + i % 40000
        state = capture.open(T0 + t, a, b, port, 4443)
        state = capture.exchange(T0 + t + 0.03, a, b, port, 4443, state, cut(sent), cut(received))
        capture.close(T0 + t + 0.3, a, b, port, 4443, state)


def write(folder, some, ours, ordered_names):
    os.makedirs(folder)
    capture, peers = Capture(), {}
    ordered = []
    with open(f'{folder}/site.yaml', 'w') as site, open(f'{folder}/expected.txt', 'w') as expected:
        site.write('schema: 1\nsite: grid\nnetworks: {own: ["2001:db8:1::/48"]}\nsuppliers: {acme: {jurisdiction: XX, trust: trusted}}\nzones: {core: {}}\nequipment:\n')
        for i, s in enumerate(some):
            peer = peers.setdefault(s.peer, len(peers) + 1)
            net = 1 if s.scope == 'own' else 2
            n_peer = 0x10000 + peer if net == 1 else peer
            add(capture, s, address(1, i + 1), address(net, n_peer))
            role = 'ordered' if s.name in ordered_names else 'other'
            if role == 'ordered':
                ordered.append(text(net, n_peer))
            site.write(f'  - {{name: eq-{i + 1}, address: "{text(1, i + 1)}", supplier: acme, role: {role}, zone: core}}\n')
            speaks = ours.alerts(s) and role == 'other'
            expected.write(f'eq-{i + 1} {s.name} {"alert" if speaks else "silent"}\n')
        site.write('groups: {services: [' + ', '.join(f'"{p}"' for p in sorted(set(ordered)) or ['2001:db8:ffff::1']) + ']}\n')
        site.write('roles:\n  ordered: {connects: [{to: group:services, port: tcp/4443}]}\n  other: {connects: [{to: "2001:db8:ffff::2", port: tcp/1}]}\n')
    capture.write(f'{folder}/capture.pcap')


def write_all(folder, driver, rules, every):
    beacons = list(bs.grid(1))[::every]
    others = (list(bs.irregular(60)) + list(bs.background(10)))[::every]
    ours = beacon_grid.Ours(driver, beacon_grid.Rule(rules, 'beacon-external'), beacons + others)
    by_period = defaultdict(list)
    for s in beacons:
        period, beats = beacon_grid.cell(s, 'period', 'beats')
        if period < 86400 or beats == 10:
            by_period[period].append(s)
    for period, some in by_period.items():
        write(f'{folder}/{period}', some, ours, set())
    write(f'{folder}/0', others, ours, {s.name for s in others if s.name.startswith('background/')})


def check(folder):
    count = defaultdict(int)
    for part in sorted(os.listdir(folder), key=int):
        alerted = set()
        with open(f'{folder}/{part}/alerts.json') as lines:
            for line in lines:
                alert = json.loads(line)
                if alert.get('rule.ruleset') == 'beacon-external.yml':
                    alerted.add(alert['equipment.name'])
        with open(f'{folder}/{part}/expected.txt') as lines:
            for line in lines:
                equipment, name, expected = line.split()
                got = 'alert' if equipment in alerted else 'silent'
                kind = name.split('/')[0]
                count[kind] += 1
                count[kind, got] += 1
                if got != expected:
                    count['differ'] += 1
                    print(f'{name}: {got}, and not {expected}')
    beacons, irregular, background = count['beacon'], count['irregular'], count['background']
    print(f"through the whole program: {count['beacon', 'alert']} of {beacons} beacons, {count['irregular', 'alert']} of {irregular} irregular series, "
          f"{count['background', 'alert']} of {background} of ordered background; {count['differ']} otherwise than by the times alone")
    return count['beacon', 'alert'] >= 0.9 * beacons and not count['background', 'alert'] and count['irregular', 'alert'] <= max(1, 0.05 * irregular) \
        and count['differ'] <= 0.02 * (beacons + irregular + background)


def main():
    if sys.argv[1] == 'check':
        return 0 if check(sys.argv[2]) else 1
    write_all(*sys.argv[2:5], int(sys.argv[5]))
    return 0


if __name__ == '__main__':
    sys.exit(main())
