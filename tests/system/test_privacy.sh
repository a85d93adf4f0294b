#!/usr/bin/env bash
# What subscribers say, and who they are, comes out nowhere: not in alerts, conversations, lists of packets, tables, explanations, Redis, its files
# or messages; not as text, nor as the bytes of an address or a number.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { echo "skipped: no Redis server is installed"; exit 77; }

pcaps=$VEDETTE_SOURCE_DIR/pcaps
site=$pcaps/demo/site.yaml
mkdir lists
cp "$VEDETTE_DATA"/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml \
    "$VEDETTE_SOURCE_DIR/tests/golden/lists/tier-1.yaml" lists/
common=(--lists lists --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-20)
own=(--own '192.0.2.0/24,2001:db8:1::/48')
# Two subscribers, a third by IPv6, the site that they visit, what they say, and who they are.
secrets=(100.64.3.7 100.64.9.200 64:40:03:07 2001:db8:64::7 203.0.113.230 private.subscriber 'User-Agent: subscriber' /private
    001010123456789 48123456789 in-pap-imsi)
# The same as bytes, and as the hexadecimal digits of these: the addresses, and the middle of both numbers in telephony's order of digits.
bytes=(64400307 644009c8 20010db80064 cb0071e6 21436587)

# More ways for a subscriber's traffic to come along: in VLAN tags, in IPv6, in fragments, in an ICMP error that quotes it, to a listed network, with a
# DNS answer that names it, from another port, in a tunnel in the tunnel; and then the base station itself calls that network.
python3 -B - "$pcaps/make" more.pcap <<'EOF'
import itertools, struct, sys
sys.path.insert(0, sys.argv[1])
from craft import EMS, GNB, LISTED, ROUTER, SITE, T0, UE, UPF, frame, gtpu
from packets import TcpTalk, address, checksum, ethernet, fragment, ipv4, mpls, tcp, udp, vlan, write

name = b'\x07private\x0asubscriber\x07example\0\0\1\0\1'
question = b'\x12\x34\x01\0\0\1\0\0\0\0\0\0' + name
answer = b'\x12\x34\x81\x80\0\1\0\1\0\0\0\0' + name + b'\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4' + address(LISTED)
request = (b'GET /private?imsi-001010123456789 HTTP/1.1\r\nHost: private.subscriber.example\r\nUser-Agent: subscriber\r\n\r\n' + b'/private' * 100)

def tunnel(packet, up=True):
    src, dst = (GNB, UPF) if up else (UPF, GNB)
    return udp(src, dst, 2152, 2152, gtpu(255, 0x1001 if up else 0x2001, packet, up))

def tunnel6(packet):
    src, dst = '2001:db8:1::17', '2001:db8:1::66'
    payload = gtpu(255, 0x1001, packet)
    length = 8 + len(payload)
    head = struct.pack('>HHHH', 2152, 2152, length, 0)
    total = checksum(address(src) + address(dst) + struct.pack('>II', length, 17) + head + payload)
    return ethernet(src, dst, 0x86dd, struct.pack('>IHBB', 6 << 28, length, 17, 64) + address(src) + address(dst) + head[:6] +
                    struct.pack('>H', total) + payload)

def fragments(packet):
    body = packet[20:]
    cut = 600
    for at, more in ((0, True), (cut, False)):
        part = body[at:at + cut] if more else body[at:]
        head = packet[:2] + struct.pack('>H', 20 + len(part)) + packet[4:6] + struct.pack('>H', (0x2000 if more else 0) | at // 8) + packet[8:10] + b'\0\0' + packet[12:20]
        yield head[:10] + struct.pack('>H', checksum(head)) + head[12:] + part

def error(quoted):
    body = struct.pack('>BBHI', 3, 3, 0, 0) + quoted[:28 + 200]
    return ipv4(UPF, GNB, 1, body[:2] + struct.pack('>H', checksum(body)) + body[4:])

def talk():
    seq = 1
    for flags, payload in ((0x02, b''), (0x10, b''), (0x18, request)):
        yield tcp(UE, LISTED, 40001, 80, flags, seq, 9, payload)
        seq += bool(flags & 2) + len(payload)

packets, at = [], T0
def add(data):
    global at
    packets.append((at, data))
    at += 0.01

for inner in [udp(UE, SITE, 40000, 53, question), udp(SITE, UE, 53, 40000, answer), *talk()]:
    up = inner[12:16] == address(UE)
    add(frame(GNB, UPF, tunnel(inner, up)))
    add(vlan(vlan(frame(GNB, UPF, tunnel(inner, up)), 20), 100, 0x88a8))
    add(tunnel6(inner))
    add(frame(UPF, GNB, error(tunnel(inner, up))))
    add(frame(GNB, UPF, udp(GNB, UPF, 40100, 2152, gtpu(255, 0x1001, inner))))
    add(frame(GNB, UPF, tunnel(tunnel(inner, up))))
for part in fragments(tunnel(tcp(UE, LISTED, 40001, 80, 0x18, 2, 9, request))):
    add(frame(GNB, UPF, part))
packets += TcpTalk(GNB, LISTED, 40200, 8080, 77).run(T0 + 60, [(0, b'GET /own HTTP/1.1\r\nHost: own.example\r\n\r\n'), (1, b'HTTP/1.1 200 OK\r\n\r\n')])
# subscribers outside of tunnels: to a listed network, and from there
packets += TcpTalk(UE, LISTED, 40201, 80, 78).run(T0 + 61, [(0, request), (1, b'HTTP/1.1 200 OK\r\n\r\n')])
packets += TcpTalk(LISTED, UE, 40202, 80, 79).run(T0 + 62, [(0, request), (1, b'HTTP/1.1 200 OK\r\n\r\n')])
write(sys.argv[2], packets)

# What a subscriber's packet may be wrapped in; an alert or a conversation of the equipment around it is all that may come of it.
def ipv6(src, dst, proto, payload):
    return struct.pack('>IHBB', 6 << 28, len(payload), proto, 64) + address(src) + address(dst) + payload

def ppp(packet):
    return struct.pack('>H', 0x57 if packet[0] >> 4 == 6 else 0x21) + packet

def pppoe(ppp_frame, length=None):
    session = struct.pack('>BBHH', 0x11, 0, 99, len(ppp_frame) if length is None else length)
    return ethernet(GNB, EMS, 0x8864, session + ppp_frame)

def l2tp(ppp_frame):
    head = struct.pack('>HHHH', 0x4002, 8 + 2 + len(ppp_frame), 7, 9)
    return frame(GNB, ROUTER, udp(GNB, ROUTER, 1701, 1701, head + b'\xff\x03' + ppp_frame))

def pptp(ppp_frame):
    head = struct.pack('>HHHHI', 0x3001, 0x880b, 2 + len(ppp_frame), 9, 1)
    return frame(GNB, ROUTER, ipv4(GNB, ROUTER, 47, head + b'\xff\x03' + ppp_frame))

def raw_gtpu(flags, length, rest, sport=2152):
    return udp(GNB, UPF, sport, 2152, struct.pack('>BBHI', flags, 255, length, 0x1001) + rest)

def gtpu_in_every_state(packet):
    n = len(packet)
    yield raw_gtpu(0x30, n, packet)
    for length in (0, 1, n - 1, n + 1, 0xffff):  # of the header, not true
        yield raw_gtpu(0x30, length, packet)
    for flags in (0x31, 0x32, 0x33):
        yield raw_gtpu(flags, n + 4, b'\0\0\0\0' + packet)
    chain = b'\0\0\0\x85' + b'\x01\x10\x09\xc0' + b'\x02' + b'\0' * 6 + b'\x20' + b'\x01\0\0\0'
    yield raw_gtpu(0x34, n + len(chain), chain + packet)
    for broken in (b'\0\0\0\x85\0', b'\0\0\0\x85\0\0\0\0', b'\0\0\0\x85\xff\0\0\0', b'\0\0\0\x85\x01\0\0\x85', b'\0\0'):
        yield raw_gtpu(0x34, n + len(broken), broken + packet)
    yield raw_gtpu(0x30, n, packet, 40100)
    for version in (0x10, 0x50, 0x20):  # GTP', and versions that there are not
        yield raw_gtpu(version, n, packet)

UE6 = '2001:db8:64::7'
head = struct.pack('>HHHH', 40003, 80, 8 + len(request), 0)
said = [udp(UE, SITE, 40000, 53, question), udp(SITE, UE, 53, 40000, answer), tcp(UE, LISTED, 40001, 80, 0x18, 2, 9, request),
        ipv6(UE6, '2001:db8:bad::7', 17, head + request), ipv6('2001:db8:bad::7', UE6, 17, head + request)]
packets = []
for n, packet in enumerate(said):
    for whole in gtpu_in_every_state(packet):
        add(frame(GNB, UPF, whole))
        add(vlan(mpls(frame(GNB, UPF, whole), 16001, 24005), 20))
    for data in (pppoe(ppp(packet)), pppoe(ppp(packet), 4), pppoe(ppp(packet), 0xffff), pppoe(ppp(packet)[1:]), vlan(pppoe(ppp(packet)), 30),
                 l2tp(ppp(packet)), l2tp(ppp(packet)[1:]), pptp(ppp(packet))):
        add(data)
    # fragments in any order, each order under a number of its own; some are missing, or contradict each other
    whole = tunnel(packet)
    cuts = [0, 64, 72, len(whole) - 20]
    parts = list(zip(cuts, cuts[1:]))
    for ident, order in enumerate([*itertools.permutations(parts), *itertools.permutations(parts, 2), [parts[0], (32, 80), *parts[1:]]]):
        for start, end in order:
            add(frame(GNB, UPF, fragment(whole, start, end, 0x4000 + 64 * n + ident)))
user = b'in-pap-imsi001010123456789'
pap = b'\xc0\x23\x01\x01' + struct.pack('>HB', 4 + 1 + len(user) + 1 + 8, len(user)) + user + b'\x08/private'
for data in (pppoe(pap), l2tp(pap), pptp(pap)):
    add(data)

# Whom signalling speaks of: a session is created by GTP-C, version 2 (TS 29.274 sections 8.3, 8.11) and 1 (TS 29.060 sections 7.7.2, 7.7.33).
imsi, msisdn = bytes.fromhex('00010121436587f9'), bytes.fromhex('8421436587f9')
v2 = b'\1\0\x08\0' + imsi + struct.pack('>BHB', 76, 6, 0) + msisdn + struct.pack('>BHB', 71, 8, 0) + b'\x07private'
v1 = b'\2' + imsi + b'\x0e\1' + struct.pack('>BHB', 134, 7, 0x91) + msisdn + struct.pack('>BH', 133, 4) + address(UE)
MME = '192.0.2.68'
add(frame(MME, UPF, udp(MME, UPF, 40300, 2123, struct.pack('>BBHII', 0x48, 32, 8 + len(v2), 0, 1 << 8) + v2)))
add(frame(MME, UPF, udp(MME, UPF, 40301, 2123, struct.pack('>BBHIHBB', 0x32, 16, 4 + len(v1), 0, 1, 0, 0) + v1)))
packets += TcpTalk(GNB, LISTED, 40200, 8080, 77).run(T0 + 60, [(0, b'GET /own HTTP/1.1\r\nHost: own.example\r\n\r\n'), (1, b'HTTP/1.1 200 OK\r\n\r\n')])
write('wrapped.pcap', packets)

# The same, not wrapped: a control.
write('bare.pcap', [(T0 + i, ethernet(GNB, EMS, 0x86dd if packet[0] >> 4 == 6 else 0x0800, packet)) for i, packet in enumerate(said)])
EOF

# The strings are in the captures, and would come out if they were anybody else's.
for capture in "$pcaps/user-plane.pcap" "$pcaps/subscribers.pcap" more.pcap wrapped.pcap; do
    checks=$((checks + 1))
    grep -qa '/private' "$capture" || fail "$capture does not hold what it must not tell"
done
sed -e '/^  subscribers:/d' -e 's|own: \[|&100.64.0.0/10, |' "$site" >nobody.yaml
"$VEDETTE" flows --json --site nobody.yaml "${common[@]}" "$pcaps/subscribers.pcap" >control 2>err
for secret in 100.64.3.7 private.subscriber /private; do
    checks=$((checks + 1))
    grep -qF -- "$secret" control || fail "without networks.subscribers, '$secret' does not come out: this test could not fail"
done

pattern() { sed 's/../\\x&/g' <<<"$1"; }
for hex in "${bytes[@]}"; do
    checks=$((checks + 1))
    LC_ALL=C grep -qaP -- "$(pattern "$hex")" wrapped.pcap "$pcaps/user-plane-to-infrastructure.pcap" || fail "no capture holds the bytes $hex"
done
sed -e '/^  subscribers:/d' -e 's|own: \[|&100.64.0.0/10, "2001:db8:64::/48", |' "$site" >nobody.yaml
"$VEDETTE" flows --json --site nobody.yaml "${common[@]}" bare.pcap >control 2>err
"$VEDETTE" dissect --json --site nobody.yaml bare.pcap >control.packets 2>err
for secret in 100.64.3.7 2001:db8:64::7 203.0.113.230; do
    checks=$((checks + 1))
    grep -qF -- "$secret" control && grep -qF -- "$secret" control.packets || fail "bare, '$secret' does not come out: this test could not fail"
done

mkdir shown
# everything NAME OPTION... CAPTURE: every output there is, into the folder "shown"
everything() {
    local name=$1 id policy=()
    shift
    [ "$1" != --site ] || policy=("$1" "$2")
    "$VEDETTE" dissect "${policy[@]}" "${@: -1}" >"shown/$name.packets" 2>"shown/$name.packets.err"
    "$VEDETTE" dissect --json "${policy[@]}" "${@: -1}" >"shown/$name.dissect" 2>"shown/$name.dissect.err"
    "$VEDETTE" flows --json "${common[@]}" "$@" >"shown/$name.flows" 2>"shown/$name.flows.err"
    "$VEDETTE" flows "${common[@]}" "$@" >"shown/$name.flows.table" 2>"shown/$name.table.err"
    "$VEDETTE" replay --json --name "$name" "${common[@]}" "$@" >"shown/$name.alerts" 2>"shown/$name.replay.err"
    "$VEDETTE" replay --name "$name" "${common[@]}" "$@" >"shown/$name.summary" 2>"shown/$name.summary.err"
    "$VEDETTE" alerts --name "$name" >"shown/$name.alerts.table" 2>"shown/$name.alerts.err"
    for id in $(jq -r '."event.id"' "shown/$name.alerts" | sort -u); do
        "$VEDETTE" explain --name "$name" "$id" >"shown/$name.$id"
    done
    [ -s "shown/$name.summary" ] || fail "$name: nothing is shown at all"
}
everything user-plane --site "$site" "$pcaps/user-plane.pcap"
everything user-plane-discover "${own[@]}" "$pcaps/user-plane.pcap"
everything user-plane-default "$pcaps/user-plane.pcap"
everything subscribers --site "$site" "$pcaps/subscribers.pcap"
everything more --site "$site" more.pcap
everything wrapped --site "$site" wrapped.pcap
everything wrapped-discover "${own[@]}" wrapped.pcap
everything infrastructure --site "$site" "$pcaps/user-plane-to-infrastructure.pcap"
"$VEDETTE" check --json --site "$site" "${common[@]}" >shown/check

# the base station's own call is there: what was asked by a subscriber did not name its peer
same "the equipment's own call" "$(jq -r 'select(."rule.ruleset" == "adversary-tier1-established.yml") | ."peer.domain"' shown/more.alerts | sort -u)" own.example
same "names that it resolved" "$(jq -c '."peer.names"' shown/more.flows | sort -u)" null
same "the equipment's own call, beside all that is wrapped" \
    "$(jq -r 'select(."rule.ruleset" == "adversary-tier1-established.yml") | ."peer.domain"' shown/wrapped.alerts | sort -u)" own.example
# the one look inside: whom a packet is for, when that is infrastructure
same "packets for infrastructure" "$(jq -r 'select(."event.action" == "opened" and ."rule.ruleset" == "user-plane-to-infrastructure.yml")
    | [."equipment.name", ."gtpu.inner.destination.ip", ."tunnel.teid"] | join(" ")' shown/infrastructure.alerts)" "amf-1 192.0.2.65 4099"
# signalling that names subscribers is recognised
same "sessions that are created" "$(jq -r 'select(."destination.port" == 2123) | ."network.protocol"' shown/wrapped.flows | tr '\n' ' ')" "gtp gtp "
# what was left out is counted
grep -q 'subscriber_tunnel' shown/user-plane.summary || fail "tunnels of subscribers are not counted"
grep -q '11  packets of subscribers' shown/subscribers.summary || fail "packets of subscribers are not counted"

# Redis: every key as redis-cli shows it, the append-only file, a dump that is not compressed, the log
redis() { "$VEDETTE" redis --raw "$@"; }
redis --scan | LC_ALL=C sort >keys
same "streams" "$(sed -n 's/.*{\(.*\)}:alerts$/\1/p' keys | tr '\n' ' ')" "infrastructure more wrapped-discover wrapped "
while read -r key; do
    case $(redis TYPE "$key") in
    stream) redis XRANGE "$key" - + ;;
    hash) redis HGETALL "$key" ;;
    set) redis SMEMBERS "$key" ;;
    *) fail "$key: what is that?" ;;
    esac
done <keys >shown/redis
# in one session, for the server ends with it
printf 'CONFIG SET rdbcompression no\nSAVE\n' | redis >out
same "saved" "$(tr '\n' ' ' <out)" "OK OK "
cp -r "$VEDETTE_STATE" shown/state
[ -n "$(find shown/state -name '*.rdb')" ] && [ -n "$(find shown/state -name '*.aof')" ] || fail "no dump, or no append-only file"
grep -rqaF adversary-tier1-established shown/state || fail "the files of Redis hold nothing that could be found"

for secret in "${secrets[@]}"; do
    checks=$((checks + 1))
    ! grep -rlaiF -- "$secret" shown >where || fail "'$secret' is in $(cat where)"
done
for hex in "${bytes[@]}"; do
    checks=$((checks + 1))
    ! LC_ALL=C grep -rlaiP -- "$(pattern "$hex")|$hex" shown >where || fail "the bytes $hex are in $(cat where)"
done
# A policy that forgets to say whose the subscribers' space is: what is the operator's own may be theirs, and is not named.
sed -e '/^  subscribers:/d' -e 's/^  own:.*/  own: [192.0.2.0\/24, 100.64.0.0\/10]/' "$site" >forgetful.yaml
for file in user-plane user-plane-to-infrastructure; do
    "$VEDETTE" replay --site forgetful.yaml "${common[@]}" --redis none --json "$pcaps/$file.pcap" 2>/dev/null
done >forgetful.json
same "whom subscribers called" "$(jq -r '."gtpu.inner.destination.ip" // empty' forgetful.json | sort -u)" 192.0.2.65

passed
