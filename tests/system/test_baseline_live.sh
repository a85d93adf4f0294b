#!/usr/bin/env bash
# A sensor that learns: what it taught itself is asked of it while it runs, survives kill -9 and a stop, and what is approved is judged
# by from a reload on.
. "$(dirname "$0")/live_lib.sh"
ending=() # what it learned stays

make_pair 0
edges() { # FILTER
    "$VEDETTE" baseline show --name learner --json >show.json 2>show.err && jq -r "$1" show.json
}
has_edges() {
    [ "$(edges '.edges | length')" -ge "$1" ]
}
has_processed() {
    [ "$(status learner .packets.processed)" -ge "$1" ]
}

# ---- asked while it runs ----

begin learner --interface vdb0 --redis none --learn 14d --workers 1
send vda0 "$day" --topspeed
until_true has_processed "$sent"
until_true has_edges 12
same "it learns since now" "$(edges '(.learning.began | fromdateiso8601?) // .learning.began | tostring | length > 0')" true
[ "$(status learner .learning.edges)" -ge 12 ] || fail "the status does not tell of it"
same "and until then" "$(status learner '.learning.until > .learning.since')" true
known() {
    edges '.edges[].id' | sort
}
known >before

# ---- killed: a few seconds of packet time are the most that is lost ----

sleep 7
kill -KILL $sensor
wait $sensor 2>/dev/null || true
# It went on learning, from conversations that ended since.
known >left
same "what was known is there" "$(comm -23 before left)" ""
began=$(edges .learning.began)

# ---- started again: it goes on, with what it knew ----

begin learner --interface vdb0 --redis none --learn 14d --workers 2
says learner.err "going on from what was saved" || fail "it does not go on"
same "the edges are there" "$(known)" "$(cat left)"
same "since the same time" "$(edges .learning.began)" "$began"
flows=$(edges '[.edges[].flows] | add')
send vda0 "$day" --topspeed
more_flows() {
    [ "$(edges '[.edges[].flows] | add')" -gt "$flows" ]
}
until_true more_flows

# ---- approved, and judged by ----

cp site.yaml learned-site.yaml
"$VEDETTE" baseline propose --name learner --json >proposals.json || fail "propose"
id=$(jq -r '.proposals[] | select(.app == "SSH" and .direction == "to" and .equipment == "gnb-017") | .id' proposals.json | head -1)
[ -n "$id" ] || fail "no proposal: $(jq -c '[.proposals[] | [.equipment, .peer, .app]]' proposals.json)"
finish learner
same "a stop keeps it, too" "$(edges "[.edges[] | select(.id == \"$id\")] | length")" 1
approve=(--name learner --site site.yaml --learned "$work/learned.yaml" --by a --because b --until 2090-01-01 --lists "$work/lists" --geo "$work/geo")
printf 'schema: 1\nedges:\n' >learned.yaml
begin learner --interface vdb0 --redis none --learned "$work/learned.yaml"
"$VEDETTE" baseline approve "${approve[@]}" "$id" >out 2>err || { cat err >&2; fail "approve"; }
same "nothing is in force yet" "$(status learner .learning.approved)" 0
"$VEDETTE" reload --name learner >/dev/null || fail "reload"
same "it is now" "$(status learner .learning.approved)" 1
echo '  - nonsense' >>learned.yaml
refused 4 "an edge must be a map" "$VEDETTE" reload --name learner
same "a mistake changes nothing" "$(status learner .learning.approved)" 1
sed -i '$d' learned.yaml
# It learns no more, and knows what it knew.
same "what was learned is still known" "$(edges "[.edges[] | select(.id == \"$id\")] | length")" 1
finish learner

refused 2 "only equipment that a policy declares" "$VEDETTE" run --interface vdb0 --subscribers none --learn 1h
refused 2 "from 1m to 60d" "$VEDETTE" run --interface vdb0 --site site.yaml --learn 5s

passed
