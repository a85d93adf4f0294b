#!/usr/bin/env bash
# Learning with whom equipment talks: halves and the whole, what is proposed and what never, approvals that are judged by, and taken
# back; a ramp is told; mistakes change nothing.
. "$(dirname "$0")/lib.sh"

site=$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml
day=$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap
lists=$VEDETTE_SOURCE_DIR/tests/golden/lists
with=(--geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-01)
baseline() {
    "$VEDETTE" baseline "$@" 2>err || { cat err >&2; fail "baseline $*"; }
}
learn() {
    baseline learn --site "$site" --into "$@" "${with[@]}" >learn.out
}
show() {
    baseline show --from "$1" --json
}
# replay VERDICT: how many conversations of the day have it, with what was approved.
replay() {
    "$VEDETTE" flows --site "$site" --json "${with[@]}" "$@" 2>replay.err || { cat replay.err >&2; fail "flows"; }
}
verdicts() {
    replay --learned learned.yaml "$day" | jq -s "map(select(.\"contract.verdict\" == \"$1\")) | length"
}

# ---- halves are the whole, wherever they are cut, in two parts and in four ----

learn whole.db "$day"
show whole.db >whole.json
[ "$(jq '.edges | length' whole.json)" -ge 40 ] || fail "too little was learned"
packets() { # FROM TO FILE [CAPTURE]: packets of the day, or of CAPTURE
    python3 - "${4:-$day}" "$@" <<'PY'
import struct, sys
data, at, ends = open(sys.argv[1], 'rb').read(), 24, [24]
while at + 16 <= len(data):
    at += 16 + struct.unpack('<I', data[at + 8:at + 12])[0]
    ends.append(at)
a, b = (ends[min(int(n), len(ends) - 1)] for n in sys.argv[2:4])
open(sys.argv[4], 'wb').write(data[:24] + data[a:b])
PY
}
for at in ${VEDETTE_CUTS:-61 200 333 517 640 801}; do
    packets 0 "$at" first.pcap
    packets "$at" 99999 second.pcap
    rm -f halves.db
    learn halves.db first.pcap
    learn halves.db second.pcap --workers 3
    show halves.db >halves.json
    checks=$((checks + 1))
    cmp whole.json halves.json || fail "cut behind packet $at: $(diff <(jq . whole.json) <(jq . halves.json) | head -8)"
done
rm -f quarters.db
for at in 0 200 400 600; do
    packets $at $((at + 200 + (at == 600) * 9999)) part.pcap
    learn quarters.db part.pcap
done
show quarters.db | cmp - whole.json || fail "four parts"

# Behind each of its first packets: before anything was told of it.
other=$VEDETTE_SOURCE_DIR/pcaps/ssh-on-443.pcap
learn other.db "$other"
show other.db >other.json
for at in 2 4 9; do
    packets 0 $at first.pcap "$other"
    packets $at 99999 second.pcap "$other"
    rm -f halves.db
    learn halves.db first.pcap
    learn halves.db second.pcap
    show halves.db | cmp - other.json || fail "cut behind packet $at of another"
done

# ---- a learner that is killed leaves what was there ----

cp whole.db kept.db
"$VEDETTE" baseline learn --site "$site" --into kept.db "${with[@]}" - </dev/zero >/dev/null 2>&1 &
sleep 0.2
kill -KILL $! 2>/dev/null || true
wait $! 2>/dev/null || true
show kept.db | cmp - whole.json || fail "a learner that was killed changed what it went on from"

# ---- what is proposed ----

baseline propose --from whole.db --json >proposals.json
[ "$(jq '.proposals | length' proposals.json)" -ge 10 ] || fail "too few proposals"
same "every proposal is uncovered" "$(jq '[.proposals[] | select(.uncovered == 0)] | length' proposals.json)" 0
same "what is listed is apart" "$(jq -r '[.proposals[].tier] + [.never[] | select(.tier == 0) | 99] | add' proposals.json)" 0
[ "$(jq '.never | length' proposals.json)" -ge 3 ] || fail "what is listed is not told"
baseline propose --from whole.db >text
grep -q "never to be approved" text || fail "the text does not say what is listed"
edge() { # FILTER: the id of the one proposal
    jq -r ".proposals[] | select($1) | .id" proposals.json
}
ssh=$(edge '.equipment == "gnb-017" and .direction == "to" and .app == "SSH"')
dns=$(edge '.equipment == "gnb-017" and .app == "DNS"')
tls=$(edge '.equipment == "router-1" and .port == "tcp/4431"')
listed=$(jq -r '.never[] | select(.peer == "update.listed.example" and .port == "tcp/443") | .id' proposals.json)
for id in "$ssh" "$dns" "$tls" "$listed"; do
    [ ${#id} = 12 ] || fail "no such proposal: '$id'"
done

# ---- approved: judged by ----

approval=(--from whole.db --site "$site" --learned learned.yaml --by j.kowalska --because 'telemetry, "4711"' --until 2090-05-31
    --date 2026-11-26 "${with[@]}")
printf 'schema: 1\nedges:\n' >learned.yaml
before=$(verdicts violation)
same "nothing is learned yet" "$(verdicts learned)" 0
rm learned.yaml
baseline approve "${approval[@]}" "$ssh" "${dns:0:6}" >/dev/null
same "learned" "$(verdicts learned)" 2
same "violations" "$(verdicts violation)" $((before - 2))
replay --learned learned.yaml "$day" | jq -r 'select(."contract.verdict" == "learned" and ."network.protocol" == "ssh") | ."contract.line" + " " + ."contract.text"' >words
grep -q '^learned.yaml:[0-9]* gnb-017 connects to .* with SSH on tcp/443, learned and approved until 2090-05-31: telemetry, "4711" (j.kowalska)$' words ||
    fail "the words: $(cat words)"
same "proposals that are left" "$(baseline propose --from whole.db --site "$site" --learned learned.yaml --json | jq '.proposals | length')" \
    $(($(jq '.proposals | length' proposals.json) - 2))
"$VEDETTE" check --site "$site" --learned learned.yaml --geo "" >out || fail "check"
grep -q "learned.yaml: 2 edges in force, 0 have ended, 0 were revoked" out || fail "check: $(cat out)"
"$VEDETTE" replay --redis none --json --site "$site" --learned learned.yaml "${with[@]}" "$day" >alerts 2>/dev/null || fail "replay"
jq -e 'select(."version.learned" | test("^[0-9a-f]{32}$"))' alerts >/dev/null || fail "alerts do not say which edges were in force"

# A comment of a person stays, and the file is still added to.
sed -i 's/^edges:/# of the spring\nedges:/' learned.yaml
baseline approve "${approval[@]}" "$tls" >/dev/null
same "three edges" "$(verdicts learned)" 3
same "the comment is there" "$(grep -c '# of the spring' learned.yaml)" 1

# ---- taken back ----

baseline revoke --site "$site" --learned learned.yaml --by m.nowak --because 'was an error' --date 2026-12-01 "$ssh" >/dev/null
same "one less" "$(verdicts learned)" 2
grep -q 'revoked: {by: "m.nowak", because: "was an error", date: 2026-12-01}' learned.yaml || fail "who revoked it is not told"
same "the comment is still there" "$(grep -c '# of the spring' learned.yaml)" 1
refused 2 "no edge that is approved there" "$VEDETTE" baseline revoke --site "$site" --learned learned.yaml --by m --because x "$ssh"
baseline approve "${approval[@]}" "$ssh" >/dev/null # and given again
same "three again" "$(verdicts learned)" 3

# ---- never: what is listed, when it was learned or today ----

cp learned.yaml good.yaml
refused 8 "is linked to an adversary (tier 3" "$VEDETTE" baseline approve "${approval[@]}" "$listed"
refused 8 "never approved" "$VEDETTE" baseline approve "${approval[@]}" "$(edge '.app == "NTP"')" "$listed"
rm -f unlisted.db
mkdir nothing
baseline learn --site "$site" --into unlisted.db --lists nothing "${with[@]}" "$day" >/dev/null
id=$(baseline propose --from unlisted.db --json | jq -r '.proposals[] | select(.peer == "update.listed.example" and .port == "tcp/443") | .id')
same "it is the same edge" "$id" "$listed"
today=(--from unlisted.db --site "$site" --learned learned.yaml --by a --because b --until 2090-05-31 "${with[@]}")
refused 8 "(tier 1, example_tier_1)" "$VEDETTE" baseline approve "${today[@]}" --lists "$lists" "$id"
cmp learned.yaml good.yaml || fail "a refusal changed the file"
# Whoever writes it by hand, or approved it while it was in no list: judged by the lists of now.
cp good.yaml learned.yaml
baseline approve "${today[@]}" --lists nothing "$id" >/dev/null
one() {
    replay --learned learned.yaml --lists "$1" "$day" |
        jq -r 'select(."destination.domain" == "update.listed.example" and ."destination.port" == 443 and ."network.protocol" == "tls") | ."contract.verdict"'
}
same "while no list holds it" "$(one nothing)" learned
same "once a list holds it" "$(one "$lists")" violation
cp good.yaml learned.yaml

# ---- a slow ramp ----

python3 -B - "$day" <<'PY'
import struct, sys
sys.path.insert(0, '.')
# Fourteen days of TLS from gnb-017 to a peer: a UDP conversation each day whose volume grows, and one that stays.
def ip(a):
    return bytes(int(x) for x in a.split('.'))
def udp(src, dst, sport, dport, n):
    body = b'\0' * n
    u = struct.pack('>HHHH', sport, dport, 8 + n, 0) + body
    return b'\x02\0\0\0\0\2\x02\0\0\0\0\1\x08\0' + struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(u), 0, 0, 64, 17, 0) + ip(src) + ip(dst) + u
out = [struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)]
start = 1793664000
for day in range(14):
    for k, (port, packets) in enumerate(((7001, 10 + 3 * day), (7002, 20))):
        for i in range(packets):
            for back in (0, 1):
                a, b, p, q = ('192.0.2.17', '203.0.113.200', 40000 + day, port)[:2] + (40000 + day, port)
                f = udp(b, a, q, p, 400) if back else udp(a, b, p, q, 400)
                t = start + day * 86400 + 36000 + k * 600 + i
                out.append(struct.pack('<IIII', t, back * 1000 + k, len(f), len(f)) + f)
open('ramp.pcap', 'wb').write(b''.join(out))
PY
learn ramp.db ramp.pcap
baseline propose --from ramp.db --json >ramp.json
ramp=$(jq -r '.proposals[] | select(.port == "udp/7001") | .id' ramp.json)
steady=$(jq -r '.proposals[] | select(.port == "udp/7002") | .id' ramp.json)
same "the ramp is told" "$(jq -c '.proposals[] | select(.port == "udp/7001") | [.days_seen, .flows, (.growth_percent > 100), .rising_percent, (.weeks[1] > .weeks[0]), (.warnings | index("ramp") != null)]' ramp.json)" \
    '[14,14,true,100,true,true]'
same "the steady one is not" "$(jq -c '.proposals[] | select(.port == "udp/7002") | [.days_seen, .growth_percent, (.warnings | index("ramp"))]' ramp.json)" '[14,0,null]'
same "a higher bound" "$(baseline propose --from ramp.db --ramp 900 --json | jq '[.proposals[].warnings[] | select(. == "ramp")] | length')" 0
baseline propose --from ramp.db >text
grep -q "ramp" text || fail "the text does not tell the ramp"
ramp_approval=(--from ramp.db --site "$site" --learned ramp.yaml --by a --because b --until 2090-05-31 "${with[@]}")
refused 8 "add --despite ramp" "$VEDETTE" baseline approve "${ramp_approval[@]}" "$ramp"
[ ! -e ramp.yaml ] || fail "a refusal made a file"
baseline approve "${ramp_approval[@]}" "$steady" >/dev/null
baseline approve "${ramp_approval[@]}" --despite ramp "$ramp" >/dev/null
grep -q "app: \"unknown\"" ramp.yaml || fail "what has no label is not called unknown"
same "both are covered" "$(replay --learned ramp.yaml ramp.pcap | jq -s 'map(select(."contract.verdict" == "learned")) | length')" 28

# Only for so long.
rm -f week.db
learn week.db ramp.pcap --learn 7d
same "a week" "$(show week.db | jq '[.edges[].days_seen] | max')" 7

# ---- mistakes ----

refused 2 "write --into FILE" "$VEDETTE" baseline learn --site "$site" "$day"
refused 2 "name it with --site" "$VEDETTE" baseline learn --into x.db "$day"
refused 2 "no capture given" "$VEDETTE" baseline learn --site "$site" --into x.db
refused 2 "from 1m to 60d" "$VEDETTE" baseline learn --site "$site" --into x.db --learn 61d "$day"
refused 2 "another --seed" "$VEDETTE" baseline learn --site "$site" --into whole.db --seed 5 "$day"
refused 4 "is no saved state" "$VEDETTE" baseline learn --site "$site" --into good.yaml "$day"
refused 4 "there is no saved state" "$VEDETTE" baseline show --from nowhere.db
refused 2 "--from FILE" "$VEDETTE" baseline show
refused 2 "no such command" "$VEDETTE" baseline forget
refused 2 "an approval says who, why and until when; add --by" "$VEDETTE" baseline approve --from whole.db --site "$site" --learned learned.yaml "$ssh"
refused 2 "is over" "$VEDETTE" baseline approve --from whole.db --site "$site" --learned x.yaml --by a --because b --until 2020-01-01 "$tls"
refused 2 "no edge was learned whose id begins" "$VEDETTE" baseline approve "${approval[@]}" 0000000000
refused 8 "is approved already, at learned.yaml:" "$VEDETTE" baseline approve "${approval[@]}" "$tls"
refused 2 "--despite takes ramp alone" "$VEDETTE" baseline approve "${approval[@]}" --despite all "$tls"
printf 'schema: 1\nedges: []\n' >flow.yaml
refused 4 "flow.yaml" "$VEDETTE" baseline approve --from whole.db --site "$site" --learned flow.yaml --by a --because b --until 2090-01-01 "${with[@]}" "$tls"
same "it is as it was" "$(cat flow.yaml)" "$(printf 'schema: 1\nedges: []\n')"
sed 's/gnb-017/gnb-999/' good.yaml >bad.yaml
refused 4 "bad.yaml:$(grep -n gnb-999 bad.yaml | head -1 | cut -d: -f1):16: no equipment is named \"gnb-999\"" "$VEDETTE" check --site "$site" --learned bad.yaml --geo ""
refused 2 "belongs to equipment of a policy" "$VEDETTE" replay --redis none --learned good.yaml "$day"
for place in 100 20000 60000; do
    cp whole.db broken.db
    printf 'XXXXXXXXXXXXXXXX' | dd of=broken.db bs=1 seek=$place conv=notrunc status=none
    if "$VEDETTE" baseline show --from broken.db --json >out 2>err; then
        cmp out whole.json || fail "a file that was changed at $place was believed"
    fi
    checks=$((checks + 1))
done

passed
