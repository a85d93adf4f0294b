#!/usr/bin/env python3
"""fault_kill.py driver|replay: killed with SIGKILL again and again at random moments, then let finish: what is in Redis is what a run
without kills leaves, each alert once.

driver: on a spool, with a Redis that is away in a third of its lives; begun again, it raises what was not committed, as a replay does.
replay: `vedette replay`, whose stream is the former one or the whole new one at every moment. Twenty kills; with VEDETTE_FAULTS=long
two hundred. VEDETTE_SEED changes the moments. VEDETTE and VEDETTE_DELIVERY_DRIVER name the programs."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fault_check import Check, Ledger  # noqa: E402
from fault_matrix import KEY, LONG, Driver, expect, unix  # noqa: E402
from fault_redis import Server, die_with_parent, entries, seeded, wait_until  # noqa: E402

KILLS = 200 if LONG else 20


def kill_driver(folder):
    moments = seeded('driver')
    server = Server(os.path.join(folder, 'redis'), '--appendonly', 'yes')
    driver = Driver(folder, unix(server), '-R', rate=4000)
    count = 0
    for _ in range(KILLS):
        away = moments.random() < 1 / 3
        if away:
            server.pause()
        driver.launch()
        time.sleep(moments.uniform(0, 0.6))
        driver.kill()
        if away:
            server.resume()
        count = max(count, Ledger(driver.ledger).handed if os.path.exists(driver.ledger) else 0)
    count += 2000
    driver.start('-c', str(count))
    driver.process.wait(120)
    account = driver.accounts()[-1]
    check = Check()
    with server.client(60) as c:
        for name, fields in entries(c, KEY):
            check.entry(name, fields)
    summary, problems = check.finish(account, Ledger(driver.ledger))
    server.kill()
    expect(not problems, 'the account: %s\n    %s\n    %s', json.dumps(account), summary, '\n    '.join(problems))
    expect(account['flushed'] and account['lost'] == 0, 'something is left or lost: %s', account)
    expect(check.numbers == list(range(count)), 'not each of %d numbers once: %d, from %d to %d', count, len(check.numbers), check.numbers[0], check.numbers[-1])
    return {'kills': KILLS, **summary}


def replay(folder, server, wait=True):
    source = os.environ['VEDETTE_SOURCE_DIR']
    command = [os.environ['VEDETTE'], 'replay', '--state', folder, '--redis', unix(server), '--name', 'killed', '--site', source + '/pcaps/demo/site.yaml',
               source + '/pcaps/demo/day.pcap']
    with open(os.path.join(folder, 'replay.err'), 'ab') as err:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err, preexec_fn=die_with_parent)
    if wait:
        expect(child.wait(120) == 0, 'the replay ended with %d', child.returncode)
    return child


def stream(server):
    """(entries, a digest of them all)"""
    digest, n = hashlib.sha256(), 0
    with server.client(60) as c:
        for entry in entries(c, 'vedette:{killed}:alerts'):
            digest.update(repr(entry).encode())
            n += 1
    return n, digest.hexdigest()


def kill_replay(folder):
    moments = seeded('replay')
    server = Server(os.path.join(folder, 'redis'))
    replay(folder, server)
    began = time.monotonic()
    replay(folder, server)
    took = time.monotonic() - began
    whole = stream(server)
    expect(whole[0] > 50, 'only %d entries', whole[0])
    server.command('FLUSHALL')
    inside = unfinished = 0
    for _ in range(KILLS):
        child = replay(folder, server, wait=False)
        time.sleep(moments.uniform(0, took))
        child.kill()
        late = child.wait() == 0
        unfinished += not late
        took *= 0.8 if late else 1  # less to do here than when it was measured; later kills come earlier
        now = stream(server)
        expect(now in ((0, hashlib.sha256().hexdigest()), whole), 'after a kill there are %d entries', now[0])
        staging = [k for k in server.command('KEYS', '*') if b':staging:' in k]
        inside += bool(staging)
        expect(all(server.command('TTL', k) > 0 for k in staging), 'a staging key stays for ever: %s', staging)
    replay(folder, server)
    expect(stream(server) == whole, 'the stream is not that of a run without kills')
    left = [k for k in server.command('KEYS', '*') if b':staging:' in k]
    server.kill()
    expect(unfinished > KILLS // 2 and inside > 0, 'only %d of %d kills came in time, %d while alerts were staged', unfinished, KILLS, inside)
    return {'kills': KILLS, 'before the end': unfinished, 'staging keys, which expire': len(left), 'entries': whole[0]}


def main():
    what = {'driver': kill_driver, 'replay': kill_replay}[sys.argv[1]]
    die_with_parent()
    folder = tempfile.mkdtemp(prefix='f-', dir=os.environ.get('TMPDIR', '/tmp'))
    try:
        print('%s: %s' % (sys.argv[1], json.dumps(what(folder))))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
