#!/usr/bin/env bash
# An analyst's day, step by step: a policy from a capture, lint, replay, one alert, why, a suppression with owner and end, silence, and the alert
# again behind the end. What the days have in common are gNB, AMF, Diameter and management; on the later ones a managed node is called on port 4434.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { echo "skipped: no Redis server is installed"; exit 77; }

# moved IN OUT DAYS: the same packets, DAYS later
moved() {
    python3 -B - "$@" <<'PY'
import struct, sys
data = bytearray(open(sys.argv[1], 'rb').read())
assert data[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1'), 'a classic capture, little end first'
at = 24
while at < len(data):
    seconds, _, length = struct.unpack_from('<III', data, at)
    struct.pack_into('<I', data, at, seconds + int(sys.argv[3]) * 86400)
    at += 16 + length
open(sys.argv[2], 'wb').write(data)
PY
}

# found NAME: a line for each alert about equipment in the replay NAME, however many revisions it has
found() {
    "$VEDETTE" alerts --name "$1" --json |
        jq -rs 'map(select(."equipment.name")) | unique_by(."event.id")[] | [."event.severity", ."equipment.name", ."rule.name"] | @tsv'
}

# replayed NAME FILE...
replayed() {
    "$VEDETTE" replay --name "$@" >out 2>err || { cat err >&2; fail "replay $1"; }
}

captures=$VEDETTE_SOURCE_DIR/pcaps
usual=("$captures/ngap.pcap" "$captures/diameter-sctp.pcap" "$captures/ssh-from-management.pcap" "$captures/snmp-v3.pcap")

# In the morning: a policy, from what a quiet day shows.
"$VEDETTE" policy draft --name day --own 192.0.2.0/24 --as-of 2026-11-24 "${usual[@]}" >site.yaml 2>err || { cat err >&2; fail "policy draft"; }
"$VEDETTE" policy lint --as-of 2026-11-24 site.yaml >out 2>&1 || { cat out >&2; fail "policy lint"; }
replayed quiet --site site.yaml "${usual[@]}"
same "alerts of the day that the policy is made of" "$(found quiet)" ""

# The analyst reads it, and gives what the draft could not know its name.
sed 's/name: managed-1/name: router-1/' site.yaml >read.yaml
cmp -s site.yaml read.yaml && fail "the draft names no managed-1"
mv read.yaml site.yaml

# One alert.
replayed today --site site.yaml "${usual[@]}" "$captures/unknown-on-4434.pcap"
same "alerts of today" "$(found today | wc -l) $(found today | cut -f2,3)" "1 router-1	Equipment leaves its contract"
id=$("$VEDETTE" alerts --name today --json | jq -r 'select(."equipment.name" == "router-1") | ."event.id"' | head -1)
rule=$("$VEDETTE" alerts --name today --json | jq -r 'select(."equipment.name" == "router-1") | ."rule.id"' | head -1)

# Why?
"$VEDETTE" explain --name today "$id" >why || fail "explain"
for part in "router-1" "Equipment leaves its contract" "4434" "site.yaml:" "violation"; do
    checks=$((checks + 1))
    grep -qF -- "$part" why || { cat why >&2; fail "the explanation does not say $part"; }
done

# It is known: hidden until the month ends, with who answers for it and why.
cat >tuning.yaml <<YAML
schema: 1
suppressions:
  - name: router-1-telemetry
    rule: $rule
    equipment: router-1
    port: tcp/4434
    until: 2026-11-30
    owner: j.kowalska
    because: "ticket 4711: telemetry of the supplier, moved by December"
    expect: 1
YAML
"$VEDETTE" check --site site.yaml --tuning tuning.yaml >out || { cat out >&2; fail "check"; }
replayed tuned --site site.yaml --tuning tuning.yaml "${usual[@]}" "$captures/unknown-on-4434.pcap"
same "alerts with the suppression" "$(found tuned)" ""
same "what the replay says of it" "$(grep -c 'router-1-telemetry' out)" 1

# Without its owner it is refused, and so is one that hides everything.
grep -v owner: tuning.yaml >nobody.yaml
refused 4 "nobody.yaml:3:" "$VEDETTE" check --site site.yaml --tuning nobody.yaml
grep -v 'rule:\|equipment:\|port:' tuning.yaml >all.yaml
refused 4 "all.yaml:3:" "$VEDETTE" check --site site.yaml --tuning all.yaml

# Ninety days later the end has passed.
moved "$captures/unknown-on-4434.pcap" later.pcap 90
replayed later --site site.yaml --tuning tuning.yaml later.pcap
same "alerts behind the end" "$(found later | wc -l) $(found later | cut -f2,3)" "1 router-1	Equipment leaves its contract"
passed
