#!/usr/bin/env python3
"""golden.py: replays the captures of pcaps/ and compares what is found with the files *.golden beside this one.

A golden file is about one capture. Lines, with words as in a shell:

  capture FILE
  run site|discover [tier=N] [filter=EXPR] [edit=SED] what is before it; the lines below belong to it
      site      with pcaps/demo/site.yaml, first changed by the sed expression SED
      discover  without a policy: the site's space is the operator's, and nothing in it is declared
      tier=N    the list lists/tier-N.yaml, which holds AS64500, in place of tier 1
  finds  RULE EQUIPMENT PEER APPLICATION LEVEL VERDICT   exactly one alert is this one
  silent RULE EQUIPMENT PEER APPLICATION VERDICT         the conversation is there, with that verdict, and this rule says nothing of it;
                                                         RULE * stands for all of them
  unseen TEXT                                            neither alerts nor conversations hold it

What is not written is not compared, and totals never are: a golden file says what its capture is about. Every shipped rule stands in a line
that finds it and, by its name, in a line that is silent. For each of them the proof that it matters: without its file this
finding is gone, and nothing else is.
"""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ['VEDETTE_SOURCE_DIR'])
PCAPS, RULES, LISTS = SOURCE / 'pcaps', SOURCE / 'rules/packs/rules', SOURCE / 'rules/packs/lists'
SETS = ('public-resolvers.yaml', 'remote-control-tools.yaml', 'tunnel-applications.yaml')
OWN = '192.0.2.0/24,2001:db8:1::/48'
COMMON = ('--json', '--geo', str(SOURCE / 'tests/fixtures/geo/site'), '--as-of', '2026-11-20')


class Failure(Exception):
    pass


def lists(tier):
    """A folder with the list of TIER and the shipped sets that rules name."""
    folder = pathlib.Path('lists-%s' % tier)
    if not folder.exists():
        folder.mkdir()
        for name in SETS:
            shutil.copy(LISTS / name, folder)
        shutil.copy(HERE / 'lists' / ('tier-%s.yaml' % tier), folder)
    return str(folder)


class Run:
    def __init__(self, where, capture, words):
        self.where, self.capture, self.mode = where, capture, words[0]
        self.options = dict(word.split('=', 1) for word in words[1:])
        if self.mode not in ('site', 'discover') or not set(self.options) <= {'tier', 'filter', 'edit'}:
            raise Failure('%s: write: run site|discover [tier=N] [filter=EXPR] [edit=SED]' % where)
        self.lines = []

    def arguments(self):
        if self.mode == 'discover':
            args = ['--own', OWN]
        else:
            site = (PCAPS / 'demo/site.yaml').read_text(encoding='utf-8')
            if 'edit' in self.options:
                edited = subprocess.run(['sed', '-E', self.options['edit']], input=site, capture_output=True, text=True, check=True).stdout
                if edited == site:
                    raise Failure('%s: the edit changes nothing' % self.where)
                site = edited
            pathlib.Path('site.yaml').write_text(site, encoding='utf-8')
            args = ['--site', 'site.yaml']
        args += ['--lists', lists(self.options.get('tier', '1'))]
        if 'filter' in self.options:
            args += ['--filter', self.options['filter']]
        return args + [str(PCAPS / self.capture)]

    def call(self, *command):
        done = subprocess.run([os.environ['VEDETTE'], *command, *COMMON, *self.arguments()], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure('%s: %s: exit status %d: %s' % (self.where, command[0], done.returncode, done.stderr[-2000:]))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def replay(self, rules=RULES):
        return self.call('replay', '--redis', 'none', '--rules', str(rules))


def application(facts):
    return '.'.join(facts[k] for k in ('network.protocol', 'network.application') if k in facts) or '-'


def rule(alert):
    return alert['rule.ruleset'].removesuffix('.yml')


def finding(alert):
    return (rule(alert), alert['equipment.name'], alert.get('peer.entity', '-'), application(alert), alert['alert.level'],
            alert['contract.verdict'])


def judge(run, stats):
    """The lines of one run. Returns its alerts."""
    alerts = run.replay()
    opened = [finding(a) for a in alerts if a['event.action'] == 'opened']
    flows = None
    for where, kind, words in run.lines:
        stats['checks'] += 1
        if kind != 'finds' and flows is None:
            flows = run.call('flows')
        if kind == 'finds':
            if opened.count(tuple(words)) != 1:
                raise Failure('%s: %d such alerts, not one; there are:\n%s' % (
                    where, opened.count(tuple(words)), '\n'.join(shlex.join(f) for f in sorted(opened))))
            stats['finds'].setdefault(words[0], run)
        elif kind == 'unseen':
            if words[0] in json.dumps([alerts, flows]):
                raise Failure('%s: %s is shown' % (where, words[0]))
        else:
            name, equipment, peer, app, verdict = words
            seen = {(f['equipment.name'], f['peer.entity'], application(f), f['contract.verdict']) for f in flows if 'equipment.name' in f}
            if (equipment, peer, app, verdict) not in seen and (peer, equipment, app, verdict) not in seen:
                raise Failure('%s: there is no such conversation; there are:\n%s' % (where, '\n'.join(shlex.join(f) for f in sorted(seen))))
            found = [f for f in opened if name in ('*', f[0]) and f[1:4] == (equipment, peer, app)]
            if found:
                raise Failure('%s: found: %s' % (where, shlex.join(found[0])))
            stats['silent'].add(name)
    return alerts


def without(name, run, alerts):
    """Replays again without the file of rule NAME: its alerts are gone, the others are the same."""
    folder = pathlib.Path('rules-without-%s' % name)
    shutil.copytree(RULES, folder)
    (folder / ('%s.yml' % name)).unlink()
    left = run.replay(folder)
    shutil.rmtree(folder)
    key = lambda some: [(a['event.id'], a['event.sequence'], a['event.action']) for a in some]
    if key(left) != key([a for a in alerts if rule(a) != name]):
        raise Failure('%s: without the file of %s the alerts are not those of the other rules' % (run.where, name))


COLUMNS = {'finds': 6, 'silent': 5, 'unseen': 1}


def read(path):
    capture, runs = None, []
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        where = '%s:%d' % (path.name, number)
        words = shlex.split(line, comments=True)
        if not words:
            continue
        kind, words = words[0], words[1:]
        if kind == 'capture':
            capture = words[0]
        elif kind == 'run':
            runs.append(Run(where, capture, words))
        elif len(words) != COLUMNS.get(kind):
            raise Failure('%s: "%s" with %d words' % (where, kind, len(words)))
        else:
            runs[-1].lines.append((where, kind, words))
    return capture, runs


def main():
    stats = {'checks': 0, 'finds': {}, 'silent': set()}
    captures, alerts_of = set(), {}
    for path in sorted(HERE.glob('*.golden')):
        capture, runs = read(path)
        captures.add(capture)
        for run in runs:
            alerts_of[run.where] = judge(run, stats)
    stored = {p.name for p in PCAPS.glob('*.pcap')}
    if captures != stored:
        raise Failure('captures without a golden file, or the other way round: %s' % ', '.join(sorted(captures ^ stored)))
    shipped = {p.name.removesuffix('.yml') for p in RULES.glob('*.yml') if not p.name.endswith('.test.yml')}
    if shipped != set(stats['finds']):
        raise Failure('rules that no capture fires: %s' % ', '.join(sorted(shipped - set(stats['finds']))))
    if shipped != stats['silent'] - {'*'}:
        raise Failure('rules that no capture comes near without firing: %s' % ', '.join(sorted(shipped - stats['silent'])))
    for name, run in sorted(stats['finds'].items()):
        without(name, run, alerts_of[run.where])
        stats['checks'] += 1
    print('%d captures, %d rules, %d checks passed' % (len(captures), len(shipped), stats['checks']))


if __name__ == '__main__':
    try:
        main()
    except Failure as failure:
        sys.exit('FAILED: %s' % failure)
