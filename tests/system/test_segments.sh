#!/usr/bin/env bash
# Declared segments: one address in two of them is two pieces of equipment; undeclared tags split nothing; mirrors to a collector vanish.
source "$(dirname "$0")/lib.sh"
pcaps=$VEDETTE_SOURCE_DIR/pcaps
common=(--geo "" --as-of 2026-11-20)

# site SED: the demo's policy, changed, in site.yaml
site() { sed -E "$1" "$pcaps/demo/site.yaml" >site.yaml; }
# flows CAPTURE OPTION...: in "flows", one JSON object a line
flows() {
    local capture=$1
    shift
    "$VEDETTE" flows --json --site site.yaml "${common[@]}" "$@" "$pcaps/$capture.pcap" >flows 2>err || { cat err >&2; fail "flows of $capture"; }
}
# show FILTER FIELD...: these facts of the conversations that FILTER takes, a line each, sorted
show() {
    local filter=$1
    shift
    jq -r --args "select($filter) | . as \$f | [\$ARGS.positional[] | \$f[.] | if type == \"array\" then join(\",\") else . // \"-\" end] | join(\" \")" "$@" <flows | LC_ALL=C sort
}
declared='s|^networks:|segments: {oam: {vlan: [301, 302]}, roaming: {mpls: 16004-16005}}\n&|'
placed=$declared'; s|gnb-017, |&segment: oam, |; s|^equipment:|&\n  - {name: hub-1, segment: roaming, address: 192.0.2.17, role: router}|'

# three networks, three conversations of the same addresses and ports
site "$placed"
flows overlap
same "conversations in three networks" \
    "$(show '."network.transport" == "tcp"' flow.segment equipment.name peer.domain contract.verdict source.packets source.tags destination.tags)" \
    '- 192.0.2.17 node.depot.example undeclared 4 - -
oam gnb-017 www.cloud.example violation 4 vlan:301 vlan:302
roaming hub-1 hub.partner.example violation 4 mpls:16004 mpls:16005'
same "look-ups in three networks" "$(show '."network.protocol" == "dns"' flow.segment equipment.name contract.verdict)" \
    '- 192.0.2.17 undeclared
oam gnb-017 allowed
roaming hub-1 allowed'
same "facts of one direction" "$(show '."network.transport" == "tcp"' network.vlan.id tunnel.mpls_label)" '- -
- 16004
301 -'
cp flows first
flows overlap --workers 4
cmp -s first flows || fail "four workers say something else"
"$VEDETTE" flows --site site.yaml "${common[@]}" "$pcaps/overlap.pcap" >table 2>err
same "rows that name a segment" "$(grep -c ' in oam$\| in roaming$' table)" 4
"$VEDETTE" check --site site.yaml "${common[@]}" >check
same "segments that check counts" "$(grep -o '[0-9]* segments, [0-9]* collectors' check)" "2 segments, 0 collectors"

# nothing declared: one conversation, whatever tags its directions have
site ''
flows overlap
same "conversations without segments" \
    "$(show true network.transport flow.segment source.packets destination.packets source.tags destination.tags)" \
    'tcp - 12 6 vlan:301 vlan:302
udp - 3 3 vlan:301 vlan:302'

# only the tag of one direction declared: the other direction is elsewhere, as the documentation warns
site 's|^networks:|segments: {oam: {vlan: 301}}\n&|'
flows overlap
same "conversations where one direction is declared" "$(show '."network.transport" == "udp"' flow.segment source.packets destination.packets)" \
    '- 2 3
oam 1 0'

# subscribers of one segment are not inspected, the same address in the other ones is; equipment in one segment is no excuse in others
site "$declared; /gnb-017/d; s|subscribers: .*|subscribers: [{address: 192.0.2.17, segment: roaming}]|"
flows overlap
same "segments that are shown" "$(show true flow.segment | uniq | tr '\n' ' ')" '- oam '
site "$placed; s|subscribers: .*|subscribers: [192.0.2.17]|; /gnb-017/d"
sed -i '/hub-1/s/roaming/oam/' site.yaml
flows overlap
same "segments that are shown beside subscribers" "$(show true flow.segment equipment.name | uniq | tr '\n' ' ')" 'oam hub-1 '

# a VXLAN tunnel to the upf-1 is a conversation; one to a collector is not
site ''
flows tagged
same "tunnels between hosts" "$(show '."destination.port" == 4789' destination.ip)" 192.0.2.66
same "what is in VXLAN" "$(show '."source.port" == 40012' flow.decapsulation tunnel.vni)" "ethernet ipv4 udp vxlan ethernet 42"
site 's|^networks:|collectors: [192.0.2.66]\n&|'
flows tagged
same "mirrors to a collector" "$(show '."destination.port" == 4789' destination.ip)" ""
same "what is in the mirror" "$(show '."source.port" == 40012' source.ip flow.decapsulation | cut -d ' ' -f 1)" 192.0.2.17
"$VEDETTE" check --site site.yaml "${common[@]}" --json >check
same "collectors that check counts" "$(jq -r '.policy | "\(.segments) \(.collectors)"' check)" "0 1"

# segments by interface in a replay: one conversation on two interfaces that a pcapng names, and on one that it does not
cat >interfaces.py <<'EOF2'
"""interfaces.py PCAP NAME...: PCAP's packets once for each interface NAME, a minute later each time, as pcapng; "-" is an interface without name."""
import struct
import sys


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


data = open(sys.argv[1], "rb").read()
out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
for name in sys.argv[2:]:
    text = name.encode() if name != "-" else b""
    option = struct.pack("<HH", 2, len(text)) + text + bytes(-len(text) % 4)
    out += block(1, struct.pack("<HHI", struct.unpack_from("<I", data, 20)[0], 0, 0) + (option if text else b"") + bytes(4))
for number in range(len(sys.argv) - 2):
    at = 24
    while at < len(data):
        sec, usec, caplen, length = struct.unpack_from("<IIII", data, at)
        units = (sec + 60 * number) * 1000000 + usec
        out += block(6, struct.pack("<IIIII", number, units >> 32, units & 0xFFFFFFFF, caplen, length) + data[at + 16:at + 16 + caplen])
        at += 16 + caplen
sys.stdout.buffer.write(out)
EOF2
python3 -B interfaces.py "$pcaps/ssh-from-outside.pcap" eth2 eth3 - >two.pcapng
site 's|^networks:|segments: {oam: {interface: eth2}, roaming: {interface: eth3}}\n&|; s|router-1, |&segment: oam, |'
"$VEDETTE" flows --json --site site.yaml "${common[@]}" two.pcapng >flows 2>err
same "conversations of two interfaces and of one without name" "$(show true flow.segment equipment.name | uniq)" \
    '- 192.0.2.1
oam router-1
roaming 192.0.2.1'
cp flows first
"$VEDETTE" flows --json --site site.yaml "${common[@]}" --workers 4 two.pcapng >flows 2>err
cmp -s first flows || fail "four workers say something else of interfaces"
"$VEDETTE" replay --json --redis none --site site.yaml "${common[@]}" two.pcapng >alerts 2>err
same "alerts by interface" "$(jq -r '[."flow.segment" // "-", ."equipment.name"] | join(" ")' alerts | LC_ALL=C sort -u)" \
    '- 192.0.2.1
oam router-1
roaming 192.0.2.1'
"$VEDETTE" dissect --json --site site.yaml two.pcapng >packets
same "segments of packets" "$(jq -r '[."frame.interface" // "-", ."flow.segment" // "-"] | join(" ")' packets | uniq)" \
    'eth2 oam
eth3 roaming
- -'
python3 -B interfaces.py "$pcaps/ssh-from-outside.pcap" "$(printf 'x%.0s' {1..64})" >long.pcapng
"$VEDETTE" replay --redis none --site site.yaml "${common[@]}" long.pcapng >said
same "names that are not kept" "$(grep -c '^ *1  interfaces in captures whose name was not kept' said)" 1
"$VEDETTE" replay --redis none --site site.yaml "${common[@]}" two.pcapng >said
same "names that are kept" "$(grep -c 'name was not kept' said)" 0

# mistakes
site "$declared; s|oam: \{vlan: \[301, 302\]\}|oam: {vlan: [301, 16004]}|"
refused 4 'site.yaml:7:30: "16004" cannot stand under vlan; write a number from 1 to 4094' "$VEDETTE" check --site site.yaml "${common[@]}"
passed
