#!/usr/bin/env bash
# 50 sensors on one cluster of three nodes, without spools and with them: every stream holds all that its sensor raised, once, in
# order, and `vedette alerts --all` gives all of them in the order of time. A thousand with VEDETTE_FAULTS=long.
. "$(dirname "$0")/fault_lib.sh"
build=$(dirname "$VEDETTE")
[ -f "$build/CMakeCache.txt" ] || { echo "skipped: the program does not stand in its build folder"; exit 77; }
cmake --build "$build" --target bench_fleet >build.log 2>&1 || { tail -20 build.log >&2; fail "the build"; }
sensors=50
[ "${VEDETTE_FAULTS:-}" != long ] || sensors=1000
for spool in '' --spool; do
    checks=$((checks + 1))
    python3 "$VEDETTE_SOURCE_DIR/bench/fleet.py" --sensors $sensors --alerts 40 $spool || fail "the fleet $spool"
done
passed
