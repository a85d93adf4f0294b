#!/usr/bin/env python3
"""golden.py: replays the captures of pcaps/ and compares what is found with the files *.golden beside this one.

A golden file is about one capture. Lines, with words as in a shell:

  capture FILE
  run site|discover [tier=N] [filter=EXPR] [edit=SED] [tuning=NAME]   what is before it; the lines below belong to it
      site      with pcaps/demo/site.yaml, first changed by the sed expression SED
      discover  without a policy: the site's space is the operator's, and nothing in it is declared
      tuning=NAME  with tuning/NAME.yaml
      tier=N    the list lists/tier-N.yaml, which holds AS64500, in place of tier 1
  finds  RULE EQUIPMENT PEER APPLICATION LEVEL VERDICT   exactly one alert is this one; - stands for what it does not have. What the sensor
                                                         says of itself has its interface for PEER, or the suppression that it speaks of,
                                                         and its cause for APPLICATION
  says   RULE FACT VALUE                                 an alert of the rule has this value
  silent RULE EQUIPMENT PEER APPLICATION VERDICT         the conversation is there, with that verdict, and this rule says nothing of it;
                                                         RULE * stands for all of them
  never  RULE                                            there are conversations, and this rule says nothing at all; * stands for all
  unseen TEXT                                            neither alerts nor conversations hold it

What is not written is not compared, and totals never are: a golden file says what its capture is about. Every shipped rule, but for those of
LIVE and of tests/tradecraft/table.tsv, stands in a line that finds it and, by its name, in a line "silent" or "never". For each of them the proof that it matters: without its
file this finding is gone, and nothing else is. Runs are independent of each other; as many go on at a time as there are processors.
"""
import concurrent.futures
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
# What only a running sensor can say: of its interfaces, of reloads, of Redis while it is away, of the canary that somebody asked for. The
# scripts tests/system/test_run*.sh make it say so.
LIVE = {'canary', 'sensor-blind', 'sensor-reload-refused', 'sensor-reloaded', 'sensor-restored', 'sensor-state-refused'}
OWN = '192.0.2.0/24,2001:db8:1::/48'
COMMON = ('--json', '--geo', str(SOURCE / 'tests/fixtures/geo/site'), '--as-of', '2026-11-20')


class Failure(Exception):
    pass


def make_lists():
    """For each tier a folder with its list and the shipped sets that rules name."""
    for path in (HERE / 'lists').glob('tier-*.yaml'):
        folder = pathlib.Path('lists-%s' % path.stem)
        folder.mkdir()
        for name in SETS:
            shutil.copy(LISTS / name, folder)
        shutil.copy(path, folder)


class Run:
    def __init__(self, where, capture, words):
        self.where, self.capture, self.mode = where, capture, words[0]
        self.options = dict(word.split('=', 1) for word in words[1:])
        if self.mode not in ('site', 'discover') or not set(self.options) <= {'tier', 'filter', 'edit', 'tuning'}:
            raise Failure('%s: write: run site|discover [tier=N] [filter=EXPR] [edit=SED] [tuning=NAME]' % where)
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
            folder = pathlib.Path('site-%s' % self.where)
            folder.mkdir(exist_ok=True)
            if not (folder / 'site.yaml').exists():  # proofs of the same run read it at the same time
                (folder / 'site.yaml').write_text(site, encoding='utf-8')
            args = ['--site', str(folder / 'site.yaml')]
        args += ['--lists', 'lists-tier-%s' % self.options.get('tier', '1')]
        if 'filter' in self.options:
            args += ['--filter', self.options['filter']]
        return args + [str(PCAPS / self.capture)]

    def call(self, *command):
        done = subprocess.run([os.environ['VEDETTE'], *command, *COMMON, *self.arguments()], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure('%s: %s: exit status %d: %s' % (self.where, command[0], done.returncode, done.stderr[-2000:]))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def replay(self, rules=RULES):
        tuning = ['--tuning', str(HERE / 'tuning' / (self.options['tuning'] + '.yaml'))] if 'tuning' in self.options else []
        return self.call('replay', '--redis', 'none', '--rules', str(rules), *tuning)


def application(facts):
    return '.'.join(facts[k] for k in ('network.protocol', 'network.application') if k in facts) or '-'


def rule(alert):
    return alert['rule.ruleset'].removesuffix('.yml')


def finding(alert):
    """What a line "finds" holds. With a conversation there always is a verdict; the sensor's own events have neither."""
    if alert['event.dataset'] == 'vedette.sensor':
        peer, app = alert.get('sensor.interface', alert.get('suppression.name', '-')), alert['sensor.cause']
    else:
        peer, app = alert.get('peer.entity', '-'), application(alert)
    return (rule(alert), alert.get('equipment.name', '-'), peer, app, alert['alert.level'], alert.get('contract.verdict', '-'))


class Judgement:
    """The lines of one run, held against what is found and seen in it."""

    def __init__(self, run):
        self.run = run
        self.alerts = run.replay()
        self.opened = [finding(a) for a in self.alerts if a['event.action'] == 'opened']
        self.flows = run.call('flows') if any(kind in ('silent', 'never', 'unseen') for _, kind, _ in run.lines) else None
        self.found, self.quiet = set(), set()
        for where, kind, words in run.lines:
            getattr(self, kind)(where, *words)

    def finds(self, where, *words):
        if self.opened.count(words) != 1:
            raise Failure('%s: %d such alerts, not one; there are:\n%s' % (
                where, self.opened.count(words), '\n'.join(shlex.join(f) for f in sorted(self.opened))))
        self.found.add(words[0])

    def says(self, where, name, fact, value):
        values = [str(a.get(fact)) for a in self.alerts if rule(a) == name]
        if value not in values:
            raise Failure('%s: there are: %s' % (where, ', '.join(values)))

    def no_alert(self, where, name, found):
        found = [f for f in found if name in ('*', f[0])]
        if found:
            raise Failure('%s: found: %s' % (where, shlex.join(found[0])))
        self.quiet.add(name)

    def silent(self, where, name, equipment, peer, app, verdict):
        seen = {(f['equipment.name'], f['peer.entity'], application(f), f['contract.verdict']) for f in self.flows if 'equipment.name' in f}
        if (equipment, peer, app, verdict) not in seen and (peer, equipment, app, verdict) not in seen:
            raise Failure('%s: there is no such conversation; there are:\n%s' % (where, '\n'.join(shlex.join(f) for f in sorted(seen))))
        self.no_alert(where, name, [f for f in self.opened if f[1:4] == (equipment, peer, app)])

    def never(self, where, name):
        if not self.flows:
            raise Failure('%s: there is no conversation' % where)
        self.no_alert(where, name, self.opened)

    def unseen(self, where, text):
        if text in json.dumps([self.alerts, self.flows]):
            raise Failure('%s: %s is shown' % (where, text))

    def without(self, name):
        """Replays again without the file of rule NAME: its alerts are gone, the others are the same. Incidents are made of many rules: what
        refers to one that is not there cannot be loaded, so they are gone, too."""
        folder = pathlib.Path('rules-without-%s' % name)
        shutil.copytree(RULES, folder)
        (folder / ('%s.yml' % name)).unlink()
        (folder / 'incident.yml').unlink(missing_ok=True)
        left = self.run.replay(folder)
        shutil.rmtree(folder)
        if [key(a) for a in left] != [key(a) for a in self.alerts if rule(a) not in (name, 'incident')]:
            raise Failure('%s: without the file of %s the alerts are not those of the other rules' % (self.run.where, name))


def key(alert):
    return alert['event.id'], alert['event.sequence'], alert['event.action']


COLUMNS = {'finds': 6, 'says': 3, 'silent': 5, 'never': 1, 'unseen': 1}


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


def names_differ(what, wanted, got):
    if wanted != got:
        raise Failure('%s: %s' % (what, ', '.join(sorted(wanted ^ got))))


def tradecraft():
    """The rules of that table, which tests/tradecraft/table.py holds to the same."""
    with open(SOURCE / 'tests/tradecraft/table.tsv', encoding='utf-8') as table:
        return {rule for line in table if not line.startswith('#') for rule in line.split('\t')[1].split()}


def main():
    captures, runs = set(), []
    for path in sorted(HERE.glob('*.golden')):
        capture, more = read(path)
        captures.add(capture)
        runs += more
    names_differ('captures without a golden file, or the other way round', {p.name for p in PCAPS.glob('*.pcap')}, captures)
    make_lists()
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as several:
        try:
            judged = list(several.map(Judgement, runs))
            proofs = {}
            for judgement in judged:
                for name in judgement.found:
                    proofs.setdefault(name, judgement)
            shipped = {p.name.removesuffix('.yml') for p in RULES.glob('*.yml') if not p.name.endswith('.test.yml')}
            wanted = shipped - LIVE - tradecraft()
            names_differ('rules that no capture fires, or that are not shipped', wanted, set(proofs) & wanted | set(proofs) - shipped)
            names_differ('rules that are said to need a running sensor, and are not shipped', LIVE & shipped, LIVE)
            silent = set.union(*(judgement.quiet for judgement in judged)) - {'*'}
            names_differ('rules that no capture comes near without firing, or that are not shipped', wanted, silent & wanted | silent - shipped)
            list(several.map(lambda name: proofs[name].without(name), proofs))
        finally:
            several.shutdown(cancel_futures=True)
    checks = sum(len(run.lines) for run in runs) + len(proofs)
    print('%d captures, %d rules, %d checks passed' % (len(captures), len(proofs), checks))


if __name__ == '__main__':
    try:
        main()
    except Failure as failure:
        sys.exit('FAILED: %s' % failure)
