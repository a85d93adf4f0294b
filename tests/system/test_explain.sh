#!/usr/bin/env bash
# One line of policy changes a verdict, and the program names that line; what explain says would clear an alert does clear it.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { echo "skipped: no Redis server is installed"; exit 77; }

pcaps=$VEDETTE_SOURCE_DIR/pcaps
mkdir lists
cp "$VEDETTE_DATA"/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml \
    "$VEDETTE_SOURCE_DIR/tests/golden/lists/tier-1.yaml" lists/
common=(--lists lists --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-20)

# judged SITE CAPTURE OPTION...: replays, leaving the alerts in Redis, in "alerts", and the conversations in "flows"
judged() {
    local site=$1 capture=$pcaps/$2.pcap
    shift 2
    "$VEDETTE" flows --json --site "$site" "${common[@]}" "$@" "$capture" >flows 2>err || { cat err >&2; fail "flows of $capture"; }
    "$VEDETTE" replay --json --redis private --name run --site "$site" "${common[@]}" "$@" "$capture" >alerts 2>err ||
        { cat err >&2; fail "replay of $capture"; }
}
# conversation FILTER: the verdict of the one that FILTER takes, its line, and what it says
conversation() { jq -r "select($1) | [.\"contract.verdict\", .\"contract.line\"] | join(\" \")" flows; }
rules() { jq -r "select($1) | .\"rule.ruleset\" | rtrimstr(\".yml\")" alerts | sort -u | tr '\n' ' '; }
# explained FILTER: leaves what explain says of the alert that FILTER takes in "explanation"
explained() {
    local id
    id=$(jq -r "select($1) | .\"event.id\"" alerts | sort -u)
    [ "$(wc -w <<<"$id")" = 1 ] || fail "alerts that '$1' takes: $id"
    "$VEDETTE" explain --lists lists "$id" >explanation
}
# says TEXT: it is said there, however the lines are broken
says() {
    checks=$((checks + 1))
    tr -s ' \n' ' ' <explanation | grep -qF -- "$1" || { cat explanation >&2; fail "explain does not say: $1"; }
}
# line FILE TEXT: FILE:NUMBER of the only line that holds TEXT
line() {
    [ "$(grep -cF -- "$2" "$1")" = 1 ] || fail "$1: $(grep -cF -- "$2" "$1") lines hold '$2'"
    echo "$(basename "$1"):$(grep -nF -- "$2" "$1" | cut -d : -f 1)"
}
# one_line_more OLD NEW: NEW is OLD with one line added
one_line_more() { same "lines that differ between $1 and $2" "$(diff "$1" "$2" | grep -c '^[<>]')" 1; }

site=$pcaps/demo/site.yaml
listed='."peer.domain" == "update.listed.example"'

# without the line: the contract of the role does not list it, and the role's own line says so
judged "$site" listed-established
same "before" "$(conversation "$listed")" "violation $(line "$VEDETTE_DATA/roles.yaml" '  gnb:')"
same "rules before" "$(rules "$listed")" "adversary-tier1-established contract-violation-established "
explained "$listed and .\"rule.ruleset\" == \"contract-violation-established.yml\""
says "selection violation: holds, as the condition wants met contract.verdict is violation met network.direction is outbound"
says "(adversary-tier1-established.yml) is met, too"
says "(contract-violation-attempt.yml) nearly: flow.state established is none of attempt, rejected (wanted flow.state: [attempt, rejected])"
says "Policy violation, policy line $(line "$VEDETTE_DATA/roles.yaml" '  gnb:'): the contract of gnb lists no connection to update.listed.example (198.51.100.7) with TLS on tcp/443"

# an exception, one line
sed 's|^exceptions:|&\n  - {equipment: gnb-017, to: 198.51.100.7, app: TLS, until: 2027-03-01, owner: a.nowak, because: "RMA 4712"}|' "$site" >with-exception.yaml
one_line_more "$site" with-exception.yaml
judged with-exception.yaml listed-established
same "with an exception" "$(conversation "$listed")" "exception $(line with-exception.yaml 'RMA 4712')"
same "rules with an exception" "$(rules "$listed")" ""
same "what the exception does not name" "$(rules '."peer.domain" == "nms.listed.example"')" "adversary-tier1-established contract-violation-established "

# the same that ended the day before: its own words, and a violation again
sed 's/until: 2027-03-01, owner: a.nowak/until: 2026-11-22, owner: a.nowak/' with-exception.yaml >ended.yaml
judged ended.yaml listed-established
same "with an exception that ended" "$(rules "$listed")" "adversary-tier1-established contract-violation-established "
explained "$listed and .\"rule.ruleset\" == \"adversary-tier1-established.yml\""
says "$(line ended.yaml 'RMA 4712')"
says "2026-11-22"

# a line of a contract: the router's role is the site's own here, with a line more or less. A bad certificate is told whatever is allowed,
# so there is an alert that explains the line.
self='."destination.port" == 4431'
sed -e 's|role: router,|role: edge,|' -e 's|^roles:|&\n  edge:\n    connects:\n      - {to: group:dns, app: DNS}|' "$site" >edge.yaml
sed 's|^      - {to: group:dns, app: DNS}|&\n      - {to: "domain:self.example", app: TLS, port: tcp/4431}|' edge.yaml >edge-more.yaml
one_line_more edge.yaml edge-more.yaml
judged edge.yaml certificates --filter 'tcp port 4431'
same "before the line of the contract" "$(conversation "$self")" "violation $(line edge.yaml '  edge:')"
same "rules before the line of the contract" "$(rules "$self")" "certificate-problem contract-violation-established "
judged edge-more.yaml certificates --filter 'tcp port 4431'
same "after the line of the contract" "$(conversation "$self")" "allowed $(line edge-more.yaml 'domain:self.example')"
same "rules after the line of the contract" "$(rules "$self")" "certificate-problem "
explained true
says "Policy allowed, policy line $(line edge-more.yaml 'domain:self.example'): "
says "self.example"

# a window: Monday's support, on a Tuesday's policy
supplier='."peer.ip" == "203.0.113.9"'
judged "$site" supplier-unanswered
same "outside the window" "$(conversation "$supplier")" "violation $(line "$VEDETTE_DATA/roles.yaml" '  gnb:')"
explained "$supplier and .\"rule.ruleset\" == \"supplier-outside-window-attempt.yml\""
says "No maintenance window of the supplier was open."
sed -e 's/days: \[Tue\]/days: [Mon]/' -e 's/hours: .*/hours: "16:00-17:00"/' "$site" >monday.yaml
judged monday.yaml supplier-unanswered
same "in the window" "$(conversation "$supplier")" "window $(line monday.yaml '  acme-support:')"
same "rules in the window" "$(rules "$supplier")" ""

# either end's contract is enough: without the group, the clock's own line decides
judged "$site" ntp-outside
same "by the caller's contract" "$(conversation '."destination.ip" == "192.0.2.123"')" \
    "allowed $(awk '/^  gnb:/ { gnb = 1 } gnb && /to: group:ntp, app: NTP/ { print "roles.yaml:" NR; exit }' "$VEDETTE_DATA/roles.yaml")"
sed '/^  ntp: /d' "$site" >no-ntp.yaml
judged no-ntp.yaml ntp-outside
same "by the other's contract" "$(conversation '."destination.ip" == "192.0.2.123"')" "allowed $(line no-ntp.yaml '  clock: {accepts:')"

# only a guess: the line that would have covered it is named
judged "$site" unknown-on-4434
explained true
says "Policy undetermined, policy line $(line "$site" '  - equipment: router-1')"
says "The label of this conversation is a guess"

# What explain would have pasted, pasted: the placeholders filled, nothing else.
# pasted KEY: the block below "What would clear it" that begins with KEY
pasted() {
    sed -n "/^What would clear it/,\$p" explanation | sed -n "/^    $1:\$/,/^\$/s/^    //p" | sed 1d |
        sed -e 's/YEAR-MONTH-DAY/2027-03-01/' -e 's/WHO/a.nowak/' -e 's/WHY/pasted/' -e 's/NAME/probe-1/' -e 's/SUPPLIER/borealis/' \
            -e 's/ROLE/nms/' -e 's/ZONE/core/' -e 's/DAY/Mon/' -e 's/HH:MM-HH:MM/00:00-24:00/'
}
# clears CAPTURE FILTER RULE: the exception that explain proposes turns RULE's verdict
clears() {
    judged "$site" "$1"
    explained "$2 and .\"rule.ruleset\" == \"$3.yml\""
    { cat "$site"; pasted exceptions; } >pasted.yaml
    same "lines pasted for $1" "$(diff "$site" pasted.yaml | grep -c '^>')" 6
    judged pasted.yaml "$1"
    same "verdict of $1 after pasting" "$(conversation "$2" | sort -u)" "exception $(basename pasted.yaml):$(($(wc -l <"$site") + 1))"
    same "alerts of $1 after pasting" "$(rules "$2")" ""
}
clears listed-established '."peer.domain" == "update.listed.example"' adversary-tier1-established
clears listed-established '."peer.domain" == "nms.listed.example"' adversary-tier1-established
clears dns-outside '."peer.ip" == "203.0.113.220"' dns-unapproved-resolver
clears ntp-outside '."peer.ip" == "203.0.113.220"' ntp-unapproved-server
clears ssh-on-443 '."peer.ip" == "203.0.113.220"' port-mismatch
clears tunnel-to-listed '."network.protocol" == "gre"' remote-access-declared
clears telnet '."destination.port" == 23 and ."equipment.name" == "ems-1"' contract-violation-internal
clears unknown-on-4434 '."destination.port" == 4434' contract-undetermined

# an entry for the inventory
judged "$site" undeclared
explained '."rule.ruleset" == "equipment-undeclared.yml"'
pasted equipment >entry
sed '/^equipment:/r entry' "$site" >pasted.yaml
judged pasted.yaml undeclared
same "the host, declared" "$(jq -r 'select(."peer.equipment.name" == "resolver-1") | ."equipment.name"' flows)" "probe-1"
grep -q equipment-undeclared alerts && fail "it is still undeclared"

# a suppression of just that alert, pasted into a tuning file
for filter in '."rule.ruleset" == "port-mismatch.yml"' '."rule.ruleset" == "equipment-undeclared.yml"'; do
    judged "$site" demo/day
    explained "$filter"
    chosen=$(jq -r "select($filter and .\"event.action\" == \"opened\") | .\"event.id\"" alerts | head -1)
    { printf 'schema: 1\nsuppressions:\n'; pasted suppressions; } >tuning.yaml
    "$VEDETTE" replay --redis none --json --site "$site" --tuning tuning.yaml "${common[@]}" "$pcaps/demo/day.pcap" >tuned 2>err || { cat err tuning.yaml >&2; fail "a pasted suppression"; }
    same "alerts that a pasted suppression leaves" "$(jq -r '."event.id"' alerts | sort -u | comm -3 - <(jq -r '."event.id"' tuned | sort -u) | tr -d '\t')" "$chosen"
done

# a window
judged "$site" supplier-unanswered
explained '."rule.ruleset" == "supplier-outside-window-attempt.yml"'
pasted windows >entry
sed '/^windows:/r entry' "$site" >pasted.yaml
judged pasted.yaml supplier-unanswered
same "a window, pasted" "$(conversation "$supplier")" "window $(line pasted.yaml '  probe-1:')"

# every alert of the day is explained, within 100 columns but for links
judged "$site" demo/day
for id in $(jq -r '."event.id"' alerts | sort -u); do
    "$VEDETTE" explain "$id" >explanation 2>err || { cat err >&2; fail "explain $id"; }
    same "columns of $id" "$(awk 'length > 100 && $NF !~ /^https:/' explanation)" ""
    says "$(jq -rs "map(select(.\"event.id\" == \"$id\")) | last | .\"contract.line\" // .\"contract.verdict\"" alerts)"
done
passed
