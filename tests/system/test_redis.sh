#!/usr/bin/env bash
# Replays into Redis: what the stream holds is what --json prints, a replay replaces, and whatever Redis does wrong is one error and status 5.
source "$(dirname "$0")/lib.sh"
server=$(command -v "${VEDETTE_TEST_SERVER:-redis-server}" || command -v "${VEDETTE_TEST_SERVER:-valkey-server}") || { echo "skipped: no Redis server is installed"; exit 77; }
client=$(command -v redis-cli || command -v valkey-cli)

pcaps=$VEDETTE_SOURCE_DIR/pcaps
mkdir lists
cp "$VEDETTE_DATA"/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml \
    "$VEDETTE_SOURCE_DIR/tests/golden/lists/tier-1.yaml" lists/
common=(--site "$pcaps/demo/site.yaml" --lists lists --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-20)
replay() { "$VEDETTE" replay "${common[@]}" "$@"; }
redis() { "$VEDETTE" redis --raw "$@"; }

# until COMMAND...: waits, at most ten seconds, until it succeeds
until_true() {
    for _ in $(seq 100); do
        "$@" && return 0
        sleep 0.1
    done
    fail "this did not happen within ten seconds: $*"
}

# gone WHO: the last user of the private server has left
gone() {
    checks=$((checks + 1))
    [ ! -S "$VEDETTE_STATE/redis/redis.sock" ] || fail "$1: the socket of the private server is still there"
    ! pgrep -f "$VEDETTE_STATE/redis" >pids || fail "$1: the private server still runs: $(cat pids)"
}

# ---- the private server ----

replay --redis private --name day --json "$pcaps/demo/day.pcap" >json 2>err || { cat err >&2; fail "replay"; }
gone "replay"
[ "$(wc -l <json)" -gt 50 ] || fail "only $(wc -l <json) alerts"
same "XLEN" "$(redis XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"
gone "redis"
redis XRANGE 'vedette:{day}:alerts' - + >entries
python3 - json entries "$VEDETTE_SOURCE_DIR/docs/fields.md" <<'EOF' || fail "the stream"
import datetime, ipaddress, json, re, sys
lines = open(sys.argv[1], encoding='utf-8').read().splitlines()
raw = open(sys.argv[2], encoding='utf-8').read().splitlines()
types = dict(re.findall(r'^\| `([^`]+)` \| ([a-z\[\]]+) \|', open(sys.argv[3], encoding='utf-8').read(), re.M))
names = ['json', 'id', 'rule', 'level', 'equipment', 'seq', 'revision']
assert len(types) > 100, types
assert len(raw) == 15 * len(lines), (len(raw), len(lines))

def fits(kind, value):
    if kind.endswith('[]'):
        return isinstance(value, list) and value and all(fits(kind[:-2], v) for v in value)
    if kind == 'boolean':
        return isinstance(value, bool)
    if kind == 'long':
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == 'date':
        return re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z', value)
    if kind == 'ip':
        return bool(ipaddress.ip_address(value))
    assert kind in ('keyword', 'wildcard'), kind
    return isinstance(value, str) and value

previous = (0, -1)
epoch = datetime.datetime(1970, 1, 1)
for number, line in enumerate(lines):
    entry = raw[15 * number:15 * number + 15]
    assert entry[1::2] == names, entry[1::2]
    fields = dict(zip(entry[1::2], entry[2::2]))
    assert fields['json'] == line, 'entry %s is not line %d of --json' % (entry[0], number + 1)
    alert = json.loads(line)
    for key, value in alert.items():
        assert key in types, '%s is not in docs/fields.md' % key
        assert fits(types[key], value), '%s: %r is no %s' % (key, value, types[key])
    told = (alert['event.id'], alert['rule.id'], alert['alert.level'], alert['equipment.name'], str(number + 1), str(alert['event.sequence']))
    assert tuple(fields[n] for n in names[1:]) == told, fields
    stamp = datetime.datetime.fromisoformat(alert['@timestamp'][:23]) - epoch
    now = tuple(map(int, entry[0].split('-')))
    assert now[0] == stamp // datetime.timedelta(milliseconds=1), (entry[0], alert['@timestamp'])
    assert now > previous, (previous, now)
    previous = now
EOF
checks=$((checks + 1))

# again: the same ids, and no more of them
cp entries before
replay --redis private --name day "$pcaps/demo/day.pcap" >out 2>err || { cat err >&2; fail "the second replay"; }
redis XRANGE 'vedette:{day}:alerts' - + >entries
same "the same replay again" "$(sha256sum <entries)" "$(sha256sum <before)"
grep -qF "vedette alerts --name day" out || fail "nobody says how to see the alerts"

# another name beside it; without --name it comes from the file
replay --redis private --name other "$pcaps/ngap-second.pcap" >out 2>err
replay --redis private "$pcaps/ngap-second.pcap" >out 2>err
same "the other name" "$(redis XLEN 'vedette:{other}:alerts')" "$("$VEDETTE" alerts --name other --json | wc -l)"
same "XLEN beside another" "$(redis XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"
same "the names" "$(redis SMEMBERS vedette:sensors | LC_ALL=C sort | tr '\n' ' ')" "day ngap-second other "
same "nothing else is there" "$(redis --scan | LC_ALL=C sort | tr '\n' ' ')" \
    'vedette:sensors vedette:{day}:alerts vedette:{day}:status vedette:{ngap-second}:alerts vedette:{ngap-second}:status vedette:{other}:alerts vedette:{other}:status '
same "alerts without a name are of the last run" "$("$VEDETTE" alerts --json 2>err)" "$("$VEDETTE" alerts --json --name ngap-second)"

# a replay without alerts empties the stream, and nobody else's
replay --redis private --name other --filter 'tcp port 1' "$pcaps/ngap-second.pcap" >out 2>err
same "an empty replay" "$(redis XLEN 'vedette:{other}:alerts')" 0
same "what alerts says of it" "$("$VEDETTE" alerts --name other)" "no alerts in other"
same "alerts that the status tells" "$(redis HGET 'vedette:{other}:status' alerts)" 0
same "the neighbour's stream" "$(redis XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"

# alerts and explain
alerts() { "$VEDETTE" alerts --name day "$@"; }
ids() { jq -r "select($1) | .\"event.id\"" json | sort -u | wc -l; }
alerts --json | cmp - json || fail "alerts --json is not what replay --json printed"
same "rows" "$(alerts | tail -1 | sed -n 's/ alerts\{0,1\} in day: .*//p')" "$(ids true)"
for level in low medium high critical; do
    number=$(echo low medium high critical | tr ' ' '\n' | sed -n "/^$level$/,\$p" | jq -Rsc 'split("\n")[:-1]')
    same "level $level" "$(alerts --json --level $level 2>err | wc -l)" "$(jq -c "select(.\"alert.level\" as \$l | $number | index(\$l))" json | wc -l)"
done
same "equipment" "$(alerts --json --equipment router-1 | cmp - <(jq -c 'select(."equipment.name" == "router-1")' json) && echo yes)" yes
same "equipment and level" "$(alerts --json --equipment gnb-018 --level high | jq -r '."rule.ruleset"' | sort -u)" "supplier-zone-denied.yml"
id=$(jq -r 'select(."rule.ruleset" == "adversary-tier1-established.yml" and ."peer.domain" == "update.listed.example") | ."event.id"' json | head -1)
for prefix in "$id" "${id:0:12}"; do
    "$VEDETTE" explain "$prefix" >out
    for word in update.listed.example gnb-017 'Equipment reached a listed adversary network (tier 1)' 198.51.100.7 roles.yaml AS64500 'made up for tests'; do
        checks=$((checks + 1))
        grep -qF -- "$word" out || { cat out >&2; fail "explain $prefix does not say '$word'"; }
    done
done
same "explain --json" "$("$VEDETTE" explain --json "$id")" "$(grep -F "\"event.id\":\"$id\"" json | tail -1)"
gone "explain"

# ---- the server dies ----

mkfifo pipe
head -c 120000 "$pcaps/demo/day.pcap" >first
tail -c +120001 "$pcaps/demo/day.pcap" >second
# dies WHO SOCKET PID_COMMAND...: a replay from a pipe reads the first half, its server is killed, the second half follows
dies() {
    local who=$1 url=$2 socket=$3 got=0 pid
    shift 3
    replay --redis "$url" --name day - <pipe >out 2>err &
    local user=$!
    exec 9>pipe
    cat first >&9
    until_true test -S "$socket"
    sleep 0.5
    pid=$("$@")
    kill -KILL "$pid"
    cat second >&9
    exec 9>&-
    wait $user || got=$?
    same "$who: status" "$got" 5
    same "$who: lines of error" "$(wc -l <err)" 1
    grep -q '^vedette replay: ' err || { cat err >&2; fail "$who: the error does not begin with the command"; }
    rm -f "$socket"
}
dies "the private server killed" private "$VEDETTE_STATE/redis/redis.sock" pgrep -f "$VEDETTE_STATE/redis/redis.sock"
same "the former run, afterwards" "$(redis XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"
# What had been sent before the kill is not for good.
for key in $(redis --scan --pattern '*staging*'); do
    [ "$(redis TTL "$key")" -gt 0 ] || fail "$key does not expire"
done
gone "the end"

# ---- a server of others ----

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$server" --bind 127.0.0.1 --port "$port" --unixsocket "$work/r.sock" --requirepass 'p@ss/word' --save '' --appendonly no >server.log 2>&1 &
others=$!
disown $others
trap 'kill $others 2>/dev/null || true; rm -rf "$work"' EXIT
until_true test -S r.sock
cli() { REDISCLI_AUTH='p@ss/word' "$client" --raw -s r.sock "$@" 2>&1; }

refused 5 "password" replay --redis "unix://$work/r.sock" "$pcaps/ngap-second.pcap"
refused 5 "password" replay --redis "unix://:xyzzy@$work/r.sock" "$pcaps/ngap-second.pcap"
refused 5 "password" replay --redis "redis://:xyzzy@127.0.0.1:$port" "$pcaps/ngap-second.pcap"
! grep -q xyzzy err || fail "the error repeats the password"
refused 5 "password" "$VEDETTE" alerts --redis "redis://:xyzzy@127.0.0.1:$port"
refused 5 "password" "$VEDETTE" explain --redis "redis://:xyzzy@127.0.0.1:$port" aaaaaa
same "keys after a wrong password" "$(cli DBSIZE)" 0

replay --json --redis "unix://:p%40ss%2Fword@$work/r.sock" --name day "$pcaps/demo/day.pcap" 2>err | cmp - json || fail "--json with another Redis"
same "XLEN by unix://" "$(cli XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"
replay --redis "redis://:p%40ss%2Fword@127.0.0.1:$port/3" --name day "$pcaps/demo/day.pcap" >out 2>err
same "XLEN by redis://, in database 3" "$(cli -n 3 XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"
same "the ids are the same everywhere" "$(cli -n 3 XRANGE 'vedette:{day}:alerts' - + | sha256sum)" "$(sha256sum <before)"
same "alerts from there" "$("$VEDETTE" alerts --json --redis "redis://default:p%40ss%2Fword@127.0.0.1:$port/3" | sha256sum)" "$(sha256sum <json)"
same "databases" "$(cli INFO keyspace | grep -c '^db[03]:')" 2
[ ! -e "$VEDETTE_STATE/redis/redis.sock" ] || fail "a private server was started"

# a sensor's stream is not replaced; a full server refuses; both leave what was there
cli HSET 'vedette:{day}:status' mode sensor >/dev/null
refused 5 "sensor" replay --redis "unix://:p%40ss%2Fword@$work/r.sock" --name day "$pcaps/ngap-second.pcap"
cli HSET 'vedette:{day}:status' mode replay >/dev/null
cli CONFIG SET maxmemory 1 >/dev/null
refused 5 "memory" replay --redis "unix://:p%40ss%2Fword@$work/r.sock" --name day "$pcaps/ngap-second.pcap"
cli CONFIG SET maxmemory 0 >/dev/null
same "XLEN after what was refused" "$(cli XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"
same "staging keys after what was refused" "$(cli --scan --pattern '*staging*')" ""
dies "another server killed" "unix://:p%40ss%2Fword@$work/r.sock" "$work/r.sock" echo $others
refused 5 "no such socket" replay --redis "unix://:p%40ss%2Fword@$work/r.sock" "$pcaps/ngap-second.pcap"

# ---- no Redis at all ----

cat >nonsense.py <<'EOF'
import socket, sys, threading
answers = {'web': b'HTTP/1.1 400 Bad Request\r\n\r\n', 'agree': b'+OK\r\n', 'binary': b'\0\1\2\3' * 9, 'huge': b'*2147483647\r\n', 'close': b'',
           'number': b':18446744073709551616\r\n', 'deep': b'*1\r\n' * 50}
def serve(peer, answer):
    try:
        while peer.recv(65536) and answer:
            peer.sendall(answer)
    except OSError:
        pass
    peer.close()
for name, answer in answers.items():
    s = socket.socket(socket.AF_UNIX)
    s.bind(name + '.sock')
    s.listen()
    threading.Thread(target=lambda s=s, answer=answer: [serve(s.accept()[0], answer) for _ in iter(int, 1)], daemon=True).start()
open('ready', 'w').close()
threading.Event().wait()
EOF
python3 nonsense.py &
nonsense=$!
trap 'kill $others $nonsense 2>/dev/null || true; rm -rf "$work"' EXIT
until_true test -e ready
for kind in web agree binary huge close number deep; do
    refused 5 "$kind.sock" replay --redis "unix://$work/$kind.sock" "$pcaps/ngap-second.pcap"
    refused 5 "$kind.sock" "$VEDETTE" alerts --name day --redis "unix://$work/$kind.sock"
done
kill $nonsense
passed
