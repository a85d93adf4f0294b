# Sourced by the system tests of many sensors, behind lib.sh: a Redis of their own, and streams filled by hand.
server=$(command -v redis-server || command -v valkey-server) || { echo "no Redis server is installed"; exit 77; }
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
socket=$work/s
# who may do what docs/fleet.md grants, and nothing else
url=unix://reader:pw@$socket
forwarder_url=unix://forwarder:pw@$socket
children=()
trap 'for p in "${children[@]}"; do kill -9 "$p" 2>/dev/null || :; done; wait 2>/dev/null || :; rm -rf "$work"' EXIT

# start_redis OPTION...: again under the same socket and with the same files
start_redis() {
    "$server" --port 0 --unixsocket "$socket" --dir "$work" --save "" --appendonly yes --appendfsync everysec "$@" >>redis.log 2>&1 &
    redis=$!
    children+=($redis)
    until_true 'cli PING 2>/dev/null | grep -q PONG' || fail "Redis did not start"
    local rights=$VEDETTE_SOURCE_DIR/docs/fleet.md
    cli ACL SETUSER reader on '>pw' '~vedette:*' $(granted "$rights" reader) >/dev/null
    cli ACL SETUSER forwarder on '>pw' '~vedette:*' $(granted "$rights" forwarder) >/dev/null
}

# granted FILE USER: the commands of its line "ACL SETUSER USER ..." and those that go on with it
granted() {
    sed -n "/^ACL SETUSER $2 /,/^\`\`\`/p" "$1" | tr ' ' '\n' | grep '^+'
}

cli() {
    redis-cli -s "$socket" "$@"
}

# until_true COMMAND: within 30 s
until_true() {
    for _ in $(seq 300); do
        eval "$1" 2>/dev/null && return
        sleep 0.1
    done
    return 1
}

# alerts NAME FROM TO [STEP_MS]: as make_alerts, into Redis
alerts() {
    make_alerts "$@" | cli --pipe >/dev/null
}

# make_alerts NAME FROM TO [STEP_MS]: prints the commands for entries number FROM to TO of a sensor's stream; the alert's id is that of sensor and number
make_alerts() {
    python3 - "$@" <<'PY'
import hashlib, sys
name, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
step = int(sys.argv[4]) if len(sys.argv) > 4 else 10
def command(*words):
    words = [str(w).encode() for w in words]
    sys.stdout.buffer.write(b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words))
for n in range(first, last + 1):
    id = hashlib.md5(('%s %d' % (name, n)).encode()).hexdigest()
    json = '{"@timestamp":"2026-11-22T12:00:%02d.000000000Z","event.id":"%s","event.sequence":1,"event.action":"opened","alert.level":"high","equipment.name":"gnb-1","rule.name":"R%d"}' % (n % 60, id, n)
    command('XADD', 'vedette:{%s}:alerts' % name, '%d-0' % (1795000000000 + step * n), 'json', json, 'id', id, 'rule', 'r', 'level', 'high', 'equipment', 'gnb-1', 'seq', n, 'revision', 1)
PY
}

# heard NAME SECONDS: a heartbeat, which expires
heard() {
    cli HSET "vedette:{$1}:status" mode sensor state "${3:-running}" heartbeat "$(date -u +%FT%T).000000000Z" raised 9 delivered 9 >/dev/null
    cli EXPIRE "vedette:{$1}:status" "$2" >/dev/null
}

register() {
    cli SADD vedette:sensors "$@" >/dev/null
    for name in "$@"; do heard "$name" 3600; done
}
