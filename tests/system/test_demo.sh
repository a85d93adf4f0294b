#!/usr/bin/env bash
# The demo's day, with fictional geolocation data: what it promises is found, what was ordered is not; and rewrite.py, which moves its
# outside world into real address space, breaks nothing.
source "$(dirname "$0")/lib.sh"

demo=$VEDETTE_SOURCE_DIR/pcaps/demo
mkdir lists
cp "$VEDETTE_DATA"/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml \
    "$VEDETTE_SOURCE_DIR/tests/golden/lists/tier-1.yaml" lists/
common=(--json --site "$demo/site.yaml" --lists lists --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-20)
"$VEDETTE" replay --redis none "${common[@]}" "$demo/day.pcap" >alerts 2>err || { cat err >&2; fail "replay"; }
"$VEDETTE" flows "${common[@]}" "$demo/day.pcap" >flows 2>err || { cat err >&2; fail "flows"; }

# promised: begin of the conversation (UTC), rule, equipment, level
jq -r 'select(."event.action" == "opened") | [(."event.start" | .[11:16]), (."rule.ruleset" | rtrimstr(".yml")), ."equipment.name",
    ."alert.level"] | join(" ")' alerts | sort >found
while read -r what; do
    checks=$((checks + 1))
    grep -qxF "$what" found || { cat found >&2; fail "the day does not find: $what"; }
done <<'EOF'
00:11 supplier-zone-denied gnb-018 high
02:00 ntp-unapproved-server gnb-017 medium
02:00 contract-violation-established gnb-017 high
05:00 snmp-v1-v2c-internal router-1 low
06:30 adversary-tier1-established gnb-017 high
06:30 contract-violation-established gnb-017 high
07:15 adversary-tier1-attempt gnb-017 medium
07:15 contract-violation-attempt gnb-017 medium
08:00 adversary-tier1-established router-1 high
08:00 remote-access-declared router-1 high
09:00 inbound-established router-1 high
09:00 remote-access-declared router-1 high
10:00 supplier-outside-window-established gnb-017 high
10:00 inbound-established gnb-017 high
10:00 remote-access-declared gnb-017 high
11:00 cleartext-management-internal router-1 low
11:00 contract-violation-internal ems-1 medium
12:00 cleartext-management-internal router-1 low
13:00 dns-unapproved-resolver gnb-017 medium
13:30 encrypted-dns-unapproved-resolver gnb-017 medium
14:00 certificate-problem router-1 medium
15:00 port-mismatch gnb-017 medium
15:00 remote-access-declared gnb-017 high
16:00 equipment-undeclared 192.0.2.200 medium
EOF

# ordered WHAT COUNT VERDICT LINE FILTER: there are COUNT conversations that FILTER takes; each has VERDICT by a line of that file that
# says what LINE says, and no revision of any alert is about one of them.
ordered() {
    jq -c "select($5)" flows >these
    same "conversations: $1" "$(wc -l <these)" "$2"
    same "verdict: $1" "$(jq -r '."contract.verdict"' these | sort -u)" "$3"
    local where file line
    where=$(jq -r '."contract.line"' these | sort -u)
    line=${where#*:} file=$demo/site.yaml
    [ "${where%:*}" = site.yaml ] || file=$VEDETTE_DATA/roles.yaml
    sed -n "${line}p" "$file" | grep -qF -- "$4" || fail "$1: line $where does not say '$4'"
    same "alerts: $1" "$(jq -rn --slurpfile these these '[$these[] | [."network.community_id", ."event.start"]] as $keys
        | inputs | select([."network.community_id", ."event.start"] as $k | $keys | index([$k])) | ."rule.ruleset"' alerts)" ""
}
ordered "NGAP from the base station to its AMF" 1 allowed 'to: role:amf, app: NGAP' \
    '."network.protocol" == "ngap" and ."source.ip" == "192.0.2.17"'
ordered "Diameter of MME and HSS, by SCTP and TCP" 2 allowed 'app: Diameter' '."network.protocol" == "diameter"'
ordered "GTP-U to the UPF" 1 allowed 'app: GTP_U' '."network.protocol" == "gtp_u"'
ordered "SNMP version 3" 1 allowed 'SNMP' '."snmp.version" == "3"'
ordered "SSH from element management" 1 allowed 'SSH' '."network.protocol" == "ssh" and ."source.ip" == "192.0.2.100"'
ordered "time from the site's clock" 1 allowed 'app: NTP' '."network.protocol" == "ntp" and ."destination.ip" == "192.0.2.123"'
ordered "the supplier in its window" 2 window 'acme-support' \
    '."event.start" >= "2026-11-17T21:30" and ."peer.ip" == "203.0.113.9"'
ordered "TLS to the host of the exception" 1 exception 'equipment: router-1' \
    '."destination.port" == 4434 and ."tls.client.server_name" == "www.cloud.example"'
same "alerts of the evening" "$(jq -r 'select(."event.start" >= "2026-11-17T21:00") | ."rule.ruleset"' alerts)" ""

# rewrite.py with the moves of the demo, and back
eval "$(sed -n '/^moves=(/,/)$/p' "$VEDETTE_SOURCE_DIR/scripts/demo.sh")"
[ "${#moves[@]}" -ge 4 ] || fail "the moves of scripts/demo.sh were not found"
back=()
for move in "${moves[@]}"; do
    back+=("${move#*=}=${move%=*}")
done
rewrite() { python3 -B "$VEDETTE_SOURCE_DIR/pcaps/rewrite.py" "$@"; }
for capture in "$demo/day.pcap" "$VEDETTE_SOURCE_DIR"/pcaps/*.pcap; do
    # Messages that name addresses are not what the demo replays, nor what rewrite.py moves; packets that are cut it refuses.
    case $capture in */bgp-*|*/sctp-names-*) continue ;; esac
    rewrite "$capture" moved.pcap "${moves[@]}" 2>err || { grep -q 'is cut to' err && continue; cat err >&2; fail "$capture is not moved"; }
    rewrite moved.pcap again.pcap "${back[@]}"
    checks=$((checks + 1))
    cmp "$capture" again.pcap || fail "$capture: moved there and back, it is another"
    python3 -B - "$capture" moved.pcap "${moves[@]}" <<'EOF' || fail "$capture"
# Written apart from pcaps/make/packets.py, whose sums are held against this.
import ipaddress, struct, sys

def packets(path):
    data = open(path, 'rb').read()
    at = 24
    while at < len(data):
        length = struct.unpack_from('<I', data, at + 8)[0]
        yield data[at:at + 8], data[at + 16:at + 16 + length]
        at += 16 + length

def folded(data):
    total = 0
    for i in range(0, len(data) - 1, 2):
        total += data[i] << 8 | data[i + 1]
    if len(data) % 2:
        total += data[-1] << 8
    while total > 0xffff:
        total = (total >> 16) + (total & 0xffff)
    return total  # 0xffff when the sum in the data is right

def ip(data, counts, ends):
    if data[0] >> 4 == 4:
        head = (data[0] & 15) * 4
        length, fragment = struct.unpack_from('>H', data, 2)[0], struct.unpack_from('>H', data, 6)[0] & 0x3fff
        proto, addresses, body = data[9], data[12:20], data[head:length]
        assert folded(data[:head]) == 0xffff, 'sum of an IPv4 header'
        counts['ipv4'] += 1
        ends += [ipaddress.ip_address(addresses[:4]), ipaddress.ip_address(addresses[4:])]
    else:
        proto, addresses, fragment = data[6], data[8:40], 0
        body = data[40:40 + struct.unpack_from('>H', data, 4)[0]]
        ends += [ipaddress.ip_address(addresses[:16]), ipaddress.ip_address(addresses[16:])]
    if fragment:
        return
    if proto == 47 and body[:4] == b'\0\0\x08\0':
        ip(body[4:], counts, ends)
    if proto in (6, 17, 58) and not (proto == 17 and body[6:8] == b'\0\0'):
        pseudo = addresses + struct.pack('>II', len(body), proto)
        assert folded(pseudo + body) == 0xffff, 'sum of protocol %d' % proto
        counts[proto] += 1

def frame(data):
    at = 12
    while data[at:at + 2] in (b'\x81\0', b'\x88\xa8'):
        at += 4
    if data[at:at + 2] == b'\x88\x47':
        at += 2
        while not data[at + 2] & 1:
            at += 4
        return data[at + 4:]
    return data[at + 2:] if data[at:at + 2] in (b'\x08\0', b'\x86\xdd') else b''

moves = sorted(([ipaddress.ip_network(n) for n in m.split('=')] for m in sys.argv[3:]), key=lambda m: -m[0].prefixlen)

def wanted(address):
    for old, new in moves:
        if address.version == old.version and address in old:
            return new[int(address) - int(old[0])]
    return address

seen = []
for path in sys.argv[1:3]:
    counts, rows = {'ipv4': 0, 6: 0, 17: 0, 58: 0}, []
    for stamp, data in packets(path):
        ends = []
        if frame(data):
            ip(frame(data), counts, ends)
        rows.append((stamp, len(data), ends))
    seen.append(rows)
    if sys.argv[1].endswith('/day.pcap'):
        assert counts['ipv4'] > 800 and counts[6] > 500 and counts[17] > 100, counts
before, after = seen
assert len(before) == len(after), 'number of packets'
for (t0, l0, e0), (t1, l1, e1) in zip(before, after):
    assert (t0, l0, [wanted(a) for a in e0]) == (t1, l1, e1), (e0, e1)
# no answer of DNS, and nothing else, holds an old address; what subscribers say inside GTP-U is left alone
raw = open(sys.argv[2], 'rb').read()
for _, _, ends in before:
    for address in ends:
        if wanted(address) != address and ipaddress.ip_address('100.64.3.7') not in ends:
            assert address.packed not in raw, 'still there: %s' % address
EOF
done

# The moved day says the same, but for addresses and where they are: each conversation has the verdict it had.
sed -e 's|203\.0\.113\.0/25|5.9.1.0/25|g' -e 's|203\.0\.113\.220|35.180.5.220|g' "$demo/site.yaml" >site.yaml
rewrite "$demo/day.pcap" moved.pcap "${moves[@]}"
"$VEDETTE" flows --json --site site.yaml --lists lists moved.pcap 2>err >moved || { cat err >&2; fail "flows of the moved day"; }
verdicts() { jq -r '[."event.start", ."network.protocol", ."contract.verdict", ."contract.line"] | join(" ")' "$1" | sort; }
same "verdicts of the moved day" "$(verdicts moved)" "$(verdicts flows)"

# refused
got=0
rewrite "$demo/day.pcap" no.pcap 192.0.2.0/24=10.0.0.0/16 2>err || got=$?
same "status of moves that do not fit" "$got" 1
grep -q 'one family and length' err || fail "the reason is not given"
[ ! -e no.pcap ] || fail "something was written"

# a fingerprint is of something: not the MD5 of nothing
same "fingerprints of nothing" "$(grep -c d41d8cd98f00b204e9800998ecf8427e flows || true)" 0
passed
