#!/usr/bin/env bash
# Every capture of VEDETTE_CORPORA replays to its end with no configuration. A capture may end early (status 3), never the program.
source "$(dirname "$0")/lib.sh"
if [ -z "${VEDETTE_CORPORA:-}" ]; then
    echo "skipped: VEDETTE_CORPORA is not set"
    exit 77
fi

# Many captures at a call: a process under AddressSanitizer costs more to start than most captures to read.
per_call=${VEDETTE_CORPORA_PER_CALL:-120}
find "$VEDETTE_CORPORA" -type f \( -name '*.pcap' -o -name '*.pcapng' -o -name '*.cap' \) | LC_ALL=C sort >all
[ -s all ] || fail "no captures below $VEDETTE_CORPORA"
split -l "$per_call" all part.
cut=0
for part in part.*; do
    status=0
    mkdir "folder.$part"
    xargs -d '\n' -a "$part" ln -s -t "folder.$part"
    "$VEDETTE" replay --redis none --json "folder.$part" >alerts 2>report || status=$?
    checks=$((checks + 1))
    case $status in
    0) ;;
    3) cut=$((cut + $(grep -c '^vedette replay:' report))) ;;
    *) tail -5 report >&2; fail "exit status $status for $(head -1 "$part") ... $(tail -1 "$part")" ;;
    esac
    grep -q 'conversations$' report || fail "no summary for $(head -1 "$part") ..."
    jq -es 'all(.[]; type == "object")' alerts >/dev/null || fail "an alert is not JSON"
done
echo "$(wc -l <all) captures, $cut of them cut short"
passed
