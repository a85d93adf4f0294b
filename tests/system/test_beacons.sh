#!/usr/bin/env bash
# How well beacons are told from what is none (docs/beacons.md): a grid of series beside an independent score, and a sample of it as captures
# through the whole program. VEDETTE_BEACONS=long makes five series of each cell in place of one, and captures of each fourth series in
# place of each 29th.
. "$(dirname "$0")/lib.sh"
: "${VEDETTE_BEACON_DRIVER:?names beacon_driver}"

command -v python3 >/dev/null || { echo "no python3"; exit 77; }
here=$VEDETTE_SOURCE_DIR/tests/system
repeats=1 every=29
[ "${VEDETTE_BEACONS:-short}" = long ] && repeats=5 every=4

export PYTHONDONTWRITEBYTECODE=1
python3 "$here/beacon_grid.py" "$VEDETTE_BEACON_DRIVER" "$VEDETTE_DATA/rules" "$repeats" >tables ||
    { cat tables >&2; fail "the grid: a promise of docs/beacons.md is broken"; }
checks=$((checks + 1))
cat tables

python3 "$here/beacon_capture.py" write captures "$VEDETTE_BEACON_DRIVER" "$VEDETTE_DATA/rules" "$every"
for part in captures/*; do
    "$VEDETTE" replay --site "$part/site.yaml" --redis none --json "$part/capture.pcap" >"$part/alerts.json" 2>"$part/said" ||
        { cat "$part/said" >&2; fail "$part: the replay"; }
done
python3 "$here/beacon_capture.py" check captures || fail "the whole program says something else than the times alone"
checks=$((checks + 1))
passed
