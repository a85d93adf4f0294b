#!/usr/bin/env bash
# vedette rules list and vedette check over rules of all kinds: what judges, what is left out and why, and every fault with its place.
source "$(dirname "$0")/lib.sh"
command -v jq >/dev/null || { echo "skipped: jq is not installed"; exit 77; }

mkdir rules
cat >rules/own.yml <<'END'
title: Ours
id: 00000000-0000-4000-8000-000000000001
name: our_rule
status: stable
author: somebody
date: 2026-11-01
modified: 2026-11-02
license: Apache-2.0
references: [https://first.example, https://second.example]
related: [{id: 00000000-0000-4000-8000-000000000002, type: similar}]
tags: [attack.t1071, attack.command-and-control]
logsource: {product: vedette, category: flow}
detection: {s: {destination.port: 23}, condition: s}
falsepositives: [None that we know]
fields: [peer.ip]
level: high
END
cat >rules/public.yml <<'END'
title: Public
status: experimental
logsource: {category: dns}
detection: {s: {query|endswith: .example}, condition: s}
---
title: Not ours
id: 00000000-0000-4000-8000-000000000003
logsource: {product: windows, service: security}
detection: {s: {EventID: 4625}, condition: s}
level: low
---
title: Lacking
logsource: {product: zeek, service: x509}
detection: {s: {certificate.serial: 8BB00EE}, condition: s}
---
title: Faulty
logsource: {product: linux}
detection: {s: {a|frobnicate: 1}, condition: s and t}
END

list() { "$VEDETTE" rules list --rules rules --json "$@" >list.json 2>err || { cat err >&2; fail "rules list $*"; }; }
list
same "rules" "$(wc -l <list.json)" 5
same "that judge" "$(jq -r 'select(.loaded) | .title' list.json | paste -sd,)" "Ours,Public"
same "why the others do not" "$(jq -r 'select(.loaded | not) | "\(.title) \(.left_out)"' list.json | paste -sd,)" \
    "Not ours other-source,Lacking lacks-facts,Faulty faulty"
same "what is lacking" "$(jq -r 'select(.title == "Lacking") | .lacks[]' list.json)" certificate.serial
same "where" "$(jq -r 'select(.title == "Lacking") | .messages[]' list.json)" \
    'rules/public.yml:14:17: there is no fact for "certificate.serial" of this log source'
same "faults" "$(jq -r 'select(.title == "Faulty") | .messages | length' list.json)" 2
same "all that ours says" "$(jq -c 'select(.title == "Ours") | [.name, .status, .level, .author, .date, .modified, .license, .references,
    .related, .tags, .falsepositives, .fields, .file, .line, .category, .logsource.product]' list.json)" \
    '["our_rule","stable","high","somebody","2026-11-01","2026-11-02","Apache-2.0",["https://first.example","https://second.example"],[{"id":"00000000-0000-4000-8000-000000000002","type":"similar"}],["attack.t1071","attack.command-and-control"],["None that we know"],["peer.ip"],"own.yml",1,"flow","vedette"]'
same "an id that was made" "$(jq -r 'select(.title == "Public") | .id | length' list.json)" 36
list zeek
same "with a word" "$(jq -r .title list.json)" Lacking
list T1071 ours
same "with two" "$(jq -r .title list.json)" Ours
list T1071 lacking
same "with two that no rule has" "$(wc -l <list.json)" 0

"$VEDETTE" rules list --rules rules >out || fail "rules list"
for text in "2 rules judge; left out: 1 for other log sources, 1 that need facts which there are not, 1 faulty" \
    "Lacks: certificate.serial" "https://second.example" "00000000-0000-4000-8000-000000000002 similar" "None that we know"; do
    checks=$((checks + 1))
    grep -qF -- "$text" out || { cat out >&2; fail "the table does not say '$text'"; }
done
same "wide" "$(awk 'length > 100' out | wc -l)" 0

# ---- check tells of faulty rules of others, and runs as a replay would ----

got=0
"$VEDETTE" check --rules rules >out 2>err || got=$?
same "status of check" $got 4
same "faults that check tells" "$(grep -c 'rules/public.yml:1[789]:' err)" 2
grep -q "left out: 1 for other log sources, 1 that need facts which there are not, 1 faulty" out || { cat out >&2; fail "check"; }
same "check --json" "$("$VEDETTE" check --rules rules --json 2>err | jq -c '.rules | [.loaded, .left_out, .other_sources, .lacking_facts, .faulty]')" "[2,3,1,1,1]"
"$VEDETTE" replay --redis none --rules rules "$VEDETTE_SOURCE_DIR/pcaps/telnet.pcap" >out 2>err || { cat err >&2; fail "replay"; }
grep -q "rules of others that could not judge: 1 for want of facts, 1 faulty" out || { cat out >&2; fail "the summary says nothing of rules"; }

# ---- rules of others judge what is on the wire ----

mkdir wire
cat >wire/dns.yml <<'END'
title: By Zeek
id: 00000000-0000-4000-8000-000000000011
logsource: {product: zeek, service: dns}
detection:
    asked: {query: www.cloud.example, qtype_name: A, id.resp_p: 53, proto: udp, rcode: 0, answers|exists: true}
    zone: {Z: 0, rejected: 'false'}
    elsewhere: {id.resp_h|cidr: 192.0.2.0/24}
    condition: asked and zone and not elsewhere
---
title: Nobody asked
id: 00000000-0000-4000-8000-000000000012
logsource: {category: dns}
detection: {asked: {query|endswith: .other.example}, condition: asked}
---
title: By proxy
id: 00000000-0000-4000-8000-000000000013
logsource: {category: proxy}
detection: {page: {c-uri: 'http://192.0.2.1/', c-uri-stem: /, cs-method: GET, dst_ip: 192.0.2.1}, condition: page}
---
title: No TLS
id: 00000000-0000-4000-8000-000000000014
logsource: {product: zeek, service: ssl}
detection: {never: {server_name: x}, condition: not never}
---
title: By firewall
id: 00000000-0000-4000-8000-000000000015
logsource: {category: firewall}
detection: {passed: {dst_port: 80, action: accept}, condition: passed}
END
alerts() { "$VEDETTE" replay --redis none --json --own 192.0.2.0/24 --rules wire "$VEDETTE_SOURCE_DIR/pcaps/$1.pcap" 2>err | jq -r '."rule.name"' | sort -u | paste -sd,; }
same "of DNS" "$(alerts dns-outside)" "By Zeek"
same "of a page" "$(alerts page-to-outside)" "By firewall,By proxy"

# ---- a fault of our own refuses all, and every one is told ----

python3 - >rules/wrong.yml <<'END'
for i in range(1000):
    print('---\ntitle: T%d\nid: 00000000-0000-4000-9000-%012d\nlevel: low\nlogsource: {product: vedette, category: flow}' % (i, i))
    print('detection: {s: {frobnicate: 1}, condition: s}')
END
for command in "check" "rules list" "replay --redis none $VEDETTE_SOURCE_DIR/pcaps/telnet.pcap"; do
    got=0
    # shellcheck disable=SC2086 # several words
    "$VEDETTE" $command --rules rules >out 2>err || got=$?
    same "status of $command" $got 4
    same "lines of $command" "$(wc -l <err)" 1001
    same "places of $command" "$(grep -c 'rules/wrong.yml:[0-9]*:17: unknown fact' err)" 1000
    same "output of $command" "$(wc -c <out)" 0
    same "last line of $command" "$(tail -1 err | sed 's/.*: //')" "1000 errors; nothing was loaded"
done
rm rules/wrong.yml

# ---- the public rules, and their load on a set ----

if [ -n "${VEDETTE_SIGMA_RULES:-}" ]; then
    "$VEDETTE" check --rules "$VEDETTE_SIGMA_RULES" >out 2>err || { cat err >&2; fail "check of the public rules"; }
    "$VEDETTE" replay --redis none --rules "$VEDETTE_SIGMA_RULES" "$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap" >out 2>err || { cat err >&2; fail "replay"; }
    checks=$((checks + 2))
else
    echo "VEDETTE_SIGMA_RULES is not set: public rules are not read"
fi

refused 2 "unknown option --frobnicate" "$VEDETTE" rules list --frobnicate
refused 4 "cannot be read" "$VEDETTE" rules list --rules nowhere
passed
