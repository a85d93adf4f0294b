#!/usr/bin/env python3
"""compare_labels.py VEDETTE PERCENT: holds the labels of `vedette flows --json` against those of ndpiReader.

The captures to compare are read from standard input, one path a line. A flow of ndpiReader is compared when Vedette has the same
addresses and ports outside of tunnels; it agrees when one of Vedette's flows of these ends has its protocol and application. (Vedette
ends a flow by time or when its ports are used again; ndpiReader never does, so that one flow of it may be several of Vedette's.)

Every difference is printed, then their classes, then the totals. Exit status 1 when less than PERCENT of the flows agree, or when
there was none to compare."""
import collections
import json
import os
import re
import socket
import subprocess
import sys

NUMBERS = {'TCP': 6, 'UDP': 17, 'ICMP': 1, 'ICMPV6': 58, 'VRRP': 112, 'IGMP': 2}
PORTS = {6, 17} # of all others ndpiReader shows none
FLOW = re.compile(r'^\t\d+\t(?P<proto>\S+) (?P<a>\S+):(?P<a_port>\d+) (?:<->|->) (?P<b>\S+):(?P<b_port>\d+) (?:\[VLAN: \d+\])?'
                  r'\[proto: (?:(?P<tunnel>[A-Z]+):)?[\d.]+/(?P<label>[^\]]+)\]\[\w+\]\[Confidence: (?P<confidence>[^\]]+)\]')


def run(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout.decode('utf-8', 'replace')


def ask_ndpireader(path):
    return run(['ndpiReader', '-q', '-I', '-v', '2', '-i', path])


def ask_vedette(vedette, path):
    return run([vedette, 'flows', '--json', '--keep-duplicates', '--geo', '', '--workers', '1', path])


def ends(proto, a, a_port, b, b_port):
    if proto not in PORTS:
        a_port = b_port = 0
    return (proto,) + tuple(sorted([(a, int(a_port)), (b, int(b_port))]))


def as_ndpireader(address, network_type):
    """The address as ndpiReader writes it: as the C library does, but of IPv6 every ":0:" as "::"."""
    if network_type != 'ipv6':
        return address
    if ':' not in address:
        address = '::ffff:' + address
    return socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, address)).replace(':0:', '::')


def read_ndpireader(text):
    """{ends: [(label, how it was found)]}"""
    flows = collections.defaultdict(list)
    for line in filter(None, text.split('\n')):
        m = FLOW.match(line)
        if not m or m['tunnel']:
            continue
        proto = NUMBERS.get(m['proto']) or int(m['proto'])
        a, b = m['a'].strip('[]'), m['b'].strip('[]')
        flows[ends(proto, a, m['a_port'], b, m['b_port'])].append((m['label'].lower(), m['confidence'].lower()))
    return flows


def read_vedette(text):
    """{ends: [(label, how it was found)]}, and the ends that were seen inside a tunnel."""
    flows, inside = collections.defaultdict(list), set()
    for line in filter(None, text.split('\n')):
        f = json.loads(line)
        a, b = (as_ndpireader(f[side + '.ip'], f['network.type']) for side in ('source', 'destination'))
        key = ends(int(f['network.iana_number']), a, f.get('source.port', 0), b, f.get('destination.port', 0))
        if {'ipv4', 'ipv6'}.intersection(f.get('flow.decapsulation', '').split()):
            inside.add(key)
            continue
        label = f.get('network.protocol', 'unknown')
        if 'network.application' in f:
            label += '.' + f['network.application']
        flows[key].append((label, f['classification.confidence']))
    return flows, inside


class Comparison:
    def __init__(self, vedette):
        self.vedette = vedette
        self.counts = collections.Counter()
        self.classes = collections.Counter()

    def flow(self, name, key, theirs, ours):
        self.counts['compared'] += 1
        self.counts['compared, several flows of Vedette'] += len(ours) > 1
        if theirs[0] in (label for label, _ in ours):
            self.counts['agree'] += 1
            return
        what = 'ndpiReader %s (%s), Vedette %s' % (theirs + (', '.join('%s (%s)' % o for o in sorted(set(ours))),))
        self.classes[what] += 1
        print('%s: %d %s %s: %s' % ((name,) + key + (what,)))

    def capture(self, path, ask_ndpireader=ask_ndpireader, ask_vedette=ask_vedette):
        name = os.path.basename(path)
        status, text = ask_ndpireader(path)
        theirs = read_ndpireader(text)
        if status or not theirs:
            self.counts['captures in which ndpiReader reads no flow'] += 1
            return
        _, text = ask_vedette(self.vedette, path)
        ours, inside = read_vedette(text)
        self.counts['captures'] += 1
        before = self.counts['compared'], self.counts['agree']
        for key, flows in theirs.items():
            for flow in flows:
                if key in inside:
                    self.counts['left out: in a tunnel'] += 1
                elif key not in ours:
                    self.counts['left out: ndpiReader alone has it'] += 1
                else:
                    self.flow(name, key, flow, ours[key])
        self.counts['left out: Vedette alone has it'] += len(set(ours) - set(theirs))
        self.counts['captures that agree whole'] += self.counts['compared'] - before[0] == self.counts['agree'] - before[1]

    def summary(self):
        if self.classes:
            print('classes of differences:')
        for what, n in self.classes.most_common():
            print('%6d %s' % (n, what))
        for what, n in sorted(self.counts.items()):
            print('%6d %s' % (n, what))


def main(vedette, percent):
    c = Comparison(vedette)
    for line in sys.stdin:
        c.capture(line.rstrip('\n'))
    c.summary()
    compared, agree = c.counts['compared'], c.counts['agree']
    if not compared:
        print('no flow was compared')
        return 1
    print('%.2f %% of flows have the label that ndpiReader gives' % (100 * agree / compared))
    return 0 if 100 * agree >= float(percent) * compared else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2]))
