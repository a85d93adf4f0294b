"""What the programs of this folder share: running a command and counting what it took, a Redis server of its own, and saying what was
measured where. Standard library only."""
import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
BUILD = os.path.join(ROOT, 'build', 'release')
VEDETTE = os.environ.get('VEDETTE', os.path.join(BUILD, 'vedette'))
WORK = os.path.join(ROOT, 'build', 'bench')


def program(name):
    """A program of this folder: beside the Vedette that is measured."""
    return os.path.join(os.path.dirname(VEDETTE), 'bench', name)


class Failed(Exception):
    pass


def run(command, env=None, stdin=None, good=(0,)):
    """{'wall', 'cpu', 'peak_mb', 'out'} of COMMAND: seconds, seconds of user and system, mebibytes of resident memory at most."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        child = subprocess.Popen(command, stdin=stdin or subprocess.DEVNULL, stdout=out, stderr=err, env={**os.environ, **(env or {})})
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if child.returncode not in good:
            raise Failed('%s: exit status %d\n%s' % (' '.join(command), child.returncode, err.read().decode(errors='replace')[-2000:]))
        return {'wall': wall, 'cpu': used.ru_utime + used.ru_stime, 'peak_mb': used.ru_maxrss / 1024, 'out': out.read().decode(errors='replace')}


def median(values):
    return statistics.median(values)


@contextlib.contextmanager
def redis_server(folder):
    """(path of the socket, port) of a server that keeps nothing on disk and ends with the block; None where none is installed."""
    server = shutil.which('redis-server') or shutil.which('valkey-server')
    if not server:
        yield None
        return
    with socket.socket() as s: # whoever takes it in the meantime makes the start fail, and that is seen
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    path = os.path.join(folder, 'redis.sock')
    child = subprocess.Popen([server, '--port', str(port), '--bind', '127.0.0.1', '--unixsocket', path, '--unixsocketperm', '700',
                              '--save', '', '--appendonly', 'no', '--dir', folder, '--maxmemory', '0'], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if child.poll() is not None:
                raise Failed('%s does not start' % server)
            if os.path.exists(path):
                break
            time.sleep(0.02)
        yield path, port
    finally:
        child.terminate()
        child.wait()


def redis_command(path, *words):
    """The answer as text. Enough for FLUSHALL and LLEN."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.sendall(b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in (x.encode() for x in words)))
        return s.recv(4096).decode()


def digest(path):
    h = hashlib.sha256()
    with open(path, 'rb') as f:
        for block in iter(lambda: f.read(1 << 20), b''):
            h.update(block)
    return h.hexdigest()


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ''
    said = (done.stdout or done.stderr) if done.returncode == 0 else ''
    return (said.strip().splitlines() or [''])[0]


def package(name):
    """Version of a Debian package, '' where there is none."""
    return first_line('dpkg-query', '-W', '-f', '${Version}', name) if shutil.which('dpkg-query') else ''


def machine():
    cpu = re.findall(r'^model name\s*: (.*)$', open('/proc/cpuinfo').read(), re.M)
    memory = int(re.search(r'MemTotal:\s*(\d+)', open('/proc/meminfo').read()).group(1))
    release = re.findall(r'^PRETTY_NAME="?([^"\n]*)', open('/etc/os-release').read(), re.M)
    return {'cpu': cpu[0] if cpu else platform.machine(), 'cores': len(os.sched_getaffinity(0)), 'memory_mb': memory // 1024,
            'kernel': platform.release(), 'system': release[0] if release else '', 'load_at_start': os.getloadavg()[0]}


def write_json(result, path):
    """PATH None: nobody wants it."""
    if path:
        with open(path, 'w') as f:
            json.dump(result, f, indent=1)
            f.write('\n')


def versions():
    git = ['git', '-C', ROOT]  # a minimal system has none
    dirty = first_line(*git, 'status', '--porcelain', '--untracked-files=no') if shutil.which('git') else ''
    found = {
        'vedette': first_line(VEDETTE, '--version'),
        'commit': first_line(*git, 'rev-parse', 'HEAD') + (' and changes' if dirty else ''),
        'libndpi': first_line('pkg-config', '--modversion', 'libndpi'),
        'libndpi package': package('libndpi-dev'),
        'libpcap': first_line('pkg-config', '--modversion', 'libpcap'),
        'redis': first_line(shutil.which('redis-server') or 'valkey-server', '--version'),
        'compiler': first_line('cc', '--version'),
        'ndpiReader': package('libndpi-bin'),
        'suricata': package('suricata'),
    }
    return {k: v for k, v in found.items() if v}


def die(why):
    sys.exit('%s: %s' % (os.path.basename(sys.argv[0]), why))


def quiet_pipe():
    """A reader of our output that has seen enough is no fault."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
