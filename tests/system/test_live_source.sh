# Frames of interfaces: held against tcpdump on the same veth, and counted to the last one.
if [ "$(id -u)" != 0 ]; then
    echo "skipped: only root can make interfaces"
    exit 77
fi
for tool in ip tcpreplay tcpdump unshare; do
    command -v $tool >/dev/null || {
        echo "skipped: $tool is not installed"
        exit 77
    }
done
if [ -z "${LIVE_NAMESPACE:-}" ]; then
    unshare -n true || {
        echo "skipped: network namespaces are not allowed here"
        exit 77
    }
    LIVE_NAMESPACE=1 exec unshare -n bash "$0"
fi

. "$(dirname "$0")/lib.sh"
: "${VEDETTE_LIVE_DRIVER:?names the driver}"
day=$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap
day_frames=877

# No neighbour discovery between our frames.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1

# What is sent into vdaN comes out of vdbN.
make_pair() {
    ip link add "vda$1" type veth peer name "vdb$1"
    ip link set "vda$1" up
    ip link set "vdb$1" up
}

# wait_for TEXT FILE [TIMES]: until so many lines of FILE (1) hold TEXT, at most ten seconds.
wait_for() {
    local tries=200
    until [ -e "$2" ] && [ "$(grep -c -- "$1" "$2")" -ge "${3:-1}" ]; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { cat "$2" >&2; fail "'$1' did not come in $2"; }
        sleep 0.05
    done
}

# start ARGUMENT...: the driver, into live.out.
start() {
    rm -f live.out
    "$VEDETTE_LIVE_DRIVER" "$@" >live.out 2>&1 &
    driver=$!
    wait_for ready live.out
}

# finish: asks the driver to end and expects that it does.
finish() {
    kill -TERM $driver
    wait $driver || { cat live.out >&2; fail "the driver exited with $?"; }
}

# field INTERFACE NAME: a number of the driver's last words.
field() {
    awk -v i="$1" -v n="$2" '$1 == "interface" && $2 == i { for (k = 3; k < NF; k += 2) if ($k == n) print $(k + 1) }' live.out
}

# accounted INTERFACE SENT: every frame was given out or is counted as lost.
accounted() {
    local sum
    sum=$(($(field "$1" frames) + $(field "$1" kernel) + $(field "$1" card) + $(field "$1" unread)))
    same "sent to $1 and accounted for" "$2" "$sum"
}

in_order() {
    same "order of frames" "$(grep -o 'reordered [0-9]* after-idle [0-9]*' live.out)" "reordered 0 after-idle 0"
}

# record INTERFACE ARGUMENT...: tcpdump into recorded.pcap. It listens once it has said so.
record() {
    tcpdump -i "$1" -Z root --time-stamp-precision=nano -B 16384 -U -w recorded.pcap "${@:2}" 2>tcpdump.err &
    recorder=$!
    wait_for listening tcpdump.err
}

# tcpdump reads a block at the latest a second after its first frame; stopped before, it forgets it.
stop_recording() {
    sleep 1.5
    kill -INT $recorder
    wait $recorder || true
}

replay_day() { # INTERFACE [ARGUMENT...]
    tcpreplay -q -i "$1" --topspeed "${@:2}" "$day" >/dev/null 2>tcpreplay.err || { cat tcpreplay.err >&2; fail tcpreplay; }
}

same_as_recorded() {
    checks=$((checks + 1))
    cmp given.pcap recorded.pcap || fail "$1: frames or time stamps differ from the recording"
}

make_pair 0
make_pair 1

# The same frames with the same time stamps as tcpdump, also cut, filtered, and from a fanout.
for how in "65536 1" "96 1" "65536 2" "65536 4"; do
    read -r snaplen fanout <<<"$how"
    record vdb0 -s "$snaplen"
    start -i vdb0 -s "$snaplen" -n "$fanout" -w given.pcap
    replay_day vda0 --loop=20
    replay_day vdb0 # what the interface sends is recorded, too
    stop_recording
    finish
    accounted vdb0 $((day_frames * 21))
    same "frames of vdb0, snaplen $snaplen, $fanout sockets" "$(field vdb0 frames)" $((day_frames * 21))
    in_order
    same_as_recorded "snaplen $snaplen, $fanout sockets"
done
record vdb0 -s 65536 udp or vlan
start -i vdb0 -f "udp or vlan" -w given.pcap
replay_day vda0
stop_recording
finish
same_as_recorded filter

# Two interfaces, and a third on which nothing happens.
make_pair 2
start -i vdb0 -i vdb1 -i vdb2 -w given.pcap
replay_day vda0 --loop=50 &
replayed=$!
replay_day vda1 --loop=50
wait $replayed
sleep 0.3
finish
accounted vdb0 $((day_frames * 50))
accounted vdb1 $((day_frames * 50))
same "frames of vdb0" "$(field vdb0 frames)" $((day_frames * 50))
same "frames of vdb1" "$(field vdb1 frames)" $((day_frames * 50))
in_order

# The clock was set back by an hour: frames are not held for an hour.
start -i vdb0 -i vdb1 -b 3600 -w given.pcap
replay_day vda0
sleep 0.3
checks=$((checks + 1))
[ "$(stat -c %s given.pcap)" -gt 200000 ] || fail "frames ahead of the clock are held back"
finish
accounted vdb0 $day_frames

# Down and up again.
for fanout in 1 2; do
    start -i vdb0 -n $fanout
    ip link set vdb0 down
    wait_for "blind vdb0 link-down from [0-9]* until 0 " live.out
    ip link set vdb0 up
    wait_for "blind vdb0 link-down from [0-9]* until [1-9]" live.out
    replay_day vda0
    finish
    same "frames after down and up, $fanout sockets" "$(field vdb0 frames)" $day_frames
done

# Removed and made again, twice, with another number each time.
for fanout in 1 2; do
    start -i vdb0 -i vdb1 -n $fanout -w given.pcap
    for round in 1 2; do
        replay_day vda0
        sleep 0.3
        ip link del vda0
        wait_for "blind vdb0 gone from [0-9]* until 0 " live.out $round
        replay_day vda1
        make_pair 0
        wait_for "blind vdb0 gone from [0-9]* until [1-9]" live.out $round
        replay_day vda0
    done
    same "promiscuous again" "$(ip -d link show vdb0 | grep -o 'promiscuity [0-9]*')" "promiscuity $fanout"
    finish
    same "frames of the interface that returns, $fanout sockets" "$(field vdb0 frames)" $((day_frames * 4))
    same "frames of the other meanwhile" "$(field vdb1 frames)" $((day_frames * 2))
    in_order
done

# A reader that does not read: what the ring cannot hold is counted, the rest is still given out.
for fanout in 1 2; do
    start -i vdb0 -r 1048576 -n $fanout
    kill -STOP $driver
    replay_day vda0 --loop=100
    kill -CONT $driver
    wait_for "blind vdb0 kernel-drop from [0-9]* until [0-9]* lost [1-9]" live.out
    finish
    accounted vdb0 $((day_frames * 100))
    [ "$(field vdb0 kernel)" -gt 0 ] || fail "nothing was dropped"
done

# Stopped while the ring is full: it is drained first.
start -i vdb0
kill -STOP $driver
replay_day vda0 --loop=60
kill -TERM $driver
kill -CONT $driver
finish
same "frames of the ring" "$(field vdb0 frames)" $((day_frames * 60))

# Stopped with more in the ring than a slow reader can take in two seconds.
for fanout in 1 2; do
    start -i vdb0 -n $fanout -z 1000
    replay_day vda0 --loop=10
    began=$SECONDS
    finish
    [ $((SECONDS - began)) -le 5 ] || fail "stopping took $((SECONDS - began)) seconds"
    accounted vdb0 $((day_frames * 10))
    [ "$(field vdb0 unread)" -gt 0 ] || fail "nothing was left unread"
    [ "$(field vdb0 frames)" -gt 300 ] || fail "only $(field vdb0 frames) frames were read in two seconds"
done

# Frames that came while the filter was being set up are not seen.
tcpreplay -q -i vda0 --pps=50000 --loop=2000 "$day" >/dev/null 2>&1 &
replayed=$!
for fanout in 1 2 1 2; do
    start -i vdb0 -n $fanout -f "ether proto 0x1234"
    finish
    accounted vdb0 0
done
kill $replayed || fail "nothing was sent meanwhile"
wait $replayed || true

# The kernel's filter drops what is between subscribers, however it is tagged, and nothing else.
python3 - <<'END'
import struct

def ipv4(source, destination):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 60, 0, 0, 64, 253, 0, bytes(source), bytes(destination))
    return header + bytes(40)

def frame(tags, payload):
    head = bytes.fromhex("020000000002020000000001")
    for tag in tags:
        head += struct.pack("!HH", *tag)
    return head + struct.pack("!H", 0x0800) + payload

subscriber, other, outside = (100, 64, 0, 1), (100, 127, 255, 254), (192, 0, 2, 1)
tags = [], [(0x8100, 5)], [(0x88A8, 5), (0x8100, 6)], [(0x88A8, 5), (0x8100, 6), (0x8100, 7)]
frames = [frame(t, ipv4(subscriber, to)) for to in (other, outside) for t in tags]
with open("crafted.pcap", "wb") as f:
    f.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    for one in frames:
        f.write(struct.pack("=IIII", 1, 0, len(one), len(one)) + one)
END
for fanout in 1 2; do
    start -i vdb0 -n $fanout -d 100.64.0.0/10 -w given.pcap
    tcpreplay -q -i vda0 --topspeed crafted.pcap >/dev/null 2>&1
    finish
    same "subscriber space is in the kernel's filter" "$(field vdb0 drops)" 1
    same "frames with one end outside" "$(field vdb0 frames)" 4
    same "frames from outside" "$(tcpdump -nr given.pcap 2>/dev/null | grep -c '> 192.0.2.1')" 4
done

if command -v ethtool >/dev/null && ethtool -K vdb1 gro on 2>/dev/null; then
    start -i vdb0 -i vdb1
    finish
    same "merges segments" "$(field vdb0 gro) $(field vdb1 gro)" "0 1"
fi

refused 1 "interface nowhere0 does not exist" "$VEDETTE_LIVE_DRIVER" -i nowhere0
refused 1 "'ip link set vdb2 up' starts it" env bash -c 'ip link set vdb2 down; exec "$0" -i vdb2' "$VEDETTE_LIVE_DRIVER"
refused 1 "is named twice" "$VEDETTE_LIVE_DRIVER" -i vdb0 -i vdb0
refused 1 "pcap-filter(7)" "$VEDETTE_LIVE_DRIVER" -i vdb0 -f "port nonsense port"
refused 1 "no permission to capture; start as root" setpriv --reuid 65534 --clear-groups --bounding-set -all "$VEDETTE_LIVE_DRIVER" -i vdb0

passed
