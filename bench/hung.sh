#!/usr/bin/env bash
# bench/hung.sh [--json] [--rounds N] [--frames N]
# Does a Redis that hangs slow capture? Frames at the full speed of tcpreplay over a pair of interfaces, two of 140 are a
# look-up that raises two alerts, into a sensor whose ring holds them all: how many packets a second it has processed by the
# time it is through. By turns with a healthy Redis and with one that is stopped (SIGSTOP) before the first frame; medians. Then
# the stopped one goes on, and every alert must arrive. Needs root and tcpreplay. VEDETTE names the program, if not that of
# build/release.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
vedette=${VEDETTE:-$root/build/release/vedette}
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
for tool in redis-server redis-cli tcpreplay ip unshare python3 jq "$vedette"; do
    command -v "$tool" >/dev/null || { echo "bench/hung.sh: $tool is missing" >&2 && exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "bench/hung.sh: only root can make interfaces" >&2 && exit 77; }
if [ -z "${HUNG_NAMESPACE:-}" ]; then
    HUNG_NAMESPACE=1 exec unshare -nm bash "$0" "${arguments[@]}"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/vedette-bench.XXXXXX")
chmod 711 "$work"
started=()
clean_up() {
    exec 2>/dev/null
    kill -CONT "${started[@]}" || true
    kill "${started[@]}" || true
    wait || true
    rm -rf "$work"
}
trap clean_up EXIT
socket=$work/redis.sock
redis-server --port 0 --unixsocket "$socket" --unixsocketperm 777 --save "" --appendonly no --dir "$work" --daemonize no >"$work/redis.out" 2>&1 &
redis=$!
started+=($redis)
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link add vda type veth peer name vdb
ip link set vda up
ip link set vdb up
cp -r "$root/rules/packs" "$work/packs"
cp "$root/pcaps/demo/site.yaml" "$work/site.yaml"
chmod -R a+rX "$work/packs" "$work/site.yaml"
export VEDETTE_DATA=$work/packs VEDETTE_GEO='' VEDETTE_STATE=$work/state
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
    local name=$1 sensor began done=0 lost=0 alerts
    "$vedette" run --name "$name" --site "$work/site.yaml" --redis "unix://$socket" --buffer 256 --interface vdb --json >"$work/$name.json" 2>"$work/$name.err" &
    sensor=$!
    started+=($sensor)
    for _ in $(seq 200); do
        ! grep -qs "vedette run: watching" "$work/$name.err" || break
        sleep 0.05
    done
    [ -z "$2" ] || kill -STOP $redis
    began=$(now_us)
    tcpreplay -i vda --topspeed "$work/frames.pcap" >/dev/null 2>&1
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
        [ "$alerts" -lt "$(wc -l <"$work/$name.json")" ] || break
        sleep 0.05
    done
    kill $sensor
    wait $sensor || { cat "$work/$name.err" >&2 && exit 1; }
    alerts=$(redis-cli -s "$socket" XLEN "vedette:{$name}:alerts")
    [ "$alerts" = "$(wc -l <"$work/$name.json")" ] || { echo "bench/hung.sh: $name: $alerts alerts in Redis, $(wc -l <"$work/$name.json") raised" >&2 && exit 1; }
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
