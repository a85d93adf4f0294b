"""Redis servers for the tests with faults: single ones, a replicated pair with sentinels, a cluster. They die with the process that
started them, and listen on unix sockets or on ports that were free. Standard library only."""
import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import time

from free_ports import free_ports

PR_SET_PDEATHSIG = 1
SERVER = shutil.which('redis-server') or shutil.which('valkey-server')


def die_with_parent(number=signal.SIGKILL):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > end:
            raise TimeoutError('not within %g seconds: %s' % (seconds, what))
        time.sleep(0.02)


class RedisError(Exception):
    pass


class Client:
    """AT is the path of a socket, or (host, port)."""

    def __init__(self, at, password=None, timeout=10):
        if isinstance(at, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(at)
        else:
            self.socket = socket.create_connection(at, timeout)
        self.file = self.socket.makefile('rb', 1 << 20)
        if password:
            self.command('AUTH', password)

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b'\r\n'):
            raise ConnectionError('the connection ended')
        kind, text = line[:1], line[1:-2]
        if kind == b'*':
            return None if int(text) < 0 else [self.reply() for _ in range(int(text))]
        if kind == b'$':
            n = int(text)
            return None if n < 0 else self.file.read(n + 2)[:-2]
        if kind == b'-':
            return RedisError(text.decode(errors='replace'))
        return int(text) if kind == b':' else text.decode()

    def command(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words))
        got = self.reply()
        if isinstance(got, RedisError):
            raise got
        return got


def entries(client, key, count=2000):
    """(id, {field: value}) of a stream, as bytes, in its order."""
    start = '-'
    while True:
        page = client.command('XRANGE', key, start, '+', 'COUNT', count)
        for name, fields in page:
            yield name, dict(zip(fields[::2], fields[1::2]))
        if len(page) < count:
            return
        start = b'(' + page[-1][0]


class Server:
    """A server in FOLDER. Without a port it has a socket alone. OPTIONS: further ones, as on the command line without the dashes."""

    def __init__(self, folder, *options, tcp=False, password=None):
        self.folder, self.options, self.tcp, self.password = folder, options, tcp, password
        self.socket = os.path.join(folder, 's')
        self.process = None
        self.port = 0
        os.makedirs(folder, exist_ok=True)
        self.start()

    def start(self):
        for _ in range(5):
            if self.tcp and not self.port:
                self.port, = free_ports(1)
            own = ['--port', str(self.port), '--bind', '127.0.0.1', '--unixsocket', self.socket, '--dir', self.folder, '--save', '', '--loglevel',
                   'warning', '--daemonize', 'no']
            with open(os.path.join(self.folder, 'log'), 'ab') as log:
                self.process = subprocess.Popen([SERVER, *own, *self.options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
            try:
                wait_until(self.answers, 20, 'a server in ' + self.folder)
                return
            except (TimeoutError, ChildProcessError):
                self.kill()
                if not self.tcp or len(self.options) > 0 and '--cluster-enabled' in self.options:
                    raise
                self.port = 0
        raise RuntimeError('no server in ' + self.folder)

    def answers(self):
        if self.process.poll() is not None:
            raise ChildProcessError('the server ended: see %s/log' % self.folder)
        try:
            with Client(self.socket, timeout=2) as c:
                c.command('PING')
        except RedisError as e:
            return not str(e).startswith('LOADING')
        except OSError:
            return False
        return True

    def client(self, timeout=10):
        return Client(self.socket, self.password, timeout)

    def command(self, *words):
        with self.client() as c:
            return c.command(*words)

    def send(self, number):
        self.process.send_signal(number)

    def pause(self):
        self.send(signal.SIGSTOP)

    def resume(self):
        self.send(signal.SIGCONT)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """As an administrator does."""
        self.process.terminate()
        self.process.wait(30)


class Cluster:
    """MASTERS nodes that share the slots evenly, and REPLICAS of each."""

    def __init__(self, folder, masters=3, replicas=0):
        self.nodes = []
        for i in range(masters * (1 + replicas)):
            bus, = free_ports(1)
            self.nodes.append(Server(os.path.join(folder, 'node%d' % i), '--cluster-enabled', 'yes', '--cluster-port', str(bus), '--cluster-node-timeout',
                                     '1000', '--appendonly', 'yes', '--cluster-require-full-coverage', 'no', '--cluster-replica-validity-factor', '0',
                                     '--repl-diskless-sync-delay', '0', tcp=True))
            self.nodes[-1].bus = bus
        first = self.nodes[0]
        for i in range(masters):
            low, high = i * 16384 // masters, (i + 1) * 16384 // masters - 1
            self.nodes[i].command('CLUSTER', 'ADDSLOTSRANGE', low, high)
        for n, node in enumerate(self.nodes[1:]):
            node.command('CLUSTER', 'SET-CONFIG-EPOCH', n + 2)
            node.command('CLUSTER', 'MEET', '127.0.0.1', first.port, first.bus)
        wait_until(lambda: all(self.sees(n, 'cluster_known_nodes', len(self.nodes)) for n in self.nodes), 30, 'all nodes know each other')
        for i, node in enumerate(self.nodes[masters:]):
            node.command('CLUSTER', 'REPLICATE', self.identity(self.nodes[i % masters]))
        wait_until(lambda: all(self.sees(n, 'cluster_state', 'ok') and self.sees(n, 'cluster_slots_assigned', 16384) for n in self.nodes), 30, 'all slots are served')
        for node in self.nodes[masters:]:
            wait_until(lambda n=node: b'master_link_status:up' in n.command('INFO', 'replication'), 30, 'a replica follows')
        self.masters = masters

    @staticmethod
    def sees(node, field, value):
        return ('%s:%s\r\n' % (field, value)).encode() in node.command('CLUSTER', 'INFO') + b'\r\n'

    @staticmethod
    def identity(node):
        return node.command('CLUSTER', 'MYID').decode()

    def owner(self, key):
        slot = self.nodes[0].command('CLUSTER', 'KEYSLOT', key)
        return slot, self.nodes[min(i for i in range(self.masters) if slot <= (i + 1) * 16384 // self.masters - 1)]

    def url(self):
        return 'redis+cluster://' + ','.join('127.0.0.1:%d' % n.port for n in self.nodes)

    def move_slot(self, slot, source, target, pause_s=0.3):
        """With everything in it, while clients write. What happens between the steps takes PAUSE_S each."""
        with source.client() as a, target.client() as b:
            b.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', self.identity(source))
            a.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', self.identity(target))
            time.sleep(pause_s)
            while True:
                keys = a.command('CLUSTER', 'GETKEYSINSLOT', slot, 10)
                if not keys:
                    break
                for key in keys:
                    a.command('MIGRATE', '127.0.0.1', target.port, key, 0, 10000)
                time.sleep(pause_s / 4)
            time.sleep(pause_s)
            for c in (b, a):
                c.command('CLUSTER', 'SETSLOT', slot, 'NODE', self.identity(target))
        for node in self.nodes:
            if node not in (source, target):
                try:
                    node.command('CLUSTER', 'SETSLOT', slot, 'NODE', self.identity(target))
                except RedisError:
                    pass  # a replica learns it from its master

    def read(self, key):
        """Entries of a stream, wherever it is."""
        for node in self.nodes:
            try:
                with node.client() as c:
                    return list(entries(c, key))
            except RedisError as e:
                if not str(e).startswith(('MOVED', 'ASK', 'CLUSTERDOWN')):
                    raise
            except OSError:
                pass
        raise RedisError('no node has ' + key)


class Sentinels:
    """A master, a replica and three sentinels that watch over them under the name "alerts"."""

    def __init__(self, folder, down_after_ms=500):
        common = ('--appendonly', 'yes', '--repl-diskless-sync-delay', '0', '--repl-timeout', '5')
        self.master = Server(os.path.join(folder, 'a'), *common, tcp=True)
        self.replica = Server(os.path.join(folder, 'b'), *common, '--replicaof', '127.0.0.1 %d' % self.master.port, tcp=True)
        wait_until(lambda: b'master_link_status:up' in self.replica.command('INFO', 'replication'), 30, 'the replica follows')
        self.ports = []
        self.processes = []
        for i, port in enumerate(free_ports(3)):
            at = os.path.join(folder, 'sentinel%d' % i)
            os.makedirs(at)
            with open(os.path.join(at, 'conf'), 'w', encoding='ascii') as f:
                f.write('port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor alerts 127.0.0.1 %d 2\nsentinel down-after-milliseconds alerts %d\n'
                        'sentinel failover-timeout alerts 3000\n' % (port, at, self.master.port, down_after_ms))
            with open(os.path.join(at, 'log'), 'ab') as log:
                self.processes.append(subprocess.Popen([SERVER, os.path.join(at, 'conf'), '--sentinel'], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                       preexec_fn=die_with_parent))
            self.ports.append(port)
        for port in self.ports:
            wait_until(lambda p=port: self.knows(p), 30, 'a sentinel knows the others')

    @staticmethod
    def knows(port):
        try:
            with Client(('127.0.0.1', port)) as c:
                told = c.command('SENTINEL', 'MASTER', 'alerts')
        except (OSError, RedisError):
            return False
        told = dict(zip(told[::2], told[1::2]))
        return told[b'num-other-sentinels'] == b'2' and told[b'num-slaves'] == b'1'

    def url(self):
        return 'redis+sentinel://' + ','.join('127.0.0.1:%d' % p for p in self.ports) + '/alerts'

    def names(self):
        """The port of the master, as the first sentinel that answers says."""
        for port in self.ports:
            try:
                with Client(('127.0.0.1', port)) as c:
                    return int(c.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'alerts')[1])
            except OSError:
                pass
        return 0


def seeded(text):
    """What is random in a test: the same for the same VEDETTE_SEED, which is said."""
    seed = os.environ.get('VEDETTE_SEED', '1')
    return random.Random('%s %s' % (seed, text))
