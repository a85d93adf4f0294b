#!/usr/bin/env bash
# A sensor that is stopped, or killed, and started again: findings stay open, conversations go on, the time between is told as blind.
. "$(dirname "$0")/live_lib.sh"
ending=() # what is open stays open

make_pair 0
make_pair 1
pcaps=$VEDETTE_SOURCE_DIR/pcaps
some=(listed-established ssh-from-outside snmp-v2c supplier-support)
send_some() {
    for file in "${some[@]}"; do
        send "$1" "$pcaps/$file.pcap" --topspeed
    done
}
of_equipment() {
    jq -c 'select(."sensor.event" == null)' "$@"
}

# ---- one that will be killed, once it has saved what it knows ----

begin killed --interface vdb1 --workers 1
killed=$sensor
send_some vda1
until_true says killed.json opened 6
began=$SECONDS

# ---- stopped and started again, under one recording ----

record vdb0
begin part --interface vdb0 --seed 7 --redis none --workers 1
send_some vda0
sleep 2
same "what it knows was saved" "$(status part '.kept | [.failed, .skipped, (.saved > 0)] | @csv')" "0,0,true"
"$VEDETTE" stop --name part >out || fail "stop"
wait $sensor || fail "the stopped sensor exited with $?"
cp part.json first.json
[ "$(grep -c '"event.action":"closed"' first.json)" = 0 ] || fail "something was closed at the stop"
[ "$(of_equipment first.json | wc -l)" -ge 6 ] || fail "the first part found too little"
sleep 1
begin part --interface vdb0 --seed 7 --redis none --workers 2
says part.err "going on from what was saved" || fail "it does not say that it goes on"
send_some vda0
sleep 2
send vda0 "$pcaps/tunnel-to-listed.pcap" --topspeed
stop_recording
finish part
cp part.json second.json

same "the restart is told once" "$(jq -r 'select(."sensor.cause" == "restart") | ."sensor.event" + " " + ."sensor.interface"' second.json)" "blind vdb0"
jq -e 'select(."sensor.cause" == "restart") | ."event.start" < ."event.end"' second.json >/dev/null || fail "the interval is none"
replay=("$VEDETTE" replay "${knowledge[@]}" --seed 7 --redis none --json --state-out whole.db)
"${replay[@]}" vdb0.pcap >whole.json 2>replay.err || { cat replay.err >&2; fail "replay"; }
same "nothing was resumed" "$(grep -c '"flow.resumed"' second.json)" 0
of_equipment first.json second.json >parts
of_equipment whole.json >whole
checks=$((checks + 1))
cmp parts whole || fail "the two parts and a replay of the recording differ: $(diff parts whole | cut -c 1-300 | head -4)"
same "no finding was opened twice" "$(jq -r 'select(."event.action" == "opened") | ."event.id"' first.json second.json | sort | uniq -d)" ""

# ---- forgotten: everything ends, and there is nothing to go on from ----

begin part --interface vdb0 --redis none --fresh
send vda0 "$pcaps/ssh-from-outside.pcap" --topspeed
until_true says part.json '"event.action":"opened"'
finish part
[ "$(grep -c '"event.action":"closed"' part.json)" -ge 1 ] || fail "--fresh closes nothing"
begin part --interface vdb0 --redis none
same "nothing to go on from" "$(grep -c 'going on' part.err)" 0
send vda0 "$pcaps/knocks.pcap" --topspeed
finish part

# ---- killed after more than a minute: what was saved on the way is there, conversations begin anew ----

while [ $((SECONDS - began)) -lt 64 ]; do
    sleep 0.5
done
send vda1 "$pcaps/knocks.pcap" --topspeed
until_true eval '[ "$(status killed .kept.saved)" -ge 2 ]'
sensor=$killed
kill -KILL $sensor
wait $sensor && fail "it was not killed"
of_equipment killed.json >first
cp killed.json killed-first.json
begin killed --interface vdb1 --workers 1
says killed.err "on the way, without the conversations" || { cat killed.err >&2; fail "it does not go on"; }
send_some vda1
sleep 2
send vda1 "$pcaps/tunnel-to-listed.pcap" --topspeed
until_true says killed.json '"sensor.cause":"restart"'
finish killed
# The same findings: they are told again at the earliest ten minutes later.
same "no finding was opened twice" \
    "$(cat first <(of_equipment killed.json) | jq -r 'select(."event.action" == "opened") | [."rule.id", ."equipment.name", ."peer.entity", ."network.protocol"] | @csv' | sort | uniq -d)" ""

# Its spool and its state were each written when it could: together they tell nothing twice, and leave nothing out.
"$VEDETTE" alerts --check --name killed >check.out || { cat check.out >&2; fail "the stream does not add up"; }
"$VEDETTE" alerts --name killed --json | jq -r '[."event.id", ."event.sequence"] | @csv' | sort >stream
same "no revision comes twice" "$(uniq -d stream)" ""
same "every revision of both runs is there" "$(jq -r '[."event.id", ."event.sequence"] | @csv' killed-first.json killed.json | sort -u | comm -23 - <(sort -u stream))" ""

# ---- what is no state of this sensor ----

# refuses TEXT: the state of the sensor "part" is moved aside with a word, and it begins with nothing.
refuses() {
    begin part --interface vdb0 --redis none --seed "${2:-7}"
    says part.err "$1" || { cat part.err >&2; fail "it does not say: $1"; }
    says part.err "so the sensor begins with nothing" || fail "it does not say that it begins with nothing"
    send vda0 "$pcaps/knocks.pcap" --topspeed
    until_true says part.json '"sensor.event":"state-refused"'
    finish part
    same "and saves what it learns" "$(grep -c 'cannot' part.err)" 1
}
cp "$VEDETTE_STATE/state-killed.db" "$VEDETTE_STATE/state-part.db"
refuses 'it is of the sensor "killed"'
[ -e "$VEDETTE_STATE/state-part.db.refused-1" ] || fail "it was not moved aside"
refuses 'another --seed' 8
printf 'no database' >"$VEDETTE_STATE/state-part.db"
begin part --interface vdb0 --redis none
says part.err "nothing is kept in this run" || { cat part.err >&2; fail "a foreign file"; }
finish part
same "a foreign file is left alone" "$(cat "$VEDETTE_STATE/state-part.db")" "no database"
rm "$VEDETTE_STATE/state-part.db"
begin part --interface vdb0 --redis none --seed 7
send_some vda0
sleep 1
finish part
# Free pages hold nothing: all but the first page.
dd if=/dev/urandom of="$VEDETTE_STATE/state-part.db" bs=4096 seek=1 conv=notrunc status=none \
    count=$(($(stat -c %s "$VEDETTE_STATE/state-part.db") / 4096 - 1))
refuses "damaged"

passed
