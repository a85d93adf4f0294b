#!/usr/bin/env python3
"""fault_disk.py CASE: the spool's disk in trouble, while 2,000 alerts a second are raised. Everything is accounted for, and nothing crashes.

corrupted       a spool full of alerts is damaged at random places (10 trials; 100 with VEDETTE_FAULTS=long): what can be read arrives,
                as it was raised, and the rest is declared
full            the disk is full while Redis lives: alerts go straight out, and are marked; then there is room again
full-and-away   the disk is full while Redis is away: what memory cannot hold is declared
read-only       a spool on a read-only mount, and writable again at the next start
The last three mount a tmpfs, and so need a mount namespace of their own: unshare -m. VEDETTE_SEED changes the places."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fault_check import Check, Ledger  # noqa: E402
from fault_matrix import KEY, LONG, Driver, Failed, expect, unix  # noqa: E402
from fault_redis import Server, die_with_parent, entries, seeded, wait_until  # noqa: E402

TRIALS = 100 if LONG else 10
DISK_MB = 24


def accounted(server, driver, account):
    """The summary, the entries that were marked among it."""
    check = Check()
    with server.client(60) as c:
        for name, fields in entries(c, KEY):
            check.entry(name, fields)
    summary, problems = check.finish(account, Ledger(driver.ledger))
    expect(not problems, 'the account: %s\n    %s\n    %s', json.dumps(account), summary, '\n    '.join(problems))
    return summary


# ---- damage ----


def damage(path, moments):
    """What was done to one of the files of the spool at PATH."""
    files = [p for p in (path, path + '-wal') if os.path.exists(p) and os.path.getsize(p) > 0]
    victim = moments.choice(files)
    size = os.path.getsize(victim)
    how = moments.choice(('a bit', 'a byte', 'bytes', 'bytes', 'a page of zeros', 'a page of noise', 'cut off'))
    at = moments.randrange(size) if moments.random() < 0.8 else moments.randrange(min(size, 4096))
    with open(victim, 'r+b') as f:
        if how == 'cut off':
            f.truncate(at)
        else:
            n = {'a bit': 1, 'a byte': 1, 'bytes': moments.randrange(2, 200)}.get(how, 4096)
            at = at // 4096 * 4096 if n == 4096 else at
            f.seek(at)
            was = f.read(n)
            new = bytes([was[0] ^ 1 << moments.randrange(8)]) if how == 'a bit' else bytes(len(was)) if how.endswith('zeros') else moments.randbytes(len(was))
            f.seek(at)
            f.write(new)
    return '%s at %d of %d of %s' % (how, at, size, os.path.basename(victim))


def full_spool(folder, server):
    """The last account of a driver that was killed while its spool waited for Redis: its log is there, too."""
    driver = Driver(folder, unix(server)).start()
    time.sleep(0.3)
    server.pause()
    time.sleep(1.2)
    told = driver.account()
    driver.kill()
    server.resume()
    expect(told['spooled'] > 100, 'nothing is spooled: %s', told)
    return told


def corrupted(folder):
    moments = seeded('corrupted')
    server = Server(os.path.join(folder, 'redis'))
    first = os.path.join(folder, 'first')
    os.mkdir(first)
    told = full_spool(first, server)
    with server.client() as c:
        before = c.command('DUMP', KEY)
    lost = harmless = 0
    failed = []
    for trial in range(TRIALS):
        at = os.path.join(folder, 'trial%d' % trial)
        shutil.copytree(first, at)
        server.command('FLUSHALL')
        server.command('RESTORE', KEY, 0, before)
        driver = Driver(at, unix(server))
        what = damage(driver.spool, moments)
        try:
            driver.start('-U')
            time.sleep(0.3)
            account = driver.finish()
            expect(account['flushed'], 'something is left: %s', account)
            expect(account['raised'] >= told['raised'] - told['queued'], 'raised and committed was %d, and is %d: forgotten', told['raised'] - told['queued'],
                   account['raised'])
            check = Check()
            with server.client(60) as c:
                for name, fields in entries(c, KEY):
                    check.entry(name, fields)
            problems = check.finish(account)[1]
            expect(not problems, '%s\n    %s', json.dumps(account), '\n    '.join(problems))
        except Exception as e:
            said = driver.said()[-1000:].decode(errors='replace') if os.path.exists(driver.err) else ''
            failed.append('trial %d, %s: %s\n%s' % (trial, what, e, said))
            if driver.process.poll() is None:
                driver.kill()
            continue
        lost += account['lost'] > 0
        harmless += account['lost'] == 0
        print('    %-50s lost %d' % (what, account['lost']))
        shutil.rmtree(at)
    server.kill()
    expect(not failed, '%d of %d:\n%s', len(failed), TRIALS, '\n'.join(failed))
    return {'trials': TRIALS, 'with losses': lost, 'without': harmless}


# ---- a disk of its own ----


def mounted(folder):
    disk = os.path.join(folder, 'disk')
    os.mkdir(disk)
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=%dm' % DISK_MB, 'none', disk], check=True)
    return disk


def fill(disk):
    path = os.path.join(disk, 'filler')
    with open(path, 'wb') as f:
        try:
            while True:
                f.write(bytes(65536))
                f.flush()
        except OSError:
            pass
    return path


def on_disk(folder, *options):
    disk = mounted(folder)
    server = Server(os.path.join(folder, 'redis'))
    driver = Driver(folder, unix(server), *options)
    driver.spool = os.path.join(disk, 'spool.db')
    driver.start()
    time.sleep(1)
    return disk, server, driver


def full(folder):
    disk, server, driver = on_disk(folder, '-W', '500')
    filler = fill(disk)
    told = wait_until(lambda: (lambda a: a['unspooled'] > 100 and a)(driver.account()), 60, 'alerts go past the spool')
    expect(told['spool_failures'] > 0 and told['lost'] == 0, 'the disk is full: %s', told)
    time.sleep(1)
    os.unlink(filler)
    time.sleep(6 if not LONG else 30)
    again = driver.account()
    time.sleep(1)
    account = driver.finish()
    expect(account['lost'] == 0 and account['flushed'], 'something is left or lost: %s', account)
    expect(account['unspooled'] == again['unspooled'], 'there is room, and alerts still go past the spool: %s', account)
    summary = accounted(server, driver, account)
    expect(summary['unspooled'] == account['unspooled'], 'marked: %d, said: %d', summary['unspooled'], account['unspooled'])
    server.kill()
    return summary


def full_and_away(folder):
    disk, server, driver = on_disk(folder, '-W', '500', '-q', str(4 << 20))
    server.pause()
    filler = fill(disk)
    told = wait_until(lambda: (lambda a: a['lost'] > 100 and a)(driver.account()), 60, 'memory is full, too')
    server.resume()
    os.unlink(filler)
    time.sleep(6 if not LONG else 30)
    account = driver.finish()
    expect(account['flushed'] and account['lost'] >= told['lost'], 'something is left: %s', account)
    summary = accounted(server, driver, account)
    server.kill()
    return {**summary, 'lost_by_level': account['lost_by_level']}


def read_only(folder):
    disk, server, driver = on_disk(folder)
    first = driver.finish()
    accounted(server, driver, first)
    subprocess.run(['mount', '-o', 'remount,ro', disk], check=True)
    driver.start('-U')
    time.sleep(1)
    second = driver.finish()
    expect(second['unspooled'] > 100 and second['lost'] == 0 and second['flushed'], 'the disk is read-only: %s', second)
    subprocess.run(['mount', '-o', 'remount,rw', disk], check=True)
    driver.start()
    time.sleep(1)
    account = driver.finish()
    expect(account['flushed'] and account['lost'] == 0, 'something is left or lost: %s', account)
    summary = accounted(server, driver, account)
    expect(summary['uncommitted'] == 0 and summary['unspooled'] == second['unspooled'] + account['unspooled'], 'marked: %s, said: %s, then %s', summary, second,
           account)
    server.kill()
    return summary


def main():
    case = {'corrupted': corrupted, 'full': full, 'full-and-away': full_and_away, 'read-only': read_only}[sys.argv[1]]
    die_with_parent()
    folder = tempfile.mkdtemp(prefix='f-', dir=os.environ.get('TMPDIR', '/tmp'))
    try:
        print('%s: %s' % (sys.argv[1], json.dumps(case(folder))))
    except Failed as e:
        sys.exit('%s FAILED: %s' % (sys.argv[1], e))
    finally:
        disk = os.path.join(folder, 'disk')
        if os.path.ismount(disk):
            subprocess.run(['umount', '-l', disk], check=False)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
