#!/usr/bin/env bash
# A sensor with a tuning file: what it hides shows in its status, over a reload, a restart and a kill; a file that cannot be used is refused
# and changes nothing; the canary is never hidden.
. "$(dirname "$0")/live_lib.sh"
ending=() # what it knows is kept

make_pair 0
pcaps=$VEDETTE_SOURCE_DIR/pcaps
id_of() { sed -n 's/^id: //p' "$VEDETTE_DATA/rules/$1.yml"; }

# tuning EXPECT SCOPE...: one suppression "outside", and one of the canary by its rule
tuning() {
    local expect=$1
    shift
    {
        printf 'schema: 1\nsuppressions:\n'
        printf '  - {name: outside, %s, until: 2400-01-01, owner: j.kowalska, because: "ticket 4711", expect: %s}\n' "$*" "$expect"
        printf '  - {name: hush, rule: %s, until: 2400-01-01, owner: nobody, because: none, expect: 1}\n' "$(id_of canary)"
    } >fresh.yaml
    chmod 644 fresh.yaml
    mv fresh.yaml tuning.yaml
}
hidden() { status "$1" '.suppressions[] | select(.name == "outside") | .hidden'; }
hides() { [ "$(hidden tuned)" -ge "$1" ]; }
opened() { jq -c 'select(."event.action" == "opened" and ."sensor.event" == null)' "$1"; }

tuning 1000 'equipment: "*", peer: 198.51.100.0/24'
begin tuned --interface vdb0 --seed 7 --redis none --workers 1 --tuning "$work/tuning.yaml"
send vda0 "$pcaps/listed-established.pcap" --topspeed
send vda0 "$pcaps/snmp-v2c.pcap" --topspeed
until_true hides 2
until_true says tuned.json opened
same "what it says of the peer" "$(opened tuned.json | grep -c '"peer.ip":"198.51.100')" 0
before=$(hidden tuned)
same "who answers for it" "$(status tuned '.suppressions[0] | [.owner, .expected, .exceeded, .until] | @csv')" '"j.kowalska",1000,0,"2400-01-01"'
"$VEDETTE" status --name tuned >out || fail "status"
grep -q 'j.kowalska' out || fail "the status for a person"
"$VEDETTE" status --name tuned --canary --json >out || fail "canary"
same "the canary, whose rule is hidden" "$(jq -r '.canary.seen // .canary.alert' out | grep -c .)" 1
same "hidden of the canary" "$(status tuned '.suppressions[1].hidden')" 0

# ---- a reload: refused as a whole, or counts go on ----

sed 's/owner: j.kowalska, //' tuning.yaml >bad.yaml
cp tuning.yaml good.yaml
mv bad.yaml tuning.yaml
chmod 644 tuning.yaml
status_of_reload=0
"$VEDETTE" reload --name tuned >out 2>err || status_of_reload=$?
[ $status_of_reload -ne 0 ] || fail "a suppression without its owner was taken"
grep -q 'tuning.yaml:3:5: owner is missing' err || { cat err >&2; fail "the reload does not say why"; }
same "what is in force after a refusal" "$(hidden tuned)" "$before"
tuning 1 'peer: 198.51.100.0/24'
"$VEDETTE" reload --name tuned >out || fail "reload"
same "counts behind a reload" "$(hidden tuned)" "$before"
send vda0 "$pcaps/listed-attempt.pcap" --topspeed
until_true hides $((before + 1))
until_true says tuned.json suppression-exceeded
same "alerts of more than foreseen" "$(jq -c 'select(."sensor.event" == "suppression-exceeded") | [."event.action", ."suppression.name", ."suppression.expected"]' tuned.json | sort -u)" \
    '["opened","outside",1]'
before=$(hidden tuned)

# ---- stopped and started again; killed ----

"$VEDETTE" stop --name tuned >out || fail "stop"
wait $sensor || fail "the stopped sensor exited with $?"
rm tuned.err
begin tuned --interface vdb0 --seed 7 --redis none --workers 2 --tuning "$work/tuning.yaml"
same "counts behind a restart" "$(hidden tuned)" "$before"
kill -KILL $sensor
wait $sensor 2>/dev/null || true
rm tuned.err
begin tuned --interface vdb0 --seed 7 --redis none --workers 1 --tuning "$work/tuning.yaml"
same "counts behind a kill" "$(hidden tuned)" "$before"
finish tuned
passed
