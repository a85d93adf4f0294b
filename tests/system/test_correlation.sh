#!/usr/bin/env bash
# Correlations over whole captures: one alert for a group, whatever the workers, and whether there was a restart; rules that are only
# counted are silent; a filter takes out what it describes; a reload in between keeps what was counted.
. "$(dirname "$0")/lib.sh"

day=$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap
options=(--site "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" --geo "" --as-of 2026-11-01)
mkdir rules
cat >rules/correlations.yml <<'YAML'
title: Several services of one machine
id: 00000000-0000-4000-8000-000000000c01
correlation:
    type: value_count
    rules: [conversation]
    group-by: [destination.ip]
    timespan: 12h
    condition: {field: destination.port, gte: 2}
level: medium
---
title: Few conversations
id: 00000000-0000-4000-8000-000000000c02
correlation:
    type: event_count
    rules: [conversation]
    group-by: [source.ip]
    timespan: 2h
    condition: {lte: 2}
level: low
---
title: TLS and DNS of one machine
id: 00000000-0000-4000-8000-000000000c03
correlation:
    type: temporal
    rules: [tls, dns]
    group-by: [source.ip]
    timespan: 6h
level: low
---
title: Much was moved
id: 00000000-0000-4000-8000-000000000c04
correlation:
    type: value_sum
    rules: [conversation]
    group-by: [equipment.name]
    timespan: 1d
    condition: {field: network.bytes, gte: 2000}
level: low
---
title: Conversation
name: conversation
logsource: {product: vedette, category: flow}
detection:
    each: {network.bytes|gte: 0}
    condition: each
---
title: TLS
name: tls
logsource: {product: vedette, category: flow}
detection:
    s: {network.protocol: tls}
    condition: s
---
title: DNS
name: dns
logsource: {product: vedette, category: flow}
detection:
    s: {network.protocol: dns}
    condition: s
YAML
replay() {
    "$VEDETTE" replay --redis none --json --rules rules "${options[@]}" "$@" 2>replay.err || { cat replay.err >&2; fail "replay $*"; }
}

# ---- what the alerts say ----

replay "$day" >whole
python3 - <<'PY' || fail "the alerts"
import collections, json
groups = collections.defaultdict(set)
for line in open('whole'):
    a = json.loads(line)
    assert a['correlation.type'], a
    assert a['alert.matched'][0].startswith(a['correlation.type'] + ': ' + a['correlation.value'] + ' '), a['alert.matched']
    assert a['event.reason'].endswith(a['rule.name']), a['event.reason']
    groups[a['rule.name']].add((a['event.id'], tuple(a['correlation.group'])))
    if a['rule.name'] == 'Several services of one machine':
        assert int(a['correlation.value']) >= 2
        assert a['alert.first_seen'] <= a['alert.last_seen']
assert len(groups) == 4, dict(groups)
for name, ids in groups.items():
    by_group = collections.Counter(group for _, group in ids)
    print(len(ids), 'alerts of', name)
PY
checks=$((checks + 1))
for workers in 2 4; do
    replay --workers "$workers" "$day" >again
    cmp whole again || fail "$workers workers"
done
checks=$((checks + 1))

# ---- a restart anywhere ----

python3 "$VEDETTE_SOURCE_DIR/tests/system/cut_capture.py" "$VEDETTE" rules "$day" 12 "${options[@]}" >cut.out 2>&1 ||
    { tail -n 8 cut.out >&2; fail "cuts of the day"; }
cat cut.out
checks=$((checks + 1))

# ---- a filter ----

target=$(python3 -c '
import json
for line in open("whole"):
    a = json.loads(line)
    if a["rule.name"] == "Several services of one machine":
        print(a["correlation.group"][0].split(": ", 1)[1])
        break')
cat >rules/filter.yml <<YAML
title: Known machine
logsource: {product: vedette, category: flow}
filter:
    rules: [conversation]
    selection: {destination.ip: $target}
    condition: selection
YAML
replay "$day" >filtered
grep -q "destination.ip: $target" whole || fail "no alert of $target"
! grep -q "\"destination.ip: $target\"" filtered || fail "the filter took nothing out"
checks=$((checks + 1))

# ---- what is loaded ----

"$VEDETTE" check --rules rules >check.out
grep -q "of them 4 correlations; 3 only counted by those" check.out || { cat check.out >&2; fail "check"; }
grep -q "1 filter" check.out || fail "check says nothing of the filter"
"$VEDETTE" rules list --rules rules --json | python3 -c '
import json, sys
rules = [json.loads(line) for line in sys.stdin]
assert sum(r["raises_alerts"] for r in rules) == 4, rules
assert [r["correlation"]["type"] for r in rules if "correlation" in r] == ["value_count", "event_count", "temporal", "value_sum"], rules
' || fail "rules list"
checks=$((checks + 2))

# ---- a mistake refuses the set, with its place ----

sed -i 's/rules: \[tls, dns\]/rules: [tls, dsn]/' rules/correlations.yml
refused 4 'correlations.yml:25:18: no rule has the id or name "dsn"; did you mean "dns"?' "$VEDETTE" check --rules rules
passed
