#!/usr/bin/env bash
# Alerts and labels of real captures, merged by time: the same bytes with 1, 2, 3, 4 and 8 workers. Every 24th capture of the corpora;
# VEDETTE_EQUAL=all takes all of them.
source "$(dirname "$0")/lib.sh"

[ -n "${VEDETTE_CORPORA:-}" ] || { echo "skipped: VEDETTE_CORPORA is not set: no real captures to compare workers on"; exit 77; }
step=24
[ "${VEDETTE_EQUAL:-}" = all ] && step=1
mkdir captures
find "$VEDETTE_CORPORA" -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' | LC_ALL=C sort | awk "NR % $step == 0" | xargs ln -st captures
n=$(ls captures | wc -l)
[ "$n" -gt 100 ] || fail "only $n captures in $VEDETTE_CORPORA"

# One line: the digest and the number of lines of what "$@" prints. A capture that is damaged ends the run with 3.
digest() {
    "$VEDETTE" "$@" captures >out 2>err || [ $? -eq 3 ] || { cat err >&2; return 1; }
    printf '%s %s\n' "$(sha256sum <out | cut -d' ' -f1)" "$(wc -l <out)"
}

for what in "replay --redis none --json --as-of 2026-11-01" "flows --json"; do
    want=$(digest $what --workers 1)
    [ "${want##* }" -gt 100 ] || fail "$what says next to nothing: $want"
    echo "$what, $n captures: $want"
    for workers in 2 3 4 8; do
        same "$what, $workers workers" "$(digest $what --workers $workers)" "$want"
    done
done
passed
