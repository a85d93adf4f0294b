#!/usr/bin/env bash
# Every kind of bad input: one clear error, the right exit status, nothing written.
source "$(dirname "$0")/lib.sh"

python3 "$VEDETTE_SOURCE_DIR/tests/system/make_capture.py" good.pcap
replay() { "$VEDETTE" replay --redis none --json "$@"; }

# captures
refused 3 "missing.pcap" replay missing.pcap
refused 3 "missing.pcap" replay good.pcap missing.pcap
echo "this is not a capture" >text.pcap
refused 3 "not a capture" replay text.pcap
: >empty.pcap
refused 3 "empty.pcap" replay empty.pcap
refused 2 "pcap-filter" replay --filter "no such (filter" good.pcap

# a capture that is cut: what was readable is processed, the cut is reported, the status says so
head -c $(($(stat -c %s good.pcap) - 5)) good.pcap >cut.pcap
got=0
"$VEDETTE" flows --json cut.pcap >out 2>err || got=$?
same "exit status of a cut capture" "$got" 3
same "conversations before the cut" "$(wc -l <out)" 9
grep -q "cut.pcap" err || fail "the cut is not reported"
same "reports of the cut" "$(grep -c '^vedette flows:' err)" 1

# a folder in which one file is no capture: the others are read
mkdir folder
cp good.pcap text.pcap folder/
got=0
"$VEDETTE" flows --json folder >out 2>err || got=$?
same "exit status of a folder with a bad file" "$got" 3
same "conversations of the good file" "$(wc -l <out)" 10
same "reports of the bad file" "$(grep -c '^vedette flows: .*text.pcap' err)" 1

# geolocation data
mkdir geo-text geo-none
echo "no database" >geo-text/a.mmdb
refused 4 "geo-text/a.mmdb" replay --geo geo-text good.pcap
refused 4 "geo-none" replay --geo geo-none good.pcap
refused 4 "missing-geo" replay --geo missing-geo good.pcap

# policy
policy() {
    printf 'schema: 1\nsite: test\nnetworks: {own: [192.0.2.0/24]}\n%s\n' "$1" >site.yaml
}
policy 'equipmnt: []'
refused 4 "site.yaml:4:1: " replay --site site.yaml good.pcap
grep -q "did you mean .equipment" err || fail "no suggestion for an unknown key"
policy 'equipment: 7'
refused 4 "site.yaml:4:" replay --site site.yaml good.pcap
policy 'equipment: [{name: a, address: 192.0.2.1}, {name: b, address: 192.0.2.1}]'
refused 4 "site.yaml:4:" replay --site site.yaml good.pcap
policy $'equipment: [{name: a, address: 192.0.2.1}]\nexceptions: [{equipment: a, to: 198.51.100.1, app: TLS, owner: x, because: y}]'
refused 4 "site.yaml:5:" replay --site site.yaml good.pcap
grep -q "until" err || fail "the missing end of an exception is not named"
refused 4 "missing.yaml" replay --site missing.yaml good.pcap

# rules
mkdir rules
rule() {
    printf 'title: Test\nid: 8a2bbf6a-6b2e-4f9c-9d0c-0d5a8f3f5a11\nlevel: low\nlogsource: {product: vedette, category: flow}\ndetection:\n%s\n' \
        "$1" >rules/test.yml
}
rule $'  sel: {destination.prot: 53}\n  condition: sel'
refused 4 "rules/test.yml:6:" replay --rules rules good.pcap
grep -q "did you mean .destination.port" err || fail "no suggestion for an unknown fact"
rule $'  sel: {destination.port: 53}\n  condition: sel and'
refused 4 "rules/test.yml:7:" replay --rules rules good.pcap
rule $'  sel: {dns.question.name|re: "a("}\n  condition: sel'
refused 4 "rules/test.yml:6:" replay --rules rules good.pcap
refused 4 "missing-rules" replay --rules missing-rules good.pcap

# Redis
refused 5 "127.0.0.1" "$VEDETTE" replay --redis redis://127.0.0.1:1 good.pcap
refused 2 "redis" "$VEDETTE" replay --redis http://127.0.0.1 good.pcap

# command line
refused 2 "--help" replay --no-such-option good.pcap
refused 2 "no capture" "$VEDETTE" replay --redis none
refused 2 "1 to 64" replay --workers 0 good.pcap
refused 2 "no such command" "$VEDETTE" nonsense

[ ! -e "$VEDETTE_STATE" ] || fail "something was written to the state directory"
checks=$((checks + 1))
passed
