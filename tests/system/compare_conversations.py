#!/usr/bin/env python3
"""compare_conversations.py VEDETTE EXCEPTIONS: holds `vedette flows --json` against the conversation tables of tshark.

The captures to compare are read from standard input, one path a line. EXCEPTIONS names a Markdown file whose lines
`| NAME.pcap | ...` below the heading "Named exceptions of conversations" list the captures that are known to differ.

Compared are, for every conversation of tcp, udp and sctp and for every pair of hosts, the packets and bytes each way. Vedette counts
IP bytes; tshark's tables count frames. So each frame's IP bytes are also taken from tshark's dissection (-T fields) and summed; what
lies around them (link header, padding) leads from Vedette's bytes to those of the tables. Vedette's flows of one pair of ports are
summed, as are the rows of the tables: both split what a port's re-use or silence separates, by different rules.

One line for each capture: agrees, differs, or left out with the reason; then every difference; then the totals. Exit status 1 when a
capture differs that is no named exception, or agrees although it is one."""
import collections
import ipaddress
import json
import os
import re
import subprocess
import sys

HEADING = 'Named exceptions of conversations'
FIELDS = ('frame.number', 'frame.len', 'frame.encap_type', 'frame.protocols', 'ip.src', 'ip.dst', 'ip.len', 'ip.flags.mf',
          'ip.frag_offset', 'ipv6.src', 'ipv6.dst', 'ipv6.plen', 'ipv6.fraghdr.nxt', 'tcp.srcport', 'tcp.dstport', 'udp.srcport',
          'udp.dstport', 'sctp.srcport', 'sctp.dstport', '_ws.malformed', '_ws.short')
TABLES = ('tcp', 'udp', 'sctp', 'ip', 'ipv6')
NUMBERS = {'tcp': 6, 'udp': 17, 'sctp': 132}
# Of the link layers that Vedette reads, as tshark numbers them: Ethernet, raw IP, null and loop, Linux cooked 1 and 2.
PLAIN_LINKS = {'1': 'Ethernet', '7': 'raw', '129': 'raw', '130': 'raw', '15': 'null', '116': 'loop', '25': 'cooked', '210': 'cooked'}
# What stands around an IP packet besides VLAN tags, whether Vedette undoes it or not.
TUNNELS = {'gre', 'gtp', 'vxlan', 'geneve', 'teredo', 'l2tp', 'l2tpv3', 'ppp', 'slip', 'capwap.data', 'mpls', 'erspan', 'nsh', 'lisp-data',
           'tzsp', 'esp', 'ipcomp', 'ayiya', 'batadv', 'gue', 'wg', 'macsec', 'openvpn', 'etherip', 'trill', 'cfp', 'vntag', 'ieee8021ah',
           'brcm', 'dsa', 'edsa', 'wlan'}
# Headers that decide what is counted: what is malformed or cut behind them is not.
HEADERS = {'', 'eth', 'ethertype', 'vlan', 'sll', 'null', 'raw', 'ip', 'ipv6', 'ipv6.hopopts', 'ipv6.routing', 'ipv6.dstopts', 'ipv6.fraghdr',
           'ah', 'tcp', 'mptcp', 'udp', 'sctp', 'icmp', 'icmpv6'}


class NotPlain(Exception):
    pass


def address(text):
    """Of IPv6 addresses that hold an IPv4 address Vedette writes that one."""
    a = ipaddress.ip_address(text)
    return str(getattr(a, 'ipv4_mapped', None) or a)


def first(text):
    return text.split(',', 1)[0]


def conversation(proto, a, b):
    """The key of a conversation, and whether A is its second end."""
    return ((proto, a, b), False) if a <= b else ((proto, b, a), True)


class Totals:
    """Packets, frame bytes and IP bytes each way by conversation."""

    def __init__(self):
        self.of = collections.defaultdict(lambda: [[0, 0, 0], [0, 0, 0]])
        self.frames = collections.defaultdict(list)

    def add(self, proto, source, destination, numbers, frame=None):
        key, swapped = conversation(proto, source, destination)
        for i, n in enumerate(numbers):
            self.of[key][swapped][i] += n
        if frame and len(self.frames[key]) < 5:
            self.frames[key].append(frame)


def check_plain(row):
    """Whether tshark's description of one frame is of the kind that both count alike."""
    protocols = row['frame.protocols'].split(':')
    if row['frame.encap_type'] not in PLAIN_LINKS:
        raise NotPlain('link type')
    cut = bool(row['ip.src']) != bool(row['ip.dst']) or bool(row['ipv6.src']) != bool(row['ipv6.dst'])
    if cut or (row['_ws.malformed'] or row['_ws.short']) and protocols[-1] in HEADERS:
        raise NotPlain('malformed or cut headers')
    if row['ipv6.fraghdr.nxt'] or row['ip.flags.mf'].find('1') >= 0 or any(o not in ('', '0') for o in row['ip.frag_offset'].split(',')):
        raise NotPlain('fragments')
    if TUNNELS.intersection(protocols) or protocols.count('eth') > 1:
        raise NotPlain('tunnel')
    ip_headers = [i for i, name in enumerate(protocols) if name in ('ip', 'ipv6')]
    if len(ip_headers) > 1 and not {'icmp', 'icmpv6'}.intersection(protocols[ip_headers[0]:ip_headers[1]]):
        raise NotPlain('tunnel')


def check_length(row):
    """Whether the IP header says how long the packet is: not in jumbograms, nor above a card that does the segmentation."""
    if first(row['ip.len']) == '0' or first(row['ipv6.plen']) == '0' and not row['frame.protocols'].endswith(':ipv6'):
        raise NotPlain('length not in the IP header')


def count_row(row, hosts, ports):
    frame_bytes = int(row['frame.len'])
    if row['ip.src'] and (not row['ipv6.src'] or row['frame.protocols'].find(':ip:') < row['frame.protocols'].find(':ipv6:')):
        proto, ip_bytes = 'ip', int(first(row['ip.len']))
        ends = address(first(row['ip.src'])), address(first(row['ip.dst']))
    elif row['ipv6.src']:
        proto, ip_bytes = 'ipv6', 40 + int(first(row['ipv6.plen']))
        ends = address(first(row['ipv6.src'])), address(first(row['ipv6.dst']))
    else:
        return
    numbers = (1, frame_bytes, ip_bytes)
    hosts.add(proto, ends[0], ends[1], numbers, row['frame.number'])
    protocols = row['frame.protocols'].split(':')
    if 'icmp' in protocols or 'icmpv6' in protocols:
        return # what an error quotes is no conversation
    for proto in NUMBERS:
        if row[proto + '.srcport']:
            source, destination = int(first(row[proto + '.srcport'])), int(first(row[proto + '.dstport']))
            ports.add(proto, (ends[0], source), (ends[1], destination), numbers, row['frame.number'])


def split_end(text, with_port):
    if not with_port:
        return address(text)
    host, port = text.rsplit(':', 1)
    return address(host), int(port)


TABLE_ROW = re.compile(r'^(\S+) +<-> (\S+) +(\d+) (\d+ \S+) +(\d+) (\d+ \S+) +(\d+) (\d+ \S+) ')


def read_tables(lines):
    """The tables: {(proto, end, end): [[packets, [bytes as text]] each way]}."""
    tables = collections.defaultdict(lambda: [[0, []], [0, []]])
    proto = None
    titles = {'TCP Conversations': 'tcp', 'UDP Conversations': 'udp', 'SCTP Conversations': 'sctp', 'IPv4 Conversations': 'ip',
              'IPv6 Conversations': 'ipv6'}
    for line in lines:
        proto = titles.get(line.strip(), proto)
        m = TABLE_ROW.match(line)
        if not m:
            continue
        a, b = (split_end(m.group(i), proto in NUMBERS) for i in (1, 2))
        key, swapped = conversation(proto, a, b)
        for way, group in ((swapped, 5), (not swapped, 3)):
            tables[key][way][0] += int(m.group(group))
            tables[key][way][1].append(m.group(group + 1))
    return tables


def read_tshark(text):
    hosts, ports = Totals(), Totals()
    lines = text.split('\n')
    at = next((i for i, line in enumerate(lines) if line.startswith('====')), len(lines))
    for line in lines[:at]:
        values = line.split('\t')
        if len(values) != len(FIELDS):
            continue
        row = dict(zip(FIELDS, values))
        check_plain(row)
        check_length(row)
        count_row(row, hosts, ports)
    return hosts, ports, read_tables(lines[at:])


def read_vedette(text):
    hosts, ports = Totals(), Totals()
    flows = 0
    for line in filter(None, text.split('\n')):
        f = json.loads(line)
        flows += 1
        ends = address(f['source.ip']), address(f['destination.ip'])
        ways = [(f[side + '.packets'], 0, f[side + '.bytes']) for side in ('source', 'destination')]
        proto = {'ipv4': 'ip', 'ipv6': 'ipv6'}[f['network.type']]
        hosts.add(proto, ends[0], ends[1], ways[0])
        hosts.add(proto, ends[1], ends[0], ways[1])
        proto = {str(n): name for name, n in NUMBERS.items()}.get(f['network.iana_number'])
        if proto and 'source.port' in f:
            pairs = (ends[0], f['source.port']), (ends[1], f['destination.port'])
            ports.add(proto, pairs[0], pairs[1], ways[0])
            ports.add(proto, pairs[1], pairs[0], ways[1])
    return hosts, ports, flows


def table_text(n):
    """Bytes as tshark's tables write them."""
    for unit, size in (('GB', 10 ** 9), ('MB', 10 ** 6), ('kB', 10 ** 3)):
        if n >= 10 * size:
            return '%d %s' % (n // size, unit)
    return '%d bytes' % n


def compare(ours, theirs, tables, report):
    """Number of conversations that agree; REPORT is called with every one that does not."""
    agreed = 0
    for key in sorted(set(ours.of) | set(theirs.of), key=repr):
        name = '%s %s %s' % key
        frames = 'frames ' + ','.join(theirs.frames[key])
        a, b = ours.of.get(key), theirs.of.get(key)
        if not a or not b:
            report(name, frames, 'only Vedette has it' if a else 'only tshark has it')
            continue
        wrong = None
        for way in (0, 1):
            packets, row_bytes = tables[key][way] if key in tables else (0, [])
            frame_bytes = a[way][2] + b[way][1] - b[way][2]
            if (a[way][0], a[way][2]) != (b[way][0], b[way][2]):
                wrong = 'Vedette %d packets %d bytes, tshark %d packets %d bytes' % (a[way][0], a[way][2], b[way][0], b[way][2])
            elif packets != a[way][0]:
                wrong = "%d packets, %d in tshark's table" % (a[way][0], packets)
            elif len(row_bytes) == 1 and row_bytes[0] != table_text(frame_bytes):
                wrong = "%d bytes of frames, %s in tshark's table" % (frame_bytes, row_bytes[0])
        if wrong:
            report(name, frames, wrong)
        else:
            agreed += 1
    return agreed


def run(argv, **options):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
    return done.returncode, done.stdout.decode('utf-8', 'replace')


def ask_tshark(path):
    argv = ['tshark', '-n', '-r', path, '-T', 'fields', '-E', 'occurrence=a', '-E', 'separator=/t', '-E', 'aggregator=,']
    for field in FIELDS:
        argv += ['-e', field]
    for table in TABLES:
        argv += ['-z', 'conv,' + table]
    return run(argv)


def ask_vedette(vedette, path):
    return run([vedette, 'flows', '--json', '--keep-duplicates', '--geo', '', '--workers', '1', path])


def named_exceptions(path):
    names, inside = set(), False
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            if line.startswith('#'):
                inside = line.strip('# \n') == HEADING
            m = re.match(r'^\| `([^`]+)` \|', line)
            if inside and m:
                names.add(m.group(1))
    return names


class Comparison:
    def __init__(self, vedette, exceptions):
        self.vedette = vedette
        self.exceptions = exceptions
        self.left_out = collections.Counter()
        self.captures = self.conversations = self.pairs = self.flows = self.failures = 0

    def capture(self, path, ask_tshark=ask_tshark, ask_vedette=ask_vedette):
        name = os.path.basename(path)
        status, text = ask_tshark(path)
        try:
            if status:
                raise NotPlain('tshark cannot read it')
            hosts, ports, tables = read_tshark(text)
            if not hosts.of:
                raise NotPlain('no IP')
        except NotPlain as reason:
            self.left_out[str(reason)] += 1
            return
        status, text = ask_vedette(self.vedette, path)
        if status:
            self.left_out['cut short'] += 1
            return
        our_hosts, our_ports, flows = read_vedette(text)
        differences = []
        pairs = compare(our_hosts, hosts, tables, lambda *d: differences.append(d))
        conversations = compare(our_ports, ports, tables, lambda *d: differences.append(d))
        expected = name in self.exceptions
        self.captures += not differences
        self.pairs += pairs
        self.conversations += conversations
        self.flows += flows
        self.failures += bool(differences) != expected
        if differences:
            print('differs%s: %s' % (' as named' if expected else '', name))
            for difference in differences[:12]:
                print('    ' + '; '.join(difference))
            if len(differences) > 12:
                print('    and %d more' % (len(differences) - 12))
        elif expected:
            print('agrees, although it is named as an exception: ' + name)

    def summary(self):
        print('%d captures agree: %d conversations of tcp, udp and sctp, %d pairs of hosts, %d flows' %
              (self.captures, self.conversations, self.pairs, self.flows))
        for reason, n in sorted(self.left_out.items()):
            print('%d captures left out: %s' % (n, reason))


def main(vedette, exceptions):
    c = Comparison(vedette, named_exceptions(exceptions))
    for line in sys.stdin:
        c.capture(line.rstrip('\n'))
    c.summary()
    return 1 if c.failures else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2]))
