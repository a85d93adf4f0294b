#!/usr/bin/env bash
# Many sensors: their streams merged, who is silent, what is missing; on one server and in a Cluster.
source "$(dirname "$0")/lib.sh"
source "$VEDETTE_SOURCE_DIR/tests/system/fleet_lib.sh"

show() { # OPTION...
    "$VEDETTE" alerts --redis "$url" "$@"
}

# background FILE COMMAND...: its pid in $pid
background() {
    local file=$1
    shift
    "$@" >"$file" 2>"$file.err" &
    pid=$!
    children+=($pid)
}

end() { # PID
    local got=0
    kill -INT "$1"
    wait "$1" || got=$?
    same "exit status after SIGINT" "$got" 0
}

# entry NAME ID SEQ JSON
entry() {
    cli XADD "vedette:{$1}:alerts" "$2" json "$4" id "id$3" rule r level high equipment e seq "$3" revision 1 >/dev/null
}

whole_fleet() {
    # merged by time: a at 10, 20, ..., b at 7, 14, ...
    register a b
    alerts a 1 1000 10
    alerts b 1 1000 7
    same "everything once" "$(show --all --json | wc -l)" 2000
    show --all --json >merged
    python3 - <<'PY' || fail "not in the order of time"
import json
t = lambda a: int(a['rule.name'][1:]) * (10 if a['observer.name'] == 'a' else 7)
times = [(t(a), a['observer.name']) for a in map(json.loads, open('merged'))]
assert times == sorted(times) and len(set(times)) == 2000
PY
    show --all --json | cmp - merged || fail "not the same bytes again"
    same "several names" "$(show --name a,b --json | cksum)" "$(cksum <merged)"
    same "since and until" "$(show --all --json --since 2026-11-18T11:06:41 --until 2026-11-18T11:06:42 | wc -l)" "$(python3 -c 'print(sum(1000 <= k * n <= 2000 for k in (10, 7) for n in range(1, 1001)))')"
    same "the whole of a span" "$(show --all --json --until 2026-11-18T23:59:59 --since 2026-01-01 | wc -l)" 2000
    same "nothing before it" "$(show --all --json --until 2026-01-01 | wc -l)" 0
    same "rows" "$(show --all --level high --since 2026-01-01 --until 2027-01-01 | grep -c 'R1000$')" 2
    show --all --since 2026-01-01 --until 2027-01-01 | head -1 | grep -q SENSOR || fail "no column for the sensor"
    same "fleet" "$("$VEDETTE" status --all --json --redis "$url" | jq -r '[.name, .state, .entries, .first, .last, .gaps] | join(" ")' | tr '\n' ';')" "a running 1000 1 1000 0;b running 1000 1 1000 0;"
    "$VEDETTE" status --all --redis "$url" | grep -q '^b  *running .* 1000 ' || fail "no table"

    # followed: in order, also what comes at once from several
    background followed "$VEDETTE" alerts --redis "$url" --all --json --follow
    until_true '[ "$(wc -l <followed)" = 2000 ]' || fail "what is there was not shown"
    { make_alerts b 1501 1600 7 && make_alerts a 1001 1100 10; } >both
    cli --pipe <both >/dev/null
    register c
    alerts c 1 10 1
    until_true '[ "$(grep -c . followed)" = 2210 ]' || fail "what came was not shown: $(wc -l <followed) $(cat followed.err)"
    sed -n '2001,2200p' followed | jq -r '."rule.name"[1:] as $n | ($n | tonumber) * (if ."observer.name" == "a" then 10 else 7 end)' >times
    sort -n times | cmp - times || fail "what came within a second is not in the order of time"
    end $pid

    # a hole that nothing declares
    got=0
    show --check --all >checked || got=$?
    same "status of streams with a hole" "$got" 7
    grep -q '500 missing and not declared: 1001-1500' checked || fail "the hole is not named: $(cat checked)"
    grep -q '^a: nothing is missing' checked || fail "a is whole"
    same "gaps in the fleet" "$("$VEDETTE" status --all --json --redis "$url" | jq -c 'select(.name == "b") | .gaps')" 500
    show --check --name a >/dev/null || fail "a is whole, by name"
}

start_redis
refused 2 'nothing in this Redis is named "x"' show --check --name x
refused 2 "leave --name out" show --all --name a
refused 2 "has no end" show --follow --until 2026-01-01
refused 2 "--since and --until want" show --since yesterday
refused 2 "goes with --all" "$VEDETTE" status --redis "$url"
same "an empty Redis" "$(show --all --json 2>err)" ""
whole_fleet

# declared losses are no gaps; duplicates and a broken order are found
cli FLUSHALL >/dev/null
register d
for n in 1 2; do entry d $n-0 $n '{"event.id":"x"}'; done
entry d 6-0 6 '{"event.id":"y","sensor.event":"alerts-lost","sensor.lost":3,"sensor.lost_ranges":["3-4","5"]}'
show --check --name d >checked || fail "a declared loss is no gap: $(cat checked)"
grep -q '3 declared as lost' checked || fail "what was declared is not told"
cli XADD 'vedette:{d}:alerts' 7-0 json '{}' id id6 seq 7 revision 1 >/dev/null
cli XADD 'vedette:{d}:alerts' 8-0 json '{}' id id8 seq 7 revision 1 >/dev/null
cli XADD 'vedette:{d}:alerts' 9-0 hello world >/dev/null
got=0
show --check --name d >checked || got=$?
same "status of what is not whole" "$got" 7
grep -q '1 revisions come twice, the first in entry 7-0' checked || fail "twice: $(cat checked)"
grep -q '1 out of order or numbered twice, the first in entry 8-0' checked || fail "order: $(cat checked)"
grep -q '1 entries hold no alert' checked || fail "foreign: $(cat checked)"
cli HSET 'vedette:{d}:status' raised 10 >/dev/null
show --check --name d >checked || :
grep -q '10 raised which are NOT 9 delivered' checked || fail "a sensor whose counts do not add up"

# one that stops is not silent; one that falls silent is told, once, and when it is back; the forwarder remembers over a restart
cli FLUSHALL >/dev/null
register quiet
heard over 3600 stopped
cli SADD vedette:sensors over >/dev/null
heard quiet 2
alerts quiet 1 3
same "silence for one who looks once" "$(sleep 2.1; show --all --json --level high | jq -r 'select(."sensor.event") | [."sensor.event", ."observer.name", ."event.sequence"] | join(" ")')" "sensor-silent quiet 1"
heard quiet 10
background followed "$VEDETTE" alerts --redis "$url" --sensors --json --follow
follower=$pid
background f.out "$VEDETTE" forward --group g --redis "$forwarder_url" --to file:notices.json
forwarder=$pid
# meanwhile: a hole, which the forwarder looks into after a while
alerts quiet 10 12
until_true 'grep -q sensor-silent followed && grep -q sensor-silent notices.json && grep -q alerts-missing notices.json' || fail "silence or the hole was not told"
same "the same alert from both" "$(grep sensor-silent followed | jq -r '."event.id"')" "$(grep sensor-silent notices.json | jq -r '."event.id"')"
same "the hole" "$(grep alerts-missing notices.json | jq -r '[."observer.name", ."sensor.lost", ."sensor.cause"] | join(" ")')" "quiet 6 gap"
kill -TERM $forwarder
wait $forwarder || fail "the forwarder's status"
heard quiet 3600
background f.out "$VEDETTE" forward --group g --redis "$forwarder_url" --to file:notices.json
until_true 'grep -q sensor-back followed && grep -q sensor-back notices.json' || fail "its return was not told"
same "told once, and its end" "$(grep -c 'sensor-silent' notices.json) $(grep 'sensor-back' notices.json | jq -r '."event.sequence"')" "1 2"
same "one id" "$(grep '"sensor-' notices.json followed | grep -o '"event.id":"[0-9a-f]*"' | sort -u | wc -l)" 1
end $follower
# entries that fell off before they were read, while no forwarder ran
kill -TERM $pid
wait $pid || fail "the forwarder's status"
alerts quiet 13 40
cli XTRIM 'vedette:{quiet}:alerts' MAXLEN 5 >/dev/null
background f.out "$VEDETTE" forward --group g --redis "$forwarder_url" --to file:notices.json
until_true 'grep -q "\"sensor.cause\":\"trimmed\"" notices.json' || fail "a trimmed beginning was not told"
same "what was trimmed" "$(grep '"trimmed"' notices.json | jq -r '."sensor.lost"')" 23
kill -TERM $pid
wait $pid || fail "the forwarder's status"

# syslog over TCP: octet counting, and again when the other side is gone
cat >collector.py <<'PY'
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # less than a batch: what is acknowledged was read
s.bind(('127.0.0.1', 0))
s.listen()
print(s.getsockname()[1], flush=True)
out = open('syslog.txt', 'ab', buffering=0)
c, _ = s.accept()
c.recv(100)  # gone in the middle of the first batch
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
c.close()
while True:
    c, _ = s.accept()
    data = b''
    while True:
        got = c.recv(65536)
        if not got:
            break
        data += got
        while b' ' in data:
            n, _, rest = data.partition(b' ')
            if len(rest) < int(n):
                break
            out.write(rest[:int(n)] + b'\n')
            data = rest[int(n):]
    c.close()
PY
background port python3 collector.py
until_true '[ -s port ]' || fail "no collector"
cli FLUSHALL >/dev/null
register s
alerts s 1 500
background f.out "$VEDETTE" forward --group g --redis "$forwarder_url" --to "syslog:tcp:127.0.0.1:$(cat port)"
until_true '[ "$(sort -u syslog.txt | wc -l)" = 500 ]' || fail "syslog over TCP: $(sort -u syslog.txt | wc -l) $(cat f.out.err)"
same "a message" "$(sort -u syslog.txt | head -1 | cut -d' ' -f1-7)" "<131>1 2026-11-18T11:06:40.010Z s vedette - alert -"
until_true '[ "$(cli XPENDING "vedette:{s}:alerts" g | head -1)" = 0 ]' || fail "not acknowledged"
kill -TERM $pid
wait $pid || fail "the forwarder's status"
# and by datagrams
python3 -c '
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("log")
print("ready", flush=True)
for i in range(500): print(s.recv(65536).decode(), flush=True)' >datagrams &
children+=($!)
until_true 'grep -q ready datagrams' || fail "no datagram socket"
background f.out "$VEDETTE" forward --group g2 --redis "$forwarder_url" --to "syslog:unix:$work/log"
until_true '[ "$(grep -c "^<131>1 .*observer.name" datagrams)" = 500 ]' || fail "syslog by datagrams"
kill -TERM $pid
wait $pid || fail "the forwarder's status"

# a thousand sensors are kept up with
cli FLUSHALL >/dev/null
python3 - <<'PY' | cli --pipe >/dev/null
import sys
def command(*words):
    words = [str(w).encode() for w in words]
    sys.stdout.buffer.write(b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words))
for s in range(1000):
    command('SADD', 'vedette:sensors', 's%d' % s)
    command('HSET', 'vedette:{s%d}:status' % s, 'mode', 'sensor', 'heartbeat', 'x', 'state', 'running')
    for n in range(1, 21):
        command('XADD', 'vedette:{s%d}:alerts' % s, '%d-0' % (1795000000000 + 1000 * n + s), 'json', '{"event.id":"%d"}' % n, 'id', 'i%d' % n, 'level', 'high', 'seq', n, 'revision', 1)
PY
show --all --json >merged
same "of a thousand sensors" "$(wc -l <merged)" 20000
same "in order" "$(jq -r '[."event.id", ."observer.name"[1:]] | map(tonumber) | .[0] * 1000 + .[1]' merged | sort -c -n && echo yes)" yes
background f.out "$VEDETTE" forward --group g --redis "$forwarder_url" --to file:thousand.json
until_true '[ "$(cat thousand.json 2>/dev/null | wc -l)" = 20000 ]' || fail "a thousand sensors forwarded: $(wc -l <thousand.json)"
kill -TERM $pid
wait $pid || fail "the forwarder's status"

# a Cluster: every stream in a slot of its own
kill -9 $redis
wait $redis 2>/dev/null || :
rm -rf appendonlydir dump.rdb
start_redis --cluster-enabled yes
cli CLUSTER ADDSLOTSRANGE 0 16383 >/dev/null
until_true 'cli CLUSTER INFO | grep -q cluster_state:ok' || fail "no cluster"
whole_fleet
background f.out "$VEDETTE" forward --group g --redis "$forwarder_url" --to file:cluster.json
until_true '[ "$(cat cluster.json 2>/dev/null | wc -l)" = 2210 ]' || fail "forwarded from a cluster: $(cat f.out.err)"
alerts b 1601 1610 7
until_true '[ "$(wc -l <cluster.json)" = 2220 ]' || fail "what came was not forwarded from a cluster"
until_true '[ "$(cli XPENDING "vedette:{b}:alerts" g | head -1)" = 0 ]' || fail "not acknowledged in a cluster"
kill -TERM $pid
wait $pid || fail "the forwarder's status"
passed
