#!/usr/bin/env bash
# vedette lists show and why; and that conversations are told what why says: linkage, indicators, and what a benign list hides.
source "$(dirname "$0")/lib.sh"
mkdir lists
head() { printf 'schema: 1\nlist: %s\ntitle: %s\nsource: the tests\ndate: 2026-11-20\n%s' "$1" "$2" "$3"; }
{
    head feed "A feed" $'role: indicators\nconfidence: 40\nstale_after: 14d\nentries:\n'
    printf '  - {asn: 64500, because: "all of it"}\n  - {host: update.listed.example, because: c2, confidence: 90, until: 2027-01-31, source: Other, date: 2026-11-19}\n'
    printf '  - {cidr: 198.51.100.0/24, until: 2020-01-01}\n  - {ja3: E7D705A3286E19EA42F587B344EE6865}\n'
} >lists/feed.yaml
{
    head carriers "Carriers" $'tier: 1\nentries:\n'
    printf '  - {asn: 64500, entity: Example Net, name: EXAMPLE, mapped_by: Registry, mapped_date: 2026-01-02}\n  - {country: CN, entity: China}\n'
} >lists/carriers.yaml
{
    head harmless "Harmless" $'role: benign\nentries:\n'
    printf '  - {host: update.listed.example, because: ours}\n'
} >lists/harmless.yaml
cp "$VEDETTE_SOURCE_DIR"/rules/packs/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml lists/
lists() { "$VEDETTE" lists "$1" --lists lists --as-of 2026-12-31 "${@:2}"; }
geo=$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site

# show
lists show >out
same "lists" "$(grep -c . out)" 7
grep -Eq '^feed +indicators +3 +1 +2026-11-20 +41d stale +the tests$' out || fail "$(cat out)"
grep -Eq '^carriers +tier 1 +2 ' out || fail "$(cat out)"
same "JSON of a list" "$(lists show --json | jq -c 'select(.list == "feed") | [.role, .entries, .expired, .age_days, .stale, .stale_after_days, .title]')" '["indicators",3,1,41,true,14,"A feed"]'
same "no list is stale that does not say so" "$(lists show --json | jq -r 'select(.stale) | .list')" feed
same "entries" "$(lists show --json feed harmless | jq -r '"\(.list) \(.kind) \(.value) \(.date) \(.confidence) \(.until)"' | tr '\n' '|')" \
    'feed asn 64500 2026-11-20 40 null|feed host update.listed.example 2026-11-19 90 2027-01-31|feed ja3 e7d705a3286e19ea42f587b344ee6865 2026-11-20 40 null|harmless host update.listed.example 2026-11-20 null null|'
lists show feed >out
grep -Eq '^host +update.listed.example +2026-11-19 +2027-01-31 +90 +c2 +Other$' out || fail "$(cat out)"
refused 4 "there is no list \"fed\"" lists show fed

# why
why() { lists why "$@"; }
why --geo "$geo" 198.51.100.7 >out
for line in '198.51.100.7' '  geolocation: AS64500 CN' '  carriers (tier 1), lists/carriers.yaml:8: asn 64500' '  feed (indicators), lists/feed.yaml:10: asn 64500' \
    '    A feed: all of it; named by the tests (2026-11-20); list feed' '    confidence 40 of 100' '  carriers (tier 1), lists/carriers.yaml:9: country CN' \
    '  a conversation with it: peer.linkage.tier 1, by asn:64500 of carriers' '  a conversation with it: peer.indicator.list feed, by asn:64500'; do
    grep -qxF -- "$line" out || fail "why does not say '$line': $(cat out)"
    checks=$((checks + 1))
done
why update.listed.example >out
for line in '  feed (indicators), lists/feed.yaml:11: host update.listed.example' '    until 2027-01-31' '    confidence 90 of 100' \
    '    A feed: c2; named by Other (2026-11-19); list feed' '  what feed says is hidden by harmless (host:update.listed.example)'; do
    grep -qxF -- "$line" out || fail "why does not say '$line': $(cat out)"
    checks=$((checks + 1))
done
same "JSON" "$(why --json AS64500 | jq -c '[.subject, .tier, .linkage.list, .indicator.confidence, (.entries | length), .hidden]')" '["AS64500",1,"carriers",40,2,[]]'
same "hidden in JSON" "$(why --json update.listed.example | jq -c '[.indicator, .benign.match, .hidden]')" '[null,"host:update.listed.example",["feed"]]'
same "a set" "$(why --json dns.google | jq -r '.entries[0].role')" set
same "a fingerprint" "$(why --json E7D705A3286E19EA42F587B344EE6865 | jq -r '.entries[0].kind')" ja3
same "a country" "$(why --json CN | jq -r '.entries[0].value')" CN
got=0
why 203.0.113.200 >out || got=$?
same "status when no list holds it" "$got" 6
grep -qx '  no list holds it' out || fail "$(cat out)"
refused 2 "nothing is asked for" why
refused 2 '"http://x/y" is no address' why http://x/y
refused 2 '"999.1.1.1" is no address' why 999.1.1.1
refused 2 'as xn--...' why münchen.example

# conversations
flows() { "$VEDETTE" flows --json --site "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" --geo "$geo" --lists lists --as-of 2026-11-23 "$VEDETTE_SOURCE_DIR/pcaps/listed-established.pcap" 2>err; }
flows >out
facts() { jq -c "select(.\"peer.domain\" == \"$1\") | [.\"peer.linkage.tier\", .\"peer.indicator.match\", .\"peer.indicator.confidence\", .\"peer.benign.list\", .\"peer.benign.hides\"]" out | sort -u; }
same "what is hidden leaves the weaker one" "$(facts update.listed.example)" '[1,"asn:64500",40,"harmless",["feed"]]'
same "what is not hidden" "$(facts nms.listed.example)" '[1,"asn:64500",40,null,null]'
rm lists/harmless.yaml
flows >out
same "without the benign list" "$(facts update.listed.example)" '[1,"host:update.listed.example",90,null,null]'
passed
