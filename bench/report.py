#!/usr/bin/env python3
"""report.py [--into PAGE.md] RESULT.json...: what the programs of this folder measured, as text.

With --into, the text takes the place of what stands between the lines "<!-- measured: NAME -->" and "<!-- end -->" of the page, where
NAME is the file's name without its suffix. Standard library only.
"""
import argparse
import json
import os
import re
import signal
import sys
import textwrap

WIDE = 100

# (what, contestant, of which it is a ratio, of wall or cpu, at most or at least, bound)
TARGETS = (
    ('Vedette, 1 worker: wall, of the bare loop', 'vedette-1', 'bare', 'wall', '<=', 1.2),
    ('Vedette, 2 workers: wall, of the bare loop', 'vedette-n', 'bare', 'wall', '<=', 0.75),
    ('Vedette, 1 worker: CPU seconds, of the bare loop', 'vedette-1', 'bare', 'cpu', '<=', 1.5),
    ('ndpiReader: wall, of Vedette with 1 worker', 'ndpireader', 'vedette-1', 'wall', '>=', 3.5),
    ('ndpiReader: wall, of Vedette with 2 workers', 'ndpireader', 'vedette-n', 'wall', '>=', 5),
    ('Suricata to a file: wall, of Vedette with 2 workers', 'suricata-file', 'vedette-n', 'wall', '>=', 18),
    ('Suricata to Redis: wall, of Vedette with 2 workers', 'suricata-redis', 'vedette-n', 'wall', '>=', 40),
)


def number(value, form='%.2f'):
    return '-' if value is None else form % value


def ratio(a, b):
    return a / b if a is not None and b else None


def where(result):
    m, v = result['machine'], result['versions']
    yield '%s, %d cores, %d MB' % (m['cpu'], m['cores'], m['memory_mb'])
    yield '%s, Linux %s' % (m['system'], m['kernel'])
    yield '%s, commit %s' % (v.get('vedette', 'vedette').capitalize(), v.get('commit', 'unknown'))
    named = [(n, k) for n, k in (('nDPI', 'libndpi'), ('libpcap', 'libpcap'), ('ndpiReader', 'ndpiReader'), ('Suricata', 'suricata')) if v.get(k)]
    yield ', '.join('%s %s' % (n, v[k]) for n, k in named) + '; load at the start %.1f' % m['load_at_start']


def capture_lines(c, runs):
    by_key = {e['key']: e for e in c['contestants']}
    bare = by_key.get('bare', {})
    some = next((e['runs'][0] for e in c['contestants'] if e['runs'][0].get('packets')), {})
    yield '%s: %d packets, %d MB, SHA-256 %s...' % (c['capture'], some.get('packets') or 0, c['bytes'] // 1000000, c['sha256'][:16])
    yield '%-44s %7s %6s %7s %7s %6s %7s %6s' % ('median of %d' % runs, 'wall s', 'x bare', '+/- %', 'CPU s', 'x bare', 'peak MB', 'start')
    for e in c['contestants']:
        walls = [r['wall'] for r in e['runs']]
        spread = (max(walls) - min(walls)) / 2 / e['wall'] * 100 if e['wall'] else None
        yield '%-44s %7s %6s %7s %7s %6s %7s %6s' % (
            e['text'][:44], number(e['wall']), number(ratio(e['wall'], bare.get('wall'))), number(spread, '%.0f'), number(e['cpu']),
            number(ratio(e['cpu'], bare.get('cpu'))), number(e['peak_mb'], '%.0f'), number(e.get('start_wall')))
    counts = []
    for key, what in (('vedette-1', 'flows'), ('bare', 'flows'), ('bare', 'fed'), ('ndpi', 'fed'), ('vedette-1', 'alerts'), ('suricata-file', 'events'),
                      ('suricata-redis', 'events')):
        value = by_key.get(key, {}).get('runs', [{}])[0].get(what)
        if value is not None:
            counts.append('%s %s %d' % (key, what, value))
    yield from textwrap.wrap('counted: ' + ', '.join(counts), WIDE, subsequent_indent='  ')
    for text, one, other, what, sign, bound in TARGETS:
        if one in by_key and other in by_key:
            r = ratio(by_key[one][what], by_key[other][what])
            good = r <= bound if sign == '<=' else r >= bound
            yield '  %-52s %6.2f, wanted %s %-5g %s' % (text, r, sign, bound, 'held' if good else 'MISSED')


def run_lines(result):
    for c in result['captures']:
        yield ''
        yield from capture_lines(c, result['runs'])


def rows_lines(result):
    """Anything else that was measured: a title, columns and rows."""
    for t in result['tables']:
        yield ''
        yield t['title']
        widths = [max(len(str(row[i])) for row in [t['columns']] + t['rows']) for i in range(len(t['columns']))]
        for row in [t['columns']] + t['rows']:
            yield '  '.join(str(x).ljust(w) if i == 0 else str(x).rjust(w) for i, (x, w) in enumerate(zip(row, widths))).rstrip()
        for line in t.get('notes', []):
            yield line


def table(result):
    return '\n'.join([*where(result), *(run_lines(result) if 'captures' in result else rows_lines(result))])


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL) # a reader that has seen enough is no fault
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--into', metavar='PAGE.md')
    parser.add_argument('results', nargs='+', metavar='RESULT.json')
    args = parser.parse_args()
    for path in args.results:
        with open(path) as f:
            text = table(json.load(f))
        if not args.into:
            print(text)
            continue
        name = os.path.splitext(os.path.basename(path))[0]
        with open(args.into, encoding='utf-8') as f:
            page = f.read()
        mark = r'(<!-- measured: %s -->\n).*?(<!-- end -->)' % re.escape(name)
        if not re.search(mark, page, re.S):
            sys.exit('report.py: %s has no line "<!-- measured: %s -->"' % (args.into, name))
        page = re.sub(mark, lambda m: '%s```\n%s\n```\n%s' % (m.group(1), text, m.group(2)), page, flags=re.S)
        with open(args.into, 'w', encoding='utf-8') as f:
            f.write(page)


if __name__ == '__main__':
    main()
