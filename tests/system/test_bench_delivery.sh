#!/usr/bin/env bash
# The benches of alert delivery run, deliver all, and say figures; what the figures are is not judged here.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$VEDETTE")
[ -f "$build/CMakeCache.txt" ] || { echo "skipped: the program does not stand in its build folder"; exit 77; }
for tool in redis-server redis-benchmark jq; do
    command -v $tool >/dev/null || {
        echo "skipped: $tool is not installed"
        exit 77
    }
done

cmake --build "$build" --target bench_delivery sqlite_insert >build.log 2>&1 || { tail -20 build.log >&2; fail "the build"; }
export BENCH_DELIVERY=$build/bench/bench_delivery

# The script itself compares the length of each stream with the number of alerts.
bash "$VEDETTE_SOURCE_DIR/bench/delivery.sh" --json --rounds 1 --count 200 >json
same "what it measured" "$(jq -c '[.count, .rounds, (.redis_benchmark, .sqlite, .publisher.per_second, .delivery.per_second, .spool.per_second | . > 0)]' json)" \
    '[256,1,true,true,true,true,true]'
bash "$VEDETTE_SOURCE_DIR/bench/delivery.sh" --rounds 1 --count 64 >table
same "rows of the table" "$(grep -cE '^(redis-benchmark|SQLite,|publisher|delivery|spool) ' table)" 5

# What cannot be delivered is an error, not a figure.
head -c 100 /dev/zero >alert
refused 1 "not six lines" "$BENCH_DELIVERY" delivery "unix://$work/none" 10 <alert
printf '%s\n' '{}' id rule high gnb 1790000000000 >alert
refused 1 "none" "$BENCH_DELIVERY" delivery "unix://$work/none" 10 <alert
refused 1 "six lines" "$(dirname "$BENCH_DELIVERY")/sqlite_insert" "$work/database" 10 </dev/null
refused 1 "none" "$BENCH_DELIVERY" publisher "unix://$work/none" 10 <alert

if [ "$(id -u)" = 0 ] && unshare -nm true 2>/dev/null && command -v tcpreplay >/dev/null; then
    bash "$VEDETTE_SOURCE_DIR/bench/latency.sh" --json --count 3 --pps 1000 >json
    same "cases and alerts" "$(jq -sc '[length, (map(.alerts) | unique[]), all(.p50_us > 0 and .p99_us >= .p50_us)]' json)" '[4,6,true]'
else
    echo "bench/latency.sh: left out, for want of root, of network namespaces or of tcpreplay"
fi
passed
