#!/usr/bin/env bash
# vedette forward: every alert is handed over at least once, whatever is killed.
source "$(dirname "$0")/lib.sh"
source "$VEDETTE_SOURCE_DIR/tests/system/fleet_lib.sh"

# forward NAME OPTION...: in the background, its pid in $pid
forward() {
    local name=$1
    shift
    "$VEDETTE" forward --group g --redis "$forwarder_url" --consumer "$name" "$@" >"$name.out" 2>"$name.err" &
    pid=$!
    children+=($pid)
}

# ended PID STATUS
ended() {
    local got=0
    wait "$1" || got=$?
    same "exit status" "$got" "$2"
}

ids() { # FILE...: of alerts, not of notices, nor of lines that a crash cut short
    cat "$@" | python3 -c 'import json, sys
for line in sys.stdin:
    try:
        alert = json.loads(line)
    except ValueError:
        continue
    if alert.get("event.dataset") != "vedette.sensor":
        print(alert["event.id"])'
}

pending() {
    cli XPENDING "vedette:{$1}:alerts" g | head -1
}

refused 2 "--group wants a name" "$VEDETTE" forward --to stdout
refused 2 "there is no target \"kafka\"" "$VEDETTE" forward --group g --to kafka:x
refused 2 "is no address" "$VEDETTE" forward --group g --to syslog:udp:
refused 2 "--from wants" "$VEDETTE" forward --group g --to stdout --from yesterday

# what is there, what comes, and sensors that register later
start_redis
register a b
alerts a 1 300
alerts b 1 50
forward one --to file:one.json
until_true '[ "$(wc -l <one.json)" = 350 ]' || fail "350 alerts were not forwarded: $(wc -l <one.json) $(cat one.err)"
alerts a 301 310
register c
alerts c 1 5
until_true '[ "$(wc -l <one.json)" = 365 ]' || fail "what came later was not forwarded"
same "alerts in the order of the stream" "$(grep '"a"' one.json | jq -r '."rule.name"' | head -310 | cksum)" "$(seq -f R%.0f 310 | cksum)"
same "who observed them" "$(jq -r '."observer.name"' one.json | sort | uniq -c | tr -s ' ' | tr '\n' ';')" " 310 a; 50 b; 5 c;"
until_true '[ "$(pending a)" = 0 ]' || fail "not acknowledged"
kill -USR1 $pid
until_true 'grep -q "forwarded 365, redelivered 0, claimed 0, acknowledged 365, pending 0, sensors 3" one.err' || fail "status: $(cat one.err)"
# rotation
mv one.json one.1
kill -HUP $pid
alerts b 51 60
until_true '[ "$(cat one.json 2>/dev/null | wc -l)" = 10 ]' || fail "the file was not opened anew"
kill -TERM $pid
ended $pid 0
same "nothing went wrong" "$(grep -v 'forwarded' one.err || :)" ""

# a line that a crash cut short stands alone
printf '{"torn":' >>one.json
alerts b 61 61
forward one --to file:one.json
until_true '[ "$(wc -l <one.json)" = 12 ]' || fail "not forwarded behind a torn line"
same "the torn line" "$(sed -n 11p one.json)" '{"torn":'
same "the line behind it" "$(tail -1 one.json | jq -r '."rule.name"')" R61
kill -TERM $pid
ended $pid 0

# killed in the middle, again and again, with two forwarders; the survivors take over what was pending
cli FLUSHALL >/dev/null
rm one.*
register a b
alerts a 1 20000 1
alerts b 1 20000 1
for round in 1 2 3 4 5 6; do
    forward x$round --to file:x$round.json --min-idle 300ms
    x=$pid
    forward y --to file:y.json --min-idle 300ms
    sleep "0.$((RANDOM % 4 + 1))"
    kill -9 $x $pid
    wait $x $pid 2>/dev/null || :
done
alerts a 20001 20020 1
cli XREADGROUP GROUP g dead COUNT 100000 STREAMS 'vedette:{a}:alerts' '>' >/dev/null
forward last --to file:last.json --min-idle 300ms
until_true '[ "$(pending a)" = 0 ] && [ "$(pending b)" = 0 ] && [ "$(ids *.json | sort -u | wc -l)" -ge 40020 ]' || fail "what the dead ones held was not taken over: $(pending a) $(pending b)"
for name in a b; do for n in $(seq 20000); do echo "$name $n"; done; done >wanted
for n in $(seq 20001 20020); do echo "a $n"; done >>wanted
python3 -c 'import hashlib,sys
for line in sys.stdin: print(hashlib.md5(line.strip().encode()).hexdigest())' <wanted | sort >wanted.ids
ids *.json | sort -u >got.ids
same "every alert at least once" "$(comm -23 wanted.ids got.ids | wc -l)" 0
same "and nothing else" "$(comm -13 wanted.ids got.ids | wc -l)" 0
kill -USR1 $pid
until_true 'grep -q "claimed [1-9]" last.err' || fail "nothing was taken over: $(cat last.err)"
# Redis killed and started again
kill -9 $redis
wait $redis 2>/dev/null || :
until_true 'grep -q "Redis: .*trying again" last.err' || fail "nothing is said of a Redis that is away"
start_redis
alerts a 20021 20030 1
until_true '[ "$(grep -c "\"R200[23]" last.json)" -ge 10 ]' || fail "not forwarded after Redis came back"
grep -q 'Redis answers again' last.err || fail "nothing is said of a Redis that is back"
kill -TERM $pid
ended $pid 0

# a hole that nothing declares, one that is declared, and a trimmed beginning
grep -q alerts-missing last.json && fail "a hole was seen where there is none"

# the file's disk is full: nothing is acknowledged, nothing lost
alerts b 20001 20100 1
"$VEDETTE" forward --group g --redis "$forwarder_url" --consumer full --to file:/dev/full 2>full.err &
pid=$!
children+=($pid)
until_true 'grep -q "No space left on device; trying again" full.err' || fail "a full disk is not told"
sleep 1
[ "$(pending b)" -ge 100 ] || fail "acknowledged though the disk was full"
kill -TERM $pid
ended $pid 0
grep -q "100 entries were not handed over" full.err || fail "what was left is not told: $(cat full.err)"
forward full --to file:emptied.json
until_true '[ "$(wc -l <emptied.json)" = 100 ]' || fail "own pending entries were not forwarded first"
until_true '[ "$(pending b)" = 0 ]' || fail "own pending entries were not acknowledged"
# deleted while they were pending
kill -TERM $pid
ended $pid 0
cli XGROUP CREATE 'vedette:{b}:alerts' g2 0 >/dev/null
cli XREADGROUP GROUP g2 gone COUNT 1 STREAMS 'vedette:{b}:alerts' '>' >/dev/null
cli XDEL 'vedette:{b}:alerts' 1795000000001-0 >/dev/null
"$VEDETTE" forward --group g2 --redis "$forwarder_url" --consumer gone --name b --to stdout --min-idle 200ms >gone.out 2>gone.err &
pid=$!
children+=($pid)
until_true '[ "$(wc -l <gone.out)" -ge 20100 ]' || fail "standard output: $(wc -l <gone.out)"
kill -TERM $pid
ended $pid 0
same "a pending entry that was deleted" "$(grep -c '"sensor.cause":"deleted"' gone.out)" 1
same "the others" "$(ids gone.out | sort -u | wc -l)" 20099

# a reader that leaves
cli XGROUP CREATE 'vedette:{b}:alerts' g3 0 >/dev/null
timeout 20 "$VEDETTE" forward --group g3 --redis "$forwarder_url" --name b --to stdout 2>err | head -5 >out
same "head" "$(wc -l <out)" 5
[ "$(cli XPENDING 'vedette:{b}:alerts' g3 | head -1)" -gt 0 ] || fail "acknowledged what nobody read"

# --from now
"$VEDETTE" forward --group g4 --redis "$forwarder_url" --from now --to file:now.json 2>err &
pid=$!
children+=($pid)
until_true 'cli XINFO GROUPS "vedette:{a}:alerts" | grep -q g4' || fail "no group"
sleep 0.5
alerts a 20031 20032 1
until_true '[ "$(cat now.json 2>/dev/null | wc -l)" = 2 ]' || fail "--from now: $(wc -l <now.json)"
kill -TERM $pid
ended $pid 0
passed
