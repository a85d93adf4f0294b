#!/usr/bin/env bash
# bench/delivery.sh [--json] [--rounds N] [--count N]
# Alerts into Redis, against redis-benchmark with the same entry over the same unix socket: a replay's publisher and a sensor's
# delivery, without a spool and with one, by turns, each several times; medians of alerts a second, and their share of what
# redis-benchmark does. With a spool it is the share of the smaller of that and of what SQLite inserts of the same rows on the same
# disk: that of $TMPDIR.
#
# The entry is a real alert of pcaps/demo/day.pcap, the one of median length. Vedette gives explicit, increasing ids.
# redis-benchmark cannot count; it gives explicit milliseconds and lets Redis count within them (<ms>-*, Redis 7), or leaves the
# whole id to Redis (6.2). It sends 64 commands, waits for their replies, and sends the next ones. VEDETTE and BENCH_DELIVERY name
# the programs, if not those of build/release; sqlite_insert stands beside the latter.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
vedette=${VEDETTE:-$root/build/release/vedette}
bench=${BENCH_DELIVERY:-$root/build/release/bench/bench_delivery}
sqlite=$(dirname "$bench")/sqlite_insert
rounds=5 count=200000 json=
while [ $# -gt 0 ]; do
    case $1 in
    --json) json=1 ;;
    --rounds) rounds=$2 && shift ;;
    --count) count=$2 && shift ;;
    *) sed -n '2,3s/^# //p' "$0" >&2 && exit 2 ;;
    esac
    shift
done
count=$(((count + 63) / 64 * 64)) # redis-benchmark sends whole pipelines
for tool in redis-server redis-cli redis-benchmark "$vedette" "$bench" "$sqlite"; do
    command -v "$tool" >/dev/null || { echo "bench/delivery.sh: $tool is missing" >&2 && exit 77; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/vedette-bench.XXXXXX")
socket=$work/redis.sock
redis-server --port 0 --unixsocket "$socket" --save "" --appendonly no --dir "$work" --daemonize no >"$work/redis.out" 2>&1 &
server=$!
trap 'kill $server; wait $server; rm -rf "$work"' EXIT
for _ in $(seq 100); do
    redis-cli -s "$socket" PING >/dev/null 2>&1 && break
    sleep 0.05
done

# ---- the alert: the entry of median length, as Redis holds it ----

VEDETTE_DATA=$root/rules/packs VEDETTE_GEO='' "$vedette" replay --state "$work/state" --redis "unix://$socket" --name demo \
    --site "$root/pcaps/demo/site.yaml" "$root/pcaps/demo/day.pcap" >/dev/null 2>&1
redis-cli -s "$socket" --raw XRANGE 'vedette:{demo}:alerts' - + >"$work/entries"
awk 'NR % 15 == 3 { print length($0), NR - 2 }' "$work/entries" | sort -n >"$work/lengths"
first=$(awk '{ at[NR] = $2 } END { print at[int((NR + 1) / 2)] }' "$work/lengths")
mapfile -t entry < <(tail -n "+$first" "$work/entries" | head -n 15)
ms=${entry[0]%-*}
printf '%s\n' "${entry[2]}" "${entry[4]}" "${entry[6]}" "${entry[8]}" "${entry[10]}" "$ms" >"$work/alert"
id="$ms-*"
redis-cli -s "$socket" XADD probe "$id" a b 2>/dev/null | grep -q "^$ms-0" || id='*'

# ---- by turns ----

clean() {
    redis-cli -s "$socket" FLUSHALL >/dev/null
}

# added KEY: all of them are there.
added() {
    local n
    n=$(redis-cli -s "$socket" XLEN "$1")
    [ "$n" = "$count" ] || { echo "bench/delivery.sh: $1 holds $n entries, not $count" >&2 && exit 1; }
    clean
}

clean
for _ in $(seq "$rounds"); do
    redis-benchmark -s "$socket" -c 1 -P 64 -n "$count" -q XADD bench "$id" "${entry[@]:1:13}" 1 2>/dev/null | tr '\r' '\n' |
        sed -n 's/.*: \([0-9.]*\) requests per second.*/\1/p' | tail -n 1 >>"$work/redis-benchmark"
    added bench
    for mode in publisher delivery spool; do
        what=$mode
        [ $mode != spool ] || what=$work/spool/db
        mkdir "$work/spool"
        "$bench" "$what" "unix://$socket" "$count" <"$work/alert" >>"$work/$mode.s"
        rm -r "$work/spool"
        added 'vedette:{bench}:alerts'
    done
    mkdir "$work/spool"
    "$sqlite" "$work/spool/db" "$count" <"$work/alert" >>"$work/sqlite.s"
    rm -r "$work/spool"
done

median() {
    sort -g "$1" | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

reference=$(median "$work/redis-benchmark")
for mode in publisher delivery spool sqlite; do
    awk -v n="$count" '{ print n / $1 }' "$work/$mode.s" >"$work/$mode"
    awk -v n="$count" '{ print $2 / n * 1e6 }' "$work/$mode.s" >"$work/$mode.us"
done
inserts=$(median "$work/sqlite")
smaller=$(awk -v a="$reference" -v b="$inserts" 'BEGIN { print a < b ? a : b }')

# each FORMAT: for each mode its name, alerts a second, ratio and microseconds.
each() {
    local mode of
    for mode in publisher delivery spool; do
        of=$reference
        [ $mode != spool ] || of=$smaller
        awk -v r="$of" -v v="$(median "$work/$mode")" -v us="$(median "$work/$mode.us")" -v m=$mode -v f="$1" 'BEGIN { printf f, m, v, v / r, us }'
    done
}

if [ -n "$json" ]; then
    printf '{"bytes":%d,"count":%d,"rounds":%d,"id":"%s","redis_benchmark":%.0f,"sqlite":%.0f' ${#entry[2]} "$count" "$rounds" "$id" "$reference" "$inserts"
    each ',"%s":{"per_second":%.0f,"ratio":%.2f,"processor_us":%.2f}'
    echo '}'
else
    echo "$count alerts of ${#entry[2]} bytes, medians of $rounds rounds"
    printf '%-34s %10s %7s %18s\n' '' 'alerts/s' ratio 'processor us/alert'
    printf '%-34s %10.0f %7s\n' 'redis-benchmark -c 1 -P 64' "$reference" 1
    printf '%-34s %10.0f\n' 'SQLite, 256 rows a transaction' "$inserts"
    each '%-34s %10.0f %7.2f %18.2f\n'
fi
