#!/usr/bin/env python3
"""fault_selftest.py: fault_check.py finds what is wrong with a stream, and fault_proxy.py does what it says.

A driver fills a stream of a real server; then entries are deleted, added, changed, swapped and renumbered, and each time the check must
say so, in its own words. VEDETTE_DELIVERY_DRIVER names the driver."""
import copy
import json
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from fault_check import Check, Ledger  # noqa: E402
from fault_matrix import KEY, Driver  # noqa: E402
from fault_proxy import Proxy  # noqa: E402
from fault_redis import Client, RedisError, Server, entries  # noqa: E402

COUNT = 400
failures = []


def judge(stream, account, ledger):
    check = Check()
    for name, fields in stream:
        check.entry(name, fields)
    return check.finish(account, ledger)[1]


def finds(what, text, problems):
    """TEXT None: nothing is wrong."""
    good = any(text in p for p in problems) if text else not problems
    print('%s: %s' % (what, problems[0] if problems else 'nothing'))
    if not good:
        failures.append('%s: not "%s" but %s' % (what, text, problems))


def declaration(seq, lost, ranges, **levels):
    told = {'event.id': 'd%d' % seq, 'event.sequence': 1, 'sensor.event': 'alerts-lost', 'sensor.lost': lost, 'sensor.lost_ranges': ranges}
    told.update({'sensor.lost_by_level.' + k: v for k, v in levels.items()})
    return b'99999999999999-%d' % seq, {b'json': json.dumps(told).encode(), b'seq': b'%d' % seq, b'id': b'd%d' % seq, b'revision': b'1'}


def without(stream, *gone):
    return [e for i, e in enumerate(stream) if i not in gone]


def changed(stream, at, field, value):
    stream = copy.deepcopy(stream)
    stream[at][1][field] = value(stream[at][1][field])
    return stream


def renumbered(stream):
    return [(n, {**f, b'seq': b'%d' % (i + 1)}) for i, (n, f) in enumerate(stream)]


def check_the_check(server, folder):
    driver = Driver(folder, 'unix://' + server.socket, '-c', str(COUNT)).start()
    driver.process.wait(60)
    account, ledger = driver.accounts()[-1], Ledger(driver.ledger)
    with server.client() as c:
        whole = list(entries(c, KEY))
        finds('the whole', None, judge(whole, account, ledger))
        # In Redis itself, as somebody might.
        c.command('XDEL', KEY, whole[100][0])
        finds('an entry was deleted', '1 numbers are nowhere: 101', judge(entries(c, KEY), account, ledger))
        c.command('XADD', KEY, '*', *[x for pair in whole[100][1].items() for x in pair])
        finds('it was added again at the end', 'has seq 101, and one before it has %d' % COUNT, judge(entries(c, KEY), account, ledger))
    twice = whole + [(b'99999999999999-0', {**whole[7][1], b'seq': b'%d' % (COUNT + 1)})]
    finds('an alert that is there twice', 'is there twice', judge(twice, {**account, 'raised': COUNT + 1, 'delivered': COUNT + 1}, ledger))
    finds('a changed byte', 'is not what was raised', judge(changed(whole, 9, b'json', lambda j: j.replace(b'denies', b'denied', 1)), account, ledger))
    finds('a wrong level', 'the fields say', judge(changed(whole, 9, b'level', lambda _: b'none'), account, ledger))
    finds('a wrong revision', 'the fields say', judge(changed(whole, 9, b'revision', lambda r: b'%d' % (int(r) + 1)), account, ledger))
    swapped = [*whole[:20], (whole[20][0], whole[21][1]), (whole[21][0], whole[20][1]), *whole[22:]]
    finds('two entries swapped', 'and one before it has 22', judge(swapped, account, ledger))
    finds('swapped, and numbered anew', 'comes after', judge(renumbered(swapped), account, ledger))
    fewer = {**account, 'raised': COUNT - 1, 'delivered': COUNT - 1}
    finds('one is missing, and the numbers hide it', 'are missing, and 0 of their seqs', judge(renumbered(without(whole, 50)), fewer, Ledger(driver.ledger)))
    finds('the last one is missing', 'raised and no longer queued is %d' % COUNT, judge(whole[:-1], account, ledger))
    finds('the last one is missing, and not counted', 'raised was %d once' % COUNT, judge(whole[:-1], fewer, ledger))
    finds('raised that does not add up', 'raised %d, and' % (COUNT + 1), judge(whole, {**account, 'raised': COUNT + 1}, ledger))
    finds('delivered that is too many', 'delivered is %d' % (COUNT + 3), judge(whole, {**account, 'delivered': COUNT + 3, 'lost': -3}, ledger))
    lossy = {**account, 'raised': COUNT + 1, 'delivered': COUNT - 2, 'lost': 3, 'lost_by_level': [0, 0, 3, 0, 0, 0]}
    kept = without(whole, 30, 31, 40)
    finds('a declared loss', None, judge(kept + [declaration(COUNT + 1, 3, '31-32,41', low=3)], lossy, ledger))
    finds('a loss whose ranges are a list', None, judge(kept + [declaration(COUNT + 1, 3, ['31-32', '41'], low=3)], lossy, ledger))
    finds('a declared loss of too few', '3 numbers are missing, and 2 are declared', judge(kept + [declaration(COUNT + 1, 2, '31-32,41', low=2)], lossy, ledger))
    finds('a declared loss of others', '1 numbers are nowhere: 41', judge(kept + [declaration(COUNT + 1, 3, '31-33', low=3)], lossy, ledger))
    finds('a declared loss of another level', 'lost by level', judge(kept + [declaration(COUNT + 1, 3, '31-32,41', high=3)], lossy, ledger))
    finds('an account that did not add up meanwhile', 'did not add up 2 times', judge(whole, {**account, 'violations': 2}, ledger))


def says(proxy_at, timeout=5):
    """What PING gets, and after how many seconds."""
    began = time.monotonic()
    try:
        with Client(proxy_at, timeout=timeout) as c:
            return c.command('PING'), time.monotonic() - began
    except (OSError, ValueError, RedisError) as e:
        return type(e).__name__, time.monotonic() - began


def check_the_proxy(server, folder):
    at = os.path.join(folder, 'proxy')
    proxy = Proxy(at, server.socket)

    def expect(what, condition, got):
        print('proxy, %s: %s' % (what, got))
        if not condition:
            failures.append('proxy, %s: %s' % (what, got))

    got, took = says(at)
    expect('pass', got == 'PONG', got)
    proxy.set('delay', 0.4)
    got, took = says(at)
    expect('delay', got == 'PONG' and took >= 0.4, (got, took))
    proxy.set('cut', 5)
    got, took = says(at)
    expect('cut', got == 'ConnectionError' and proxy.cuts == 1, got)
    proxy.set('garbage')
    got, took = says(at)
    expect('garbage', got != 'PONG', got)
    proxy.set('hang')
    got, took = says(at, timeout=0.3)
    expect('hang', got == 'TimeoutError', got)
    proxy.set('refuse')
    got, took = says(at)
    expect('refuse', got in ('ConnectionError', 'ConnectionResetError', 'BrokenPipeError'), got)
    proxy.set('pass')
    expect('pass again', says(at)[0] == 'PONG', says(at)[0])


def main():
    folder = tempfile.mkdtemp(prefix='f-', dir=os.environ.get('TMPDIR', '/tmp'))
    server = Server(os.path.join(folder, 'redis'))
    try:
        check_the_check(server, folder)
        check_the_proxy(server, folder)
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    for text in failures:
        print('FAILED: ' + text)
    sys.exit(1 if failures else 0)


main()
