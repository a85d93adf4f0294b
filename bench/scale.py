#!/usr/bin/env python3
"""scale.py [OPTION...] [PART...]: what many rules, many conversations and many alerts cost.

rules: the time of one capture with 10 to 10,000 rules and 10 to 1,000,000 indicators (rules.py), and the time to load them. flows: memory and
time for 1,000,000 conversations of one packet that nobody can name (flood.py) and for 1,000,000 that are classified and silent (idle.py),
beside ndpiReader and the bare loop. delivery: alerts into Redis beside redis-benchmark and SQLite (delivery.sh). latency: how
long an alert of a live sensor takes to Redis (latency.sh; needs root). hung: capture while Redis hangs (hung.sh; needs root). fleet: a thousand
sensors on one cluster (fleet.py). Without a part: all of them. Medians of --runs; a table for each, and --json for report.py.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measure  # noqa: E402
from report import table  # noqa: E402
from run import first_packet, read_vedette  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
GEO = os.environ.get('VEDETTE_GEO', os.path.join(measure.ROOT, 'build', 'geo'))
SETS = ((10, 10), (100, 10), (1000, 10), (10000, 10), (10, 1000), (10, 100000), (10, 1000000), (10000, 1000000))
MAX_RULES_RATIO, MAX_LOAD_S, MAX_MB, MAX_FLOW_BYTES, MIN_NDPI_READER_RATIO, MIN_DELIVERY_RATIO, MAX_LATENCY_MS = 1.2, 3, 512, 256, 5, 0.7, 250
MIN_HUNG_RATIO = 0.95


def note(good, text):
    return '%s: %s' % ('held' if good else 'MISSED', text)


def script(name, *args):
    measure.run([sys.executable, os.path.join(HERE, name), *map(str, args)])


def replay(capture, folder, *options):
    geo = GEO if os.path.isdir(GEO) else ''
    return [measure.VEDETTE, 'replay', '--state', folder, '--redis', 'none', '--geo', geo, '--workers', '1', *options, capture]


def medians(command, runs, env=None):
    done = [measure.run(command, env) for _ in range(runs)]
    return {**done[0], **{k: measure.median([d[k] for d in done]) for k in ('wall', 'cpu', 'peak_mb')}}


def bench_rules(args, folder):
    capture = args.capture or os.path.join(measure.WORK, 'mix.pcap')
    if not os.path.exists(capture):
        os.makedirs(measure.WORK, exist_ok=True)
        script('generate.py', capture)
    first, measured, sets = first_packet(capture, folder), {}, []
    for n in SETS:
        out = os.path.join(folder, 'rules-%d-%d' % n)
        script('rules.py', '--rules', n[0], '--indicators', n[1], out)
        sets.append((n, ['--rules', os.path.join(out, 'rules'), '--lists', os.path.join(out, 'lists')]))
    for _ in range(args.runs): # by turns
        for n, options in sets:
            for key, file in (('load', first), ('all', capture)):
                measured.setdefault((n, key), []).append(measure.run(replay(file, folder, *options)))
    rows, notes, base = [], [], None
    for n, _ in sets:
        load, whole = measured[n, 'load'], measured[n, 'all'] # of loading the least counts: what else the machine does only adds
        load_s, cpu = min(m['wall'] for m in load), measure.median([m['cpu'] for m in whole])
        judge = cpu - measure.median([m['cpu'] for m in load])
        base = base or (judge, load_s)
        rows.append(['%d rules, %d indicators' % n, '%.2f' % cpu, '%.2f' % judge, '%.2f' % (judge / base[0]), '%.2f' % (load_s - base[1]),
                     '%.0f' % measure.median([m['peak_mb'] for m in whole]), read_vedette(whole[0]['out'], None).get('alerts', 0)])
    worst = max(float(r[3]) for r in rows)
    notes.append(note(worst <= MAX_RULES_RATIO, 'at most %.1f of the time with ten rules; the most is %.2f' % (MAX_RULES_RATIO, worst)))
    slowest = max(float(r[4]) for r in rows)
    notes.append(note(slowest < MAX_LOAD_S, 'loaded in less than %d s; the slowest took %.2f s' % (MAX_LOAD_S, slowest)))
    return {'title': 'Rules and indicators, %s, 1 worker, no Redis' % os.path.basename(capture),
            'columns': ['', 'CPU s', 'without load', 'of the first', 'load s', 'peak MB', 'alerts'], 'rows': rows, 'notes': notes}


def bench_flows(args, folder):
    rows, notes = [], []
    for kind, maker in (('one packet, unknown', 'flood.py'), ('classified, idle', 'idle.py')):
        small, large = os.path.join(folder, 'small.pcap'), os.path.join(folder, 'large.pcap')
        script(maker, args.flows // 2, small) # bytes each: what the second half adds, when every other bounded table is full
        script(maker, args.flows, large)
        commands = [('Vedette, 1 worker', lambda c: replay(c, folder)), ('bare loop', lambda c: [measure.program('bare_loop'), c])]
        if shutil.which('ndpiReader') and not args.no_peers:
            commands.append(('ndpiReader', lambda c: ['ndpiReader', '-i', c, '-q']))
        found = {}
        for name, command in commands:
            runs = 1 if name == 'ndpiReader' else args.runs # it takes long
            one, all_of = medians(command(small), runs), medians(command(large), runs)
            bytes_each = (all_of['peak_mb'] - one['peak_mb']) * 1048576 / (args.flows - args.flows // 2)
            if name == 'bare loop': # it maps the capture, which is not its own memory
                bytes_each -= (os.path.getsize(large) - os.path.getsize(small)) / (args.flows - args.flows // 2)
            found[name] = {**all_of, 'bytes_each': bytes_each}
            rows.append(['%s: %s' % (kind, name), '%.2f' % all_of['wall'], '%.2f' % all_of['cpu'], '%.0f' % all_of['peak_mb'], '%.0f' % bytes_each])
        ours = found['Vedette, 1 worker']
        notes.append(note(ours['peak_mb'] <= MAX_MB, '%s: %.0f MB resident at most; wanted %d' % (kind, ours['peak_mb'], MAX_MB)))
        if maker == 'idle.py':
            notes.append(note(ours['bytes_each'] <= MAX_FLOW_BYTES, '%s: %.0f bytes for each; wanted %d' % (kind, ours['bytes_each'], MAX_FLOW_BYTES)))
        elif 'ndpiReader' in found:
            ratio = found['ndpiReader']['wall'] / ours['wall']
            notes.append(note(ratio >= MIN_NDPI_READER_RATIO, 'ndpiReader takes %.1f times as long; wanted %d' % (ratio, MIN_NDPI_READER_RATIO)))
        os.unlink(large)
    return {'title': '%d conversations at a time' % args.flows, 'columns': ['', 'wall s', 'CPU s', 'peak MB', 'bytes each'], 'rows': rows, 'notes': notes}


def bench_delivery(args, folder):
    done = measure.run(['bash', os.path.join(HERE, 'delivery.sh'), '--json', '--rounds', str(args.runs)],
                       {'VEDETTE': measure.VEDETTE, 'BENCH_DELIVERY': measure.program('bench_delivery')}, good=(0, 77))
    if not done['out']:
        return None
    found = json.loads(done['out'])
    rows = [['redis-benchmark -c 1 -P 64', found['redis_benchmark'], 1, '-'], ['SQLite, 256 rows a transaction', found['sqlite'], '-', '-']]
    rows += [[what, found[what]['per_second'], found[what]['ratio'], found[what]['processor_us']] for what in ('publisher', 'delivery', 'spool')]
    worst = min(r[2] for r in rows[2:])
    return {'title': 'Alerts into Redis: %d of %d bytes' % (found['count'], found['bytes']), 'columns': ['', 'alerts/s', 'ratio', 'CPU us each'],
            'rows': rows, 'notes': [note(worst >= MIN_DELIVERY_RATIO, 'at least %.1f of redis-benchmark, with a spool of the smaller; the least is %.2f' % (MIN_DELIVERY_RATIO, worst))]}


def bench_latency(args, folder):
    done = measure.run(['bash', os.path.join(HERE, 'latency.sh'), '--json'], {'VEDETTE': measure.VEDETTE}, good=(0, 77))
    found = [json.loads(line) for line in done['out'].splitlines()]
    if not found:
        return None
    rows = [[f['case'], '%.1f' % (f['p50_us'] / 1000), '%.1f' % (f['p99_us'] / 1000), '%.1f' % (f['max_us'] / 1000), f['lost_packets']] for f in found]
    worst = max(f['p99_us'] for f in found) / 1000
    return {'title': 'Packet to alert in Redis, live: %d alerts each, ms' % found[0]['alerts'], 'columns': ['', 'p50', 'p99', 'most', 'lost packets'],
            'rows': rows, 'notes': [note(worst <= MAX_LATENCY_MS, 'p99 at most %d ms; the most is %.1f' % (MAX_LATENCY_MS, worst))]}


def bench_hung(args, folder):
    done = measure.run(['bash', os.path.join(HERE, 'hung.sh'), '--json', '--rounds', str(args.runs)], {'VEDETTE': measure.VEDETTE}, good=(0, 77))
    if not done['out']:
        return None
    f = json.loads(done['out'])
    rows = [['a healthy Redis', f['healthy_pps'], 1, '-'], ['one that hangs', f['hung_pps'], f['ratio'], f['lost_packets']]]
    return {'title': 'Capture beside a Redis that hangs: %d packets, %d alerts' % (f['frames'], f['alerts']),
            'columns': ['', 'packets/s', 'ratio', 'lost packets'], 'rows': rows,
            'notes': [note(f['ratio'] >= MIN_HUNG_RATIO and f['lost_packets'] == 0, 'at least %.2f, and no packet lost; %.2f' % (MIN_HUNG_RATIO, f['ratio']))]}


def bench_fleet(args, folder):
    done = measure.run([sys.executable, os.path.join(HERE, 'fleet.py'), '--json'], {'VEDETTE': measure.VEDETTE}, good=(0, 77))
    if not done['out']:
        return None
    f = json.loads(done['out'])
    rows = [['delivered', f['per_second'], '%.1f' % f['seconds'], '%.1f' % (f['cpu'] / f['alerts'] * 1e6)]]
    if f['read_s']:
        rows.append(['alerts --all', f['read_per_second'], '%.1f' % f['read_s'], '-'])
    return {'title': '%d sensors on a cluster of three nodes: %d alerts' % (f['sensors'], f['alerts']), 'columns': ['', 'alerts/s', 's', 'CPU us each'], 'rows': rows,
            'notes': [note(f['lost'] == 0 and f['delivered'] == f['alerts'], 'each once and in order')] +
                     ([note(f['read_s'] <= f['seconds'], 'alerts --all keeps up')] if f['read_s'] else [])}


PARTS = {'rules': (bench_rules, 'rules.py'), 'flows': (bench_flows, 'flood.py'), 'delivery': (bench_delivery, 'delivery.sh'),
         'latency': (bench_latency, 'latency.sh'), 'hung': (bench_hung, 'hung.sh'), 'fleet': (bench_fleet, 'fleet.py')}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('parts', nargs='*', metavar='PART', help=', '.join(PARTS))
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--flows', type=int, default=1000000)
    parser.add_argument('--capture', help='for rules; default: build/bench/mix.pcap')
    parser.add_argument('--no-peers', action='store_true', help='without ndpiReader, which takes minutes')
    parser.add_argument('--json', metavar='FILE')
    args = parser.parse_args()
    if set(args.parts) - set(PARTS) or args.flows < 2000:
        parser.error('parts are %s; --flows is 2000 at least' % ', '.join(PARTS))
    result = {'machine': measure.machine(), 'versions': measure.versions(), 'runs': args.runs, 'tables': []}
    try:
        with tempfile.TemporaryDirectory(prefix='vedette-bench-') as folder:
            for name in args.parts or PARTS:
                part, needs = PARTS[name]
                if not os.path.exists(os.path.join(HERE, needs)):
                    print('scale.py: %s is not here: %s is left out' % (needs, name), file=sys.stderr)
                    continue
                found = part(args, folder)
                result['tables'] += [found] if found else []
    except (measure.Failed, OSError, subprocess.SubprocessError) as e:
        measure.die(e)
    print(table(result))
    measure.write_json(result, args.json)


if __name__ == '__main__':
    main()
