#!/usr/bin/env python3
"""manifest.py: writes MANIFEST.tsv, a line for each capture: how it was made, with what, how large, its digest, what it shows."""
import hashlib
import os
import re
import subprocess

from packets import read

import craft
import tradecraft

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
PACKAGES = ('bind9-dnsutils', 'bird2', 'curl', 'dnsmasq-base', 'freediameter', 'freeradius', 'hping3', 'iodine', 'ipmitool', 'iputils-ping', 'nmap',
            'ntpsec', 'openssh-server', 'openssl', 'openvpn', 'osmo-ggsn', 'ptunnel-ng', 'snmp', 'snmpd', 'socat', 'softflowd', 'atftp', 'tcpdump',
            'vsftpd', 'wireguard-go')


def versions():
    out = subprocess.run(('dpkg-query', '-W', '-f', '${Package} ${Version}; ') + PACKAGES, capture_output=True, text=True, check=False)
    return out.stdout.strip('; ')


def remark(text, kind, name):
    """The comment above <kind>_<name>."""
    found = re.search(r'((?:^#[^\n]*\n)+)%s_%s\(' % (kind, name.replace('-', '_')), text, re.M)
    return ' '.join(line.lstrip('# ') for line in found.group(1).splitlines())


def rows():
    scenarios = open(os.path.join(HERE, 'make/scenarios.sh'), encoding='utf-8').read()
    pieces = open(os.path.join(HERE, 'make/tradecraft.sh'), encoding='utf-8').read()
    folders = [sorted(os.path.join(f, p) for p in os.listdir(os.path.join(HERE, f))) for f in ('', 'demo', 'pieces', 'tradecraft')]
    for path in (p for f in folders for p in f if p.endswith('.pcap')):
        name = os.path.basename(path)[:-5]
        if path.startswith('demo/'):
            made, what = 'make/day.py', 'A synthetic day stitched from the other captures.'
        elif path.startswith('pieces/'):
            made, what = 'make/tradecraft.sh', remark(pieces, 'piece', name)
        elif path.startswith('tradecraft/'):
            made, what = 'make/tradecraft.py', ' '.join(tradecraft.CAPTURES[name].__doc__.split())
        elif name in craft.CAPTURES:
            doc = craft.CAPTURES[name].__doc__ or 'Crafted ' + name.replace('-', ' ') + '.'
            made, what = 'make/craft.py', ' '.join(doc.split())
        else:
            made, what = 'make/scenarios.sh', remark(scenarios, 'scenario', name)
        data = open(os.path.join(HERE, path), 'rb').read()
        packets = sum(1 for _ in read(os.path.join(HERE, path)))
        yield path, made, str(packets), hashlib.sha256(data).hexdigest(), what


with open(os.path.join(HERE, 'MANIFEST.tsv'), 'w', encoding='utf-8') as out:
    out.write('# Real programs: %s\n' % versions())
    out.write('file\tmade by\tpackets\tsha256\twhat it shows\n')
    for row in rows():
        out.write('\t'.join(row) + '\n')
