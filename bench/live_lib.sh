# Sourced by what measures a live sensor, once it knows its options: interfaces in a network namespace of their own, a Redis, and
# what the sensor reads, in $work; all of it ends with the script. Needs root and tcpreplay, else status 77. Sets $root, $vedette,
# $work, $socket, $redis (the server's pid). The script is run again inside of the namespace, with ${arguments[@]}.
root=$(cd "$(dirname "$0")/.." && pwd)
vedette=${VEDETTE:-$root/build/release/vedette}
me=bench/$(basename "$0")
for tool in redis-server redis-cli tcpreplay ip unshare python3 jq "$vedette"; do
    command -v "$tool" >/dev/null || { echo "$me: $tool is missing" >&2 && exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "$me: only root can make interfaces" >&2 && exit 77; }
if [ -z "${BENCH_NAMESPACE:-}" ]; then
    BENCH_NAMESPACE=1 exec unshare -nm bash "$0" "${arguments[@]}"
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/vedette-bench.XXXXXX")
chmod 711 "$work"
started=()
clean_up() {
    exec 2>/dev/null
    kill -CONT "${started[@]}" || true
    kill "${started[@]}" || true
    wait || true
    rm -rf "$work"
}
trap clean_up EXIT
socket=$work/redis.sock
redis-server --port 0 --unixsocket "$socket" --unixsocketperm 777 --save "" --appendonly no --dir "$work" --daemonize no >"$work/redis.out" 2>&1 &
redis=$!
started+=($redis)
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
# The sensor becomes another user, who may not read the source tree.
cp -r "$root/rules/packs" "$work/packs"
cp "$root/pcaps/demo/site.yaml" "$work/site.yaml"
chmod -R a+rX "$work/packs" "$work/site.yaml"
export VEDETTE_DATA=$work/packs VEDETTE_GEO='' VEDETTE_STATE=$work/state

# make_pair N: what is sent into vdaN comes out of vdbN.
make_pair() {
    ip link add "vda$1" type veth peer name "vdb$1"
    ip link set "vda$1" up
    ip link set "vdb$1" up
}

# begin NAME ARGUMENT...: a sensor, as $sensor, which watches; what it prints goes to NAME.out and NAME.err.
begin() {
    local name=$1
    "$vedette" run --name "$name" --site "$work/site.yaml" --redis "unix://$socket" --buffer 256 "${@:2}" >"$work/$name.out" 2>"$work/$name.err" &
    sensor=$!
    started+=($sensor)
    for _ in $(seq 200); do
        ! grep -qs "vedette run: watching" "$work/$name.err" || break
        sleep 0.05
    done
}

# finish NAME: ends it.
finish() {
    kill "$sensor"
    wait "$sensor" || { cat "$work/$1.err" >&2 && exit 1; }
}
