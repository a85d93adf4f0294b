#!/usr/bin/env python3
"""table.py [--write]: replays the captures of table.tsv and prints, for each detection, whether its attack is found, what only looks like it
is silent, the benign background is silent, and the attack is missed without the files of its rules.

table.tsv, a line for each detection:

  detection   what it is called
  rules       files of rules/packs/rules/ without .yml, one or more: each is to fire on one of the attacks, and one on each attack
  equipment   whom these alerts are about, one or more
  attacks     captures of pcaps/tradecraft/ without .pcap, one or more
  near        captures that only look like it
  policy      site: tests/tradecraft/site.yaml; discover: none; warned: site, with a feed that warns of the listed network in place of the list
  made with   the real programs that made the attacks; crafted, where no program here does
  but         background: it is known that the background is not silent; the page says why

With --write docs/tradecraft.md gets the table; without, it must hold the same. With words, only detections whose rules or names hold one of them
are looked at, and the page is not.
"""
import concurrent.futures
import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ['VEDETTE_SOURCE_DIR'])
RULES, LISTS, CAPTURES = SOURCE / 'rules/packs/rules', SOURCE / 'rules/packs/lists', SOURCE / 'pcaps/tradecraft'
PAGE = SOURCE / 'docs/tradecraft.md'
BEGIN, END = '<!-- made by tests/tradecraft/table.py -->\n', '<!-- end -->\n'
BACKGROUND = ('background-day', 'background-weeks')
POLICIES = {'site': ('--site', str(HERE / 'site.yaml')), 'discover': ('--own', '192.0.2.0/24,2001:db8:1::/48'), 'warned': ('--site', str(HERE / 'site.yaml'))}
SETS = ('public-resolvers.yaml', 'remote-control-tools.yaml', 'tunnel-applications.yaml')


def read():
    with open(HERE / 'table.tsv', encoding='utf-8') as table:
        rows = list(csv.DictReader((line for line in table if not line.startswith('#')), delimiter='\t'))
    for row in rows:
        for key in ('rules', 'equipment', 'attacks', 'near'):
            row[key] = row[key].split()
    return rows


def replay(capture, policy, rules=RULES):
    """The alerts of a capture: (rule, equipment, level)."""
    done = subprocess.run(
        [os.environ['VEDETTE'], 'replay', '--redis', 'none', '--json', '--geo', str(SOURCE / 'tests/fixtures/geo/site'), '--as-of', '2026-11-20',
         '--lists', 'lists-warned' if policy == 'warned' else 'lists', '--rules', str(rules), *POLICIES[policy], str(CAPTURES / (capture + '.pcap'))], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit('FAILED: %s: exit status %d: %s' % (capture, done.returncode, done.stderr[-2000:]))
    alerts = [json.loads(line) for line in done.stdout.splitlines()]
    return {(a['rule.ruleset'].removesuffix('.yml'), a.get('equipment.name', '-'), a['alert.level']) for a in alerts}


def replay_without(capture, policy, rules, number):
    """The same with a copy of the folder of rules that lacks those files."""
    folder = pathlib.Path('rules-%d-%s' % (number, capture))
    # the incident is of many rules, and is one of them itself; what refers to a rule that is not there cannot be loaded
    shutil.copytree(RULES, folder, ignore=shutil.ignore_patterns('*.test.yml', 'incident.yml', *(r + '.yml' for r in rules)))
    alerts = replay(capture, policy, folder)
    shutil.rmtree(folder)
    return alerts


class Row:
    def __init__(self, number, row, run, pool):
        self.row, self.run, self.rules = row, run, set(row['rules'])
        self.off = [pool.submit(replay_without, c, row['policy'], row['rules'], number) for c in row['attacks']]

    def mine(self, alerts):
        return {a for a in alerts if a[0] in self.rules}

    def judge(self):
        """Sets what stands in the table, and returns what is wrong."""
        wrong, row, policy = [], self.row, self.row['policy']
        fired = set()
        for capture in row['attacks']:
            found = {a[0] for a in self.mine(self.run[capture, policy].result()) if a[1] in row['equipment']}
            fired |= found
            if not found:
                wrong.append('%s finds nothing of it' % capture)
        wrong += ['no attack fires %s' % rule for rule in self.rules - fired]
        self.found = not wrong
        loud = {c: self.mine(self.run[c, policy].result()) for c in row['near'] + list(BACKGROUND)}
        self.near, self.background = (not any(loud[c] for c in captures) for captures in (row['near'], BACKGROUND))
        wrong += ['%s fires %s' % (c, ', '.join('%s of %s' % a[:2] for a in sorted(found))) for c, found in loud.items()
                  if found and not (row['but'] == 'background' and c in BACKGROUND)]
        if row['but'] == 'background' and self.background:
            wrong.append('the background is silent, so there is no but')
        left = set().union(*(f.result() for f in self.off))
        whole = set().union(*(self.run[c, policy].result() for c in row['attacks']))
        self.missed = not self.mine(left)
        if not self.missed:
            wrong.append('without its files it is still found')
        self.others = sorted({a[0] for a in left if a[1] in row['equipment']})
        lost = {a for a in whole - left if a not in self.mine(whole) and a[0] != 'incident'}
        if lost:
            wrong.append('without its files these are gone, too: %s' % ', '.join(sorted(a[0] for a in lost)))
        return wrong


def say(yes):
    return 'yes' if yes else '**no**'


def page_of(rows):
    """The table as it stands in the page."""
    yield '| detection | rules | attacks | found | near misses | silent | background silent | without the rules | made with |\n'
    yield '|---|---|---|---|---|---|---|---|---|\n'
    for r in rows:
        words = [', '.join('`%s`' % w for w in r.row[key]) for key in ('rules', 'attacks', 'near')]
        policy = {'site': '', 'discover': ' (no policy)', 'warned': ' (a feed)'}[r.row['policy']]
        yield '| %s%s | %s | %s | %s | %s | %s | %s | %s | %s |\n' % (
            r.row['detection'], policy, words[0], words[1], say(r.found), words[2], say(r.near), say(r.background),
            'missed' if r.missed else '**found**', r.row['made with'])


def hold_page(text):
    """With --write puts the table into its page; else says whether it stands there."""
    page = PAGE.read_text(encoding='utf-8')
    head, rest = page.split(BEGIN)
    new = head + BEGIN + text + END + rest.split(END)[1]
    if '--write' in sys.argv[1:]:
        PAGE.write_text(new, encoding='utf-8')
    elif new != page:
        print('FAILED: docs/tradecraft.md holds another table: VEDETTE=... VEDETTE_SOURCE_DIR=. python3 tests/tradecraft/table.py --write')
        return False
    return True


def main():
    words = [w for w in sys.argv[1:] if w != '--write']
    table = [row for row in read() if not words or any(w in row['detection'] or w in ' '.join(row['rules']) for w in words)]
    for folder, name in (('lists', 'tier-1'), ('lists-warned', 'tier-indicators')):
        pathlib.Path(folder).mkdir()
        for path in [LISTS / name for name in SETS] + [SOURCE / 'tests/golden/lists' / (name + '.yaml')]:
            shutil.copy(path, folder)
    known = {p.name.removesuffix('.yml') for p in RULES.glob('*.yml')}
    missing = sorted({rule for row in table for rule in row['rules']} - known)
    if missing:
        sys.exit('FAILED: table.tsv names rules that are not there: %s' % ', '.join(missing))
    policies = {row['policy'] for row in table}
    wanted = {(c, row['policy']) for row in table for c in row['attacks'] + row['near']} | {(c, p) for c in BACKGROUND for p in policies}
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        run = {key: pool.submit(replay, *key) for key in sorted(wanted)}
        rows = [Row(i, row, run, pool) for i, row in enumerate(table)]
        wrong = [(r, text) for r in rows for text in r.judge()]
    idle = [] if words else sorted({p.stem for p in CAPTURES.glob('*.pcap')} - {c for c, _ in wanted})
    text = ''.join(page_of(rows))
    for r in rows:
        print('%-34s found %-3s near silent %-3s background silent %-3s without: %-6s of the rest speaks: %s' % (
            r.row['detection'], *(w.strip('*') for w in (say(r.found), say(r.near), say(r.background))), 'missed' if r.missed else 'found', ' '.join(r.others) or '-'))
    for r, what in wrong:
        print('FAILED: %s: %s' % (r.row['detection'], what))
    if idle:
        print('FAILED: captures that the table does not name: %s' % ', '.join(idle))
    if not words and not hold_page(text):
        wrong.append(None)
    print('%d detections, %d captures, %d replays' % (len(rows), len({c for c, _ in wanted}), len(wanted) + sum(len(r.off) for r in rows)))
    sys.exit(1 if wrong or idle else 0)


if __name__ == '__main__':
    main()
