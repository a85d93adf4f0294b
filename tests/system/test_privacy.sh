#!/usr/bin/env bash
# What subscribers say, and who they are, comes out nowhere: not in alerts, conversations, tables, explanations, Redis, its files or messages.
source "$(dirname "$0")/lib.sh"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { echo "skipped: no Redis server is installed"; exit 77; }

pcaps=$VEDETTE_SOURCE_DIR/pcaps
site=$pcaps/demo/site.yaml
mkdir lists
cp "$VEDETTE_DATA"/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml \
    "$VEDETTE_SOURCE_DIR/tests/golden/lists/tier-1.yaml" lists/
common=(--lists lists --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-20)
own=(--own '192.0.2.0/24,2001:db8:1::/48')
secrets=(100.64.3.7 64:40:03:07 private.subscriber 'User-Agent: subscriber' /private 203.0.113.230 imsi-001010123456789)

# More ways for a subscriber's traffic to come along: in VLAN tags, in IPv6, in fragments, in an ICMP error that quotes it, to a listed network, with a
# DNS answer that names it, from another port, in a tunnel in the tunnel; and then the base station itself calls that network.
python3 -B - "$pcaps/make" more.pcap <<'EOF'
import struct, sys
sys.path.insert(0, sys.argv[1])
from craft import CLOUD, GNB, LISTED, SITE, T0, UE, UPF, frame, gtpu
from packets import TcpTalk, address, checksum, ethernet, ipv4, tcp, udp, vlan, write

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
EOF

# The strings are in the captures, and would come out if they were anybody else's.
for capture in "$pcaps/user-plane.pcap" "$pcaps/subscribers.pcap" more.pcap; do
    checks=$((checks + 1))
    grep -qa '/private' "$capture" || fail "$capture does not hold what it must not tell"
done
sed -e '/^  subscribers:/d' -e 's|own: \[|&100.64.0.0/10, |' "$site" >nobody.yaml
"$VEDETTE" flows --json --site nobody.yaml "${common[@]}" "$pcaps/subscribers.pcap" >control 2>err
for secret in 100.64.3.7 private.subscriber /private; do
    checks=$((checks + 1))
    grep -qF -- "$secret" control || fail "without networks.subscribers, '$secret' does not come out: this test could not fail"
done

mkdir shown
# everything NAME OPTION... CAPTURE: every output there is, into the folder "shown"
everything() {
    local name=$1 id
    shift
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
"$VEDETTE" check --json --site "$site" "${common[@]}" >shown/check

# the base station's own call is there: what was asked by a subscriber did not name its peer
same "the equipment's own call" "$(jq -r 'select(."rule.ruleset" == "adversary-tier1-established.yml") | ."peer.domain"' shown/more.alerts | sort -u)" own.example
same "names that it resolved" "$(jq -c '."peer.names"' shown/more.flows | sort -u)" null
# what was left out is counted
grep -q 'subscriber_tunnel' shown/user-plane.summary || fail "tunnels of subscribers are not counted"
grep -q '11  packets of subscribers' shown/subscribers.summary || fail "packets of subscribers are not counted"

# Redis: every key as redis-cli shows it, the append-only file, a dump that is not compressed, the log
redis() { "$VEDETTE" redis --raw "$@"; }
redis --scan | LC_ALL=C sort >keys
same "streams" "$(grep -c ':alerts$' keys)" 1
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
# A policy that forgets to say whose the subscribers' space is: what is the operator's own may be theirs, and is not named.
sed -e '/^  subscribers:/d' -e 's/^  own:.*/  own: [192.0.2.0\/24, 100.64.0.0\/10]/' "$site" >forgetful.yaml
for file in user-plane user-plane-to-infrastructure; do
    "$VEDETTE" replay --site forgetful.yaml "${common[@]}" --redis none --json "$pcaps/$file.pcap" 2>/dev/null
done >forgetful.json
same "whom subscribers called" "$(jq -r '."gtpu.inner.destination.ip" // empty' forgetful.json | sort -u)" 192.0.2.65

passed
