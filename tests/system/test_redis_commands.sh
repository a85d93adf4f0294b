#!/usr/bin/env bash
# vedette alerts, explain and redis on a private server that is filled by hand.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { echo "no Redis server is installed"; exit 77; }

a=aaaaaaaa0000000000000000000000a1
b=aaaaaaaa0000000000000000000000b2
c=cccccccc0000000000000000000000c3

# revision STREAM ENTRY ID REVISION ACTION LEVEL EQUIPMENT SECOND
revision() {
    "$VEDETTE" redis XADD "vedette:{$1}:alerts" "$2" \
        json "{\"@timestamp\":\"2026-11-22T12:00:$8.000000000Z\",\"event.id\":\"$3\",\"event.sequence\":$4,\"event.action\":\"$5\",\"alert.level\":\"$6\",\"alert.flows_ended\":$4,\"equipment.name\":\"$7\",\"equipment.ip\":\"10.0.0.1\",\"peer.domain\":\"\\u001b[2Jevil\",\"rule.name\":\"Rule of ${3:0:8}\",\"contract.line\":\"site.yaml:31\"}" \
        id "$3" rule r level "$6" equipment "$7" seq "${2%000-0}" revision "$4" >/dev/null
}

stopped() {
    checks=$((checks + 1))
    [ ! -S "$VEDETTE_STATE/redis/redis.sock" ] || fail "$1: the private server still runs"
}

# nothing yet
same "output without any run" "$("$VEDETTE" alerts 2>err)" ""
grep -q "vedette replay FILE" err || fail "nothing is said of how to begin"
stopped "alerts"
refused 6 "vedette alerts lists them" "$VEDETTE" explain aaaaaaaa
refused 2 "nothing in this Redis is named \"x\"" "$VEDETTE" alerts --name x

revision run 1000-0 $a 1 opened high gnb-1 01
revision run 2000-0 $b 1 opened low gnb-2 02
revision run 3000-0 $c 1 opened critical gnb-1 03
revision run 4000-0 $a 2 closed high gnb-1 04
"$VEDETTE" redis SADD vedette:sensors run >/dev/null
"$VEDETTE" redis HSET 'vedette:{run}:status' mode replay run 1 alerts 3 finished 2026-11-22T12:00:00.000000000Z >/dev/null
stopped "redis"

# alerts
"$VEDETTE" alerts >out
same "rows" "$(grep -c 'Rule of' out)" 3
same "order" "$(grep -o 'Rule of ........' out | tr '\n' ' ')" "Rule of aaaaaaaa Rule of aaaaaaaa Rule of cccccccc "
grep -q '(2 conversations)' out || fail "the last revision's counter is not shown"
grep -q '3 alerts in run: 1 critical, 1 high, 1 low' out || fail "no totals"
! grep -q $'\x1b' out || fail "an escape character from the wire reached the output"
same "width" "$(awk 'length > 100' out | wc -l)" 0
same "level high" "$("$VEDETTE" alerts --level high | grep -c 'Rule of')" 2
same "level critical" "$("$VEDETTE" alerts --level critical | grep -c 'Rule of')" 1
same "equipment" "$("$VEDETTE" alerts --equipment gnb-2 | grep -c 'Rule of')" 1
same "equipment by address" "$("$VEDETTE" alerts --equipment 10.0.0.1 | grep -c 'Rule of')" 3
same "nobody's" "$("$VEDETTE" alerts --level high --equipment gnb-2)" "run has alerts, but none of level high or above of equipment gnb-2"
same "revisions" "$("$VEDETTE" alerts --json | wc -l)" 4
same "revisions of a level" "$("$VEDETTE" alerts --json --level high | wc -l)" 3
"$VEDETTE" alerts --json >json
"$VEDETTE" redis --raw XRANGE 'vedette:{run}:alerts' - + | grep '^{' | cmp - json || fail "--json is not what the stream holds"
refused 2 "informational, low" "$VEDETTE" alerts --level severe
refused 2 "unknown option" "$VEDETTE" alerts --lvl
refused 2 "\"run\" is no option" "$VEDETTE" alerts run
stopped "alerts"

# a reader that leaves, a disk that is full
same "head" "$("$VEDETTE" alerts --json 2>err | head -1 | wc -l)" 1
same "head is told nothing" "$(cat err)" ""
stopped "alerts in front of head"
refused 1 "No space left" bash -c '"$VEDETTE" alerts >/dev/full'

# explain
"$VEDETTE" explain $c >out
grep -q 'policy line site.yaml:31' out || fail "explain does not name the line of the policy"
same "explain of a prefix" "$("$VEDETTE" explain CCCCCC --json)" "$(sed -n 3p json)"
same "explain shows the last revision" "$("$VEDETTE" explain $a --json)" "$(sed -n 4p json)"
got=0
"$VEDETTE" explain aaaaaaaa >out 2>err || got=$?
same "status of an ambiguous id" "$got" 2
same "ambiguous ids are listed" "$(grep -c '(run)' err)" 2
refused 2 "at least 6 characters" "$VEDETTE" explain aaaaa
refused 6 "no alert of other" "$VEDETTE" explain --name other $a
stopped "explain"

# the latest of several runs
"$VEDETTE" redis SADD vedette:sensors old >/dev/null
"$VEDETTE" redis HSET 'vedette:{old}:status' mode replay run 1 alerts 0 finished 2026-01-01T00:00:00.000000000Z >/dev/null
same "the run that finished last" "$("$VEDETTE" alerts 2>err | grep -c 'Rule of')" 3
same "the others are listed" "$(grep -c -- '^  old ' err)" 1
same "an empty run" "$("$VEDETTE" alerts --name old)" "no alerts in old"

# somebody else's entries do not hide ours
"$VEDETTE" redis XADD 'vedette:{run}:alerts' 4500-0 hello world >/dev/null
got=0
"$VEDETTE" alerts >out 2>err || got=$?
same "status with a stray entry" "$got" 5
same "rows beside a stray entry" "$(grep -c 'Rule of' out)" 3
grep -q 'entry 4500-0: not the JSON of an alert' err || fail "the stray entry is not named"
"$VEDETTE" redis XDEL 'vedette:{run}:alerts' 4500-0 >/dev/null

# follow: what is there, then what comes, until SIGINT
"$VEDETTE" alerts --name run --follow >out 2>err &
follower=$!
for _ in $(seq 100); do
    grep -q 'Rule of cccc' out && break
    sleep 0.1
done
revision run 5000-0 $b 2 repeated low gnb-2 05
for _ in $(seq 100); do
    grep -q '(repeated, 2 conversations ended)' out && break
    sleep 0.1
done
kill -INT $follower
got=0
wait $follower || got=$?
same "status of an interrupted follow" "$got" 0
grep -q '(repeated, 2 conversations ended)' out || fail "the new revision was not shown"
same "nothing went wrong" "$(cat err)" ""
stopped "follow"

# redis
same "redis-cli's exit status" "$("$VEDETTE" redis --state "$VEDETTE_STATE" PING)" "PONG"
echo 'XLEN vedette:{run}:alerts' | "$VEDETTE" redis >out
same "redis-cli reads standard input" "$(cat out)" 5
stopped "redis"

# a Redis that is not there
refused 5 "no such socket" "$VEDETTE" alerts --redis unix://"$work"/none
refused 2 "write redis://" "$VEDETTE" explain --redis localhost $a
refused 2 "none has no alerts" "$VEDETTE" alerts --redis none
refused 2 "none has no alerts" "$VEDETTE" explain --redis none $a
passed
