#!/usr/bin/env python3
"""fleet.py [--sensors N] [--alerts N] [--rate N] [--spool] [--json]: many sensors on one Redis Cluster of three nodes.

bench_fleet raises the alerts of all, in one process with a delivery for each. Then every stream must hold what its sensor raised, all of
it, once and in order; and `vedette alerts --all` must give all of them in the order of time, in less time than they took to arrive.
Default: a thousand sensors, 200 alerts each, as fast as the cluster takes them. VEDETTE names the program, bench_fleet stands beside it in
bench/. Standard library only."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, '..', 'tests', 'system'))
import measure  # noqa: E402
from fault_redis import SERVER, Cluster, entries  # noqa: E402

NUMBER = re.compile(rb'"maker\.number":(\d+)')


def raise_all(args, cluster, folder):
    command = [measure.program('bench_fleet'), cluster.url(), str(args.sensors), str(args.alerts), str(args.rate)]
    if args.spool:
        os.mkdir(os.path.join(folder, 'spools'))
        command.append(os.path.join(folder, 'spools'))
    done = measure.run(command)
    return {**json.loads(done['out']), 'cpu': done['cpu'], 'peak_mb': done['peak_mb']}


def check_streams(args, cluster):
    """How many streams each node has."""
    seen, spread = set(), []
    for node in cluster.nodes:
        with node.client(60) as c:
            keys = sorted(k for k in c.command('KEYS', 'vedette:{s*}:alerts'))
            spread.append(len(keys))
            for key in keys:
                got = [(int(f[b'seq']), int(NUMBER.search(f[b'json'][-80:]).group(1))) for _, f in entries(c, key)]
                if got != [(i + 1, i) for i in range(args.alerts)]:
                    raise measure.Failed('%s: %d entries of %d, or not in order' % (key.decode(), len(got), args.alerts))
                seen.add(int(key[len(b'vedette:{s'):-len(b'}:alerts')]))
    if seen != set(range(args.sensors)):
        raise measure.Failed('%d streams of %d' % (len(seen), args.sensors))
    return spread


def read_all(args, cluster, folder):
    """Seconds that `vedette alerts --all` takes; None where the program has no such option."""
    if '--all' not in measure.run([measure.VEDETTE, 'alerts', '--help'])['out']:
        return None
    path = os.path.join(folder, 'all.json')
    with open(path, 'wb') as out:
        began = time.perf_counter()
        subprocess.run([measure.VEDETTE, 'alerts', '--all', '--json', '--redis', cluster.url(), '--state', folder], stdout=out, check=True)
        took = time.perf_counter() - began
    last, n = b'', 0
    with open(path, 'rb') as f:
        for line in f:
            stamp = line[line.index(b'"@timestamp":"') + 14:][:30]
            if stamp[:23] < last[:23]:  # ids, which order them, have milliseconds
                raise measure.Failed('alerts --all: %s comes after %s' % (stamp.decode(), last.decode()))
            last, n = stamp, n + 1
    if n != args.sensors * args.alerts:
        raise measure.Failed('alerts --all gave %d alerts of %d' % (n, args.sensors * args.alerts))
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sensors', type=int, default=1000)
    parser.add_argument('--alerts', type=int, default=200, help='of each')
    parser.add_argument('--rate', type=int, default=0, help='alerts a second of all together; 0: as they are taken')
    parser.add_argument('--spool', action='store_true', help='each with a spool')
    parser.add_argument('--json', action='store_true')
    args = parser.parse_args()
    if not SERVER:
        print('fleet.py: no Redis server is installed', file=sys.stderr)
        sys.exit(77)
    total = args.sensors * args.alerts
    with tempfile.TemporaryDirectory(prefix='vb-') as folder:
        cluster = Cluster(folder)
        try:
            told = raise_all(args, cluster, folder)
            if told['delivered'] != total or told['lost'] or told['raised'] != total:
                raise measure.Failed('of %d alerts %s' % (total, told))
            told['spread'] = check_streams(args, cluster)
            took = read_all(args, cluster, folder)
        except measure.Failed as e:
            measure.die(e)
        finally:
            for node in cluster.nodes:
                node.kill()
    told.update(alerts=total, per_second=round(total / told['seconds']), read_s=took, read_per_second=took and round(total / took))
    if args.json:
        print(json.dumps(told))
        return
    print('%d sensors, %d alerts, streams of each node: %s' % (args.sensors, total, told['spread']))
    print('delivered in %.1f s: %d a second, %.1f us of processor time each' % (told['seconds'], told['per_second'], told['cpu'] / total * 1e6))
    print('alerts --all: %s' % ('%.1f s, %d a second' % (took, total / took) if took else 'this program has none'))


main()
