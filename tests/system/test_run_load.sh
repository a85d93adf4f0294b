#!/usr/bin/env bash
# More packets than the sensor can take, on purpose: what was sent is what was processed and what is counted as lost, to the last
# packet, and the loss is an alert. And the end: within five seconds, whatever is still to be done.
#
# VEDETTE_RATE names a program built for release; it must then take 200,000 packets a second for VEDETTE_RATE_SECONDS (5) without
# a loss. The sensor and tcpreplay have a core each in this; give the test a machine with two that are free.
. "$(dirname "$0")/live_lib.sh"
server=$(command -v redis-server || command -v valkey-server) || {
    echo "skipped: no Redis server is installed"
    exit 77
}

make_pair 0
make_pair 1

# accounted NAME SENT: as its status says. It has caught up when its packets no longer change.
accounted() {
    local sum before=-1
    for _ in $(seq 200); do
        sum=$(status "$1" '(.packets.processed | tostring) + " " + ([.packets.processed, (.interfaces[] | .kernel_drops, .interface_drops, .unread)] | add | tostring)')
        [ "$sum" != "$before" ] || break
        before=$sum
        sleep 0.3
    done
    same "sent to $1 and accounted for in its status" "${sum#* }" "$2"
    echo "$1: ${sum% *} of $2 packets processed"
}

# last_words NAME: its packets processed, dropped by the kernel, dropped by the interfaces, left unread.
last_words() {
    sed -n 's/^vedette run: \([0-9]*\) packets processed, \([0-9]*\) dropped by the kernel, \([0-9]*\) by the interfaces, \([0-9]*\) left unread$/\1 \2 \3 \4/p' "$1.err"
}

# told NAME SENT: the same in its last words.
told() {
    local processed kernel interface unread drops
    read -r processed kernel interface unread <<<"$(last_words "$1")"
    drops=$((kernel + interface + unread))
    same "sent to $1 and accounted for in its last words" "$((processed + drops))" "$2"
    [ "$drops" -gt 0 ] || fail "nothing was lost by $1: it was no overload"
}

# The alerts of the sensor's blindness add up to what its status says.
blind_alerts() {
    jq -r --arg cause "$2" 'select(."sensor.event" == "blind" and ."sensor.cause" == $cause and ."event.action" != "closed") | ."sensor.lost"' |
        awk '{ sum += $1 } END { print sum + 0 }' >lost
    same "$1 packets lost, by alerts" "$(cat lost)" "$3"
}

# ---- too slow for its rings: one socket for each interface, and two ----

for fanout in 1 2; do
    begin "slow$fanout" --interface vdb0 --interface vdb1 --fanout $fanout --buffer 1
    kill -STOP $sensor
    send vda0 "$day" --topspeed --loop=100
    first=$sent
    send vda1 "$day" --topspeed --loop=30
    kill -CONT $sensor
    accounted "slow$fanout" $((first + sent))
    kernel=$(jq '[.interfaces[].kernel_drops] | add' "slow$fanout.status")
    same "what it says of its blindness" "$(jq .blind_lost "slow$fanout.status")" \
        "$(jq '[.interfaces[] | .kernel_drops, .interface_drops] | add' "slow$fanout.status")"
    finish "slow$fanout"
    told "slow$fanout" $((first + sent))
    redis_alerts "slow$fanout" >stream
    cmp "slow$fanout.json" stream || fail "Redis and standard output differ"
    blind_alerts "slow$fanout" kernel-drop "$kernel" <stream
done

# ---- more than it can process, while it runs ----

begin busy --interface vdb0 --buffer 1 --seed 7
send vda0 "$day" --topspeed --loop=200 --unique-ip
accounted busy "$sent"
finish busy

# in_time WHEN: since $began, in microseconds, the sensor took five seconds at most to end.
in_time() {
    local took=$(((${EPOCHREALTIME/./} - began) / 1000))
    checks=$((checks + 1))
    [ $took -le 5000 ] || fail "$1 the end took $took ms"
    echo "the end took $took ms $1"
}

# ---- told to end with a full ring, and while Redis hangs ----

"$server" --port 0 --unixsocket "$work/redis.sock" --unixsocketperm 777 --save "" --daemonize no >redis.out 2>&1 &
redis=$!
started_here $redis
until_true test -S redis.sock
begin full --interface vdb0 --redis "unix://$work/redis.sock" --buffer 64
send vda0 "$day" --topspeed
until_true says full.json gnb-018
kill -STOP $sensor
send vda0 "$day" --topspeed --loop=500 --unique-ip
full=$((day_frames + sent))
began=${EPOCHREALTIME/./}
kill -TERM $sensor
kill -CONT $sensor
# It has begun to drain the ring, and finds no time for that.
sleep 0.3
kill -STOP $sensor
sleep 2
kill -CONT $sensor
wait $sensor || fail "the sensor full exited with $?"
in_time "with a full ring"
read -r processed kernel interface unread <<<"$(last_words full)"
same "packets that came in before the end" $((processed + kernel + interface + unread)) $full
echo "full: $processed of $full packets processed, $unread left unread"
grep -h '"sensor.cause":"unread"' full.json | jq -r 'select(."event.action" == "opened") | ."sensor.lost"' >lost || echo 0 >lost
same "what was left unread, by its alert" "$(cat lost)" "$unread"
same "alerts in Redis" "$("$client" -s redis.sock XLEN 'vedette:{full}:alerts')" "$(wc -l <full.json)"

begin hanging --interface vdb0 --redis "unix://$work/redis.sock" --buffer 256
kill -STOP $redis
send vda0 "$day" --topspeed
until_true says hanging.json gnb-018
kill -STOP $sensor
send vda0 "$day" --topspeed --loop=500 --unique-ip
began=${EPOCHREALTIME/./}
kill -TERM $sensor
kill -CONT $sensor
status=0
wait $sensor || status=$?
same "status of a sensor whose alerts wait in its spool" $status 0
in_time "with a full ring and Redis hanging"
lines=$(wc -l <hanging.json)
grep -q "^vedette run: $lines alerts raised, 0 delivered, $lines spooled, 0 not delivered, 0 lost" hanging.err || { cat hanging.err >&2; fail "the account"; }
kill -CONT $redis

# ---- 200,000 packets a second ----

if [ -n "${VEDETTE_RATE:-}" ]; then
    seconds=${VEDETTE_RATE_SECONDS:-5}
    VEDETTE=$VEDETTE_RATE begin rate --interface vdb0 --redis "unix://$work/redis.sock" --workers 1 --buffer 256
    # Other addresses in each round, or all but the first would be dropped as copies of it.
    send vda0 "$day" -K --unique-ip --pps=200000 --loop=$((seconds * 200000 / day_frames + 1))
    grep -h Rated tcpreplay.out
    accounted rate "$sent"
    same "drops" "$(jq -c '[.interfaces[] | .kernel_drops, .interface_drops]' rate.status)" "[0,0]"
    same "processed" "$(jq .packets.processed rate.status)" "$sent"
    awk -v hz="$(getconf CLK_TCK)" '{ printf "rate: %.2f s of user time, %.2f s of system time\n", $14 / hz, $15 / hz }' /proc/$sensor/stat
    finish rate
else
    echo "200,000 packets a second: left out, VEDETTE_RATE names no program built for release"
fi

passed
