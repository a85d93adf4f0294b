#!/usr/bin/env bash
# bench/hung.sh [--json] [--rounds N] [--frames N]
# Does a Redis that hangs slow capture? Frames at the full speed of tcpreplay over a pair of interfaces, two of 140 are a
# look-up that raises two alerts, into a sensor whose ring holds them all: how many packets a second it has processed by the
# time it is through. By turns with a healthy Redis and with one that is stopped (SIGSTOP) before the first frame; medians. Then
# the stopped one goes on, and every alert must arrive. Needs root and tcpreplay. VEDETTE names the program, if not that of
# build/release.
set -euo pipefail
rounds=5 frames=200000 json=
arguments=("$@")
while [ $# -gt 0 ]; do
    case $1 in
    --json) json=1 ;;
    --rounds) rounds=$2 && shift ;;
    --frames) frames=$2 && shift ;;
    *) sed -n '2s/^# //p' "$0" >&2 && exit 2 ;;
    esac
    shift
done
. "$(dirname "$0")/live_lib.sh"
make_pair 0
python3 "$root/bench/hung.py" "$frames" "$work/frames.pcap"

now_us() {
    echo "${EPOCHREALTIME/./}"
}

# processed NAME: packets, and those that were lost.
processed() {
    "$vedette" status --name "$1" --json | jq -r '[.packets.processed, ([.interfaces[] | .kernel_drops, .interface_drops] | add)] | join(" ")'
}

# measure NAME HUNG: packets a second, and those lost, into NAME.pps and NAME.lost
measure() {
    local name=$1 began done=0 lost=0 alerts
    begin "$name" --interface vdb0 --json
    [ -z "$2" ] || kill -STOP $redis
    began=$(now_us)
    tcpreplay -i vda0 --topspeed "$work/frames.pcap" >/dev/null 2>&1
    for _ in $(seq 3000); do
        read -r done lost < <(processed "$name")
        [ $((done + lost)) -lt "$frames" ] || break
        sleep 0.01
    done
    echo $((done * 1000000 / ($(now_us) - began))) >>"$work/${name%%-*}.pps"
    echo "$lost" >>"$work/${name%%-*}.lost"
    [ -z "$2" ] || kill -CONT $redis
    for _ in $(seq 600); do
        alerts=$(redis-cli -s "$socket" XLEN "vedette:{$name}:alerts")
        [ "$alerts" -lt "$(wc -l <"$work/$name.out")" ] || break
        sleep 0.05
    done
    finish "$name"
    alerts=$(redis-cli -s "$socket" XLEN "vedette:{$name}:alerts")
    [ "$alerts" = "$(wc -l <"$work/$name.out")" ] || { echo "$me: $name: $alerts alerts in Redis, $(wc -l <"$work/$name.out") raised" >&2 && exit 1; }
    echo "$alerts" >>"$work/${name%%-*}.alerts"
    redis-cli -s "$socket" FLUSHALL >/dev/null
}

median() {
    sort -g "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

for round in $(seq "$rounds"); do
    measure "healthy-$round" ''
    measure "hung-$round" 1
done
healthy=$(median "$work/healthy.pps") hung=$(median "$work/hung.pps")
lost=$(cat "$work"/*.lost | awk '{ n += $1 } END { print n }')
alerts=$(median "$work/hung.alerts")
if [ -n "$json" ]; then
    awk -v a="$healthy" -v b="$hung" -v l="$lost" -v f="$frames" -v n="$alerts" -v r="$rounds" \
        'BEGIN { printf "{\"frames\":%d,\"rounds\":%d,\"alerts\":%d,\"healthy_pps\":%d,\"hung_pps\":%d,\"ratio\":%.3f,\"lost_packets\":%d}\n", f, r, n, a, b, b / a, l }'
else
    awk -v a="$healthy" -v b="$hung" -v l="$lost" -v f="$frames" -v n="$alerts" -v r="$rounds" 'BEGIN {
        printf "%d frames, %d alerts, medians of %d rounds\n", f, n, r
        printf "%-24s %10d packets/s\n%-24s %10d packets/s, %.3f of it\n", "a healthy Redis", a, "a Redis that hangs", b, b / a
        printf "%d packets lost in all\n", l }'
fi
