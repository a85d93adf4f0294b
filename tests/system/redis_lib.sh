# Sourced behind lib.sh by the tests that need several Redis servers: they have ports that were free a moment ago, folders below $work, and
# end with the test. VEDETTE_TEST_SERVER names the program (redis-server, valkey-server, a path); else what is installed counts.
server=$(command -v "${VEDETTE_TEST_SERVER:-redis-server}" || command -v "${VEDETTE_TEST_SERVER:-valkey-server}") ||
    { echo "skipped: no Redis server is installed"; exit 77; }
client=$(command -v redis-cli || command -v valkey-cli) || { echo "skipped: no redis-cli is installed"; exit 77; }
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# free_ports N: N ports that nobody listens on
free_ports() {
    python3 "$VEDETTE_SOURCE_DIR/tests/system/free_ports.py" "$1"
}

# start NAME PORT OPTION...: a server in the folder NAME; its pid is $pid
start() {
    local name=$1 port=$2
    shift 2
    mkdir -p "$name"
    "$server" --port "$port" --bind 127.0.0.1 --dir "$work/$name" --save '' --daemonize no "$@" >>"$name/log" 2>&1 &
    pid=$!
    pids+=("$pid")
    until_true answers "$port"
}

answers() { "$client" -p "$1" PING 2>&1 | grep -qE 'PONG|NOAUTH|NOPERM'; }

# end PID: as a crash does
end() {
    kill -9 "$1"
    wait "$1" 2>/dev/null || true
}

# until_true COMMAND...: waits, at most fifteen seconds, until it succeeds
until_true() {
    for _ in $(seq 300); do
        "$@" && return 0
        sleep 0.05
    done
    fail "this did not happen within fifteen seconds: $*"
}
