# Sourced by the system tests of the live sensor, in place of lib.sh: a network namespace of the test's own, which vanishes with it
# and takes its interfaces along, pairs of interfaces in it, and sensors that watch them.
if [ "$(id -u)" != 0 ]; then
    echo "skipped: only root can make interfaces"
    exit 77
fi
for tool in ip tcpreplay tcpdump unshare setpriv jq; do
    command -v $tool >/dev/null || {
        echo "skipped: $tool is not installed"
        exit 77
    }
done
if [ -z "${LIVE_NAMESPACE:-}" ]; then
    unshare -nm true || {
        echo "skipped: network namespaces are not allowed here"
        exit 77
    }
    LIVE_NAMESPACE=1 exec unshare -nm bash "$0" "$@"
fi

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
chmod 711 "$work" # the sensor becomes another user, and reads its files again at each reload

# shellcheck disable=SC2034 # for whoever sources this
day=$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap
day_frames=877

# No neighbour discovery between our frames.
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link set lo up

# What is sent into vdaN comes out of vdbN.
make_pair() {
    ip link add "vda$1" type veth peer name "vdb$1"
    ip link set "vda$1" up
    ip link set "vdb$1" up
}

started=()
client=$(command -v redis-cli || command -v valkey-cli || true)

# started_here PID: it is ended with the test, whatever becomes of it.
started_here() {
    started+=("$1")
}

# Those that have ended may have left their numbers to others.
clean_up() {
    exec 2>/dev/null # bash would tell of each
    for process in "${started[@]}"; do
        [ "$(awk '{ print $4 }' "/proc/$process/stat" 2>/dev/null)" = $$ ] || continue
        kill -CONT "$process" 2>/dev/null || true
        kill -KILL "$process" 2>/dev/null || true
    done
    wait
    # A sensor that was killed has left its Redis behind.
    [ ! -S "$VEDETTE_STATE/redis/redis.sock" ] || "$client" -s "$VEDETTE_STATE/redis/redis.sock" shutdown nosave >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

# until_true COMMAND...: waits, at most twenty seconds, until it succeeds.
until_true() {
    for _ in $(seq 400); do
        "$@" && return 0
        sleep 0.05
    done
    tail -n 5 ./*.err >&2 || true
    fail "this did not happen within twenty seconds: $*"
}

# says FILE TEXT [TIMES]: so many lines of FILE (1) hold TEXT.
says() {
    [ -e "$1" ] && [ "$(grep -cF -- "$2" "$1")" -ge "${3:-1}" ]
}

# The sensor's files are its own copies, which a test may break.
mkdir lists geo rules
cp "$VEDETTE_DATA"/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml \
    "$VEDETTE_SOURCE_DIR/tests/golden/lists/tier-1.yaml" lists/
cp "$VEDETTE_SOURCE_DIR"/tests/fixtures/geo/site/*.mmdb geo/
cp -r "$VEDETTE_DATA"/rules/. rules/
cp "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" site.yaml
# Flags that may follow in ordinary use: none of them differs between a run and its replay.
knowledge=(--site "$work/site.yaml" --rules "$work/rules" --lists "$work/lists" --geo "$work/geo")

# A run ends with the last word on all that is open, as a replay does.
ending=(--fresh)

# begin NAME ARGUMENT...: a sensor, as $sensor, which says what it does in NAME.err and NAME.json.
begin() {
    local name=$1
    shift
    "$VEDETTE" run --name "$name" --json "${ending[@]}" "${knowledge[@]}" "$@" >"$name.json" 2>"$name.err" &
    sensor=$!
    started_here $sensor
    for _ in $(seq 400); do
        says "$name.err" "vedette run: watching" && return 0
        kill -0 $sensor 2>/dev/null || break
        sleep 0.05
    done
    cat "$name.err" >&2
    fail "the sensor $name did not start"
}

# finish NAME [SECONDS]: tells it to end, and expects that it does, in time and without a complaint.
finish() {
    local began=${EPOCHREALTIME/./} took
    kill -TERM $sensor
    wait $sensor || { cat "$1.err" >&2; fail "the sensor $1 exited with $?"; }
    took=$(((${EPOCHREALTIME/./} - began) / 1000))
    checks=$((checks + 1))
    [ $took -le $((${2:-5} * 1000)) ] || fail "the sensor $1 took $took ms to end"
}

# status NAME FILTER: what jq makes of its status.
status() {
    "$VEDETTE" status --name "$1" --json >"$1.status" || fail "no status of $1"
    jq -r "$2" "$1.status"
}

# send INTERFACE FILE [ARGUMENT...]: how many frames were sent is in $sent.
send() {
    tcpreplay -i "$1" "${@:3}" "$2" >tcpreplay.out 2>tcpreplay.err || { cat tcpreplay.err >&2; fail "tcpreplay"; }
    sent=$(awk '/Successful packets:/ { print $3 }' tcpreplay.out)
    [ "$sent" -gt 0 ] || fail "tcpreplay sent nothing"
}

# record INTERFACE: tcpdump into INTERFACE.pcap. It listens once it has said so.
record() {
    rm -f "$1.tcpdump"
    tcpdump -i "$1" -Z root --time-stamp-precision=nano -B 65536 -U -w "$1.pcap" 2>"$1.tcpdump" &
    recorders+=($!)
    started_here $!
    until_true says "$1.tcpdump" listening
}
recorders=()

# tcpdump reads a block at the latest a second after its first frame; stopped before, it forgets it.
stop_recording() {
    sleep 1.5
    for process in "${recorders[@]}"; do
        kill -INT "$process"
        wait "$process" || true
    done
    recorders=()
    grep -h "dropped by kernel" ./*.tcpdump | grep -v '^0 ' && fail "tcpdump lost frames"
    return 0
}

# redis_alerts NAME: the alerts of the stream, one a line; of the private Redis.
redis_alerts() {
    "$VEDETTE" redis --raw XRANGE "vedette:{$1}:alerts" - + | grep '^{' || true
}

# redis_length NAME
redis_length() {
    "$VEDETTE" redis --raw XLEN "vedette:{$1}:alerts"
}
