#!/usr/bin/env python3
"""What is found in captures of others: corpora_verdicts.py VEDETTE CORPORA SOURCE [all] [--write]

Benign captures (by the manifest's category) are replayed with no configuration: every alert of level high or above must stand in
tests/corpora/benign.tsv with a verdict, and those whose verdict is not "true" are at most one in 10,000 conversations. Captures that the
manifest labels as attacks are replayed twice: with no configuration, and with a policy that declares each private address of the capture as
equipment that nobody ordered to talk to anybody. Each is found, or stands in tests/corpora/attacks.tsv with the reason why it cannot be.
Without `all` a sample of the benign ones is read. --write makes the tables of docs/corpora.md."""
import concurrent.futures
import csv
import ipaddress
import json
import os
import re
import subprocess
import sys
import tempfile

vedette, corpora, source = sys.argv[1:4]
everything, write = 'all' in sys.argv[4:], '--write' in sys.argv[4:]
ATTACKS = {'covert-backdoor', 'dns-tunnel', 'icmp-tunnel', 'lateral-movement', 'malware-c2', 'beacon', 'scan-ddos'}
SAMPLE = 16
LEVELS = ['informational', 'low', 'medium', 'high', 'critical']


def manifest():
    with open(os.path.join(corpora, 'MANIFEST.tsv'), newline='') as f:
        for row in csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE):
            row['path'] = os.path.join(corpora, row['file'])
            row['attack'] = bool(ATTACKS & set(row['category'].split(',')))
            if os.path.exists(row['path']):
                yield row


def table(name):
    """Rows of a table of ours; the first is the head."""
    with open(os.path.join(source, 'tests/corpora', name), newline='') as f:
        return list(csv.DictReader(f, delimiter='\t', quoting=csv.QUOTE_NONE))


def replay(path, *options):
    """Alerts by id with the highest level of each, and the number of conversations."""
    run = subprocess.run([vedette, 'replay', '--redis', 'none', '--json', '--workers', '1', *options, path], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    if run.returncode not in (0, 3):
        sys.exit('%s: exit status %d\n%s' % (path, run.returncode, run.stderr[-2000:]))
    alerts = {}
    for line in run.stdout.splitlines():
        alert = json.loads(line)
        if alert['rule.category'] != 'sensor':
            alerts[alert['event.id']] = alert
    flows = re.search(r'([\d,]+)\s+conversations?\n', run.stderr)
    return list(alerts.values()), int(flows.group(1).replace(',', '')) if flows else 0


def rule(alert):
    return alert['rule.ruleset'].removesuffix('.yml')


def is_high(alert):
    return LEVELS.index(alert['alert.level']) >= LEVELS.index('high')


def policy_of(path, where):
    """A policy in which each private address of the capture is equipment of a role without any contract."""
    run = subprocess.run([vedette, 'flows', '--json', path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    own = set()
    for line in run.stdout.splitlines():
        flow = json.loads(line)
        for end in ('source.ip', 'destination.ip'):
            address = ipaddress.ip_address(flow[end])
            if address.is_private and not (address.is_link_local or address.is_multicast or address.is_loopback or
                                           address.is_unspecified or str(address).endswith('.255')):
                own.add(address)
    if not own:
        return None
    site = os.path.join(where, 'site.yaml')
    with open(site, 'w') as f:
        f.write('schema: 1\nsite: corpora\nnetworks: {own: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "fc00::/7"]}\n')
        f.write('roles:\n  node: {connects: [], accepts: []}\nequipment:\n')
        for i, address in enumerate(sorted(own, key=lambda a: (a.version, a))[:2000]):
            f.write('  - {name: node-%d, address: "%s", role: node}\n' % (i + 1, address))
    return site


def judge(row):
    row['alerts'], row['flows'] = replay(row['path'])
    if row['attack']:
        with tempfile.TemporaryDirectory() as where:
            site = policy_of(row['path'], where)
            row['ordered'] = replay(row['path'], '--site', site)[0] if site else []
    return row


def names(alerts, least):
    return sorted({rule(a) for a in alerts if LEVELS.index(a['alert.level']) >= LEVELS.index(least)})


def check_benign(rows):
    known = {(r['capture'], r['rule']): r for r in table('benign.tsv')}
    faults, lines, counted = [], [], 0
    for row in rows:
        for name in sorted({rule(a) for a in row['alerts'] if is_high(a)}):
            n = sum(1 for a in row['alerts'] if is_high(a) and rule(a) == name)
            verdict = known.get((row['file'], name))
            if not verdict:
                faults.append('%s: %d high alerts of %s have no verdict' % (row['file'], n, name))
                counted += n
                continue
            counted += 0 if verdict['verdict'] == 'true' else n
            lines.append((row['file'], name, n, verdict['verdict'], verdict['because']))
    flows = sum(r['flows'] for r in rows)
    print('benign: %d captures, %d conversations, %d high alerts not justified' % (len(rows), flows, counted))
    if everything and counted * 10000 > flows:
        faults.append('more than one in 10,000 conversations')
    return faults, lines


def check_attacks(rows):
    reasons = {r['capture']: r['because'] for r in table('attacks.tsv')}
    faults, lines = [], []
    found = 0
    for row in rows:
        alone, ordered = names(row['alerts'], 'low'), names(row['ordered'], 'low')
        reason = reasons.get(row['file'], '')
        found += bool(alone or ordered)
        if not (alone or ordered or reason):
            faults.append('%s: nothing is found, and no reason is given' % row['file'])
        if (alone or ordered) and reason:
            faults.append('%s: it is found, so the reason in attacks.tsv is out of date' % row['file'])
        lines.append((row['file'], row['category'], alone, ordered, reason))
    print('attacks: %d captures, %d found' % (len(rows), found))
    return faults, lines


def cell(items):
    return ', '.join('`%s`' % i for i in items) or '-'


def put_tables(benign, attacks):
    path = os.path.join(source, 'docs/corpora.md')
    text = open(path).read()
    made = {
        'benign': ['| capture | rule | alerts | verdict | because |', '|---|---|---|---|---|'] +
                  ['| %s | `%s` | %d | %s | %s |' % line for line in benign],
        'attacks': ['| capture | kind | with no configuration | with a policy that orders nothing | else |', '|---|---|---|---|---|'] +
                   ['| %s | %s | %s | %s | %s |' % (f, k, cell(a), cell(o), r or '') for f, k, a, o, r in attacks],
    }
    for name, lines in made.items():
        text = re.sub(r'(<!-- %s -->\n).*?(<!-- end -->)' % name, lambda m: m.group(1) + '\n'.join(lines) + '\n' + m.group(2), text,
                      flags=re.S)
    open(path, 'w').write(text)


rows = list(manifest())
attacks = [r for r in rows if r['attack']]
benign = [r for r in rows if not r['attack']]
if not everything:
    benign = benign[::SAMPLE]
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    list(pool.map(judge, attacks + benign))
faults, benign_lines = check_benign(benign)
more, attack_lines = check_attacks(attacks)
if write:
    put_tables(benign_lines, attack_lines)
for fault in faults + more:
    print(fault)
sys.exit(1 if faults or more else 0)
