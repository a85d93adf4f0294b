#!/usr/bin/env bash
# Runs the fuzz targets: builds them with clang, makes their seeds, and gives each its time.
#
#   fuzz.sh [--seconds N] [--jobs N] [TARGET...]     default: 60 seconds, 1 job, every target
#
# TARGET is a name with or without "fuzz_". One line a target; fails when one of them crashed, leaked, hung or took too much
# memory. What a target has learned stays in build/fuzz/corpus, and the next run goes on from there. docs/fuzzing.md tells more.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/fuzz
seconds=60
jobs=1
targets=()

usage() {
    echo "usage: fuzz.sh [--seconds N] [--jobs 1|2] [TARGET...]" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=${2:-} ;;
    --jobs) jobs=${2:-} ;;
    -*) usage ;;
    *) targets+=("fuzz_${1#fuzz_}") ;;
    esac
    if [[ $1 == --* ]]; then
        [ $# -ge 2 ] || usage
        shift
    fi
    shift
done
[[ $seconds =~ ^[1-9][0-9]*$ && $jobs =~ ^[12]$ ]] || usage

generator=()
command -v ninja >/dev/null && generator=(-G Ninja)
cmake --preset fuzz "${generator[@]}" >/dev/null
cmake --build "$build" -j"$(nproc)" --target fuzz_targets | { grep -E 'error|warning' || true; }
rm -rf "$build/input/seeds"
mkdir -p "$build/input" "$build/logs"
python3 tests/fuzz/seeds.py "$build/input"

known=$(cd tests/fuzz && printf '%s\n' fuzz_*.c | sed 's/\.c$//')
[ ${#targets[@]} -gt 0 ] || mapfile -t targets <<<"$known"
for target in "${targets[@]}"; do
    grep -qx "$target" <<<"$known" || { echo "fuzz.sh: there is no tests/fuzz/$target.c" >&2; exit 2; }
done

number() { # LOG NAME: a figure of libFuzzer's last statistics, or 0
    sed -n "s/^stat::$2: *//p" "$1" | tail -1 | grep . || echo 0
}

# report TARGET STATUS: the line of a target, and what to do about a crash.
report() {
    local target=$1 status=$2 log=$build/logs/$1.log last verdict=clean crash
    last=$(sed -n '/^#[0-9]/p' "$log" | tail -1)
    [ "$status" -eq 0 ] || verdict=FAILED
    printf '%-18s %12s executions %8s/s %6.0f s CPU %6s edges %6s inputs %5s MiB  %s\n' "$target" \
        "$(number "$log" number_of_executed_units)" "$(number "$log" average_exec_per_sec)" \
        "$(tail -1 "$log.cpu" | awk '{ print $1 + $2 }')" "$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' <<<"$last")" \
        "$(sed -n 's/.* corp: \([0-9]*\).*/\1/p' <<<"$last")" "$(number "$log" peak_rss_mb)" "$verdict"
    [ "$status" -ne 0 ] || return 0
    grep -m1 -E 'ERROR: |SUMMARY: |Assertion' "$log" | sed 's/^/    /' || true
    crash=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    echo "    log: $log"
    [ -z "$crash" ] || echo "    again: $build/tests/fuzz/$target $crash"
}

# run TARGET: its line, and its exit status.
run() {
    local target=$1 log=$build/logs/$1.log corpus=$build/corpus/$1 found=$build/found/$1 status=0 options=()
    mkdir -p "$corpus" "$found" "$build/input/seeds/$target"
    [ ! -f "$build/input/$target.dict" ] || options+=("-dict=$build/input/$target.dict")
    [ ! -f "tests/fuzz/$target.options" ] || mapfile -t -O ${#options[@]} options <"tests/fuzz/$target.options"
    {
        time "$build/tests/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -use_value_profile=1 \
            -print_final_stats=1 -artifact_prefix="$found/" "${options[@]}" "$corpus" "$build/input/seeds/$target" >"$log" 2>&1
    } 2>"$log.cpu" || status=$?
    report "$target" "$status"
    return "$status"
}

failed=0
TIMEFORMAT='%U %S'
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:allocator_may_return_null=1} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
for target in "${targets[@]}"; do
    if [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; then
        wait -n || failed=1
    fi
    run "$target" &
done
while [ -n "$(jobs -p)" ]; do
    wait -n || failed=1
done
exit $failed
