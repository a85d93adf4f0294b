#!/usr/bin/env python3
"""count_feeds.py FOLDER: for each feed of make_feeds.py, its format and how many entries of each kind a list of it has, worked out
from the documentation of the formats with nothing of Vedette's: lines "FILE FORMAT kind=n,kind=n"."""
import csv
import ipaddress
import json
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])
AS_OF = '2026-11-23'


def address(text):
    text = re.sub(r'^\[(.*)\](:\d+)?$', r'\1', text)
    if text.count(':') == 1:
        text = text.split(':')[0]
    return 'cidr', str(ipaddress.ip_network(text))


def name(text, kind='host'):
    text = text.lower().strip('.')
    text.encode('ascii')
    return kind, text


def url(text):
    host = re.sub(r'^\w+://', '', text).split('/')[0].split('?')[0].split('@')[-1]
    bare = re.sub(r':\d+$', '', host)
    try:
        return address(bare)
    except ValueError:
        return name(bare)


def plain(text):
    if '://' in text:
        return url(text)
    if re.fullmatch(r'AS\d+', text):
        return 'asn', text[2:]
    try:
        return address(text)
    except ValueError:
        return name(text.removeprefix('*.'), 'domain')


def read_plain(text):
    for line in text.splitlines():
        line = re.split(r'(?:^|\s)#|;', line)[0].split()
        if len(line) > 1:
            yield from (name(n) for n in line[1:])
        elif line and line[0].isascii():
            yield plain(line[0])


def read_netset(text):
    return (address(line) for line in text.splitlines() if line and not line.startswith('#'))


def read_spamhaus(text):
    for line in text.splitlines():
        row = json.loads(line)
        if 'cidr' in row:
            yield address(row['cidr'])
        elif 'asn' in row:
            yield 'asn', str(row['asn'])


def read_zeek(text):
    kinds = {'Intel::ADDR': address, 'Intel::SUBNET': address, 'Intel::DOMAIN': name, 'Intel::URL': url, 'Intel::CERT_HASH': lambda h: ('sha1', h)}
    for row in csv.DictReader((line.removeprefix('#fields\t') for line in text.splitlines()), delimiter='\t', quoting=csv.QUOTE_NONE):
        if row['indicator_type'] in kinds and (row['meta.expire'] == '-' or int(row['meta.expire']) >= 1795392000):
            yield kinds[row['indicator_type']](row['indicator'])


def read_misp(text):
    kinds = {'ip-dst': address, 'ip-src|port': lambda v: address(v.split('|')[0]), 'domain': lambda v: name(v, 'domain'), 'hostname': name, 'url': url,
             'AS': lambda v: ('asn', v[2:]), 'ja3-fingerprint-md5': lambda v: ('ja3', v.lower()), 'x509-fingerprint-sha1': lambda v: ('sha1', v.lower())}
    root = json.loads(text)
    for event in root.get('response', [root]):
        event = event['Event']
        for a in event['Attribute'] + [a for o in event.get('Object', []) for a in o['Attribute']]:
            if a['deleted'] or not a['to_ids']:
                continue
            if a['type'] == 'domain|ip':
                first, second = a['value'].split('|')
                yield name(first, 'domain')
                yield address(second)
            elif a['type'] in kinds:
                yield kinds[a['type']](a['value'])


def read_warninglist(text):
    root = json.loads(text)
    for value in root['list']:
        if root['type'] == 'hostname':
            yield name(value, 'domain')
        elif '://' not in value:
            yield (address if root['type'] == 'cidr' or re.fullmatch(r'[\d.]+', value) else name)(value)


def read_stix(text):
    """Of the patterns that the feed has; nothing of a grammar."""
    objects = [o for o in json.loads(text)['objects'] if o['type'] == 'indicator']
    newest = {}
    for o in sorted(objects, key=lambda o: o['modified']):
        newest[o['id']] = o
    for o in newest.values():
        pattern = o['pattern']
        if o.get('revoked') or o['pattern_type'] != 'stix' or o.get('valid_until', '9') < AS_OF or 'REPEATS' in pattern or '] AND [' in pattern or 'file:' in pattern or 'dst_port' in pattern:
            continue
        pattern = re.sub(r"network-traffic:dst_ref.type = '[^']*' AND ", '', pattern)
        for path, op, value in re.findall(r"([\w-]+:[\w.'-]+) (=|ISSUBSET|LIKE|IN) (\([^)]*\)|'(?:[^'\\]|\\.)*'|\d+)", pattern):
            values = re.findall(r"'((?:[^'\\]|\\.)*)'", value) or [value]
            for one in values:
                if op == 'LIKE':
                    yield name(one[2:], 'domain')
                elif path.startswith('domain-name'):
                    yield name(one)
                elif path.startswith('url'):
                    yield url(one)
                elif path.startswith('autonomous'):
                    yield 'asn', one
                elif path.startswith('x509'):
                    yield 'sha1', one
                else:
                    yield address(one)


def typed(kind, value):
    return {'ip:port': address, 'domain': name, 'url': url}.get(kind, lambda v: None)(value)


def read_csv(text):
    lines = text.splitlines()
    rows = [line for line in lines if not line.startswith('#')]
    head = next((line.lstrip('# ') for line in lines if line.startswith('#') and line.count(',') > 1), None)
    for row in csv.DictReader(([head] if head else []) + rows, skipinitialspace=True):
        row = {k.lower(): v for k, v in row.items()}
        if 'ioc_type' in row:
            yield typed(row['ioc_type'], row['ioc_value'])
        elif 'sha1' in row:
            yield 'sha1', row['sha1']
        elif 'ja3_md5' in row:
            yield 'ja3', row['ja3_md5']
        else:
            yield url(row['url']) if 'url' in row else address(row['dst_ip'])


def read_abusech(text):
    root = json.loads(text)
    for row in root if isinstance(root, list) else [r for rows in root.values() for r in rows]:
        if 'ioc_type' in row:
            yield typed(row['ioc_type'], row['ioc_value'])
        else:
            yield url(row['url']) if 'url' in row else address(row['ip_address'])


def read_tor(text):
    return (address(line.split()[1]) for line in text.splitlines() if line.startswith('ExitAddress'))


READERS = {'plain.txt': ('plain', read_plain), 'hosts.txt': ('plain', read_plain), 'firehol_level1.netset': ('netset', read_netset), 'feodo.ipset': ('netset', read_netset),
           'drop_v4.json': ('spamhaus', read_spamhaus), 'drop_v6.json': ('spamhaus', read_spamhaus), 'asndrop.json': ('spamhaus', read_spamhaus), 'zeek.intel': ('zeek-intel', read_zeek),
           'misp.json': ('misp-event', read_misp), 'misp_search.json': ('misp-event', read_misp), 'warninglist_cidr.json': ('misp-warninglist', read_warninglist),
           'warninglist_host.json': ('misp-warninglist', read_warninglist), 'warninglist_string.json': ('misp-warninglist', read_warninglist), 'stix.json': ('stix', read_stix),
           'feodo.csv': ('csv', read_csv), 'sslbl.csv': ('csv', read_csv), 'ja3.csv': ('csv', read_csv), 'urlhaus.csv': ('csv', read_csv), 'threatfox.csv': ('csv', read_csv),
           'feodo.json': ('abusech-json', read_abusech), 'threatfox.json': ('abusech-json', read_abusech), 'urlhaus.json': ('abusech-json', read_abusech), 'exit-addresses': ('tor-exits', read_tor)}

for path in sorted(folder.iterdir()):
    kind, reader = READERS[path.name]
    found = {value for value in reader(path.read_text(encoding='utf-8')) if value}
    counts = {k: sum(1 for v in found if v[0] == k) for k in sorted({v[0] for v in found})}
    print(path.name, kind, ','.join('%s=%d' % item for item in counts.items()))
