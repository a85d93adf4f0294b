#!/usr/bin/env python3
"""make_feeds.py FOLDER: small feeds of each format, made by the formats' documentation, in documentation address space."""
import json
import pathlib
import random
import sys

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
rng = random.Random(6)


def v4():
    return '%s.%d' % (rng.choice(['192.0.2', '198.51.100', '203.0.113']), rng.randrange(256))


def write(name, text):
    (out / name).write_text(text, encoding='utf-8')


# plain: networks, addresses, names, systems, remarks
write('plain.txt', '# made 2026-11-20\n198.51.100.0/24\n203.0.113.7 # a scanner\n203.0.113.7\nevil.example ; botnet\n*.sub.example\nAS64500\n'
      'https://bad.example:8443/x?y\n2001:db8::/32\n\nxn--bcher-kva.example\nb\u00fccher.example\n')
write('hosts.txt', '# hosts\n127.0.0.1 ads.example\n0.0.0.0 track.example spy.example\n')

# FireHOL
nets = sorted({'198.51.100.%d/%d' % (i * 16, 28) for i in range(12)})
write('firehol_level1.netset', '#\n# firehol_level1\n#\n# ipv4 hash:net ipset\n#\n# Maintainer      : FireHOL\n# List source URL : \n'
      '# Source File Date: Fri Nov 20 10:04:38 UTC 2026\n#\n# Category        : attacks\n# Entries         : %d subnets, 192 unique IPs\n#\n%s\n'
      % (len(nets), '\n'.join(nets)))
addresses = sorted({v4() for _ in range(40)})
write('feodo.ipset', '#\n# feodo\n#\n# ipv4 hash:ip ipset\n#\n# Entries         : %d unique IPs\n#\n%s\n' % (len(addresses), '\n'.join(addresses)))

# Spamhaus
for name, rows in (('drop_v4.json', [{'cidr': '192.0.2.0/24', 'sblid': 'SBL256894', 'rir': 'apnic'}, {'cidr': '203.0.113.0/25', 'sblid': 'SBL434604', 'rir': 'ripencc'}]),
                   ('drop_v6.json', [{'cidr': '2001:db8:%x::/48' % i, 'sblid': 'SBL%d' % i, 'rir': 'arin'} for i in range(1, 9)]),
                   ('asndrop.json', [{'asn': 64496 + i, 'rir': 'ripencc', 'domain': 'as%d.example' % i, 'cc': 'XX', 'asname': 'EXAMPLE-%d' % i} for i in range(6)])):
    rows.append({'type': 'metadata', 'timestamp': 1795564800, 'size': 1234, 'records': len(rows), 'copyright': '(c) 2026 Somebody', 'terms': 'https://example.org/'})
    write(name, ''.join(json.dumps(r, separators=(',', ':')) + '\n' for r in rows))

# Zeek
fields = ['indicator', 'indicator_type', 'meta.source', 'meta.desc', 'meta.url', 'meta.confidence', 'meta.expire']
rows = [['203.0.113.9', 'Intel::ADDR', 'cert', 'scanner, with a comma', '-', '75', '-'], ['198.51.100.0/25', 'Intel::SUBNET', 'cert', '-', '-', '-', '-'],
        ['www.evil.example', 'Intel::DOMAIN', 'other', 'c2', '-', '100.0', '1830000000'], ['bad.example/path', 'Intel::URL', 'cert', '-', '-', '-', '-'],
        ['phish@evil.example', 'Intel::EMAIL', 'cert', '-', '-', '-', '-'], ['da39a3ee5e6b4b0d3255bfef95601890afd80709', 'Intel::CERT_HASH', 'cert', '-', '-', '-', '-'],
        ['d41d8cd98f00b204e9800998ecf8427e', 'Intel::FILE_HASH', 'cert', '-', '-', '-', '-'], ['192.0.2.77', 'Intel::ADDR', 'cert', 'over', '-', '-', '1500000000']]
write('zeek.intel', '#fields\t' + '\t'.join(fields) + '\n' + ''.join('\t'.join(r) + '\n' for r in rows))

# MISP
attributes = [('ip-dst', '203.0.113.20'), ('ip-src|port', '203.0.113.21|443'), ('domain', 'misp.example'), ('domain|ip', 'two.example|203.0.113.22'), ('hostname', 'www.misp.example'),
              ('url', 'http://203.0.113.23/x'), ('AS', 'AS64501'), ('md5', 'd41d8cd98f00b204e9800998ecf8427e'), ('ja3-fingerprint-md5', 'e7d705a3286e19ea42f587b344ee6865'),
              ('email-src', 'a@b.example'), ('x509-fingerprint-sha1', 'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709')]
made = [{'uuid': str(i), 'type': t, 'value': v, 'to_ids': True, 'category': 'Network activity', 'comment': 'n %d' % i, 'timestamp': '17955648%02d' % i, 'deleted': False}
        for i, (t, v) in enumerate(attributes)]
made.append(dict(made[0], value='203.0.113.24', to_ids=False))
made.append(dict(made[0], value='203.0.113.25', deleted=True))
event = {'Event': {'info': 'OSINT "quoted" report', 'date': '2026-11-18', 'Orgc': {'name': 'CIRCL'}, 'Tag': [{'name': 'misp:confidence-level="usually-confident"'}],
                   'Attribute': made, 'Object': [{'name': 'ip-port', 'Attribute': [dict(made[0], value='203.0.113.26'), dict(made[0], type='port', value='80')]}]}}
write('misp.json', json.dumps(event))
write('misp_search.json', json.dumps({'response': [event, {'Event': {'info': 'b', 'date': '2026-11-19', 'Orgc': {'name': 'X'}, 'Attribute': [dict(made[0], value='203.0.113.27')]}}]}, indent=1))
write('warninglist_cidr.json', json.dumps({'name': 'List of known ranges', 'version': 20261101, 'description': 'd', 'type': 'cidr', 'matching_attributes': ['ip-dst'],
                                          'list': ['8.8.8.0/24', '2001:4860:4860::8888', '9.9.9.9']}))
write('warninglist_host.json', json.dumps({'name': 'Names', 'version': 5, 'description': 'd', 'type': 'hostname', 'matching_attributes': ['domain'], 'list': ['example.com', '.cdn.example']}))
write('warninglist_string.json', json.dumps({'name': 'Strings', 'version': 20261102, 'description': 'd', 'type': 'string', 'matching_attributes': ['domain'],
                                            'list': ['dns.example', '192.0.2.53', 'http://a.example/x']}))

# STIX
patterns = ["[ipv4-addr:value = '198.51.100.7/32']", "[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value = '198.51.100.8']", "[domain-name:value IN ('evil.example', 'worse.example')]",
            "[url:value = 'https://bad.example/it\\'s']", "[ipv6-addr:value ISSUBSET '2001:db8:5::/48']", "[autonomous-system:number = 64502]",
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.30']", "[domain-name:value LIKE '%.below.example']",
            "[file:hashes.'SHA-256' = 'aa' AND file:name = 'x']", "[ipv4-addr:value = '203.0.113.31' AND network-traffic:dst_port = 443]",
            "[x509-certificate:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']", "[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']",
            "([ipv4-addr:value = '203.0.113.32'] OR [ipv4-addr:value = '203.0.113.33']) WITHIN 300 SECONDS", "[ipv4-addr:value = '203.0.113.34'] REPEATS 5 TIMES"]
objects = [{'type': 'identity', 'spec_version': '2.1', 'id': 'identity--1', 'name': 'ACME CERT', 'identity_class': 'organization'}]
for i, pattern in enumerate(patterns):
    objects.append({'type': 'indicator', 'spec_version': '2.1', 'id': 'indicator--%d' % i, 'created_by_ref': 'identity--1', 'created': '2026-11-01T00:00:00.000Z',
                    'modified': '2026-11-%02dT00:00:00.000Z' % (i + 2), 'name': 'n %d' % i, 'pattern': pattern, 'pattern_type': 'stix', 'valid_from': '2026-11-01T00:00:00Z',
                    'confidence': 10 * (i % 10)})
objects.append(dict(objects[1], modified='2026-10-01T00:00:00.000Z', pattern="[ipv4-addr:value = '203.0.113.40']"))
objects.append(dict(objects[1], id='indicator--revoked', revoked=True, pattern="[ipv4-addr:value = '203.0.113.41']"))
objects.append(dict(objects[1], id='indicator--over', valid_until='2020-01-01T00:00:00Z', pattern="[ipv4-addr:value = '203.0.113.42']"))
objects.append(dict(objects[1], id='indicator--yara', pattern_type='yara', pattern='rule x {}'))
write('stix.json', json.dumps({'type': 'bundle', 'id': 'bundle--1', 'objects': objects}, indent=2))

# abuse.ch
write('feodo.csv', '################\n# abuse.ch Feodo Tracker Botnet C2 IP Blocklist (CSV) #\n# Last updated: 2026-11-20 05:26:13 UTC   #\n################\n#\n'
      '"first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"\n'
      '"2026-01-17 07:44:46","203.0.113.50","4643","online","2026-11-20","Dridex"\n"2026-02-17 07:44:46","203.0.113.51","443","offline","2026-10-05","Emotet, ""the"" one"\n'
      '# END 2 entries\n')
write('sslbl.csv', '# abuse.ch SSLBL SSL Certificate Blacklist #\n# Last updated: 2026-11-19 05:26:13 UTC #\n#\n# Listingdate,SHA1,Listingreason\n'
      '2026-11-01 05:07:35,da39a3ee5e6b4b0d3255bfef95601890afd80709,Vidar C&C\n2026-11-02 05:07:35,aaaaa3ee5e6b4b0d3255bfef95601890afd80709,QuasarRAT C&C\n')
write('ja3.csv', '# abuse.ch SSLBL JA3 Fingerprint Blacklist #\n#\n# ja3_md5,Firstseen,Lastseen,Listingreason\nb386946a5a44d1ddcc843bc75336dfce,2017-07-14 18:08:15,2026-07-27 20:42:54,Dridex\n')
write('urlhaus.csv', '# abuse.ch URLhaus Database Dump (CSV - recent URLs only) #\n# Last updated: 2026-11-20 09:05:07 (UTC) #\n#\n# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n'
      '"1","2026-11-20 09:05:07","http://203.0.113.60:34567/bin.sh","online","2026-11-20","malware_download","32-bit,mips","https://example.org/1/","geenensp"\n'
      '"2","2026-11-20 09:04:07","http://files.example/a.exe","offline","","malware_download","None","https://example.org/2/","a"\n'
      '"3","2026-11-20 09:03:07","http://files.example/b.exe","offline","","malware_download","None","https://example.org/3/","a"\n')
write('threatfox.csv', '# abuse.ch ThreatFox IOC database #\n#\n# "first_seen_utc","ioc_id","ioc_value","ioc_type","threat_type","fk_malware","malware_alias","malware_printable","last_seen_utc","confidence_level","reference","tags","anonymous","reporter"\n'
      '"2026-11-20 08:00:00", "1", "203.0.113.70:4443", "ip:port", "botnet_cc", "win.x", "None", "X Stealer", "", "75", "None", "a,b", "0", "abuse_ch"\n'
      '"2026-11-20 08:00:00", "2", "fox.example", "domain", "botnet_cc", "win.x", "None", "X Stealer", "", "100", "None", "a", "0", "abuse_ch"\n'
      '"2026-11-20 08:00:00", "3", "aa", "sha256_hash", "payload", "win.x", "None", "X Stealer", "", "50", "None", "a", "0", "abuse_ch"\n')
write('feodo.json', json.dumps([{'ip_address': '203.0.113.80', 'port': 443, 'status': 'offline', 'hostname': None, 'as_number': 64503, 'as_name': 'X', 'country': 'XX',
                                 'first_seen': '2026-06-04 21:10:15', 'last_online': '2026-11-10', 'malware': 'Emotet'},
                                {'ip_address': '203.0.113.81', 'port': 8080, 'status': 'online', 'hostname': 'h.example', 'as_number': 64503, 'as_name': 'X', 'country': 'XX',
                                 'first_seen': '2026-06-04 21:10:15', 'last_online': '2026-11-10', 'malware': 'Emotet'}]))
write('threatfox.json', json.dumps({'1': [{'ioc_value': '203.0.113.90:443', 'ioc_type': 'ip:port', 'threat_type': 'botnet_cc', 'malware': 'win.y', 'confidence_level': 75,
                                           'first_seen_utc': '2026-11-20 08:00:00', 'last_seen_utc': None}],
                                    '2': [{'ioc_value': 'http://y.example/z', 'ioc_type': 'url', 'threat_type': 'payload_delivery', 'malware': 'win.y', 'confidence_level': 100,
                                           'first_seen_utc': '2026-11-20 08:00:00', 'last_seen_utc': None}],
                                    '3': [{'ioc_value': 'bb', 'ioc_type': 'md5_hash', 'threat_type': 'payload', 'malware': 'win.y', 'confidence_level': 50,
                                           'first_seen_utc': '2026-11-20 08:00:00', 'last_seen_utc': None}]}))
write('urlhaus.json', json.dumps({'3001': [{'dateadded': '2026-11-20 09:05:07 UTC', 'url': 'http://203.0.113.95/i', 'url_status': 'online', 'last_online': None, 'threat': 'malware_download',
                                            'tags': ['elf'], 'urlhaus_link': 'https://example.org/1/', 'reporter': 'a'}]}))

# Tor
relays = [(''.join(rng.choice('0123456789ABCDEF') for _ in range(40)), [v4() for _ in range(rng.choice([1, 1, 2]))]) for _ in range(15)]
write('exit-addresses', ''.join('ExitNode %s\nPublished 2026-11-20 05:11:06\nLastStatus 2026-11-20 06:00:00\n%s' % (
    node, ''.join('ExitAddress %s 2026-11-20 06:%02d:08\n' % (a, i) for i, a in enumerate(found))) for node, found in relays))
