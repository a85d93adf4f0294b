#!/usr/bin/env python3
"""fault_proxy.py LISTEN TARGET: between a client and a server, what networks do.

LISTEN and TARGET are paths of unix sockets, or HOST:PORT (LISTEN with port 0: any; it is printed). Each line of standard input sets
what happens from then on, to the connections that are open and to new ones:

    pass            nothing
    delay SECONDS   replies arrive so much later (any number of them under way)
    cut [BYTES]     every connection ends in the middle of a reply, after at most BYTES (default 20000) of them, chosen at random
    garbage         replies are random bytes of the same length
    hang            nothing gets through, and nothing ends: a half-open connection
    refuse          connections end at once

Ends with its input. Standard library only."""
import os
import queue
import random
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fault_redis import die_with_parent  # noqa: E402


def address(text):
    if text.startswith('/'):
        return socket.AF_UNIX, text
    host, port = text.rsplit(':', 1)
    return socket.AF_INET, (host, int(port))


class Proxy:
    def __init__(self, listen, target, seed=1):
        self.target = address(target)
        self.mode, self.value = 'pass', 0.0
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.pairs = set()
        self.cuts = 0
        family, at = address(listen)
        self.listener = socket.socket(family)
        if family == socket.AF_INET:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(at)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def set(self, mode, value=0.0):
        if mode not in ('pass', 'delay', 'cut', 'garbage', 'hang', 'refuse'):
            raise ValueError(mode)
        with self.lock:
            self.mode, self.value = mode, value
            pairs = list(self.pairs)
        for pair in pairs:
            pair.changed()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                Pair(self, client)
            except OSError:
                client.close()

    def limit(self):
        with self.lock:
            return self.random.randrange(1, int(self.value or 20000) + 1)


class Pair:
    """One connection: a thread for what is asked, two for what is answered."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = None
        self.ended = False
        self.replies = queue.Queue()
        if proxy.mode == 'refuse':
            raise OSError('refused')
        self.left = proxy.limit() if proxy.mode == 'cut' else 0
        self.server = socket.socket(proxy.target[0])
        try:
            self.server.connect(proxy.target[1])
        except OSError:
            self.server.close()
            raise
        with proxy.lock:
            proxy.pairs.add(self)
        for what in (self.ask, self.hear, self.answer):
            threading.Thread(target=what, daemon=True).start()

    def changed(self):
        if self.proxy.mode == 'cut':
            self.left = self.proxy.limit()
        elif self.proxy.mode == 'refuse':
            self.end()

    def end(self):
        with self.proxy.lock:
            self.proxy.pairs.discard(self)
            if self.ended:
                return
            self.ended = True
        self.replies.put((0, b''))
        for s in (self.client, self.server):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def wait_while_hung(self):
        while self.proxy.mode == 'hang' and not self.ended:
            time.sleep(0.01)

    def ask(self):
        try:
            while True:
                data = self.client.recv(1 << 16)
                self.wait_while_hung()
                if not data:
                    break
                self.server.sendall(data)
        except OSError:
            pass
        self.end()

    def hear(self):
        try:
            while True:
                data = self.server.recv(1 << 16)
                self.replies.put((time.monotonic() + (self.proxy.value if self.proxy.mode == 'delay' else 0), data))
                if not data:
                    return
        except OSError:
            self.replies.put((0, b''))

    def answer(self):
        try:
            while True:
                due, data = self.replies.get()
                time.sleep(max(0.0, due - time.monotonic()))
                self.wait_while_hung()
                if not data:
                    break
                mode = self.proxy.mode
                if mode == 'garbage':
                    with self.proxy.lock:
                        data = self.proxy.random.randbytes(len(data))
                elif mode == 'cut' and self.left < len(data):
                    self.client.sendall(data[:self.left])
                    self.proxy.cuts += 1
                    break
                self.left -= len(data)
                self.client.sendall(data)
        except OSError:
            pass
        self.end()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    die_with_parent()
    proxy = Proxy(sys.argv[1], sys.argv[2])
    print(proxy.listener.getsockname(), flush=True)
    for line in sys.stdin:
        words = line.split()
        proxy.set(words[0], float(words[1]) if len(words) > 1 else 0.0)


if __name__ == '__main__':
    main()
