#!/usr/bin/env bash
# A list that is older than it may become is told in packet time: at the first tick, at the end of each day, and of nothing else.
source "$(dirname "$0")/lib.sh"

list() { # NAME DATE MORE
    printf 'schema: 1\nlist: %s\ntitle: T\nsource: the tests\ndate: %s\n%sentries:\n  - {asn: 64500}\n' "$1" "$2" "$3" >"lists/$1.yaml"
}

stale() { # FILE...: name and revisions of each alert about a stale list
    "$VEDETTE" replay --redis none --json --rules rules --lists lists "$@" 2>err >out || { cat err >&2; fail "replay $*"; }
    jq -r 'select(."rule.id" == "5f0c2a1e-4f0b-4c1b-9f53-5a7b6c2d8e41") | "\(."sensor.cause") \(."event.action")"' out | sort | uniq -c | tr -s ' ' | sed 's/^ //'
}

mkdir lists rules
cp "$VEDETTE_SOURCE_DIR/rules/packs/rules/sensor-list-stale.yml" rules/
midnight=$VEDETTE_SOURCE_DIR/pcaps/midnight.pcap
day=$("$VEDETTE" flows --json --lists lists "$midnight" 2>/dev/null | jq -r '."event.start"' | cut -c1-10 | sort | head -1)
before=$(date -u -d "$day - 14 days" +%F)
list silent 1999-01-01 ""
list old 2020-02-29 $'stale_after: 365d\n'
same "a list without an age, and one that is old" "$(stale "$VEDETTE_SOURCE_DIR/pcaps/ssh-on-443.pcap")" $'1 old closed\n1 old opened'
jq -r 'select(."event.action" == "opened") | ."sensor.message"' out >message
grep -q '^list old is of 2020-02-29, [0-9]* days old, and stale after 365: import it anew from the tests$' message || fail "$(cat message)"
same "since when" "$(jq -r 'select(."event.action" == "opened") | ."event.start"' out | cut -c1-10)" 2021-03-01
# on its last day before midnight, and beyond it behind
list fresh "$before" $'stale_after: 14d\n'
stale "$midnight" >got
grep -q 'fresh opened' got || fail "at the day's end: $(cat got)"
grep -q 'old opened' got || fail "at the first tick: $(cat got)"
same "the day's end is told" "$(jq -r 'select(."sensor.cause" == "fresh" and ."event.action" == "opened") | ."@timestamp"' out | cut -c12-19)" 00:00:00

# check says the same of now
"$VEDETTE" check --geo "" --lists lists --rules rules >out
grep -q '^list *old .*' out || fail "$(cat out)"
grep -q 'stale' out || fail "check does not say that the list is stale"
passed
