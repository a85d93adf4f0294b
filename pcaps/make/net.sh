# Sourced by make.sh: hosts in network namespaces on one bridge, with documentation addresses (RFC 5737, RFC 3849).
#
# Every host reaches every other on the link: a default route without a gateway. The namespaces are made for the run and removed
# at its end; nothing leaves them.

NET=vdt            # prefix of every namespace made here
SWITCH=$NET-switch # holds the bridge, and the recorder

in_host() { # in_host NAME COMMAND...
    local name=$1
    shift
    ip netns exec "$NET-$name" "$@"
}

net_up() {
    ip netns add "$SWITCH"
    ip -n "$SWITCH" link add name br type bridge mcast_snooping 0
    ip -n "$SWITCH" link set dev br up
    in_host switch sysctl -qw net.ipv6.conf.all.disable_ipv6=1
}

# add_host NAME NUMBER ADDRESS...: NUMBER (1-255) makes the hardware address 02:00:00:00:00:NN.
add_host() {
    local name=$1 number=$2 address
    shift 2
    ip netns add "$NET-$name"
    ip -n "$SWITCH" link add name "p-$name" type veth peer name eth0 netns "$NET-$name"
    ip -n "$SWITCH" link set dev "p-$name" master br up
    in_host "$name" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.eth0.accept_dad=0 \
        net.ipv6.conf.eth0.router_solicitations=0
    ip -n "$NET-$name" link set eth0 address "$(printf '02:00:00:00:00:%02x' "$number")"
    for address in "$@"; do
        ip -n "$NET-$name" address add "$address" dev eth0
    done
    ip -n "$NET-$name" link set lo up
    ip -n "$NET-$name" link set eth0 up
    # A capture shows what a wire would: no packets larger than its MTU, no checksums left to hardware.
    in_host "$name" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
    [ "$name" = sink ] || ip -n "$NET-$name" route add default dev eth0
    [ "$name" = sink ] || ip -n "$NET-$name" -6 route add default dev eth0
    mkdir -p "/etc/netns/$NET-$name"
    printf 'nameserver 192.0.2.53\noptions timeout:1 attempts:1\n' >"/etc/netns/$NET-$name/resolv.conf"
}

net_down() {
    local name
    for name in $(ip netns list | awk -v p="^$NET-" '$1 ~ p { print $1 }'); do
        ip netns pids "$name" | xargs -r kill -9 2>/dev/null || true
        ip netns del "$name"
        rm -rf "/etc/netns/$name"
    done
    rmdir /etc/netns 2>/dev/null || true
}

record_start() { # record_start FILE
    ip netns exec "$SWITCH" tcpdump -i br -B 16384 --immediate-mode -U -s 0 -Z root -w "$1" --time-stamp-precision=micro 'not arp and not icmp6 and not igmp and not (ip6 and ip6[6] == 0)' 2>"$1.log" &
    recorder=$!
    until grep -q 'listening on' "$1.log"; do sleep 0.1; done
}

record_stop() { # record_stop FILE
    sleep 0.7
    kill -TERM "$recorder"
    wait "$recorder" || true
    rm -f "$1.log"
}

# serve NAME PORT COMMAND...: starts a server in the background of host NAME and waits until PORT (tcp/NN or udp/NN) is bound.
serve() {
    local name=$1 port=$2 flag=-t
    shift 2
    [ "${port%/*}" = tcp ] || flag=-u
    in_host "$name" "$@" >>"$tmp/servers.log" 2>&1 &
    for _ in $(seq 100); do
        in_host "$name" ss -Hln $flag "sport = :${port#*/}" | grep -q . && return 0
        sleep 0.1
    done
    echo "make.sh: $1 did not open $port on $name; see $tmp/servers.log" >&2
    return 1
}

servers_stop() { # ends every server of the hosts named
    local name
    for name in "$@"; do
        ip netns pids "$NET-$name" | xargs -r kill 2>/dev/null || true
    done
    sleep 0.2
}
