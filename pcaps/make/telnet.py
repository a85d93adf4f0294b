#!/usr/bin/env python3
"""telnet.py ADDRESS: answers telnetd.py as a person's client would."""
import socket
import sys
import time

IAC, DONT, WONT, DO, WILL = 255, 254, 252, 253, 251
session = socket.create_connection((sys.argv[1], 23))
for line in (bytes([IAC, WONT, 24, IAC, WONT, 32, IAC, DO, 1, IAC, DO, 3]) + b'operator\r\n', b'example\r\n', b'show clock\r\n'):
    session.recv(512)
    time.sleep(0.2)
    session.sendall(line)
    time.sleep(0.2)
session.recv(512)
session.close()
