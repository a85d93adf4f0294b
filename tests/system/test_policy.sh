#!/usr/bin/env bash
# vedette policy: lint names places, test judges conversations, and a draft lints clean and lets through the capture that it was made of.
source "$(dirname "$0")/lib.sh"
pcaps=$VEDETTE_SOURCE_DIR/pcaps
demo=$pcaps/demo
own=192.0.2.0/24,2001:db8:1::/48

# status STATUS COMMAND...: exits with STATUS; output in "out" and "err"
status() {
    local wanted=$1 got=0
    shift
    "$@" >out 2>err || got=$?
    checks=$((checks + 1))
    [ "$got" = "$wanted" ] || { cat out err >&2; fail "$*: exit status $got, not $wanted"; }
}

# ---- lint ----

status 0 "$VEDETTE" policy lint --as-of 2026-11-24 "$demo/site.yaml"
same "a note is no warning" "$(cut -d: -f4 out)" " note"
status 8 "$VEDETTE" policy lint --as-of 2027-03-02 "$demo/site.yaml"
same "an exception that ended" "$(grep -c ':59:12: warning: the exception of router-1 ended with 2027-03-01; .* \[exception-ended\]$' out)" 1
status 8 "$VEDETTE" policy lint --as-of 2027-02-20 --within 10d --json --site "$demo/site.yaml"
same "as JSON" "$(jq -r 'select(.severity == "warning") | [.line, .column, .check, .remedy] | join(" ")' out)" \
    "59 12 exception-ending ask j.kowalska whether it is still needed"
status 0 "$VEDETTE" policy lint --as-of 2027-02-20 --ignore exception-ending,zone-denied "$demo/site.yaml"
[ ! -s out ] || fail "what is ignored is told"
sed 's/^  resolver: .*/  resolver: {accepts: [{from: own, app: DNS}, {from: 192.0.2.7, app: DNS}]}/' "$demo/site.yaml" >twice.yaml
status 8 "$VEDETTE" policy lint --as-of 2026-11-24 twice.yaml
same "a line that never decides" "$(grep -c '^twice.yaml:43:47: warning: this line of role resolver never decides: the one at twice.yaml:43 allows all of it; .* \[shadowed-line\]$' out)" 1
refused 2 "did you mean shadowed-line?" "$VEDETTE" policy lint --ignore shadowed-lines "$demo/site.yaml"
refused 2 "no policy given" "$VEDETTE" policy lint
refused 2 "one policy at a time" "$VEDETTE" policy lint a b
: >empty.yaml
refused 4 "empty.yaml:1:1: the file is empty" "$VEDETTE" policy lint empty.yaml

# ---- test ----

status 0 "$VEDETTE" policy test "$demo/site.test.yaml"
grep -q '^11 conversations, 0 not as expected; 0 of 4 lines' err || { cat err >&2; fail "the tests of the demo"; }
sed 's/app: NGAP, port: sctp\/38412, expect: allowed/app: NGAP, port: sctp\/38412, expect: violation/' "$demo/site.test.yaml" >changed.test.yaml
status 8 "$VEDETTE" policy test --site "$demo/site.yaml" changed.test.yaml
same "what is not as expected" "$(grep -c '^changed.test.yaml:5:5: gnb-017 to amf-1: allowed, not violation: roles.yaml:[0-9]*: gnb may connect to role:amf with NGAP$' out)" 1
refused 4 'no.yaml' "$VEDETTE" policy test --site no.yaml changed.test.yaml
refused 2 "no tests given" "$VEDETTE" policy test

# ---- draft ----

# drafted NAME CAPTURE OPTION...: NAME.yaml lints without a word, and no conversation that is judged is a violation under it
drafted() {
    local name=$1 capture=$2
    shift 2
    "$VEDETTE" policy draft "$@" "$capture" >"$name.yaml" 2>err || { cat err >&2; fail "draft of $capture"; }
    status 0 "$VEDETTE" policy lint "$name.yaml"
    [ ! -s out ] || { cat out >&2; fail "the draft of $capture does not lint clean"; }
    "$VEDETTE" flows --json --site "$name.yaml" "$capture" >flows 2>/dev/null || [ $? = 3 ] || fail "flows of $capture"
    same "violations under the draft of $capture" "$(jq -c 'select(."contract.verdict" == "violation") | [."source.ip", ."destination.ip", ."contract.text"]' flows)" ""
}

drafted day "$demo/day.pcap" --own $own --subscribers 100.64.0.0/10
same "verdicts of the demo's day" "$(jq -r '."contract.verdict"' flows | sort | uniq -c | xargs)" "45 allowed 2 undetermined"
"$VEDETTE" policy draft --own $own --subscribers 100.64.0.0/10 --workers 4 "$demo/day.pcap" 2>/dev/null | cmp - day.yaml || fail "workers change the draft"
for line in "  # began 22, answered 2; 2026-11-17 00:10:00 to 2026-11-17 21:30:00; begins NGAP" "  - {name: gnb-1, address: 192.0.2.17, role: gnb}" \
    "      - {to: role:amf, app: NGAP, port: sctp/38412}" "      - {from: role:gnb, app: NGAP, port: sctp/38412}"; do
    grep -qxF -- "$line" day.yaml || fail "the draft does not say: $line"
done
same "every line of a contract stands below its evidence" "$(awk '/^      - / && before !~ /^      #/ {n++} {before = $0} END {print n + 0}' day.yaml)" 0

for capture in "$pcaps"/*.pcap; do
    case $capture in */subscribers.pcap) continue ;; esac
    drafted draft "$capture" --own $own
done
# later fragments have a record of their own, which nobody judges
python3 - <<'PY'
import struct
def packet(offset, payload):
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 7, offset, 64, 17, 0, bytes([192, 0, 2, 17]), bytes([198, 51, 100, 9]))
    return bytes(12) + b'\x08\x00' + ip + payload
with open('fragment.pcap', 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for n, p in enumerate((packet(185, bytes(64)), packet(0, struct.pack('>HHHH', 40000, 53, 16, 0) + bytes(8)))):
        f.write(struct.pack('<IIII', 1795000000 + n, 0, len(p), len(p)) + p)
PY
drafted fragments fragment.pcap --own $own
same "records of fragments, with a verdict" "$(jq -r '[."network.transport", ."destination.port", ."contract.verdict"] | @csv' flows | sort)" '"udp",,
"udp",53,"undetermined"'
refused 3 "name its networks with --own" "$VEDETTE" policy draft --own 10.0.0.0/8 "$demo/day.pcap"
refused 2 "no capture given" "$VEDETTE" policy draft

# what a list names is left out, whatever was seen
"$VEDETTE" policy draft --own $own --lists "$VEDETTE_SOURCE_DIR/tests/golden/lists" --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" \
    --as-of 2026-11-20 "$pcaps/listed-established.pcap" >listed.yaml 2>err || { cat err >&2; fail "draft of a listed peer"; }
grep -q 'conversations\? with networks that a list names' err || { cat err >&2; fail "it is not told that a listed peer is left out"; }
grep -v '^ *#' listed.yaml | grep -q '198\.51\.100\.' && fail "a listed peer is in the draft"
grep -q '^# Left out' listed.yaml || fail "the listed peer is not named"
"$VEDETTE" flows --json --site listed.yaml "$pcaps/listed-established.pcap" 2>/dev/null >flows
grep -q '"contract.verdict":"violation"' flows || fail "a listed peer is allowed"

# what a feed warns of is left out as well, in every conversation of the two
mkdir feed
printf 'schema: 1\nlist: feed\nrole: indicators\ntitle: A feed\nsource: the tests\ndate: 2026-11-20\nstale_after: 30d\nentries:\n  - {cidr: 203.0.113.220/32, because: "made up"}\n' >feed/feed.yaml
cp "$VEDETTE_SOURCE_DIR"/rules/packs/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml feed/
"$VEDETTE" policy draft --own $own --lists feed --as-of 2026-11-21 "$demo/day.pcap" >warned.yaml 2>err || { cat err >&2; fail "draft with a feed"; }
grep -v '^#' warned.yaml | grep -q '203\.0\.113\.220' && fail "a peer that a feed warns of is in the draft"
grep -q '^#     list feed: ' warned.yaml || fail "the peer that a feed warns of is not named"
[ "$(grep -c . <(grep '^#   .* 203\.0\.113\.220:' warned.yaml))" -ge 10 ] || fail "not every conversation with it is named"

# ---- import ----

cat >inventory.csv <<'CSV'
name,address,supplier,role,zone
gnb-1,"10.1.0.1, 2001:db8::1",acme,gnb,ran
amf-1,10.2.0.1,borealis,amf,core
CSV
status 0 "$VEDETTE" policy import --name imported --own 10.0.0.0/8,2001:db8::/32 csv inventory.csv
same "what was imported" "$(cat err)" "2 suppliers, 2 zones, 2 equipment"
cp out imported.yaml
status 0 "$VEDETTE" policy lint imported.yaml
[ ! -s out ] || fail "what was imported does not lint clean"
"$VEDETTE" check --site imported.yaml | grep -q '2 equipment, 2 suppliers, 2 zones' || fail "the counts of check"
refused 2 "did you mean csv?" "$VEDETTE" policy import cvs inventory.csv
refused 2 "come together" "$VEDETTE" policy import --name x csv inventory.csv
refused 2 "a format and a file are missing" "$VEDETTE" policy import csv
refused 4 "inventory.csv:1:1: this is no XML" "$VEDETTE" policy import raex inventory.csv
refused 4 "inventory.csv:1:" "$VEDETTE" policy import mud inventory.csv
printf 'name,address\nx,10.0.0.0/8\ny,0.0.0.0/0\n' >bad.csv
refused 4 'bad.csv:3:3: "0.0.0.0/0" is more than any equipment has' "$VEDETTE" policy import csv bad.csv

# counts that another reader of XML confirms
python3 - >partner.xml <<'PY'
print('<T xmlns="urn:x"><OrganisationInfo><OrganisationName>Ex</OrganisationName><TADIGCode>XXAEX</TADIGCode><InterPMNBackboneIPList>')
for i in range(300):
    print('<IPAddressOrRange><IPAddressRange>%s</IPAddressRange></IPAddressOrRange>' % (
        '198.51.%d.0/26' % (i % 256) if i % 3 else '10.%d.%d.4-10.%d.%d.7' % (i % 7, i % 256, i % 7, i % 256)))
print('</InterPMNBackboneIPList></OrganisationInfo></T>')
PY
status 0 "$VEDETTE" policy import raex partner.xml
cp out partner.yaml
same "networks of a partner" "$(sed -n '/^  roaming-gtp:/,/^  #/p' partner.yaml | grep -c '^    - ')" "$(python3 - <<'PY'
import ipaddress, xml.etree.ElementTree as tree
found = set()
for node in tree.parse('partner.xml').iter('{urn:x}IPAddressRange'):
    ends = node.text.split('-')
    found |= set(ipaddress.summarize_address_range(*map(ipaddress.ip_address, ends)) if len(ends) == 2 else [ipaddress.ip_network(node.text)])
print(len(found))
PY
)"

# a bomb of entities, as XML can be one, is not even begun
python3 - >bomb.xml <<'PY'
print('<!DOCTYPE a [<!ENTITY e0 "x">' + ''.join('<!ENTITY e%d "%s">' % (i, ('&e%d;' % (i - 1)) * 10) for i in range(1, 12)) + ']><a>&e11;</a>')
PY
refused 4 "a document type is not read" "$VEDETTE" policy import raex bomb.xml

# captures of others, with all that real networks do
if [ -d "${VEDETTE_CORPORA:-}" ]; then
    for capture in $(find "$VEDETTE_CORPORA" -size -100k -name '*.pcap' | LC_ALL=C sort | awk 'NR % 150 == 0'); do
        "$VEDETTE" policy draft "$capture" >/dev/null 2>err || { grep -q 'with --own\|cannot\|capture' err && continue; cat err >&2; fail "draft of $capture"; }
        drafted corpus "$capture"
    done
else
    echo "captures of others are not drafted: VEDETTE_CORPORA is not set"
fi
passed
