#!/usr/bin/env python3
"""run.py [OPTION...] [CAPTURE...]: Vedette and others on the same work, side by side.

Default input: build/bench/mix.pcap, made by generate.py when it is not there. All contestants run once, then all of them again, so that
what else the machine does meets each; the medians count. Wall time and processor time are of the whole process, start and end included.
Prints a table for each capture; --json keeps everything that was measured, for report.py.
"""
import argparse
import json
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import measure  # noqa: E402
from report import table  # noqa: E402

GEO = os.environ.get('VEDETTE_GEO', os.path.join(measure.ROOT, 'build', 'geo'))
COUNTRY = os.path.join(GEO, 'tor-country.mmdb')
SURICATA_YAML = '/etc/suricata/suricata.yaml'
RULE = 'alert ip any any -> any any (msg:"a listed country"; geoip:any,CN,RU; sid:1; rev:1;)\n'


def vedette(workers):
    def command(work):
        geo = GEO if os.path.isdir(GEO) else ''
        target = 'unix://%s' % work.redis[0] if work.redis else 'none'
        return [measure.VEDETTE, 'replay', '--state', work.folder, '--geo', geo, '--redis', target, '--name', 'bench', '--workers', str(workers),
                work.capture]
    return command


def read_vedette(out, work):
    found = {'packets': int(re.match(r'(\d+) packets', out).group(1))}
    for key, pattern in (('flows', r'^ *(\d+)  conversations'), ('alerts', r'^(\d+) alerts')):
        match = re.search(pattern, out, re.M)
        if match:
            found[key] = int(match.group(1))
    return found


def ndpi_calls(work):
    return [measure.program('ndpi_calls'), work.capture, '--geo', '', '--state', work.folder]


def read_ndpi_calls(out, work):
    found = json.loads(out)
    # The process also runs Vedette, to know the calls: what it took is not what they took.
    return {**found, 'wall': found.pop('seconds'), 'cpu': found.pop('cpu_seconds'), 'peak_mb': None}


def read_ndpi_reader(out, work):
    flows, packets = re.search(r'Unique flows:\s*(\d+)', out), re.search(r'IP packets:\s*(\d+)', out)
    return {'flows': int(flows.group(1)) if flows else None, 'packets': int(packets.group(1)) if packets else None}


def suricata(*more):
    """The packaged configuration: all of EVE, the geoip rule, no checksum validation, no other log."""
    def command(work):
        outputs = dict(re.findall(r'^outputs\.(\d+) = (\S+)', work.suricata_config, re.M))
        number = {name: n for n, name in outputs.items()}
        eve = 'outputs.%s.eve-log' % number['eve-log']
        sets = ['outputs.%s.fast.enabled=no' % number['fast'], 'outputs.%s.stats.enabled=no' % number['stats'], 'geoip-database=' + COUNTRY]
        sets += [s.replace('EVE', eve).replace('PORT', str(work.redis[1] if work.redis else 0)) for s in more]
        return ['suricata', '-r', work.capture, '-c', SURICATA_YAML, '-S', os.path.join(work.folder, 'geo.rules'), '-l', work.folder, '-k', 'none',
                '--runmode', 'autofp'] + [x for s in sets for x in ('--set', s)]
    return command


def read_suricata_file(out, work):
    path = os.path.join(work.folder, 'eve.json')
    with open(path, 'rb') as f:
        events = sum(1 for _ in f)
    os.unlink(path)
    return {'events': events}


def read_suricata_redis(out, work):
    return {'events': int(measure.redis_command(work.redis[0], 'LLEN', 'suricata').lstrip(':'))}


REDIS_SETS = ('EVE.filetype=redis', 'EVE.redis.server=127.0.0.1', 'EVE.redis.port=PORT', 'EVE.redis.mode=list', 'EVE.redis.key=suricata')


class Work:
    """What commands need to know: the capture, a folder to write to, the server's (socket, port) or None, Suricata's settings."""

    def __init__(self, capture, folder, redis):
        self.capture, self.folder, self.redis, self.suricata_config = capture, folder, redis, ''


def contestants(cores, has_redis):
    """(key, text, command, reader of its output)."""
    into = 'alerts to Redis' if has_redis else 'no Redis installed'
    yield 'vedette-1', 'Vedette, 1 worker, %s' % into, vedette(1), read_vedette
    if cores > 1:
        yield 'vedette-n', 'Vedette, %d workers, the same' % cores, vedette(cores), read_vedette
    yield 'bare', 'bare loop: headers, flow hash, nDPI', lambda w: [measure.program('bare_loop'), w.capture], lambda out, w: json.loads(out)
    yield 'ndpi', 'nDPI calls alone, as Vedette makes them', ndpi_calls, read_ndpi_calls
    yield 'count', 'libpcap, count only', lambda w: [measure.program('count_loop'), w.capture], lambda out, w: json.loads(out)
    if shutil.which('ndpiReader'):
        yield 'ndpireader', 'ndpiReader -q', lambda w: ['ndpiReader', '-i', w.capture, '-q'], read_ndpi_reader
    if shutil.which('suricata') and os.path.exists(SURICATA_YAML) and os.path.exists(COUNTRY):
        yield 'suricata-file', 'Suricata, geoip rule, EVE to a file', suricata(), read_suricata_file
        if has_redis:
            yield 'suricata-redis', 'Suricata, the same, EVE to Redis', suricata(*REDIS_SETS), read_suricata_redis


def once(entry, work):
    key, _, command, reader = entry
    if work.redis:
        measure.redis_command(work.redis[0], 'FLUSHALL')
    done = measure.run(command(work))
    out = done.pop('out')
    done.update({k: v for k, v in (reader(out, work) or {}).items() if k != 'seconds'})
    return done


def first_packet(capture, folder):
    """A capture of its first packet: what a program takes to start and to end."""
    path = os.path.join(folder, 'first.pcap')
    with open(capture, 'rb') as f, open(path, 'wb') as out:
        head = f.read(40)
        order = '<' if head[:1] in (b'\xd4', b'\x4d') else '>'
        out.write(head + f.read(int.from_bytes(head[32:36], 'little' if order == '<' else 'big')))
    return path


def bench_capture(capture, args, folder, redis):
    work = Work(capture, folder, redis)
    cores = len(os.sched_getaffinity(0))
    entries = [e for e in contestants(cores, redis is not None)
               if (not args.only or e[0] in args.only) and e[0] not in args.skip]
    if any(e[0].startswith('suricata') for e in entries):
        work.suricata_config = measure.run(['suricata', '--dump-config', '-c', SURICATA_YAML])['out']
        with open(os.path.join(folder, 'geo.rules'), 'w') as f:
            f.write(RULE)
    measured = {e[0]: [] for e in entries}
    result = {'capture': os.path.basename(capture), 'bytes': os.path.getsize(capture), 'sha256': measure.digest(capture), 'contestants': []}
    for n in range(args.runs):
        for e in entries:
            if sys.stderr.isatty():
                print('\r\033[K%s: run %d of %d: %s' % (result['capture'], n + 1, args.runs, e[0]), end='', file=sys.stderr)
            measured[e[0]].append(once(e, work))
    work.capture = first_packet(capture, folder)
    for key, text, *rest in entries:
        runs = measured[key]
        one = {'key': key, 'text': text, 'runs': runs}
        for what in ('wall', 'cpu', 'peak_mb'):
            one[what] = measure.median([r[what] for r in runs]) if runs[0][what] is not None else None
        if key in ('vedette-1', 'vedette-n', 'bare', 'ndpireader'):
            one['start_wall'] = measure.median([once((key, text, *rest), work)['wall'] for _ in range(min(args.runs, 3))])
        result['contestants'].append(one)
    if sys.stderr.isatty():
        print('\r\033[K', end='', file=sys.stderr)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('captures', nargs='*', metavar='CAPTURE', help='classic pcap files of Ethernet frames')
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--only', type=lambda s: s.split(','), default=[], metavar='KEY,...', help='vedette-1, vedette-n, bare, ndpi, count, '
                        'ndpireader, suricata-file, suricata-redis')
    parser.add_argument('--skip', type=lambda s: s.split(','), default=[], metavar='KEY,...')
    parser.add_argument('--json', metavar='FILE', help='keep everything that was measured')
    args = parser.parse_args()
    if not args.captures:
        args.captures = [os.path.join(measure.WORK, 'mix.pcap')]
        if not os.path.exists(args.captures[0]):
            os.makedirs(measure.WORK, exist_ok=True)
            measure.run([sys.executable, os.path.join(measure.ROOT, 'bench', 'generate.py'), args.captures[0]])
    result = {'machine': measure.machine(), 'versions': measure.versions(), 'runs': args.runs, 'captures': []}
    try:
        with tempfile.TemporaryDirectory(prefix='vedette-bench-') as folder, measure.redis_server(folder) as redis:
            for capture in args.captures:
                result['captures'].append(bench_capture(capture, args, folder, redis))
    except (measure.Failed, OSError) as e:
        measure.die(e)
    print(table(result))
    measure.write_json(result, args.json)


if __name__ == '__main__':
    main()
