#!/usr/bin/env python3
"""fault_matrix.py [--jobs N] CASE...: what goes wrong with Redis, one thing at a time, while a sensor raises 2,000 alerts a second.

Each case has servers, a driver and a spool of its own. The fault comes after a second, lasts a few (with VEDETTE_FAULTS=long a minute),
is mended, and a second later the driver is told to end. Then everything must be accounted for (fault_check.py), and with a healthy
Redis again nothing may be left behind or lost. VEDETTE_DELIVERY_DRIVER names the driver; VEDETTE_SEED changes what is random.
"--list" tells the names. Standard library only."""
import argparse
import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fault_check import Check, Ledger  # noqa: E402
from fault_proxy import Proxy  # noqa: E402
from fault_redis import Client, Cluster, RedisError, Sentinels, Server, die_with_parent, entries, seeded, wait_until  # noqa: E402

DRIVER = os.environ.get('VEDETTE_DELIVERY_DRIVER', '')
LONG = os.environ.get('VEDETTE_FAULTS') == 'long'
NAME = 'faults'
KEY = 'vedette:{%s}:alerts' % NAME
FLUSH_S = 120


class Failed(Exception):
    pass


def expect(condition, text, *values):
    if not condition:
        raise Failed(text % values)


class Driver:
    """The driver on a spool and a ledger in FOLDER; started again, it goes on."""

    def __init__(self, folder, url, *options, rate=2000, spool=True):
        self.folder, self.url, self.rate, self.options = folder, url, rate, options
        self.spool = os.path.join(folder, 'spool.db') if spool else None
        self.ledger = os.path.join(folder, 'ledger')
        self.out, self.err = os.path.join(folder, 'driver.out'), os.path.join(folder, 'driver.err')
        self.process = None

    def launch(self, *options):
        """Where in what it says on standard error this life begins."""
        command = [DRIVER, '-r', self.url, '-n', NAME, '-l', self.ledger, '-p', str(self.rate), '-F', str(FLUSH_S)]
        if self.spool:
            command += ['-s', self.spool]
        self.told = os.path.getsize(self.out) if os.path.exists(self.out) else 0
        with open(self.out, 'ab') as out, open(self.err, 'ab') as err:
            begin = err.tell()
            self.process = subprocess.Popen([*command, *self.options, *options], stdin=subprocess.DEVNULL, stdout=out, stderr=err, preexec_fn=die_with_parent)
        return begin

    def start(self, *options):
        begin = self.launch(*options)
        wait_until(lambda: b'raising' in self.said(begin) or self.process.poll() is not None, 60, 'the driver raises')
        expect(self.process.poll() in (None, 0), 'the driver ended: %s', self.said(begin).decode())
        return self

    def said(self, begin=0):
        with open(self.err, 'rb') as f:
            f.seek(begin)
            return f.read()

    def accounts(self):
        with open(self.out, encoding='ascii') as f:
            f.seek(self.told)
            return [json.loads(line) for line in f if line.endswith('\n')]

    def account(self):
        """What it says now."""
        n = len(self.accounts())
        self.process.send_signal(signal.SIGUSR1)
        wait_until(lambda: len(self.accounts()) > n or self.process.poll() is not None, 30, 'the driver says what it has')
        expect(self.process.poll() is None, 'the driver ended: %s', self.said()[-2000:].decode(errors='replace'))
        return self.accounts()[-1]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def finish(self, number=signal.SIGTERM):
        """Its last account."""
        self.process.send_signal(number)
        status = self.process.wait(FLUSH_S + 60)
        expect(status == 0, 'the driver exited with %d: %s', status, self.said()[-2000:].decode(errors='replace'))
        return self.accounts()[-1]


class Trial:
    """What a case works with: a folder, what it started, and how long things last."""

    def __init__(self, case, folder):
        self.case, self.folder = case, folder
        self.random = seeded(case)
        self.servers = []
        self.driver = None
        self.fault_s = 60.0 if LONG else 2.5
        self.settle_s = 5.0 if LONG else 1.0

    def path(self, name):
        return os.path.join(self.folder, name)

    def server(self, *options, name='redis', **more):
        server = Server(self.path(name), *options, **more)
        self.servers.append(server)
        return server

    def start(self, url, *options, **more):
        self.driver = Driver(self.folder, url, *options, **more).start()
        time.sleep(self.settle_s)
        return self.driver

    def troubled(self):
        """The fault is one: delivery has noticed it."""
        return wait_until(lambda: self.driver.account()['failures'] > 0, 30, 'delivery notices')

    def last(self, seconds=None):
        """The fault lasts, and at some instant of it the account is asked for."""
        end = time.monotonic() + (seconds or self.fault_s)
        told = self.driver.account()
        time.sleep(max(0.0, end - time.monotonic()))
        return told

    def check(self, stream, account, spool=None, ordered=True):
        check = Check(ordered)
        for name, fields in stream:
            check.entry(name, fields)
        if spool:
            check.spool(spool)
        summary, problems = check.finish(account, Ledger(self.driver.ledger))
        if problems:
            raise Failed('\n    '.join(['the account: %s' % json.dumps(account), json.dumps(summary), *problems]))
        return summary

    def finish(self, server, lost=False):
        """The fault is over: all arrives, and nothing is lost unless LOST."""
        time.sleep(self.settle_s)
        account = self.driver.finish()
        expect(account['flushed'], 'something is left: %s', account)
        with server.client(60) as c:
            summary = self.check(entries(c, KEY), account)
        expect(lost or account['lost'] == 0, 'something is lost: %s', account)
        expect(summary['uncommitted'] == 0, 'something was handed over and is neither raised nor lost: %s', summary)
        return {**summary, 'reconnects': account['reconnects'], 'read_back': account['read_back'], 'add_max_us': account['add_max_us']}

    def end(self):
        if self.driver and self.driver.process and self.driver.process.poll() is None:
            self.driver.kill()
        for s in self.servers:
            s.kill()


def unix(server, who=''):
    return 'unix://%s%s' % (who, server.socket)


# ---- one server ----


def healthy(t):
    s = t.server()
    t.start(unix(s))
    t.last()
    return t.finish(s)


def stopped(t):
    s = t.server('--appendonly', 'yes')
    t.start(unix(s))
    s.stop()
    t.troubled()
    t.last()
    s.start()
    return t.finish(s)


def killed(t):
    s = t.server('--appendonly', 'yes')
    t.start(unix(s))
    for _ in range(20 if LONG else 3):
        s.kill()
        t.troubled()
        time.sleep(t.random.uniform(0, 1))
        s.start()
        time.sleep(t.random.uniform(0.2, 1))
    return t.finish(s)


def paused(t):
    s = t.server()
    t.start(unix(s))
    s.pause()
    t.last(max(t.fault_s, 7))  # longer than delivery waits for a reply
    s.resume()
    return t.finish(s)


def out_of_memory(t):
    s = t.server('--maxmemory-policy', 'noeviction')
    t.start(unix(s))
    s.command('CONFIG', 'SET', 'maxmemory', int(dict(p.split(b':', 1) for p in s.command('INFO', 'memory').split(b'\r\n') if b':' in p)[b'used_memory']) + 1000000)
    t.troubled()
    t.last()
    s.command('CONFIG', 'SET', 'maxmemory', 0)
    return t.finish(s)


def read_only(t):
    s = t.server('--repl-timeout', '2')
    t.start(unix(s))
    s.command('REPLICAOF', '127.0.0.1', 1)  # nobody listens there
    t.troubled()
    t.last()
    s.command('REPLICAOF', 'NO', 'ONE')
    return t.finish(s)


def through_proxy(t):
    s = t.server()
    proxy = Proxy(t.path('proxy'), s.socket, seed=t.case)
    t.start('unix://' + t.path('proxy'))
    return s, proxy


def slow(t):
    s, proxy = through_proxy(t)
    proxy.set('delay', 2)
    t.last(t.fault_s * 2)
    proxy.set('pass')
    return t.finish(s)


def cut(t):
    s, proxy = through_proxy(t)
    proxy.set('cut', 4000)
    t.troubled()
    t.last()
    proxy.set('pass')
    done = t.finish(s)
    expect(proxy.cuts > 0, 'nothing was cut')
    return {**done, 'cuts': proxy.cuts}


def garbage(t):
    s, proxy = through_proxy(t)
    proxy.set('garbage')
    t.troubled()
    t.last()
    proxy.set('pass')
    return t.finish(s)


def half_open(t):
    s, proxy = through_proxy(t)
    proxy.set('hang')
    t.last(t.fault_s * 3)
    proxy.set('pass')
    return t.finish(s)


def restarted_empty(t):
    s = t.server()
    t.start(unix(s))
    s.kill()
    t.last(t.fault_s / 2)
    s.start()
    done = t.finish(s)
    with s.client() as c:
        name, fields = next(entries(c, KEY))
        expect(fields[b'seq'] == b'1', 'the stream begins with %s', name)
    return done


def password_changed(t):
    s = t.server('--requirepass', 'first', password='first')
    t.start(unix(s, ':first@'))
    with s.client() as c:
        c.command('CONFIG', 'SET', 'requirepass', 'second')
        c.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
        t.troubled()
        t.last()
        c.command('CONFIG', 'SET', 'requirepass', 'first')
    return t.finish(s)


def right_removed(t):
    s = t.server()
    s.command('ACL', 'SETUSER', 'vedette', 'on', '>word', '~vedette:*', '+@all')
    t.start(unix(s, 'vedette:word@'))
    s.command('ACL', 'SETUSER', 'vedette', '-xadd')
    t.troubled()
    t.last()
    s.command('ACL', 'SETUSER', 'vedette', '+xadd')
    return t.finish(s)


def misconf(t):
    """A snapshot that cannot be written, as its place is taken by a folder (an unwritable one would not stop root)."""
    s = t.server('--stop-writes-on-bgsave-error', 'yes')
    os.mkdir(os.path.join(s.folder, 'dump.rdb'))
    t.start(unix(s))
    s.command('CONFIG', 'SET', 'save', '3600 1')
    s.command('BGSAVE')
    t.troubled()
    t.last()
    os.rmdir(os.path.join(s.folder, 'dump.rdb'))
    s.command('BGSAVE')
    return t.finish(s)


def away_and_killed(t):
    """The sensor dies while Redis is away, and again while it comes back: the spool is what is left."""
    s = t.server('--appendonly', 'yes')
    t.start(unix(s))
    s.kill()
    t.last(1)
    told = t.driver.account()
    t.driver.kill()
    s.start()
    t.driver.start()
    time.sleep(0.1)
    t.driver.kill()
    t.driver.start()
    time.sleep(t.settle_s)
    account = t.driver.finish()
    expect(account['raised'] >= told['raised'], 'raised was %d and is %d', told['raised'], account['raised'])
    with s.client(60) as c:
        return t.check(entries(c, KEY), account)


def spool_full(t):
    """Redis is away for longer than the spool has room for: what is lost is the lowest, and is declared."""
    s = t.server()
    t.start(unix(s), '-S', str(8 << 20))
    s.pause()
    t.last(max(t.fault_s * 2, 5))
    s.resume()
    done = t.finish(s, lost=True)
    expect(done['missing'] > 0, 'nothing was lost')
    levels = t.driver.accounts()[-1]['lost_by_level']
    expect(levels[1] > 0 and levels[5] == 0, 'lost by level: %s', levels)
    return {**done, 'lost_by_level': levels}


def left_behind(t):
    """The sensor ends while Redis is away: what the spool holds is told, and is sent by the next run."""
    s = t.server('--appendonly', 'yes')
    t.start(unix(s))
    s.kill()
    t.last(1.5)
    account = t.driver.finish(signal.SIGINT)
    expect(account['spooled'] > 0, 'nothing is left in the spool: %s', account)
    s.start()
    with s.client() as c:
        t.check(entries(c, KEY), account, t.driver.spool)
    t.driver.start()
    account = t.driver.finish()
    with s.client(60) as c:
        summary = t.check(entries(c, KEY), account)
    expect(account['flushed'] and account['lost'] == 0, 'something is left or lost: %s', account)
    return summary


def other_writer(t):
    """A stray XADD is said, and nothing is lost behind it; the batch that it fell into may be out of order."""
    s = t.server()
    t.start(unix(s))
    with s.client() as c:
        for _ in range(5):
            c.command('XADD', KEY, '*', 'stray', '1')
            time.sleep(0.1)
    time.sleep(t.settle_s)
    account = t.driver.finish()
    expect(account['other_writers'] > 0, 'nobody noticed: %s', account)
    with s.client(60) as c:
        return t.check(((n, f) for n, f in entries(c, KEY) if b'stray' not in f), account, ordered=False)


# ---- Sentinel and Cluster ----


def of_sentinels(t):
    x = Sentinels(t.folder)
    t.servers += [x.master, x.replica]
    t.start(x.url())
    return x


def sentinel_failover(t):
    """The master dies; the replica, which may lack its last entries, takes over, and they are sent again."""
    x = of_sentinels(t)
    x.master.kill()
    wait_until(lambda: x.names() == x.replica.port, 60, 'the sentinels choose another master')
    time.sleep(t.settle_s * 2)
    return t.finish(x.replica)


def sentinel_planned(t):
    """The sentinels are told to change the master. The former one goes on for seconds, takes alerts and confirms them, and becomes a
    replica then, which forgets them: they are sent again."""
    x = of_sentinels(t)
    with Client(('127.0.0.1', x.ports[0])) as c:
        wait_until(lambda: try_command(c, 'SENTINEL', 'FAILOVER', 'alerts'), 30, 'a failover begins')
    wait_until(lambda: x.names() == x.replica.port, 60, 'the sentinels choose another master')
    wait_until(lambda: b'role:slave' in x.master.command('INFO', 'replication'), 60, 'the former master becomes a replica')
    time.sleep(t.settle_s)
    return t.finish(x.replica)


def try_command(client, *words):
    try:
        client.command(*words)
        return True
    except RedisError:
        return False


def of_cluster(t, **more):
    x = Cluster(t.folder, **more)
    t.servers += x.nodes
    t.start(x.url())
    return x


def finish_cluster(t, x):
    time.sleep(t.settle_s)
    account = t.driver.finish()
    summary = t.check(x.read(KEY), account)
    expect(account['flushed'] and account['lost'] == 0 and summary['uncommitted'] == 0, 'something is left or lost: %s, %s', account, summary)
    return {**summary, 'reconnects': account['reconnects']}


def cluster_slot_moved(t):
    x = of_cluster(t)
    slot, source = x.owner(KEY)
    others = [n for n in x.nodes if n is not source]
    way = [source, others[0], others[1], source]
    for _ in range(5 if LONG else 1):
        for a, b in zip(way, way[1:]):
            x.move_slot(slot, a, b)
            time.sleep(0.3)
    return finish_cluster(t, x)


def cluster_node_killed(t):
    """The node with the stream dies, and its replica takes over."""
    x = of_cluster(t, replicas=1)
    slot, node = x.owner(KEY)
    replica = x.nodes[x.nodes.index(node) + x.masters]
    node.kill()
    wait_until(lambda: b'role:master' in replica.command('INFO', 'replication') and x.sees(replica, 'cluster_state', 'ok'), 60, 'the replica takes over')
    time.sleep(t.settle_s * 2)
    return finish_cluster(t, x)


def cluster_node_back(t):
    """The node with the stream dies, and comes back."""
    x = of_cluster(t)
    slot, node = x.owner(KEY)
    node.kill()
    t.troubled()
    t.last()
    node.start()
    return finish_cluster(t, x)


CASES = {f.__name__.replace('_', '-'): f for f in (
    healthy, stopped, killed, paused, out_of_memory, read_only, slow, cut, garbage, half_open, restarted_empty, password_changed, right_removed, misconf,
    away_and_killed, spool_full, left_behind, other_writer,
    sentinel_failover, sentinel_planned, cluster_slot_moved, cluster_node_killed, cluster_node_back)}


def run_one(case):
    folder = tempfile.mkdtemp(prefix='f-', dir=os.environ.get('TMPDIR', '/tmp'))
    trial = Trial(case, folder)
    began = time.monotonic()
    try:
        told = CASES[case](trial)
        print('%-20s held, %4.1f s: %s' % (case, time.monotonic() - began, json.dumps(told)))
        return 0
    except Exception as e:  # whatever it is, it is this case's failure
        print('%-20s FAILED: %s' % (case, e))
        if not isinstance(e, Failed):
            traceback.print_exc(file=sys.stdout)
        if trial.driver and os.path.exists(trial.driver.err):
            print('    the driver said:\n      ' + '\n      '.join(trial.driver.said()[-3000:].decode(errors='replace').splitlines()))
        return 1
    finally:
        trial.end()
        if os.environ.get('VEDETTE_FAULTS_KEEP'):
            print('    ' + folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def run_apart(case):
    """In a process of its own, whose end is the end of all that it started."""
    try:
        done = subprocess.run([sys.executable, os.path.abspath(__file__), '--one', case], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=3600 if LONG else 240, check=False)
    except subprocess.TimeoutExpired as e:
        sys.stdout.write('%-20s FAILED: %s\n' % (case, e))
        return 1
    sys.stdout.write(done.stdout)
    sys.stdout.flush()
    return done.returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--jobs', type=int, default=4)
    parser.add_argument('--one', action='store_true', help='in this process')
    parser.add_argument('--list', action='store_true')
    parser.add_argument('cases', nargs='*')
    args = parser.parse_args()
    die_with_parent()
    if args.list:
        print('\n'.join(CASES))
        return 0
    unknown = [c for c in args.cases if c not in CASES]
    if unknown:
        parser.error('no such case: %s' % ' '.join(unknown))
    if args.one:
        return run_one(args.cases[0])
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        return max(pool.map(run_apart, args.cases or CASES))


if __name__ == '__main__':
    sys.exit(main())
