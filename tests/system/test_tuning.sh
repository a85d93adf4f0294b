#!/usr/bin/env bash
# A tuning file from a replay's side: an alert is suppressed, stays away, returns when the end has passed, and nothing that was hidden is
# lost from the counts; in two parts as in one; and what would hide everything is refused.
. "$(dirname "$0")/lib.sh"

site=$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml
day=$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap # 2026-11-17, of a site in Europe/Warsaw
options=(--redis none --json --site "$site" --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-01)

# replay NAME OPTION...: alerts into NAME.json, the summary into NAME.err
replay() {
    local name=$1
    shift
    "$VEDETTE" replay "${options[@]}" "$@" >"$name.json" 2>"$name.err" || { cat "$name.err" >&2; fail "replay $*"; }
}
opened() {
    jq -c 'select(."event.action" == "opened")' "$1.json"
}
# without NAME JQ: ids of the alerts of NAME that JQ does not choose
without() {
    opened "$1" | jq -r "select(($2) | not) | .\"event.id\"" | sort
}
# suppression UNTIL EXPECT SCOPE
suppression() {
    cat >tuning.yaml <<YAML
schema: 1
suppressions:
  - name: rma-4711
    $3
    until: $1
    owner: j.kowalska
    because: "RMA 4711"
    expect: $2
YAML
}

replay plain "$day"
total=$(opened plain | wc -l)
[ "$total" -gt 20 ] || fail "the day has $total alerts"
same 'version.tuning without a file' "$(jq -r '."version.tuning" // empty' plain.json | wc -l)" 0

# ---- suppressed, with nothing else changed; the end has passed, and it is back ----

alert=$(opened plain | jq -c 'select(."rule.ruleset" == "certificate-problem.yml")' | head -1)
rule=$(jq -r '."rule.id"' <<<"$alert")
chosen='."rule.id" == "'$rule'" and ."equipment.name" == "router-1"'
count=$(opened plain | jq -c "select($chosen)" | wc -l)
[ "$count" -ge 1 ] || fail 'no alert to be suppressed'
suppression 2026-11-17 5 "{rule: $rule, equipment: router-1}"
sed -i 's/    {rule: \(.*\), equipment: router-1}/    rule: \1\n    equipment: router-1/' tuning.yaml
replay hidden --tuning tuning.yaml "$day"
same 'ids that are left' "$(without hidden false)" "$(without plain "$chosen")"
grep -q "suppression rma-4711 (j.kowalska, until 2026-11-17): $count alert.* hidden, written for 5" hidden.err || { cat hidden.err >&2; fail 'the summary'; }
[ "$(jq -r '."version.tuning"' hidden.json | sort -u | grep -cE '^[0-9a-f]{32}$')" = 1 ] || fail 'version.tuning'
sed -i 's/until: .*/until: 2026-11-16/' tuning.yaml
replay ended --tuning tuning.yaml "$day"
same 'ids when the end has passed' "$(without ended false)" "$(without plain false)"
grep -q ': 0 alerts hidden' ended.err || fail 'the summary when the end has passed'

# ---- hidden + told = all there were, whatever is suppressed ----

for scope in 'peer: 198.51.100.0/24' 'peer: as:64500' 'equipment: gnb-*' 'equipment: 192.0.2.1' 'peer: domain:listed.example'; do
    suppression 2026-12-31 1000 "$scope"
    sed -i "s/^    \(equipment: .*\*\)$/    \1/; s/: gnb-\*/: \"gnb-*\"/; s/peer: \(as\|domain\):\(.*\)/peer: \"\1:\2\"/" tuning.yaml
    replay part --tuning tuning.yaml "$day"
    hid=$(sed -n 's/^suppression rma-4711 .*: \([0-9]*\) alerts\{0,1\} hidden.*/\1/p' part.err)
    [ "${hid:-0}" -gt 0 ] || { cat part.err >&2; fail "$scope hides nothing"; }
    same "hidden and told: $scope" "$((hid + $(opened part | wc -l)))" "$total"
done

# ---- more than foreseen is an alert; and what it hides cannot be hidden itself ----

suppression 2026-12-31 1 'peer: 203.0.113.220'
replay exceeded --tuning tuning.yaml "$day"
same 'alerts of more than foreseen' "$(opened exceeded | jq -r '."sensor.event" // empty' | sort | uniq -c | xargs)" '1 suppression-exceeded'
same 'what it says' "$(opened exceeded | jq -c 'select(."sensor.event") | [."suppression.name", ."suppression.owner", ."suppression.because", ."suppression.expected", ."suppression.alerts"]')" \
    '["rma-4711","j.kowalska","RMA 4711",1,2]'
exceeded_rule=$(opened exceeded | jq -r 'select(."sensor.event") | ."rule.id"')
printf '  - {name: hush, rule: %s, until: 2026-12-31, owner: o, because: b, expect: 1}\n' "$exceeded_rule" >>tuning.yaml
replay hushed --tuning tuning.yaml "$day"
same 'what is said of suppressions is not hidden' "$(opened hushed | jq -r '."sensor.event" // empty')" suppression-exceeded

# ---- windows and thresholds ----

printf 'schema: 1\nwindows: [{rule: any, window: 1s, repeat: 1s}]\n' >tuning.yaml
replay short --tuning tuning.yaml "$day"
[ "$(opened short | wc -l)" -ge "$total" ] || fail 'a shorter window gives no fewer alerts'
printf 'schema: 1\nthresholds: [{rule: %s, matches: 2, within: 1h}]\n' "$rule" >tuning.yaml
replay twice --tuning tuning.yaml "$day"
same 'conversations of an alert behind a threshold' "$(opened twice | jq -r "select(.\"rule.id\" == \"$rule\") | .\"alert.threshold\"" | sort -u)" '2 within 1h'
jq -se 'any(.[]; ."event.action" == "closed" and ."rule.id" == "'"$rule"'" and ."alert.flows_ended" >= 2)' twice.json >/dev/null || fail 'what was withheld counts on the alert'

# ---- a correlation sees what is hidden, and is hidden by its own name ----

mkdir rules
cat >rules/r.yml <<YAML
title: Out
id: 00000000-0000-4000-8000-000000000001
logsource: {product: vedette, category: flow}
detection: {s: {network.direction: outbound}, condition: s}
level: low
---
title: Often
id: 00000000-0000-4000-8000-000000000002
correlation:
    type: event_count
    rules: [00000000-0000-4000-8000-000000000001]
    group-by: [equipment.name]
    timespan: 1d
    condition: {gte: 3}
    generate: true
level: high
YAML
titles() { opened "$1" | jq -r '."rule.name"' | sort -u | xargs; }
replay both --rules rules "$day"
same 'a rule and its correlation' "$(titles both)" 'Often Out'
suppression 2026-12-31 1000 'rule: Out'
replay base --rules rules --tuning tuning.yaml "$day"
same 'the correlation of what is hidden' "$(titles base)" Often
same 'groups' "$(opened base | jq -r '."correlation.group" | join(" ")' | sort)" "$(opened both | jq -r '."correlation.group" // empty | join(" ")' | sort)"
suppression 2026-12-31 1000 'rule: Often'
replay correlation --rules rules --tuning tuning.yaml "$day"
same 'the correlation hidden' "$(titles correlation)" Out

# ---- in two parts as in one, with any number of workers ----

cat >tuning.yaml <<YAML
schema: 1
windows: [{rule: any, window: 20m, repeat: 2m}]
thresholds: [{rule: $rule, matches: 2, within: 1h}]
suppressions:
  - {name: a, peer: 203.0.113.220, rule: [$rule], until: 2026-12-31, owner: o, because: b, expect: 1, per: day}
  - {name: b, equipment: router-1, until: 2026-12-31, owner: o, because: b, expect: 2}
YAML
replay whole --tuning tuning.yaml --workers 1 "$day"
replay workers --tuning tuning.yaml --workers 4 "$day"
cmp whole.json workers.json || fail 'another number of workers, other alerts'
for at in 200 520 700; do
    python3 - "$day" $at <<'PY'
import struct, sys
data, at = open(sys.argv[1], 'rb').read(), 24
for _ in range(int(sys.argv[2])):
    at += 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
open('first.pcap', 'wb').write(data[:at])
open('second.pcap', 'wb').write(data[:24] + data[at:])
PY
    replay first --tuning tuning.yaml --state-out state.db first.pcap
    replay second --tuning tuning.yaml --state-in state.db second.pcap
    same "counts of both parts, cut at $at" "$(grep ^suppression second.err)" "$(grep ^suppression whole.err)"
    same "ids of both parts, cut at $at" "$(cat first.json second.json | jq -r 'select(."event.action" == "opened") | ."event.id"' | sort)" \
        "$(without whole false)"
done

# ---- what is refused ----

suppression 2026-12-31 1 'equipment: "*"'
refused 4 'names all equipment, so it hides everything' "$VEDETTE" check --site "$site" --tuning tuning.yaml
suppression 2026-12-31 1 'peer: 0.0.0.0/0'
refused 4 'tuning.yaml:4:11: these networks hold every address' "$VEDETTE" replay "${options[@]}" --tuning tuning.yaml "$day"
suppression 2026-12-31 1 'app: TLS'
refused 4 'say which rule, equipment or peer is meant' "$VEDETTE" check --site "$site" --tuning tuning.yaml
refused 4 nowhere.yaml "$VEDETTE" check --tuning nowhere.yaml
suppression 2026-12-31 3 'peer: 203.0.113.220'
same 'check says who answers' "$("$VEDETTE" check --site "$site" --tuning tuning.yaml --as-of 2027-01-01 --json | jq -c '.tuning.suppressions[0] | [.name, .state, .owner, .expected]')" \
    '["rma-4711","has ended","j.kowalska",3]'
passed
