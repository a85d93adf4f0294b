#!/usr/bin/env bash
# A flood of conversations of one packet each around the demo's most important scene: the demo's alerts are all there, memory is
# bounded, and what was given up is counted. VEDETTE_FLOOD says how many conversations (150000; with 10000000 the flow table is full as
# well, which takes some minutes).
source "$(dirname "$0")/lib.sh"

count=${VEDETTE_FLOOD:-150000}
demo=$VEDETTE_SOURCE_DIR/pcaps/demo
fills_table=1300000 # conversations that are more than the table takes, at this rate
most_kib=$((512 * 1024))
begin=$(date -u -d '2026-11-17 06:29:59' +%s) # the scene is at 06:30
python3 "$VEDETTE_SOURCE_DIR/bench/flood.py" --rate 100000 --start "$begin" "$count" flood.pcap

# replay CAPTURE...: prints the alerts; peak memory in KiB goes to the file memory
replay() {
    python3 - "$VEDETTE" replay --redis none --json --site "$demo/site.yaml" --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" \
        --as-of 2026-11-20 "$@" <<'PY'
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], check=False).returncode
open('memory', 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
PY
}
opened() { jq -r 'select(."event.action" == "opened") | [."event.start", ."rule.ruleset", ."equipment.name", ."event.id"] | join(" ")' "$1" | sort; }
# counted TEXT: the number in front of it in the summary, 0 when it is not there
counted() { sed -n "s/^ *\([0-9]*\)  $1\$/\1/p" err | grep . || echo 0; }

replay "$demo/day.pcap" >quiet 2>err || { cat err >&2; fail "the quiet day"; }
quiet=$(counted conversations)
replay "$demo/day.pcap" flood.pcap >flooded 2>err || { cat err >&2; fail "the flooded day"; }
rm flood.pcap
cat err

[ "$(opened quiet | wc -l)" -ge 20 ] || fail "the quiet day has no alerts to miss"
opened quiet >want
opened flooded >got
same "alerts of the quiet day that the flood hides" "$(comm -23 want got)" ""
same "conversations" "$(counted conversations)" $((quiet + count))
given_up=$(counted 'classifications given up: too many at a time')
[ "$given_up" -gt 0 ] || fail "no classification was given up"
same "given up that were answered" "$(counted 'of them of conversations in which both sides spoke')" 0
evicted=$(counted 'conversations ended early: the flow table was full')
if [ "$count" -ge "$fills_table" ]; then
    [ "$evicted" -gt 0 ] || fail "the table was never full"
fi
same "evicted, of one packet or unanswered" "$(counted 'of them of one packet, or attempts that nobody answered')" "$evicted"
same "evicted that were answered" "$(counted 'of them in which both sides spoke')" 0
if ! grep -q __asan_init "$VEDETTE" && ! grep -q __tsan_init "$VEDETTE"; then
    checks=$((checks + 1))
    [ "$(cat memory)" -le "$most_kib" ] || fail "$(cat memory) KiB of memory, more than $most_kib"
fi
passed
