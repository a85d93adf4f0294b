#!/usr/bin/env python3
"""telnetd.py ADDRESS: one Telnet session (RFC 854) with option negotiation, a login and a command."""
import socket
import sys

IAC, DO, WILL = 255, 253, 251
server = socket.create_server((sys.argv[1], 23))
session, _ = server.accept()
session.sendall(bytes([IAC, DO, 24, IAC, DO, 32, IAC, WILL, 1, IAC, WILL, 3]))
session.sendall(b'\r\nrouter login: ')
session.recv(256)
session.sendall(b'Password: ')
session.recv(256)
session.sendall(b'\r\nrouter> ')
session.recv(256)
session.sendall(b'show clock\r\n12:00:00\r\nrouter> ')
session.close()
