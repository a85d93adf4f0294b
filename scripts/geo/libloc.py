#!/usr/bin/python3
"""Writes what a libloc database knows of autonomous systems, one fact a line, for mmdb.pl.

Usage: libloc.py DATABASE

  created SECONDS
  as NUMBER NAME
  net NETWORK NUMBER      0: announced by nobody; a network comes before those inside it
"""
import sys

import location


def main(path):
    out = sys.stdout
    out.reconfigure(encoding="utf-8", newline="\n")
    db = location.Database(path)
    out.write(f"created\t{db.created_at}\n")
    for a in db.ases:
        out.write(f"as\t{a.number}\t{a.name}\n")
    for n in db.networks:
        out.write(f"net\t{n}\t{n.asn or 0}\n")


if len(sys.argv) != 2:
    sys.exit("usage: libloc.py DATABASE")
try:
    main(sys.argv[1])
except BrokenPipeError:
    sys.exit(1)
except (OSError, ValueError) as e:
    sys.exit(f"libloc.py: {sys.argv[1]}: {e}")
