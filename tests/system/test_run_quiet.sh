#!/usr/bin/env bash
# Everything that the sensor's host sends, in a network of its own with Redis at the other end of a cable: nothing but Redis' traffic.
. "$(dirname "$0")/live_lib.sh"
server=$(command -v redis-server || command -v valkey-server) || {
    echo "skipped: no Redis server is installed"
    exit 77
}

# Redis, and a name server that would get every question, are on another host. What is at the other end of the mirror is a third.
unshare -n sleep infinity &
far=$!
started_here $far
is_apart() {
    [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]
}
until_true is_apart
there() { nsenter -t $far -n "$@"; }
make_pair 0
ip link add near type veth peer name away
ip link set away netns $far
ip addr add 10.99.0.1/24 dev near
ip link set near up
there sysctl -qw net.ipv6.conf.all.disable_ipv6=1
there ip addr add 10.99.0.2/24 dev away
there ip link set away up
there ip link set lo up
ip route add default via 10.99.0.2
# Both know whom the cable leads to, so that neither asks.
ip neigh replace 10.99.0.2 lladdr "$(there ip -json link show away | jq -r '.[0].address')" dev near nud permanent
there ip neigh replace 10.99.0.1 lladdr "$(ip -json link show near | jq -r '.[0].address')" dev away nud permanent
printf '127.0.0.1 localhost\n10.99.0.2 spool.example\n' >hosts
echo "nameserver 10.99.0.2" >resolv.conf
mount --bind hosts /etc/hosts
mount --bind resolv.conf /etc/resolv.conf
nsenter -t $far -n "$server" --bind 10.99.0.2 --port 6379 --protected-mode no --save "" >redis.out 2>&1 &
started_here $!
answers() {
    there "$client" -h 10.99.0.2 ping >/dev/null 2>&1
}
until_true answers

# What leaves, by any interface; what goes into the mirror's cable is the traffic that we replay.
for interface in near lo vdb0; do
    tcpdump -i $interface -Q out -Z root -B 16384 -U -w "out-$interface.pcap" 2>"$interface.tcpdump" &
    recorders+=($!)
    started_here $!
    until_true says $interface.tcpdump listening
done

begin quiet --interface vdb0 --redis redis://spool.example
# A day's worth of traffic of each kind that we have, names to look up and addresses to geolocate among it.
send vda0 "$day" --topspeed --loop=3 --unique-ip
send vda0 "$day" --pps=400
for file in "$VEDETTE_SOURCE_DIR"/pcaps/*.pcap; do
    send vda0 "$file" --topspeed
done
"$VEDETTE" status --name quiet --canary >out || fail "canary"
"$VEDETTE" reload --name quiet >out || fail "reload"
echo "10.99.0.3 spool.example" >hosts # from now on another host has the name
kill -HUP $sensor
until_true says quiet.err "reloaded (SIGHUP)"
echo "nonsense: [" >>site.yaml
! "$VEDETTE" reload --name quiet >out 2>err || fail "a broken policy was reloaded"
# Redis breaks the connection: it is made again, without asking for the name.
there "$client" -h 10.99.0.2 client kill type normal >/dev/null
"$VEDETTE" status --name quiet --canary >out || fail "canary after the connection broke"
[ "$(status quiet .redis.reconnects)" -ge 1 ] || fail "the connection did not break"
finish quiet
stop_recording

same "alerts" "$(there "$client" -h 10.99.0.2 XLEN 'vedette:{quiet}:alerts')" "$(wc -l <quiet.json)"
frames() {
    tcpdump -nr "out-$1.pcap" "${2:-}" 2>/dev/null | wc -l
}
[ "$(frames near "tcp and src host 10.99.0.1 and dst host 10.99.0.2 and dst port 6379")" -gt 20 ] || fail "Redis' traffic was not recorded"
same "what else was sent to Redis' host" \
    "$(tcpdump -nr out-near.pcap "not (tcp and src host 10.99.0.1 and dst host 10.99.0.2 and dst port 6379)" 2>/dev/null)" ""
same "what was sent into the mirror" "$(frames vdb0)" 0
same "what was sent to itself" "$(frames lo)" 0
same "ways out" "$(ip -json link show | jq -r '.[].ifname' | sort | xargs)" "lo near vda0 vdb0"

passed
