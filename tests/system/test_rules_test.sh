#!/usr/bin/env bash
# vedette rules test: what it says and how it ends, of the shipped rules and of rules with holes in their tests. vedette rules trace: a rule that
# is met, one that nearly is, and the test that a person would look for.
source "$(dirname "$0")/lib.sh"

# ends STATUS COMMAND...: leaves what it prints in "out"
ends() {
    local status=$1 got=0
    shift
    "$@" >out 2>err || got=$?
    checks=$((checks + 1))
    [ "$got" = "$status" ] || { cat out err >&2; fail "$*: exit status $got, not $status"; }
}
# says TEXT: in "out"
says() {
    checks=$((checks + 1))
    grep -qF -- "$1" out || { cat out >&2; fail "not said: $1"; }
}

# the shipped rules: every rule is fired, every change is noticed
ends 0 "$VEDETTE" rules test --json
rules=$(find "$VEDETTE_DATA/rules" -name '*.yml' ! -name '*.test.yml' -exec grep -h '^title:' {} + | wc -l)
same "shipped rules" "$(jq '.summary.rules' out)" "$rules"
same "shipped rules that are good" "$(jq '[.summary.rules_good, .summary.rules_never_fired, .summary.tests_failed]' -c out)" "[$rules,0,0]"
same "changes that nothing notices" "$(jq '.summary.changes - .summary.changes_noticed - .summary.changes_accepted' out)" 0
same "rules without a near miss or silence" "$(jq '[.rules[] | select(."near-miss" + .silent == 0)] | length' out)" 0

# rules with holes
mkdir -p rules/deep
rule() {
    cat <<END
title: $1
id: 00000000-0000-4000-8000-00000000000$2
level: low
logsource: {product: vedette, category: flow}
detection:
    shell:
        network.protocol: ssh
        network.direction: outbound
    ordered:
        contract.verdict: [allowed, window]
    condition: shell and not ordered
END
}
rule Held 1 >rules/held.yml
cat >rules/held.test.yml <<'END'
base: {network.protocol: ssh, network.direction: outbound}
tests:
    - {name: attack, expect: alert}
    - {name: other protocol, facts: {network.protocol: tls}, expect: near-miss, lacks: network.protocol}
    - {name: inbound, facts: {network.direction: inbound}, expect: near-miss}
    - {name: allowed, facts: {contract.verdict: allowed}, expect: near-miss}
    - {name: window, facts: {contract.verdict: window}, expect: near-miss}
END
ends 0 "$VEDETTE" rules test rules
says "ok   held.yml: 5 tests (1 alert, 4 near-miss, 0 silent)"
says "all is well"

rule "With holes" 2 >rules/deep/holes.yml
cat >rules/deep/holes.test.yml <<'END'
base: {network.protocol: ssh, network.direction: outbound}
tests:
    - {name: attack, expect: alert}
    - {name: allowed, facts: {contract.verdict: allowed}, expect: silent}
    - {name: "a <b> & \"c\"", facts: {contract.verdict: window}, expect: alert}
END
ends 8 "$VEDETTE" rules test rules
says 'rules/deep/holes.test.yml:5:7: a <b> & "c": alert was expected, and the rule was not met; the event lacks 1 of its tests: contract.verdict is window'
says "something is not as it should be"
ends 8 "$VEDETTE" rules test --junit junit.xml rules
python3 - <<'END'
import xml.etree.ElementTree as tree
suites = tree.parse('junit.xml').getroot()
assert suites.tag == 'testsuites' and len(suites) == 2, suites
failed = [c for s in suites for c in s if len(c)]
assert [c.get('name') for c in failed] == ['a <b> & "c"'], [c.get('name') for c in failed]
assert sum(int(s.get('failures')) for s in suites) == 1
END
sed -i '/name: "a/d' rules/deep/holes.test.yml
ends 8 "$VEDETTE" rules test rules
says "not held  rules/deep/holes.yml:7:9: selection shell: network.protocol: ssh left out: no test notices"
says "not held  rules/deep/holes.yml:10:9: selection ordered: contract.verdict: [allowed, window] without the value window: no test notices"
ends 0 "$VEDETTE" rules test --no-mutation rules
ends 8 "$VEDETTE" rules test rules/deep/holes.yml
ends 8 "$VEDETTE" rules test rules/deep/holes.test.yml
same "rules of one file" "$(grep -c '^FAIL\|^ok' out)" 1
ends 0 "$VEDETTE" rules test rules/held.yml
(cd rules && ends 0 "$VEDETTE" rules test held.test.yml)

# a rule without a test, tests without a rule, a fault in a test file: each is told, and nothing else is lost
rm rules/deep/*
rule Untested 3 >rules/untested.yml
echo 'tests: [{name: a, expect: alert}]' >rules/gone.test.yml
ends 8 "$VEDETTE" rules test rules
says "FAIL untested.yml: 0 tests"
says "no test is about it; write a .test.yml beside rules/untested.yml"
says "rules/gone.test.yml:1:1: gone.yml beside it holds no rule for this sensor"
says "ok   held.yml"
rm rules/gone.test.yml rules/untested.yml
sed -i 's/lacks: network.protocol/lacks: network.protokol/' rules/held.test.yml
ends 8 "$VEDETTE" rules test rules
says "rules/held.test.yml:4:88: no fact is named \"network.protokol\""
refused 4 "no-such" "$VEDETTE" rules test no-such
sed 's/^title/titel/' rules/held.yml >rules/bad.yml
refused 4 "rules/bad.yml:1:1: unknown key" "$VEDETTE" rules test --rules rules
rm rules/bad.yml
refused 2 "no folder, no rule" "$VEDETTE" rules test junit.xml

# a capture, judged as a replay judges it
python3 -B "$VEDETTE_SOURCE_DIR/pcaps/rewrite.py" "$VEDETTE_SOURCE_DIR/pcaps/ssh-on-443.pcap" capture.pcap 192.0.2.0/24=10.9.8.0/24
cp capture.pcap rules/
cat >rules/held.test.yml <<'END'
own: 10.9.8.0/24
tests:
    - name: SSH on the port of another protocol
      capture: capture.pcap
      expect: alert
      alerts: [{destination.port: 443, network.direction: outbound}]
    - {name: nobody's, capture: capture.pcap, own: 172.16.0.0/12, expect: silent}
    - {name: filtered, capture: capture.pcap, filter: udp, expect: silent}
END
ends 0 "$VEDETTE" rules test --no-mutation rules
sed -i 's/port: 443/port: 444/' rules/held.test.yml
ends 8 "$VEDETTE" rules test --no-mutation rules
says "the alert of line 6 was not raised"
sed -i 's/capture.pcap/missing.pcap/' rules/held.test.yml
ends 8 "$VEDETTE" rules test --no-mutation rules
says "rules/held.test.yml:4:16: rules/missing.pcap: "
rm rules/held.test.yml

# trace: met, and one test away from it
own=(--own 10.9.8.0/24)
ends 0 "$VEDETTE" rules trace "${own[@]}" rules/held.yml capture.pcap
says "events of this category were judged; "
says "shell: network.protocol: ssh"
says ": met"
says "    met  network.protocol is ssh"
sed 's/protocol: ssh/protocol: telnet/' rules/held.yml >near.yml
ends 0 "$VEDETTE" rules trace "${own[@]}" ./near.yml capture.pcap
says " 0 met the rule"
says "not met: lacks 1 of its tests"
says "    !not network.protocol ssh is none of telnet; wanted: network.protocol: telnet"
says "    met  network.direction is outbound"
ends 0 "$VEDETTE" rules trace --json "${own[@]}" --rules rules 000000 capture.pcap
same "json of a rule that is met" "$(head -1 out | jq -c '[.met, .distance, .lacking, .selections[0].alternatives[0].tests[0].found, .facts."destination.port"]')" \
    '[true,0,[],"network.protocol is ssh",443]'
ends 0 "$VEDETTE" rules trace --json "${own[@]}" near.yml capture.pcap
same "json of a near miss" "$(head -1 out | jq -c '[.met, .distance, .lacking]')" '[false,1,["network.protocol: telnet"]]'
refused 6 "no rule of rules is called other.yml" "$VEDETTE" rules trace --rules rules other.yml capture.pcap
refused 3 "missing.pcap" "$VEDETTE" rules trace "${own[@]}" ./near.yml missing.pcap
refused 2 "vedette rules trace RULE FILE..." "$VEDETTE" rules trace near.yml

# with a policy: its line, and why the peer is linked
ends 0 "$VEDETTE" rules trace --site "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" \
    adversary-tier1-established.yml "$VEDETTE_SOURCE_DIR/pcaps/listed-established.pcap"
says "contract violation, policy line roles.yaml:"
says "linked   "
says "versions: rule "
# the same versions that an alert of the same policy, rules and lists has
versions() { "$VEDETTE" "$@" --site "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site"; }
same "versions" "$(versions rules trace --json contract-violation-established.yml "$VEDETTE_SOURCE_DIR/pcaps/listed-established.pcap" | head -1 |
    jq -c '[.met, .versions.rule, .versions.policy, .versions.rules, .versions.lists, .versions.geo]')" \
    "$(versions replay --redis none --json "$VEDETTE_SOURCE_DIR/pcaps/listed-established.pcap" 2>/dev/null |
        jq -c 'select(."rule.ruleset" == "contract-violation-established.yml") | [true, ."rule.version", ."version.policy", ."version.rules", ."version.lists", ."version.geo"]' | head -1)"

# a correlation: which rules it counted, and when it was met; and all faults of rules, not the first
mkdir correlated
{
    rule Shell 4 | sed 's/^level/name: shell\nlevel/'
    cat <<'END'
---
title: Any shell
id: 00000000-0000-4000-8000-000000000005
level: low
correlation:
    type: event_count
    rules: [shell]
    group-by: [destination.port]
    timespan: 1m
    condition: {gte: 1}
END
} >correlated/c.yml
ends 0 "$VEDETTE" rules trace "${own[@]}" --rules correlated 'Any shell' capture.pcap
says "matches of shell"
says " events were judged; met: 1"
says "group: destination.port 443"
ends 0 "$VEDETTE" rules trace --json "${own[@]}" --rules correlated 'Any shell' capture.pcap
same "json of a correlation" "$(jq -c '[.met, .facts."correlation.type", .facts."correlation.events"]' out)" '[true,"event_count",1]'
sed -i 's/network.protocol/network.protokol/; s/network.direction/network.direktion/' correlated/c.yml
got=0
"$VEDETTE" rules test correlated >out 2>err || got=$?
same "status with faults of rules" "$got" 4
same "faults that are told" "$(grep -c 'correlated/c.yml:[0-9]*:[0-9]*: ' err)" 2

# a rule that judges nothing here: why
cat >left.yml <<'END'
title: Of another log
id: 00000000-0000-4000-8000-000000000006
logsource: {product: windows, category: process_creation}
detection: {s: {Image: a}, condition: s}
level: low
END
refused 6 "left.yml is left out (other-source)" "$VEDETTE" rules trace ./left.yml capture.pcap
ends 0 "$VEDETTE" rules trace --own 172.16.0.0/12 rules/held.yml capture.pcap
says "0 events of this category were judged"
says "--own PREFIX"
says "         0  shell: network.protocol: ssh"

# near misses of a replay: the same lines with any number of workers, and the alerts are what they are without them
near() { "$VEDETTE" replay --redis none --json --rules near "${own[@]}" "$@" capture.pcap 2>err; }
mkdir near
sed 's/network.direction: outbound/network.direction: inbound/' rules/held.yml >near/near.yml
near >without
near --near-misses near1.json --workers 1 >with1
near --near-misses near4.json --workers 4 >with4
cmp without with1 && cmp without with4 || fail "near misses change the alerts"
cmp near1.json near4.json || fail "near misses depend on the number of workers"
same "near misses" "$(jq -c '[."rule.ruleset", ."near_miss.lacking"[0], ."near_miss.found"[0], ."destination.port"]' near1.json | sort -u)" \
    '["near.yml","network.direction: inbound","network.direction outbound is none of inbound",443]'
grep -q 'near misses: 1 in near4.json, of [0-9]* that were seen' err || { cat err >&2; fail "the summary does not count near misses"; }
refused 1 "no-such-folder/near.json" near --near-misses no-such-folder/near.json
passed
