#!/usr/bin/env bash
# A Redis that hangs, under a live sensor: no packet is lost meanwhile, the sensor answers, and afterwards every alert is in Redis, once.
# How many packets a second it takes beside a healthy one: bench/hung.sh. A minute of it with VEDETTE_FAULTS=long.
. "$(dirname "$0")/live_lib.sh"
server=$(command -v redis-server || command -v valkey-server) || { echo "skipped: no Redis server is installed"; exit 77; }
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 77; }
frames=40000
[ "${VEDETTE_FAULTS:-}" != long ] || frames=300000

make_pair 0
PYTHONDONTWRITEBYTECODE=1 python3 "$VEDETTE_SOURCE_DIR/bench/hung.py" $frames frames.pcap
"$server" --port 0 --unixsocket "$work/r.sock" --unixsocketperm 777 --save '' --dir "$work" >server.log 2>&1 &
redis=$!
started_here $redis
until_true test -S r.sock
length() {
    "$client" -s r.sock XLEN 'vedette:{hung}:alerts'
}

begin hung --interface vdb0 --redis "unix://$work/r.sock"
send vda0 "$day" --pps=5000
until_true test "$(length)" -gt 0
kill -STOP $redis
send vda0 frames.pcap --pps=5000
lost() {
    status hung '[.packets.processed, ([.interfaces[] | .kernel_drops, .interface_drops] | add)] | join(" ")'
}
through() {
    [ "$(lost)" = "$((sent + day_frames)) 0" ]
}
until_true through
same "packets processed, and lost, while Redis hangs" "$(lost)" "$((sent + day_frames)) 0"
raised=$(wc -l <hung.json)
[ "$raised" -gt $((frames / 140)) ] || fail "only $raised alerts were raised"
kill -CONT $redis
all_there() {
    [ "$(length)" = "$(wc -l <hung.json)" ]
}
until_true all_there
finish hung
alerts=$(wc -l <hung.json)
same "XLEN" "$(length)" "$alerts"
"$client" -s r.sock --raw XRANGE 'vedette:{hung}:alerts' - + | grep '^{' >stream
cmp hung.json stream || fail "Redis and standard output differ"
same "raised, delivered, spooled, queued, lost" "$("$client" -s r.sock --raw HMGET 'vedette:{hung}:status' raised delivered spooled queued lost | xargs)" "$alerts $alerts 0 0 0"
echo "$raised alerts waited for Redis"
passed
