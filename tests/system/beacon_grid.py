#!/usr/bin/env python3
"""beacon_grid.py DRIVER RULES [REPEATS [cells]]: how well the shipped rules tell beacons from what is none, over the grid of docs/beacons.md,
beside the score of RITA v5 on the same series. Prints the tables of that page; ends with 1 when a promise of it is broken.

DRIVER is beacon_driver, which has the behaviour judge series of times; RULES the folder of rules, whose thresholds count.
"""
import re
import subprocess
import sys
from collections import defaultdict

import beacon_rita as rita
import beacon_series as bs

T0 = 1790000000


class Rule:
    """The thresholds of a shipped rule."""

    def __init__(self, folder, name):
        text = open(f'{folder}/{name}.yml').read()
        self.score, self.confidence = (int(re.search(rf'behaviour\.{key}\|gte: (\d+)', text)[1]) for key in ('score', 'confidence'))
        fleet = re.search(r'behaviour\.beacon\.fleet\|gte: (\d+)', text)
        self.fleet = int(fleet[1]) if fleet else 33


class Ours:
    """When the rule about declared equipment would speak, of each series: its first alert, or none."""

    def __init__(self, driver, rule, all_series):
        self.rule = rule
        self.at = {}
        self.found = {}
        out = subprocess.run([driver], input=''.join(self.lines(all_series)), capture_output=True, text=True, check=True).stdout
        by_name = {s.name: s for s in all_series}
        for line in out.splitlines():
            name, *rest = line.split()
            at, score, confidence, beats, period, jitter, missed, alike, fleet = map(int, rest)
            s = by_name[name]
            if score < rule.score or confidence < rule.confidence or s.scope != 'external' or s.app in ('ntp', 'dns') or fleet >= rule.fleet:
                continue
            self.found.setdefault(name, (beats, period, jitter, missed))

    @staticmethod
    def lines(all_series):
        for s in all_series:
            yield f'series {s.name} {s.equipment} {s.peer}\n'
            for t, sent, received, answered in s.flows:
                at = int((T0 + t) * 1000)
                yield f'burst {at} {sent} {received}\n' if s.bursts else f'flow {at} {sent} {received} {int(answered)}\n'

    def alerts(self, s):
        return s.name in self.found


class Rita:
    """At the threshold that serves it best: the lowest at which its precision is what ours has to be."""

    def __init__(self, measure, positives, negatives, others):
        self.scores = {}
        for s in positives + negatives + others:
            # What lies inside one conversation it does not see: that is one connection.
            flows = s.flows[:1] if s.bursts else s.flows
            self.scores[s.name] = measure([int(f[0]) for f in flows], [f[1] for f in flows])
        self.threshold = 1.01
        for threshold in sorted(set(self.scores.values()), reverse=True):
            recall = sum(self.scores[s.name] >= threshold for s in positives) / len(positives)
            false = sum(self.scores[s.name] >= threshold for s in negatives) / len(negatives)
            if recall / max(recall + false, 1e-9) >= 0.95:
                self.threshold = threshold

    def alerts(self, s):
        return self.scores[s.name] >= self.threshold


def share(tool, some):
    return sum(tool.alerts(s) for s in some) / len(some)


def percent(x):
    return f'{100 * x:.1f}'


def cell(s, *keys):
    period, jitter, loss, beats, timer = s.name.split('/')[1:6]
    parts = {'period': int(period), 'jitter': int(jitter), 'loss': int(loss), 'beats': int(beats), 'timer': timer}
    return tuple(parts[k] for k in keys)


def grouped(some, *keys):
    groups = defaultdict(list)
    for s in some:
        groups[cell(s, *keys)].append(s)
    return groups


def span(s):
    for unit, n in (('d', 86400), ('h', 3600), ('min', 60)):
        if s % n == 0:
            return f'{s // n} {unit}'
    return f'{s} s'


def table(head, rows):
    print('| ' + ' | '.join(head) + ' |')
    print('|' + '---|' * len(head))
    for row in rows:
        print('| ' + ' | '.join(row) + ' |')
    print()


def cross(beacons, tools, row_key, column_key, row_name, column_name):
    """Recall of each tool: rows by columns."""
    groups = grouped(beacons, row_key, column_key)
    columns = sorted({k[1] for k in groups})
    rows = []
    for r in sorted({k[0] for k in groups}):
        rows.append([row_name(r)] + [' / '.join(f'{100 * share(t, groups[(r, c)]):.0f}' for t in tools) for c in columns])
    table([f'{row_key} \\ {column_key}'] + [column_name(c) for c in columns], rows)


def main():
    driver, rules = sys.argv[1:3]
    repeats = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    beacons = list(bs.grid(repeats))
    irregular = list(bs.irregular(60 * repeats))
    background = list(bs.background(10 * repeats))
    variants = list(bs.variants(repeats))
    ours = Ours(driver, Rule(rules, 'beacon-external'), beacons + irregular + background + variants)
    day = Rita(rita.best_day, beacons, irregular, background + variants)
    whole = Rita(rita.whole, beacons, irregular, background + variants)
    tools = [ours, day, whole]

    print(f'{len(beacons)} beacons, {len(irregular)} irregular series, {len(background)} of periodic background.\n')
    rows = []
    for name, tool in (('Vedette', ours), ('RITA v5, as it runs: the last 24 h', day), ('its formulas over the whole series', whole)):
        recall, false = share(tool, beacons), share(tool, irregular)
        threshold = f'{ours.rule.score} of 1000' if tool is ours else f'{tool.threshold:.3f}' if tool.threshold <= 1 else 'none'
        rows.append([name, threshold, percent(recall), percent(false), percent(recall / max(recall + false, 1e-9)),
                     percent(share(tool, background))])
    table(['', 'threshold', 'recall %', 'false alarms %', 'precision %', 'of the background, when nothing orders it, %'], rows)

    print('Recall in %: Vedette / RITA, 24 h / RITA, whole.\n')
    cross(beacons, tools, 'period', 'jitter', span, lambda j: f'{j} %')
    cross(beacons, tools, 'jitter', 'loss', lambda j: f'{j} %', lambda l: f'{l} %')
    cross(beacons, tools, 'beats', 'jitter', str, lambda j: f'{j} %')
    cross(beacons, tools, 'timer', 'jitter', str, lambda j: f'{j} %')

    print('Beyond the grid, with one beat in ten missed.\n')
    rows = []
    for variant in bs.VARIANTS:
        groups = grouped([s for s in variants if s.kind == variant[0]], 'jitter')
        rows.append([variant[0]] + [' / '.join(f'{100 * share(t, groups[k]):.0f}' for t in tools) for k in sorted(groups)])
    table(['', '0 %', '20 %', '50 %'], rows)

    print('False alarms in % of the series of a kind.\n')
    kinds = defaultdict(list)
    for s in irregular + background:
        kinds[s.kind].append(s)
    table(['kind', 'series', 'Vedette', 'RITA, 24 h', 'RITA, whole'],
          [[k.replace('_', ' '), str(len(v))] + [percent(share(t, v)) for t in tools] for k, v in kinds.items()])

    behind = [(k, v) for k, v in grouped(beacons, 'period', 'jitter', 'loss').items() if share(ours, v) < max(share(day, v), share(whole, v))]
    for (period, jitter, loss), v in behind:
        print(f'behind at {span(period)}, jitter {jitter} %, loss {loss} %: ' + ' / '.join(percent(share(t, v)) for t in tools))
    if 'cells' in sys.argv:
        cells = grouped(beacons, 'period', 'jitter', 'loss', 'beats')
        table(['period', 'jitter', 'loss', 'beats', 'Vedette', 'RITA, 24 h', 'RITA, whole'],
              [[span(p), f'{j} %', f'{l} %', str(n)] + [percent(share(t, v)) for t in tools] for (p, j, l, n), v in sorted(cells.items())])
    recall, false = share(ours, beacons), share(ours, irregular)
    return 0 if recall >= 0.95 and recall / (recall + false) >= 0.95 and not behind else 1


if __name__ == '__main__':
    sys.exit(main())
