#!/usr/bin/env bash
# Redis behind three sentinels: found through whichever lives, followed when the master dies, also with passwords of all kinds.
source "$(dirname "$0")/lib.sh"
source "$(dirname "$0")/redis_lib.sh"

mkdir lists
cp "$VEDETTE_DATA"/lists/{public-resolvers,remote-control-tools,tunnel-applications}.yaml \
    "$VEDETTE_SOURCE_DIR/tests/golden/lists/tier-1.yaml" lists/
pcap=$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap
options=(--site "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" --lists lists --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" --as-of 2026-11-20)
read -r -a ports <<<"$(free_ports 5)"
secrets=(--requirepass pw/1 --masterauth pw/1 --repl-diskless-sync-delay 0)

# granted WHOM: the rights that docs/redis.md names there
granted() { grep -oE "$1 "'[^`]*`[^`]*`' "$VEDETTE_SOURCE_DIR/docs/redis.md" | cut -d'`' -f2; }

start one "${ports[0]}" "${secrets[@]}"
one=$pid
start two "${ports[1]}" "${secrets[@]}" --replicaof 127.0.0.1 "${ports[0]}"
sentinels=()
for i in 2 3 4; do
    mkdir "s$i"
    cat >"s$i/conf" <<CONF
port ${ports[$i]}
bind 127.0.0.1
dir $work/s$i
requirepass watch
sentinel sentinel-pass watch
user asks on >w $(granted "the user of the sentinels")
user poor on >w +ping
sentinel monitor m 127.0.0.1 ${ports[0]} 2
sentinel auth-pass m pw/1
sentinel down-after-milliseconds m 500
sentinel failover-timeout m 3000
CONF
    "$server" "s$i/conf" --sentinel >"s$i/log" 2>&1 &
    sentinels+=($!)
    pids+=($!)
    until_true answers "${ports[$i]}"
done
hosts=127.0.0.1:${ports[2]},localhost:${ports[3]},127.0.0.1:${ports[4]}
url="redis+sentinel://:pw%2F1@$hosts/m/2?sentinel_password=w&sentinel_user=asks"
ask() { "$client" --no-auth-warning -a "$1" -p "$2" "${@:3}"; }
knows_all() { ask watch "$1" SENTINEL MASTER m | tr '\n' ' ' | grep -q 'num-slaves 1 .*num-other-sentinels 2 '; }
in_sync() { ask pw/1 "${ports[1]}" INFO replication | grep -q master_link_status:up; }
until_true in_sync
for i in 2 3 4; do until_true knows_all "${ports[$i]}"; done

# everything goes through the sentinels
"$VEDETTE" replay "${options[@]}" --redis "$url" --name day --json "$pcap" >json 2>err || { cat err >&2; fail "replay"; }
grep -q . json || fail "no alerts"
"$VEDETTE" alerts --redis "$url" --name day --json >read
cmp json read || fail "what was read is not what was replayed"
same "in the database that the URL names" "$(ask pw/1 "${ports[0]}" -n 2 EXISTS 'vedette:{day}:alerts')" 1
id=$(sed -n '1s/.*"event.id":"\([0-9a-f]*\)".*/\1/p' json)
"$VEDETTE" explain --redis "$url" "$id" >out || fail "explain"

# what is wrong is said, and no password
refused 5 "knows no master" "$VEDETTE" alerts --redis "redis+sentinel://:pw%2F1@$hosts/other?sentinel_password=watch"
refused 5 "wants a password" "$VEDETTE" alerts --redis "redis+sentinel://:pw%2F1@$hosts/m"
refused 5 "password in the URL is wrong" "$VEDETTE" alerts --redis "redis+sentinel://:hunter2@$hosts/m?sentinel_password=watch"
! grep -q hunter2 err || fail "a password in a message"
refused 2 "what the sentinels call the server" "$VEDETTE" alerts --redis "redis+sentinel://$hosts"
refused 5 "unknown command" "$VEDETTE" alerts --redis "redis+sentinel://127.0.0.1:${ports[0]}/m?sentinel_password=pw%2F1"

# the rights that are needed besides
for i in 0 1; do ask pw/1 "${ports[$i]}" ACL SETUSER r on '>r' '~*' +@all -role >/dev/null; done
refused 5 "'role'" "$VEDETTE" alerts --redis "redis+sentinel://r:r@$hosts/m?sentinel_password=watch" --name day
for i in 0 1; do ask pw/1 "${ports[$i]}" ACL SETUSER r "$(granted "Behind Sentinel every user needs")" >/dev/null; done
"$VEDETTE" alerts --redis "redis+sentinel://r:r@$hosts/m/2?sentinel_password=watch" --name day >/dev/null || fail "with +role"
refused 5 "NOPERM" "$VEDETTE" alerts --redis "redis+sentinel://:pw%2F1@$hosts/m?sentinel_password=w&sentinel_user=poor" --name day

# the master dies: until another one is elected that is an error, then all is as it was
until_true in_sync
ask pw/1 "${ports[0]}" WAIT 1 1000 >/dev/null
end "$one"
refused 5 "no sentinel of redis+sentinel://$hosts/m led to a master" "$VEDETTE" replay "${options[@]}" --redis "$url" --name day "$pcap"
works() { "$VEDETTE" alerts --redis "$url" --name day --json >read 2>/dev/null; }
until_true works
cmp json read || fail "the alerts are others after the failover"
"$VEDETTE" replay "${options[@]}" --redis "$url" --name again --json "$pcap" >json2 2>err || { cat err >&2; fail "replay to the new master"; }
same "it went to the new master" "$(ask pw/1 "${ports[1]}" -n 2 XLEN 'vedette:{again}:alerts')" "$(wc -l <json2)"

# one sentinel is left, and the former master comes back as a replica, which nobody writes to
end "${sentinels[0]}"
end "${sentinels[1]}"
start one "${ports[0]}" "${secrets[@]}" --replicaof 127.0.0.1 "${ports[1]}"
works || fail "with one sentinel"
end "${sentinels[2]}"
refused 5 "no sentinel of redis+sentinel://$hosts/m led to a master" "$VEDETTE" alerts --redis "$url"
passed
