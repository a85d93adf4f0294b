"""Ports of this machine that nobody listens on. As a program: free_ports.py N prints N of them.

They lie below those that the kernel gives to connections: one of those may be taken between this look and the server's start, or while a server
is down that is to come back to it."""
import random
import socket
import sys

PORTS = range(10000, 32768)


def free_ports(n):
    held = []
    try:
        while len(held) < n:
            s = socket.socket()
            held.append(s)
            try:
                s.bind(('127.0.0.1', random.choice(PORTS)))
            except OSError:
                held.pop().close()
        return [s.getsockname()[1] for s in held]
    finally:
        for s in held:
            s.close()


if __name__ == '__main__':
    print(*free_ports(int(sys.argv[1])))
