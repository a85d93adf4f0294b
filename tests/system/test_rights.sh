#!/usr/bin/env bash
# The users that docs/redis.md documents: each can do what it is for, and with any one of its rights less it cannot.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/redis_lib.sh"

mkdir lists
cp "$VEDETTE_DATA"/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml \
    "$VEDETTE_SOURCE_DIR/tests/golden/lists/tier-1.yaml" lists/
pcap=$VEDETTE_SOURCE_DIR/pcaps/telnet.pcap
options=(--site "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" --lists lists --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-20)
port=$(free_ports 1)
start redis "$port"
redis() { "$client" -p "$port" "$@"; }

# rules USER: what the documentation grants, one a line
rules() {
    awk -v user="$1" '$1 == "ACL" { on = $3 == user } /^```/ { on = 0 } on' "$VEDETTE_SOURCE_DIR/docs/redis.md" | tr -s ' ' '\n' |
        sed '/^\(ACL\|SETUSER\|'"$1"'\|on\|>PASSWORD\|\)$/d; s/NAME/day/'
}

# grant USER RULE...: these and nothing else
grant() { redis ACL SETUSER "$1" reset on '>pw' "${@:2}" >granted; grep -qx OK granted || fail "ACL SETUSER ${*:2}: $(cat granted)"; }

denials() { redis ACL LOG | grep -cx reason || true; }

# user NAME WHAT_IT_DOES [NEEDED_ONLY_WHEN_SOMETHING_FAILS...]
user() {
    local name=$1 act=$2 rule all
    shift 2
    mapfile -t all < <(rules "$name")
    [ "${#all[@]}" -gt 3 ] || fail "docs/redis.md does not say what $name needs"
    url="redis://$name:pw@127.0.0.1:$port/1"
    grant "$name" "${all[@]}"
    redis ACL LOG RESET >/dev/null
    "$act" >acted 2>&1 || { cat acted >&2; fail "$name cannot do what it is for"; }
    same "denials of $name" "$(denials)" 0
    for rule in "${all[@]}"; do
        case " $* " in *" $rule "*) continue ;; esac
        # shellcheck disable=SC2046 # the rules hold no blanks
        grant "$name" $(printf '%s\n' "${all[@]}" | grep -vxF -- "$rule")
        redis ACL LOG RESET >/dev/null
        "$act" >acted 2>&1 || true
        checks=$((checks + 1))
        [ "$(denials)" -gt 0 ] || fail "$name does not need $rule"
    done
}

# where there is nothing, and where there is something
replays() {
    redis FLUSHALL >/dev/null
    for _ in 1 2; do
        "$VEDETTE" replay "${options[@]}" --redis "$url" --name day --json "$pcap" >json || return
    done
    grep -q . json
}
user replay replays +unwatch

reads() {
    "$VEDETTE" alerts --redis "$url" --json >read && cmp json read &&
        "$VEDETTE" alerts --redis "$url" --name day >/dev/null &&
        "$VEDETTE" explain --redis "$url" "$id" >/dev/null &&
        "$VEDETTE" alerts --redis "$url" --all --check >/dev/null && "$VEDETTE" status --all --redis "$url" >/dev/null &&
        follows --name day
}
# shows what there is, and then waits
follows() {
    local follower status=0
    "$VEDETTE" alerts --redis "$url" "$@" --follow --json >followed &
    follower=$!
    pids+=($follower)
    for _ in $(seq 60); do
        [ "$(wc -l <followed)" -ge "$(wc -l <json)" ] && break
        kill -0 $follower 2>/dev/null || break
        sleep 0.05
    done
    sleep 0.2
    kill -INT $follower 2>/dev/null || true
    wait $follower || status=$?
    return $status
}
grant replay $(rules replay)
url="redis://replay:pw@127.0.0.1:$port/1"
replays
id=$(sed -n '1s/.*"event.id":"\([0-9a-f]*\)".*/\1/p' json)
user reader reads +time # that is asked when a sensor falls silent

# hands on what is there, and what another one took and never acknowledged
forwards() {
    local forwarder status=0
    rm -f forwarded
    for what in $(redis -n 1 --scan --pattern 'vedette:{s}:*'); do redis -n 1 DEL "$what" >/dev/null; done
    redis -n 1 COPY 'vedette:{day}:alerts' 'vedette:{s}:alerts' >/dev/null # all sensors are forwarded, and no replay
    redis -n 1 SADD vedette:sensors s >/dev/null
    redis -n 1 HSET 'vedette:{s}:status' mode sensor state stopped >/dev/null
    "$VEDETTE" forward --redis "$url" --group g --to file:"$work/forwarded" --all --min-idle 10s &
    forwarder=$!
    pids+=($forwarder)
    for _ in $(seq 60); do
        [ -e forwarded ] && [ "$(wc -l <forwarded)" -ge "$(wc -l <json)" ] && break
        kill -0 $forwarder 2>/dev/null || break
        sleep 0.05
    done
    kill -INT $forwarder 2>/dev/null || true
    wait $forwarder || status=$?
    [ $status = 0 ] && [ "$(wc -l <forwarded)" = "$(wc -l <json)" ]
}
user forwarder forwards +xrange # that is for what a crash left
passed
