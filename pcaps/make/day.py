#!/usr/bin/env python3
"""day.py OUT: one synthetic day of a small mobile core, stitched from the captures of this folder. Same captures, same bytes."""
import os
import sys

from packets import read, write

MIDNIGHT = 1794873600  # Tuesday 2026-11-17 00:00 UTC
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
TIMES = [
    ('00:10', 'ngap'), ('00:11', 'ngap-second'), ('00:12', 'diameter-sctp'), ('00:13', 'diameter-tcp'), ('01:00', 'user-plane'),
    ('02:00', 'ntp-outside'), ('03:00', 'ssh-from-management'), ('04:00', 'snmp-v3'), ('05:00', 'snmp-v2c'),
    ('06:30', 'listed-established'), ('07:15', 'listed-attempt'), ('08:00', 'tunnel-to-listed'), ('09:00', 'ssh-from-outside'),
    ('10:00', 'supplier-support'), ('11:00', 'telnet'), ('12:00', 'tftp'), ('13:00', 'dns-outside'), ('13:30', 'encrypted-dns'),
    ('14:00', 'certificates'), ('15:00', 'ssh-on-443'), ('16:00', 'undeclared'), ('17:00', 'subscribers'), ('18:00', 'tagged'),
    ('21:30', 'supplier-support'),  # 22:30 in Warsaw: inside the maintenance window
]


def day():
    for clock, name in TIMES:
        hours, minutes = clock.split(':')
        start = MIDNIGHT + int(hours) * 3600 + int(minutes) * 60
        packets = list(read(os.path.join(HERE, name + '.pcap')))
        first = min(at for at, _ in packets)
        for at, frame in packets:
            yield start + at - first, frame


write(sys.argv[1], day())
