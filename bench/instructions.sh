#!/usr/bin/env bash
# bench/instructions.sh [--record] [--packets N]
# Instructions that a packet costs, counted by callgrind: a figure that does not depend on what else the machine does. The input is made of
# pcaps/ and is the same each time; what start and end take is counted apart, on its first packet, and left out.
#
# Held against bench/instructions.tsv: more than 30 % above the figure recorded there for this release of nDPI, this compiler and this input
# fails (exit status 1). Where no such line is, the figure is reported and nothing held. --record writes the line.
# VEDETTE names the program, if not build/release/vedette.
set -euo pipefail
cd "$(dirname "$0")/.."
vedette=${VEDETTE:-build/release/vedette}
figures=bench/instructions.tsv
bound=30 # per cent
packets=100000
record=no
while [ $# -gt 0 ]; do
    case $1 in
    --record) record=yes ;;
    --packets) packets=${2:?} && shift ;;
    *) echo "usage: bench/instructions.sh [--record] [--packets N]" >&2 && exit 2 ;;
    esac
    shift
done
for tool in valgrind callgrind_annotate python3 "$vedette"; do
    command -v "$tool" >/dev/null || { echo "instructions.sh: $tool is missing" >&2 && exit 77; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/vedette-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
python3 -B bench/generate.py --packets "$packets" "$work/all.pcap" >/dev/null
python3 -B - "$work" <<'PY'
import sys
data = open(sys.argv[1] + '/all.pcap', 'rb').read()
open(sys.argv[1] + '/first.pcap', 'wb').write(data[:40 + int.from_bytes(data[32:36], 'little')])
PY

# count NAME: instructions in all, and those of nDPI.
count() {
    VEDETTE_DATA=rules/packs valgrind --tool=callgrind --callgrind-out-file="$work/$1.out" "$vedette" replay --redis none --geo '' --workers 1 \
        --as-of 2026-01-01 "$work/$1.pcap" >"$work/$1.log" 2>&1 || { cat "$work/$1.log" >&2 && exit 1; }
    callgrind_annotate --threshold=100 --auto=no "$work/$1.out" | awk '
        / PROGRAM TOTALS/ { gsub(",", "", $1); all = $1 }
        /\[.*libndpi.*\]$/ { gsub(",", "", $1); ndpi += $1 }
        END { printf "%.0f %.0f\n", all, ndpi }'
}

read -r first first_ndpi < <(count first)
read -r all all_ndpi < <(count all)
total=$(((all - first) / packets))
ndpi=$(((all_ndpi - first_ndpi) / packets))
input=$(sha256sum "$work/all.pcap" | cut -c1-16)
library=$(pkg-config --modversion libndpi)
compiler=$(cc -dumpfullversion)

echo "$total instructions a packet ($packets packets, input $input), $ndpi of them inside nDPI $library; start and end: $((first / 1000000)) million"
header=$'nDPI\tcompiler\tpackets\tinput\tinstructions\tin nDPI'
key="$library"$'\t'"$compiler"$'\t'"$packets"$'\t'"$input"
if [ $record = yes ]; then
    { echo "$header" && { grep -s -v -e '^nDPI' -e "^$library"$'\t'"$compiler"$'\t' "$figures" || true; } &&
        printf '%s\t%d\t%d\n' "$key" "$total" "$ndpi"; } >"$work/figures"
    mv "$work/figures" "$figures"
    echo "recorded in $figures"
    exit
fi
was=$(grep -s -F -- "$key"$'\t' "$figures" | cut -f5 || true)
if [ -z "$was" ]; then
    echo "no figure is recorded for nDPI $library, $compiler and this input: nothing to hold it against (bench/instructions.sh --record)"
    exit
fi
echo "recorded: $was; now $((total * 100 / was)) % of it"
[ $((total * 100)) -le $((was * (100 + bound))) ] || { echo "FAILED: more than $bound % above the recorded figure" >&2 && exit 1; }
