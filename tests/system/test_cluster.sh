#!/usr/bin/env bash
# Replays into a Redis Cluster and reads from it: keys in slots of several nodes, a slot that is half moved, one that has moved, a node that dies.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/redis_lib.sh"

mkdir lists
cp "$VEDETTE_DATA"/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml \
    "$VEDETTE_SOURCE_DIR/tests/golden/lists/tier-1.yaml" lists/
pcap=$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap
options=(--site "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" --lists lists --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-20)
read -r -a ports <<<"$(free_ports 8)"
export REDISCLI_AUTH=pw
node=()
for i in 0 1 2 3; do
    start "n$i" "${ports[$i]}" --cluster-enabled yes --cluster-port "${ports[$((i + 4))]}" --cluster-node-timeout 1000 --requirepass pw --masterauth pw \
        --cluster-replica-validity-factor 0 --repl-diskless-sync-delay 0
    node+=("$pid")
done
at() { "$client" -p "${ports[$1]}" "${@:2}"; }
# 0, 1 and 2 have a third of the slots each; 3 is the replica of who has those of "day"
third() { seq -s ' ' "$1" "$2"; }
for i in 0 1 2; do
    at $i CLUSTER SET-CONFIG-EPOCH $((i + 1)) >/dev/null
    # shellcheck disable=SC2046 # one word a slot; a range is a command of Redis 7
    at $i CLUSTER ADDSLOTS $(third $((i * 5461)) $((i == 2 ? 16383 : i * 5461 + 5460))) >/dev/null
done
for i in 1 2 3; do at 0 CLUSTER MEET 127.0.0.1 "${ports[$i]}" "${ports[$((i + 4))]}" >/dev/null; done
agree() {
    local i
    for i in 0 1 2 3; do
        at $i CLUSTER INFO | grep -q cluster_state:ok && at $i CLUSTER INFO | grep -q cluster_known_nodes:4 || return 1
    done
}
until_true agree
slot=$(at 0 CLUSTER KEYSLOT day)
owner=$((slot / 5461 > 2 ? 2 : slot / 5461))
other=$(((owner + 1) % 3))
third=$(((owner + 2) % 3))
id_of() { at "$1" CLUSTER MYID; }
at 3 CLUSTER REPLICATE "$(id_of $owner)" >/dev/null
in_sync() { at 3 INFO replication | grep -q master_link_status:up; }
until_true in_sync
url=redis+cluster://:pw@127.0.0.1:${ports[$third]},127.0.0.1:${ports[$owner]}

replay() { "$VEDETTE" replay "${options[@]}" --redis "$url" --name "$1" --json "$pcap" >json 2>err || { cat err >&2; fail "replay $1"; }; }
reads() { # NAME
    "$VEDETTE" alerts --redis "$url" --name "$1" --json >read 2>err || { cat err >&2; return 1; }
    cmp -s json read
}

# names in slots of all nodes, and the set of them in one of its own
for name in day a b c d; do replay $name; done
reads day || fail "what was read is not what was replayed"
same "in the slot of its name" "$(at $owner XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"
same "names" "$("$VEDETTE" alerts --redis "$url" --name day --json | wc -l)" "$(wc -l <json)"
"$VEDETTE" alerts --redis "$url" >out 2>err || fail "the latest of all"
same "the others are listed" "$(grep -cE -- '^  (day|a|b|c) ' err)" 4
"$VEDETTE" explain --redis "$url" --name c "$(sed -n '1s/.*"event.id":"\([0-9a-f]*\)".*/\1/p' json)" >out || fail "explain"
refused 5 "write redis+cluster://" "$VEDETTE" alerts --redis "redis://:pw@127.0.0.1:${ports[$other]}" --name day
start single "$(free_ports 1)" --requirepass pw
single=$(sed -n 's/.*port=\([0-9]*\).*/\1/p; s/.*Port: *\([0-9]*\).*/\1/p' single/log | head -1)
refused 5 "it is no node of a Cluster: write redis://" "$VEDETTE" alerts --redis "redis+cluster://:pw@127.0.0.1:$single"
refused 2 "database 0 alone" "$VEDETTE" alerts --redis "$url/1"
refused 5 "password in the URL is wrong" "$VEDETTE" alerts --redis "redis+cluster://:hunter2@127.0.0.1:${ports[0]}"
! grep -q hunter2 err || fail "a password in a message"

# the slot is being moved: its stream has gone, its status has not
at "$other" CLUSTER SETSLOT "$slot" IMPORTING "$(id_of "$owner")" >/dev/null
at "$owner" CLUSTER SETSLOT "$slot" MIGRATING "$(id_of "$other")" >/dev/null
move() { at "$owner" MIGRATE 127.0.0.1 "${ports[$other]}" "$1" 0 5000 AUTH pw >/dev/null; }
move 'vedette:{day}:alerts'
"$client" -p "${ports[$other]}" --no-auth-warning <<<$'ASKING\nXLEN vedette:{day}:alerts' >out
grep -qx "$(wc -l <json)" out || fail "the stream has not moved"
refused 5 "TRYAGAIN" "$VEDETTE" alerts --redis "$url" --name day --json # run and entries are read in one step
move 'vedette:{day}:status'
reads day || fail "not followed where they were moved to"
# the rights that a Cluster needs besides
granted=$(grep -oE 'In a Cluster every user needs `[^`]*`' "$VEDETTE_SOURCE_DIR/docs/redis.md" | cut -d'`' -f2)
same "rights that a Cluster needs" "$(wc -w <<<"$granted")" 2
poor() { # RIGHT...
    local i
    # shellcheck disable=SC2068 # one word a right
    for i in 0 1 2; do at $i ACL SETUSER c reset on '>c' '~*' +@all -cluster -asking $@ >/dev/null; done
    "$VEDETTE" alerts --redis "redis+cluster://c:c@127.0.0.1:${ports[$third]}" --name day --json >read 2>err
}
poor $granted && cmp json read || { cat err >&2; fail "$granted is not enough"; }
for right in $granted; do
    ! poor "${granted/$right/}" || fail "$right is not needed"
    grep -q NOPERM err || fail "without $right: $(cat err)"
done
replay day # new keys are made there
reads day || fail "not followed in the middle of the move"
for i in "$other" "$owner" "$third"; do at "$i" CLUSTER SETSLOT "$slot" NODE "$(id_of "$other")" >/dev/null; done
replay day
reads day || fail "not followed behind the move"
same "it is there" "$(at "$other" XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"

# and back again, then its node dies: the replica takes over
for name in alerts status; do
    [ $name = status ] || { at "$owner" CLUSTER SETSLOT "$slot" IMPORTING "$(id_of "$other")" >/dev/null
        at "$other" CLUSTER SETSLOT "$slot" MIGRATING "$(id_of "$owner")" >/dev/null; }
    at "$other" MIGRATE 127.0.0.1 "${ports[$owner]}" "vedette:{day}:$name" 0 5000 AUTH pw >/dev/null
done
for i in "$owner" "$other" "$third"; do at "$i" CLUSTER SETSLOT "$slot" NODE "$(id_of "$owner")" >/dev/null; done
reads day || fail "not followed back"
same "it is back" "$(at "$owner" WAIT 1 1000)" 1
until_true in_sync
end "${node[$owner]}"
until_true reads day 2>/dev/null
replay day
same "the replica has it" "$(at 3 XLEN 'vedette:{day}:alerts')" "$(wc -l <json)"
passed
