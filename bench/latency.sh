#!/usr/bin/env bash
# bench/latency.sh [--json] [--count N] [--pause MS] [--pps N] [--workers N]
# How long after the packet that completes a finding its alert can be read in Redis: a live sensor on interfaces of a network
# namespace of its own, N times two alerts (bench/latency.py), with the link quiet, with other packets beside them on the same
# interface, and on a second one. Needs root and tcpreplay. VEDETTE names the program, if not that of build/release.
#
# The load is the demo's capture in a loop, with other addresses in each round, so that each opens its own conversations.
set -euo pipefail
count=1000 pause=20 pps=100000 workers=1 json=
arguments=("$@")
while [ $# -gt 0 ]; do
    case $1 in
    --json) json=1 ;;
    --count) count=$2 && shift ;;
    --pause) pause=$2 && shift ;;
    --pps) pps=$2 && shift ;;
    --workers) workers=$2 && shift ;;
    *) sed -n '2s/^# //p' "$0" >&2 && exit 2 ;;
    esac
    shift
done
. "$(dirname "$0")/live_lib.sh"
make_pair 0
make_pair 1

quantile() {
    awk -v q="$2" '{ v[NR] = $1 } END { i = int(NR * q); print v[i < NR * q ? i + 1 : i] }' "$1"
}

# measure NAME LOAD ARGUMENT...: a sensor with these arguments; LOAD is the interface that carries the load, or empty
measure() {
    local name=$1 load=$2 replay=
    begin "$name" --workers "$workers" "${@:3}"
    if [ -n "$load" ]; then
        tcpreplay -i "$load" -K --unique-ip --pps="$pps" --loop=0 "$root/pcaps/demo/day.pcap" >/dev/null 2>&1 &
        replay=$!
        started+=($replay)
        sleep 1
    fi
    python3 "$root/bench/latency.py" vda0 "$socket" "vedette:{$name}:alerts" "$count" "$pause" >"$work/$name.us"
    "$vedette" status --name "$name" --json >"$work/$name.status"
    [ -z "$replay" ] || { kill $replay && wait $replay || true; } 2>/dev/null
    finish "$name"
    redis-cli -s "$socket" FLUSHALL >/dev/null
}

cases=(quiet beside two-quiet two-beside)
for name in "${cases[@]}"; do
    case $name in
    quiet) measure $name "" --interface vdb0 ;;
    beside) measure $name vda0 --interface vdb0 ;;
    two-quiet) measure $name "" --interface vdb0 --interface vdb1 ;;
    two-beside) measure $name vda1 --interface vdb0 --interface vdb1 ;;
    esac
done

describe() {
    case $1 in
    quiet) echo "one interface, nothing else" ;;
    beside) echo "one interface, $pps packets/s beside" ;;
    two-quiet) echo "two interfaces, nothing else" ;;
    two-beside) echo "two interfaces, $pps packets/s on the other" ;;
    esac
}

[ -n "$json" ] || {
    echo "packet to alert readable in Redis, ms; $((count * 2)) alerts each"
    printf '%-46s %8s %8s %8s %10s\n' '' p50 p99 max 'lost pkts'
}
for name in "${cases[@]}"; do
    p50=$(quantile "$work/$name.us" 0.5) p99=$(quantile "$work/$name.us" 0.99) max=$(quantile "$work/$name.us" 1)
    lost=$(jq '[.interfaces[] | .kernel_drops, .interface_drops] | add' "$work/$name.status")
    if [ -n "$json" ]; then
        printf '{"case":"%s","alerts":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"lost_packets":%d}\n' \
            "$name" $((count * 2)) "$p50" "$p99" "$max" "$lost"
    else
        awk -v w="$(describe $name)" -v a="$p50" -v b="$p99" -v c="$max" -v l="$lost" \
            'BEGIN { printf "%-46s %8.1f %8.1f %8.1f %10d\n", w, a / 1000, b / 1000, c / 1000, l }'
    fi
done
