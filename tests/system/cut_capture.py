#!/usr/bin/env python3
"""Cuts captures in two and compares what a replay says of both parts with what it says of the whole.

cut_capture.py VEDETTE RULES CAPTURE CUTS [OPTION...]

RULES is a folder of rules. CUTS is how many places to cut at, spread over the capture; "all": behind each packet. OPTIONs are those
of `vedette replay`. Where no conversation was resumed, the bytes must be the same. Where some were, alerts may differ that are
about equipment of theirs, and no others but for the nanosecond that keeps instants apart: a rule that is added here finds them. A cut
between the fragments of a datagram, which are not saved, is no such place, and counted. Prints what it found, exits 1 when more
differs.
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

RESUMED = 'b7b4c8a2-6f0e-4f58-9a7e-3f5d3c1f0a11'
RULE = f"""title: Resumed
id: {RESUMED}
status: test
logsource: {{product: vedette, category: flow}}
detection:
    resumed: {{flow.resumed: true}}
    condition: resumed
level: informational
"""


def packets(data):
    """Offsets behind each packet of a classic pcap file."""
    order = '<' if data[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
    ends, at = [], 24
    while at + 16 <= len(data):
        at += 16 + struct.unpack(order + 'I', data[at + 8:at + 12])[0]
        ends.append(at)
    return ends


def replay(vedette, rules, capture, *options):
    """Alerts, those of the rule above apart; how many conversations were resumed, and how many datagrams had not come whole."""
    run = subprocess.run([vedette, 'replay', '--redis', 'none', '--json', '--rules', rules, *options, capture], capture_output=True,
                         timeout=300)
    if run.returncode != 0:
        sys.exit(f'{capture} {options}: {run.stderr.decode()}')
    lines = run.stdout.decode().splitlines()
    mine = [json.loads(line) for line in lines if RESUMED in line]
    counts = [re.search(rf'(\d+)  {text}', run.stderr.decode()) for text in
              ('of them resumed', 'fragmented packets of which parts were missing at the end')]
    return [line for line in lines if RESUMED not in line], mine, *[int(c.group(1)) if c else 0 for c in counts]


def timeless(lines):
    return {re.sub(r'"@timestamp":"[^"]*"', '', line) for line in lines}


def cut(vedette, rules, capture, data, place, whole, folder, options):
    """What both parts said: "same" as the whole, to the byte; what is allowed to differ."""
    first, second, state = (os.path.join(folder, name) for name in ('first.pcap', 'second.pcap', 'state.db'))
    with open(first, 'wb') as f:
        f.write(data[:place])
    with open(second, 'wb') as f:
        f.write(data[:24] + data[place:])
    a, _, _, torn = replay(vedette, rules, first, '--state-out', state, *options)
    b, mine, resumed, _ = replay(vedette, rules, second, '--state-in', state, *options)
    if a + b == whole:
        return 'same'
    if torn:
        return 'torn'
    equipment = {alert['equipment.name'] for alert in mine}
    both = timeless(a + b)
    rest = [line for line in sorted(both ^ timeless(whole)) if not any(f'"equipment.name":"{name}"' in line for name in equipment)]
    if resumed and not rest:
        return 'resumed'
    for line in rest[:6]:
        print('+' if line in both else '-', line[:400])
    sys.exit(f'{capture}, cut behind byte {place}: {len(rest)} alerts differ, {resumed} conversations were resumed')


def main():
    vedette, rules, capture, cuts, *options = sys.argv[1:]
    with open(capture, 'rb') as f:
        data = f.read()
    places = packets(data)
    if cuts != 'all':
        n = min(int(cuts), len(places))
        places = sorted({places[(i * 2 + 1) * len(places) // (2 * n)] for i in range(n)})
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, 'rules')
        shutil.copytree(rules, copy)
        with open(os.path.join(copy, 'resumed.yml'), 'w', encoding='ascii') as f:
            f.write(RULE)
        whole, *_ = replay(vedette, copy, capture, *options)
        found = [cut(vedette, copy, capture, data, place, whole, folder, options) for place in places]
    print(f'{capture}: {len(whole)} alerts, {len(places)} cuts:', ', '.join(f'{found.count(k)} {k}' for k in sorted(set(found))))


if __name__ == '__main__':
    main()
