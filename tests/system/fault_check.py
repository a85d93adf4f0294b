#!/usr/bin/env python3
"""fault_check.py --redis SOCKET|HOST:PORT --name NAME --account FILE [--ledger FILE] [--spool FILE]: is every alert accounted for?

Reads the stream of a sensor, the account that delivery_driver printed last (a line of JSON), its ledger, and the spool of a driver that
has ended. Each number of 1 to the last must be in exactly one place: an entry of the stream, a row of the spool that is not yet
delivered, or a declared loss. Prints a summary as JSON, and what is wrong, a line each; exit status 1 then.

What holds:
  order     `seq` rises from entry to entry, and so do ids and the numbers that the driver gave
  once      no (id, revision) and no `seq` is there twice
  whole     JSON is what the driver made (a CRC), and the fields say what it says
  counted   raised = delivered + spooled + queued + lost; delivered = entries; spooled = rows; lost = what is declared = what is missing
  raised    what delivery has ever said to be raised (the ledger) stays raised; only what was not, when a driver was killed, is missing
            of what it handed over, and it is missing at the end of that life
Standard library only."""
import argparse
import json
import os
import sqlite3
import struct
import sys
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fault_redis import Client, entries  # noqa: E402

LEVELS = ('unknown', 'informational', 'low', 'medium', 'high', 'critical')
MAX_PROBLEMS = 20


class Ledger:
    """tests/support/delivery_driver.c, struct ledger."""

    def __init__(self, path):
        with open(path, 'rb') as f:
            data = f.read()
        self.handed, _, self.committed, _, lives = struct.unpack_from('<5Q', data)
        self.first = list(struct.unpack_from('<%dQ' % lives, data, 40))

    def life_ends(self, low, high):
        """Whether a life ended between the numbers LOW and HIGH."""
        return any(low < f <= high for f in self.first[1:])


def ranges_of(told):
    """"17-20,22" or ["17-20", "22"] as [(17, 20), (22, 22)]."""
    if isinstance(told, str):
        told = told.split(',')
    found = []
    for part in told or []:
        low, _, high = str(part).strip().partition('-')
        found.append((int(low), int(high or low)))
    return found


class Check:
    def __init__(self, ordered=True):
        self.problems, self.more = [], 0
        self.seqs, self.numbers = [], []  # of what the driver made, in the order of the stream
        self.own_seqs = set()             # of what delivery made: declarations
        self.spooled = {}
        self.unnumbered = set()           # fell out of memory before they had a number, and got one of those that no alert has
        self.declared, self.declared_lost, self.declared_by_level = [], 0, [0] * len(LEVELS)
        self.entries = self.unspooled = 0
        self.ordered = ordered
        self.last_id, self.last_seq, self.seen = (-1, -1), 0, set()

    def wrong(self, text, *values):
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text % values)
        else:
            self.more += 1

    # ---- what is read ----

    def entry(self, name, fields):
        self.entries += 1
        at = tuple(int(n) for n in name.split(b'-'))
        if at <= self.last_id:
            self.wrong('%s does not follow %d-%d', name.decode(), *self.last_id)
        self.last_id = at
        if b'seq' not in fields:
            self.wrong('%s has no seq', name.decode())
            return
        seq = int(fields[b'seq'])
        if self.ordered and seq <= self.last_seq:
            self.wrong('%s has seq %d, and one before it has %d', name.decode(), seq, self.last_seq)
        self.last_seq = max(self.last_seq, seq)
        self.unspooled += fields.get(b'unspooled') == b'1'
        self.alert(seq, fields[b'json'], fields)

    def alert(self, seq, text, fields=None):
        if text.startswith(b'{"') and b'"maker.number":' in text[-80:]:
            self.driver_alert(seq, text, fields)
            return
        try:
            told = json.loads(text)
        except ValueError:
            self.wrong('seq %d: no JSON', seq)
            return
        self.once(seq, told.get('event.id'), told.get('event.sequence'))
        self.own_seqs.add(seq)
        if told.get('sensor.event') == 'alerts-lost':
            self.declaration(seq, told)

    def once(self, seq, name, revision):
        key = hash((name, revision))
        if key in self.seen:
            self.wrong('seq %d: %s, revision %s, is there twice', seq, name, revision)
        self.seen.add(key)

    def driver_alert(self, seq, text, fields):
        cut = text.rindex(b',"maker.number":')
        told = json.loads(b'{' + text[cut + 1:])
        number = told['maker.number']
        if zlib.crc32(text[:cut]) != told['maker.crc']:
            self.wrong('seq %d: the JSON of number %d is not what was raised', seq, number)
        head = json.loads(text[:text.index(b',"contract.text"')] + b'}')
        self.once(seq, head['event.id'], head['event.sequence'])
        if fields:
            said = tuple(fields.get(k, b'').decode() for k in (b'id', b'revision', b'rule', b'level', b'equipment'))
            want = (head['event.id'], str(head['event.sequence']), head['rule.id'], head['alert.level'], head['equipment.name'])
            if said != want:
                self.wrong('seq %d: the fields say %s, the JSON %s', seq, said, want)
        if self.ordered and self.numbers and number <= self.numbers[-1]:
            self.wrong('seq %d: number %d comes after %d', seq, number, self.numbers[-1])
        self.seqs.append(seq)
        self.numbers.append(number)

    def declaration(self, seq, told):
        lost = int(told['sensor.lost'])
        found = ranges_of(told.get('sensor.lost_ranges'))
        self.declared += found
        if told.get('sensor.cause') == 'queue':
            self.unnumbered.update(s for low, high in found for s in range(low, high + 1))
        self.declared_lost += lost
        for i, level in enumerate(LEVELS):
            self.declared_by_level[i] += int(told.get('sensor.lost_by_level.' + level, 0))
        for low, high in found:
            if not 1 <= low <= high:
                self.wrong('seq %d declares the range %d-%d', seq, low, high)

    def spool(self, path):
        """Rows behind the last entry of the stream or not in it: what was not delivered when the driver ended."""
        db = sqlite3.connect('file:%s?mode=ro' % path, uri=True)
        have = set(self.seqs) | self.own_seqs
        rows = [r for n in range(1, 7) for r in db.execute('SELECT seq, json FROM alerts_%d' % n)]
        for seq, text in sorted(rows):
            if seq not in have:
                self.alert(seq, text if isinstance(text, bytes) else text.encode())
                self.spooled[seq] = True
                self.last_seq = max(self.last_seq, seq)
        db.close()

    # ---- what must hold ----

    def finish(self, account, ledger=None):
        have = set(self.seqs) | self.own_seqs
        last = self.last_seq
        inside = bytearray(last + 2)
        for low, high in self.declared:
            inside[low:min(high, last) + 1] = b'\1' * (min(high, last) + 1 - low)
            if high > last:
                self.wrong('the declared range %d-%d ends behind the last number, %d', low, high, last)
        missing = [s for s in range(1, last + 1) if s not in have]
        undeclared = [s for s in missing if not inside[s]]
        if undeclared:
            self.wrong('%d numbers are nowhere: %s', len(undeclared), ', '.join(map(str, undeclared[:10])))
        if len(missing) != self.declared_lost:
            self.wrong('%d numbers are missing, and %d are declared lost', len(missing), self.declared_lost)
        self.compare('account', account)
        committed = account['raised'] - account['queued']
        for what, got, want in (('raised and no longer queued', committed, last), ('delivered', account['delivered'], self.entries),
                                ('spooled', account['spooled'], len(self.spooled)), ('lost', account['lost'], len(missing))):
            if got != want:
                self.wrong('%s is %d, and should be %d', what, got, want)
        levels = account.get('lost_by_level')
        if levels and levels[1:] != self.declared_by_level[1:] and sum(self.declared_by_level) > 0:
            self.wrong('lost by level: %s, declared %s', levels, self.declared_by_level)
        if ledger:
            self.handed_over(ledger, account)
        summary = {'entries': self.entries, 'last_seq': last, 'spooled': len(self.spooled), 'missing': len(missing), 'declared_lost': self.declared_lost,
                   'declarations': len(self.own_seqs), 'unspooled': self.unspooled, 'uncommitted': self.uncommitted if ledger else None}
        return summary, self.problems + (['... and %d more' % self.more] if self.more else [])

    def compare(self, who, a):
        if a['raised'] != a['delivered'] + a['spooled'] + a['queued'] + a['lost']:
            self.wrong('%s: raised %d, and %d delivered + %d spooled + %d queued + %d lost', who, a['raised'], a['delivered'], a['spooled'], a['queued'],
                       a['lost'])
        if a.get('violations'):
            self.wrong('%s: it did not add up %d times', who, a['violations'])

    def handed_over(self, ledger, account):
        """Between two numbers that arrived, as many are missing as seqs are, unless a life ended between them, or memory was full."""
        self.uncommitted = 0
        pairs = sorted(zip(self.seqs, self.numbers))
        own = sorted(self.own_seqs | self.unnumbered)
        before, n_own, fallen = (0, -1), 0, len(self.unnumbered)
        for seq, number in pairs + [(self.last_seq + 1, ledger.handed)]:
            first_own = n_own
            while n_own < len(own) and own[n_own] < seq:
                n_own += 1
            lost_here = seq - before[0] - 1 - (n_own - first_own)
            gone = number - before[1] - 1 - lost_here
            if gone > 0:
                gone, fallen = gone - min(gone, fallen), fallen - min(gone, fallen)
            ended = ledger.life_ends(before[1], number) or (seq > self.last_seq and not account['flushed'])
            if gone < 0 or gone > 0 and not ended:
                self.wrong('between numbers %d and %d: %d are missing, and %d of their seqs', before[1], number, number - before[1] - 1, lost_here)
            self.uncommitted += max(gone, 0)
            before = (seq, number)
        if fallen:
            self.wrong('%d are declared to have fallen out of memory, and were not handed over', fallen)
        if account['raised'] < ledger.committed:
            self.wrong('raised was %d once, and is %d', ledger.committed, account['raised'])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--redis', required=True)
    parser.add_argument('--name', required=True)
    parser.add_argument('--account', required=True)
    parser.add_argument('--ledger')
    parser.add_argument('--spool')
    args = parser.parse_args()
    check = Check()
    at = args.redis if args.redis.startswith('/') else (args.redis.rsplit(':', 1)[0], int(args.redis.rsplit(':', 1)[1]))
    with Client(at) as client:
        for name, fields in entries(client, 'vedette:{%s}:alerts' % args.name):
            check.entry(name, fields)
    if args.spool:
        check.spool(args.spool)
    with open(args.account, encoding='utf-8') as f:
        account = json.loads(f.read().splitlines()[-1])
    summary, problems = check.finish(account, Ledger(args.ledger) if args.ledger else None)
    print(json.dumps(summary))
    for text in problems:
        print('fault_check: ' + text, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
