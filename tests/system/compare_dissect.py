#!/usr/bin/env python3
"""compare_dissect.py VEDETTE EXPLAINED: holds `vedette dissect --json` against `tshark -T fields`, packet by packet.

The captures to compare are read from standard input, one path a line. EXPLAINED names a Markdown file whose lines `| `CLASS` | ...`
below the heading "Differences in packets" list the classes of difference that are known.

Compared are the innermost addresses, the protocol, the ports, the VLANs and the VNIs of every packet, at the subscriber border: inside
GTP-U nothing counts, nor behind PPPoE, L2TP and PPTP. Of what a mirror carries the copy counts. tshark names the headers of a packet in
frame.protocols and has their values in lists; walking the names and taking the values one by one tells which belongs to which. What an
ICMP error quotes, or a protocol that carries pieces of packets as data, is no header of this packet.

A packet on which the two differ belongs to a class, "OURS / THEIRS": the first header that only one of them has, "end" when there is
none, or why it could not be read; "values of HEADER" when both have the same headers. "file" is a side whose reader of files does not
get as far as this packet. Nothing is left out of the count.

Exit status 1 when fewer than 99.5 % agree, or when a class is not explained."""
import collections
import concurrent.futures
import ipaddress
import json
import os
import re
import subprocess
import sys

HEADING = 'Differences in packets'
REQUIRED = 0.995
# Fields by the header of frame.protocols that has them, once each. The last of a list of alternatives that is there counts.
HEADERS = {
    'ip': ('ip.src', 'ip.dst', 'ip.proto'),
    'ipv6': ('ipv6.src', 'ipv6.dst', 'ipv6.nxt'),
    'ipv6.hopopts': ('ipv6.hopopts.nxt',),
    'ipv6.routing': ('ipv6.routing.nxt',),
    'ipv6.dstopts': ('ipv6.dstopts.nxt',),
    'ipv6.fraghdr': ('ipv6.fraghdr.nxt',),
    'ah': ('ah.next_header',),
    'tcp': ('tcp.srcport', 'tcp.dstport'),
    'udp': ('udp.srcport', 'udp.dstport'),
    'sctp': ('sctp.srcport', 'sctp.dstport'),
    'vlan': ('vlan.id',),
    'ieee8021ad': ('ieee8021ad.id',),
    'vxlan': ('vxlan.vni',),
    'geneve': ('geneve.vni',),
    'gtp': ('gtp.message',),
    'erspan': ('erspan.encap', 'erspan.vlan'),
}
FIELDS = ('frame.number', 'frame.protocols') + tuple(f for fields in HEADERS.values() for f in fields) + ('frame.encap_type',)
EXTENSIONS = {header for header, fields in HEADERS.items() if len(fields) == 1 and fields[0].endswith(('.nxt', '.next_header'))}
# Behind these a subscriber's packet begins.
ERSPAN_TAG_REMOVED = '2'
ACCESS = {'pppoes', 'l2tp'}
# These carry copies of packets to whom looks at them: what is inside counts alone.
MIRRORS = {'erspan', 'tzsp'}
# These quote packets, whole or in part, as their data.
QUOTING = {'icmp', 'icmpv6', 'nhrp', 'sflow', 'openflow', 'openflow_v1', 'openflow_v4', 'openflow_v5', 'openflow_v6'}
BEHIND_VXLAN = {'nsh', 'eth', 'ip', 'ipv6', 'mpls'}
# What both sides call by other names does not tell them apart.
SILENT = {'ethertype', 'eth_maybefcs', 'data', 'raw', 'pcap_pktdata', 'wlan_radio'}
# What each calls the headers that both read.
OUR_NAMES = {'ethernet': 'eth', 'ipv4': 'ip', 'gtpu': 'gtp', 'sll2': 'sll', 'erspan1': 'erspan', 'erspan2': 'erspan', 'erspan3': 'erspan',
             'vxlan_gpe': 'vxlan', 'pppoe': 'pppoes', 'frame_relay': 'fr', 'capwap': 'capwap.data', 'fabricpath': 'cfp', 'pbb': 'ieee8021ah'}
THEIR_NAMES = {'ieee8021ad': 'vlan', 'icmpv6': 'icmp', 'loop': 'null', 'ipv6.hopopts': 'ip6ext', 'ipv6.routing': 'ip6ext',
               'ipv6.dstopts': 'ip6ext', 'ipv6.fraghdr': 'ip6ext', 'mipv6': 'ip6ext'}
# tshark assigns these by port to other protocols than Vedette does, or not at all.
DECODE_AS = ('udp.port==8472,vxlan',)
PREFERENCES = ('ip.defragment:FALSE', 'ipv6.defragment:FALSE', 'tcp.desegment_tcp_streams:FALSE')


def address(text):
    a = ipaddress.ip_address(text)
    return str(getattr(a, 'ipv4_mapped', None) or a)


class Reading:
    """What one side says of a packet."""

    def __init__(self):
        self.ends = self.proto = self.ports = None
        self.vlans, self.vnis = [], []
        self.trail = []      # names of headers
        self.unread = ''     # why it could not read on

    def values(self):
        return {name: getattr(self, name) for name in ('ends', 'proto', 'ports', 'vlans', 'vnis')}


class Walk:
    """Along the headers of one packet as tshark names them."""

    def __init__(self, row):
        self.values = {f: row[f].split(',')[::-1] if row[f] else [] for f in FIELDS}
        self.reading = Reading()
        self.layer_tags = (0, 0) # VLANs and VNIs in front of the innermost IP header
        self.copy = None # the tags of a mirror's header, until something follows it
        self.copied_tag = False
        self.ended = False

    def take(self, field):
        values = self.values[field]
        return values.pop() if values else None

    def numbers(self, header):
        return [self.take(f) for f in HEADERS[header]]

    def ip(self, header):
        r = self.reading
        src, dst, proto = self.numbers(header)
        if src is None or dst is None or proto is None:
            r.unread = 'no ' + header
            self.ended = True
            return
        self.layer_tags = (len(r.vlans), len(r.vnis))
        r.ends, r.proto, r.ports = (address(src), address(dst)), int(proto), None

    def mirror(self, header):
        """What the mirror put around the copy goes once that begins, but for the tags of its own header."""
        encap, vlan = self.numbers(header) if header == 'erspan' else (None, None)
        self.copy = [int(vlan)] if encap == ERSPAN_TAG_REMOVED and int(vlan) else []

    def begin_copy(self, header):
        r = self.reading
        r.vlans = r.vlans[self.layer_tags[0]:] + self.copy
        self.copied_tag = bool(self.copy)
        r.vnis = r.vnis[self.layer_tags[1]:]
        r.ends = r.proto = r.ports = self.copy = None

    def step(self, header, before):
        r = self.reading
        if before == 'udp' and header in BEHIND_VXLAN and self.values['vxlan.vni']:
            self.step('vxlan', before) # of VXLAN-GPE, which tshark does not name
        if header in ('ip', 'ipv6'):
            self.ip(header)
        elif header in ('tcp', 'udp', 'sctp'):
            ports = self.numbers(header)
            r.ports = None if None in ports or ports == ['0', '0'] else tuple(map(int, ports))
        elif header in ('vlan', 'ieee8021ad'):
            if r.trail[-3:-1] == ['erspan', 'eth'] and self.copied_tag:
                r.vlans.pop() # the same tag, which was not taken off after all
            r.vlans += [int(v) for v in self.numbers(header) if v and int(v)]
        elif header in ('vxlan', 'geneve'):
            r.vnis += [int(v, 0) for v in self.numbers(header) if v]
        elif header in EXTENSIONS:
            (nxt,) = self.numbers(header)
            r.proto = int(nxt) if nxt else r.proto
        elif header in MIRRORS:
            self.mirror(header)
        elif header in ACCESS or header in QUOTING or (header == 'ppp' and before == 'gre'):
            self.ended = True
        elif header == 'gtp':
            self.ended = self.take('gtp.message') in ('255', '0xff')

    def run(self, protocols):
        before = None
        for header in protocols:
            if header.startswith('_ws.'):
                self.reading.unread = self.reading.unread or header[4:]
            if header in SILENT or self.ended:
                continue
            if self.copy is not None:
                self.begin_copy(header)
            self.reading.trail.append(header)
            self.step(header, before)
            before = header
        return self.reading


def read_tshark(text):
    packets = {}
    for line in text.split('\n'):
        values = line.split('\t')
        row = dict(zip(FIELDS, values))
        # Without a link type: a block of a pcapng file that holds no packet.
        if len(values) == len(FIELDS) and row['frame.encap_type']:
            packets[len(packets) + 1] = Walk(row).run(row['frame.protocols'].split(':'))
    return packets


def read_vedette(text):
    packets = {}
    for line in filter(None, text.split('\n')):
        f = json.loads(line)
        r = packets[f['frame.number']] = Reading()
        tags = [tag.split(':') for tag in f.get('source.tags', ())]
        if 'source.ip' in f:
            r.ends = address(f['source.ip']), address(f['destination.ip'])
            r.proto = int(f['network.iana_number'])
        if 'source.port' in f:
            r.ports = f['source.port'], f['destination.port']
        r.vlans = [int(v) for kind, v in tags if kind == 'vlan']
        r.vnis = [int(v) for kind, v in tags if kind == 'vni']
        r.trail = f['frame.headers'].split()
        r.unread = f.get('frame.reason', '')
    return packets


def run(argv):
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stdout.decode('utf-8', 'replace')


def ask_tshark(path):
    argv = ['tshark', '-n', '-r', path, '-T', 'fields', '-E', 'occurrence=a', '-E', 'separator=/t', '-E', 'aggregator=,']
    for preference in PREFERENCES:
        argv += ['-o', preference]
    for rule in DECODE_AS:
        argv += ['-d', rule]
    for field in FIELDS:
        argv += ['-e', field]
    return read_tshark(run(argv)[1])


def ask_vedette(vedette, path):
    return read_vedette(run([vedette, 'dissect', '--json', path])[1])


def shared_names(ours, theirs):
    """Trails of both in the same words."""
    a = [OUR_NAMES.get(name, name) for name in ours.trail if name not in SILENT]
    b = [THEIR_NAMES.get(name, name) for name in theirs.trail]
    once = [name for i, name in enumerate(b) if name != 'ip6ext' or i == 0 or b[i - 1] != 'ip6ext']
    return a, once


def class_of(ours, theirs):
    a, b = shared_names(ours, theirs)
    i = 0
    while i < min(len(a), len(b)) and a[i] == b[i]:
        i += 1
    if i == len(a) == len(b) and not ours.unread and not theirs.unread:
        return 'values of ' + a[-1]
    return '%s / %s' % tuple(trail[i] if i < len(trail) else side.unread or 'end' for trail, side in ((a, ours), (b, theirs)))


def explained_classes(path):
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
    def __init__(self, explained):
        self.explained = explained
        self.differences = collections.defaultdict(list) # by class: (capture, packet, values of both)
        self.captures = self.packets = self.agreed = 0

    def capture(self, path, ours, theirs):
        name = os.path.basename(path)
        self.captures += 1
        for n in sorted(set(ours) | set(theirs)):
            self.packets += 1
            a, b = ours.get(n), theirs.get(n)
            if not a or not b:
                key = 'file / packet' if b else '%s / file' % (a.unread or 'packet')
                self.differences[key].append((name, n, 'read by one alone'))
            elif a.values() == b.values():
                self.agreed += 1
            else:
                wrong = ', '.join('%s %s and %s' % (k, v, b.values()[k]) for k, v in a.values().items() if v != b.values()[k])
                self.differences[class_of(a, b)].append((name, n, wrong))

    def share(self):
        return self.agreed / self.packets if self.packets else 0

    def summary(self):
        """Prints all; whether it is good."""
        print('%d of %d packets in %d captures agree: %.3f %%' % (self.agreed, self.packets, self.captures, 100 * self.share()))
        unexplained = set(self.differences) - self.explained
        for key, found in sorted(self.differences.items(), key=lambda item: (-len(item[1]), item[0])):
            captures = list(dict.fromkeys(name for name, _, _ in found))
            print('%6d in %d captures%s: %s' % (len(found), len(captures), ', NOT EXPLAINED' if key in unexplained else '', key))
            for capture in captures[:3]:
                print('           %s packet %d: %s' % next(f for f in found if f[0] == capture))
        return self.share() >= REQUIRED and not unexplained


def main(vedette, explained):
    c = Comparison(explained_classes(explained))
    paths = [line.rstrip('\n') for line in sys.stdin]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, ours, theirs in pool.map(lambda p: (p, ask_vedette(vedette, p), ask_tshark(p)), paths):
            c.capture(path, ours, theirs)
    return 0 if c.summary() else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2]))
