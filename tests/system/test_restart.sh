#!/usr/bin/env bash
# A restart in the middle of a capture: the alerts of both parts are those of the whole, where the label of no conversation was being
# decided; where some were, they differ in nothing else. And what is no state of this run is refused.
. "$(dirname "$0")/lib.sh"

site=$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml
options=(--site "$site" --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-01)
day=$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap
cut_capture() {
    checks=$((checks + 1))
    python3 "$VEDETTE_SOURCE_DIR/tests/system/cut_capture.py" "$VEDETTE" "$VEDETTE_DATA/rules" "$@" >cut.out 2>&1 ||
        { tail -n 8 cut.out >&2; fail "cuts of $1"; }
    cat cut.out
}

cut_capture "$day" 24 "${options[@]}"
grep -q "1[2-9] same\|2[0-9] same" cut.out || fail "too few cuts with the same alerts: $(cat cut.out)"
for name in certificates listed-established ngap-to-listed one-way midnight clock-set fragments undeclared tagged telnet; do
    cut_capture "$VEDETTE_SOURCE_DIR/pcaps/$name.pcap" "${VEDETTE_CUTS:-6}" "${options[@]}"
done

# halves N: the first N packets of the day in first.pcap, the others in second.pcap
halves() {
    python3 - "$day" "$1" <<'PY'
import struct, sys
data, at = open(sys.argv[1], 'rb').read(), 24
for _ in range(int(sys.argv[2])):
    at += 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
open('first.pcap', 'wb').write(data[:at])
open('second.pcap', 'wb').write(data[:24] + data[at:])
PY
}
replay() {
    "$VEDETTE" replay --redis none --json "${options[@]}" "$@" 2>replay.err || { cat replay.err >&2; fail "replay $*"; }
}

# ---- three parts, with other numbers of workers, and the same bytes whenever it is saved ----

halves 520
replay "$day" >whole
replay first.pcap --state-out one.db --workers 1 >a
replay second.pcap --state-in one.db --workers 3 >b
cat a b | cmp - whole || fail "two parts with other workers"
replay first.pcap --state-out two.db --workers 4 >a
cmp one.db two.db || fail "the same input gave other bytes of a state"
cp second.pcap rest.pcap
python3 - <<'PY'
import struct
data, at = open('rest.pcap', 'rb').read(), 24
for _ in range(120):
    at += 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
open('middle.pcap', 'wb').write(data[:at])
open('last.pcap', 'wb').write(data[:24] + data[at:])
PY
replay middle.pcap --state-in one.db --state-out three.db >b
replay last.pcap --state-in three.db >c
cat a b c | cmp - whole || fail "three parts"
head -c 24 "$day" >none.pcap
replay none.pcap --state-in one.db --state-out four.db >/dev/null
replay second.pcap --state-in four.db >b
cat a b | cmp - whole || fail "a part without packets"

# ---- the policy may be another one afterwards: as with a reload ----

replay second.pcap --state-in one.db --site "$site" >b
sed 's/^site:.*/site: another/' "$site" >other.yaml
"$VEDETTE" replay --redis none --json --site other.yaml --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" second.pcap \
    --state-in one.db >b 2>replay.err || fail "another policy: $(cat replay.err)"
grep -q '"site.name":"another"' b || fail "the new policy does not judge"

# ---- what is refused ----

refused 2 "add --redis none --json" "$VEDETTE" replay first.pcap --state-out x.db
refused 2 "add --redis none --json" "$VEDETTE" replay second.pcap --state-in one.db
refused 2 "another --seed" "$VEDETTE" replay --redis none --seed 5 second.pcap --state-in one.db
same "nothing is left of what was refused" "$(ls x.db 2>/dev/null)" ""
refused 4 "there is no saved state" "$VEDETTE" replay --redis none second.pcap --state-in nowhere.db
refused 4 "is no saved state" "$VEDETTE" replay --redis none second.pcap --state-in second.pcap
refused 4 "is no saved state" "$VEDETTE" replay --redis none first.pcap --state-out second.pcap
cmp second.pcap rest.pcap || fail "what is no state was replaced"
replay first.pcap --state-out one.db >a
size=$(stat -c %s one.db)
for place in 3 100 $((size / 5)) $((size / 3)) $((size / 2)) $((size * 4 / 5)) $((size - 100)); do
    cp one.db broken.db
    printf 'XXXXXXXXXXXXXXXX' | dd of=broken.db bs=1 seek="$place" conv=notrunc status=none
    if "$VEDETTE" replay --redis none --json "${options[@]}" second.pcap --state-in broken.db >b 2>err; then
        cat a b | cmp - whole || fail "a state that was changed at $place was believed" # nothing lies there
    else
        same "lines of the error" "$(wc -l <err)" 1
        [ ! -s b ] || fail "a state that was changed at $place was used"
    fi
    checks=$((checks + 1))
done
head -c $((size / 2)) one.db >broken.db
refused 1 "broken.db" "$VEDETTE" replay --redis none "${options[@]}" second.pcap --state-in broken.db

passed
