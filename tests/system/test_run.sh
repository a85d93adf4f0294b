#!/usr/bin/env bash
# The live sensor: it raises what a replay of the recorded frames raises, its alerts are in Redis, and it has no privileges left.
. "$(dirname "$0")/live_lib.sh"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || {
    echo "skipped: no Redis server is installed"
    exit 77
}

make_pair 0
make_pair 1

# replay_gives NAME FILE...: a replay of the recordings prints what the sensor NAME printed.
replay_gives() {
    local name=$1
    shift
    "$VEDETTE" replay "${knowledge[@]}" --seed 7 --redis none --json "$@" >replay.json 2>replay.err || {
        cat replay.err >&2
        fail "replay of $*"
    }
    checks=$((checks + 1))
    [ "$(wc -l <replay.json)" -gt 50 ] || fail "only $(wc -l <replay.json) alerts of $*"
    cmp "$name.json" replay.json || fail "the sensor $name and a replay of $* differ: $(diff "$name.json" replay.json | head -c 2000)"
}

# status_line FILE NAME: the value behind "NAME:"
status_line() {
    awk -v name="$2:" '$1 == name { $1 = ""; sub(/^ /, ""); print }' "$1"
}

# ---- every capture of the project, with other addresses in each round: one worker, and two ----

mix=("$VEDETTE_SOURCE_DIR"/pcaps/*.pcap)
if [ -d "${VEDETTE_CORPORA:-}" ]; then
    mix+=("$VEDETTE_CORPORA"/{dmachard__iodine,ndpi__443-chrome,telekom5g__free5gc,tcpdump__vxlan,zeek-openvpn__openvpn}.pcap)
fi
record vdb0
begin one --interface vdb0 --seed 7 --redis none --workers 1
one=$sensor
begin two --interface vdb0 --seed 7 --workers 2
two=$sensor
send vda0 "$day" --topspeed
total=$sent
for file in "${mix[@]}"; do
    send vda0 "$file" --topspeed --loop=4 --unique-ip
    total=$((total + sent))
done
stop_recording
same "frames recorded" "$(tcpdump -nr vdb0.pcap --count 2>/dev/null)" "$total packets"

# ---- what the kernel says of it, while it runs ----

threads=0
for task in /proc/"$two"/status /proc/"$two"/task/*/status; do
    threads=$((threads + 1))
    for set in CapInh CapPrm CapEff CapBnd CapAmb; do
        same "$set of $task" "$(status_line "$task" $set)" 0000000000000000
    done
    same "NoNewPrivs of $task" "$(status_line "$task" NoNewPrivs)" 1
    same "Seccomp of $task" "$(status_line "$task" Seccomp)" 2
    case " $(status_line "$task" Uid) $(status_line "$task" Gid) $(status_line "$task" Groups) " in
    *" 0 "*) fail "root is left in $task" ;;
    esac
done
[ $threads -ge 7 ] || fail "only $threads threads"
same "the control socket" "$(stat -c '%F %a' "$VEDETTE_STATE/two.control")" "socket 600"
same "listeners of TCP" "$(awk 'FNR > 1 && $4 == "0A"' /proc/"$two"/net/tcp /proc/"$two"/net/tcp6 2>/dev/null | wc -l)" 0
same "sockets of UDP and raw ones" \
    "$(awk 'FNR > 1' /proc/"$two"/net/{udp,udp6,udplite,raw,raw6} 2>/dev/null | wc -l)" 0
same "unix sockets that listen, Redis aside" \
    "$(awk -v me="$VEDETTE_STATE" '$4 == "00010000" && index($8, me) == 1 { sub(/.*\//, "", $8); print $8 }' /proc/"$two"/net/unix |
        sort | tr '\n' ' ')" "one.control redis.sock two.control "

# ---- the status: nothing was lost, and who was seen ----

same "packets" "$(status two '.packets.processed')" "$total"
same "interface" "$(jq -c '.interfaces[0] | [.name, .state, .frames, .kernel_drops, .interface_drops, .unread]' two.status)" \
    "[\"vdb0\",\"up\",$total,0,0,0]"
same "equipment seen both ways" \
    "$(jq -r '.equipment[] | select(.name == "gnb-017") | .directions, (.seen_from <= .seen_to), (.sent > 0), (.received > 0)' two.status | xargs)" \
    "both true true true"
same "without a file of its own, nothing is blind" "$(jq -c '[.blind_lost, .blind]' two.status)" "[0,[]]"
"$VEDETTE" status --name two >out
grep -q gnb-017 out || { cat out >&2; fail "status does not show equipment"; }

# ---- the end, some seconds after the last frame ----

sensor=$one
finish one
replay_gives one vdb0.pcap
sleep 3
sensor=$two
finish two
replay_gives two vdb0.pcap
cmp one.json two.json || fail "one worker and two"
redis_alerts two >stream
cmp two.json stream || fail "Redis and standard output differ"
same "XLEN" "$(redis_length two)" "$(wc -l <two.json)"
"$VEDETTE" alerts --name two >out
grep -q gnb-018 out || fail "vedette alerts does not show them"
[ ! -e "$VEDETTE_STATE/two.control" ] || fail "the control socket is still there"
same "words" "$(grep -cv 'vedette run: ' two.err)" 0

# ---- two interfaces are merged as their recordings are ----

record vdb0
record vdb1
begin both --interface vdb0 --interface vdb1 --seed 7 --workers 2
send vda1 "$VEDETTE_SOURCE_DIR/pcaps/knocks.pcap" --pps=300 &
other=$!
send vda0 "$day" --pps=1000
wait $other
sleep 0.3

# ---- a reload that changes nothing but the digests, and the canary ----

"$VEDETTE" status --name both --canary --json >out || fail "canary"
same "the canary came out" "$(jq -r '.canary.delivered' out)" true
canary=$(jq -r '.canary.alert' out)
"$VEDETTE" status --name both --canary --json >out || fail "canary, again"
[ "$(jq -r '.canary.alert' out)" != "$canary" ] || fail "the second canary is the first"
for id in "$canary" "$(jq -r '.canary.alert' out)"; do
    same "the canary $id in the stream" "$(redis_alerts both | jq -r --arg id "$id" 'select(."event.id" == $id) | ."equipment.name"')" vedette-canary
done
stop_recording
finish both
redis_alerts both >stream
cmp both.json stream || fail "Redis and standard output differ"
"$VEDETTE" replay "${knowledge[@]}" --seed 7 --redis none --json vdb0.pcap vdb1.pcap >replay.json 2>replay.err
# Sequence numbers count the canary's frames, too, and the last report counts them.
without_canary() {
    jq -c 'select(."equipment.name" != "vedette-canary") | del(."event.sequence")' "$1"
}
without_canary both.json >a
without_canary replay.json >b
checks=$((checks + 1))
cmp a b || fail "two interfaces and a replay of both recordings differ: $(diff a b | head -c 2000)"

# ---- subscribers that a reload makes equipment: the kernel does not know ----

sed 's/^  subscribers:.*/  subscribers: [100.64.0.0\/11]/' "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" >site.yaml
begin shrunk --interface vdb0 --site site.yaml --redis none --no-sandbox
"$VEDETTE" reload --name shrunk >out || fail "reload of the same"
until_true says shrunk.err "reloaded (asked by uid 0)"
same "nothing to say of the kernel" "$(grep -c 'the kernel still drops' shrunk.err)" 0
sed -i 's/^  subscribers:.*/  subscribers: [100.64.0.0\/12]/' site.yaml
"$VEDETTE" reload --name shrunk >out || fail "reload with less subscribers"
until_true says shrunk.err "the kernel still drops packets between subscribers"
finish shrunk

# ---- what is refused ----

refused 2 "--subscribers" "$VEDETTE" run --interface vdb0
refused 2 "interface nowhere0 does not exist" "$VEDETTE" run --interface nowhere0 "${knowledge[@]}"
refused 2 "no interface given" "$VEDETTE" run "${knowledge[@]}"
mkdir plain
chown 65534 plain
refused 1 "no permission to capture; start as root" \
    setpriv --reuid 65534 --clear-groups --bounding-set -all "$VEDETTE" run --interface vdb0 --state "$work/plain" "${knowledge[@]}"
begin taken --interface vdb0 --redis none --no-sandbox
same "not confined" "$(status_line /proc/$sensor/status Seccomp)" 0
same "without capabilities all the same" "$(status_line /proc/$sensor/status CapEff)" 0000000000000000
says taken.err "not confined (--no-sandbox)" || fail "nobody says that it is not confined"
same "the status says so, too" "$(status taken .sensor.confined)" false
refused 2 "taken" "$VEDETTE" run --name taken --interface vdb0 "${knowledge[@]}" --redis none
"$VEDETTE" stop --name taken >out || fail "stop"
wait $sensor || fail "the stopped sensor exited with $?"

passed
