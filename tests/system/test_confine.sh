#!/usr/bin/env bash
# A confined process as the kernel sees it, and the commands that ask it: status, reload, stop.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
: "${VEDETTE_CONFINED_SENSOR:?names the program that is confined}"
chmod 711 "$work" # another user must come through
mkdir -m 700 "$VEDETTE_STATE"

# begin NAME [USER]: starts one, waits until it is ready; its process is $pid.
begin() {
    "$VEDETTE_CONFINED_SENSOR" "$VEDETTE_STATE" "$@" >"$1.out" 2>"$1.err" </dev/null &
    pid=$!
    for _ in $(seq 100); do
        grep -q ready "$1.out" && return
        kill -0 $pid 2>/dev/null || break
        sleep 0.1
    done
    cat "$1.err" >&2
    fail "the sensor $1 did not start"
}

# status_line FILE NAME: the value behind "NAME:"
status_line() {
    awk -v name="$2:" '$1 == name { $1 = ""; sub(/^ /, ""); print }' "$1"
}

# ---- what the kernel says ----

begin waw-1
root=no
[ "$(id -u)" != 0 ] || root=yes
threads=0
for task in /proc/$pid/task/*/status; do
    threads=$((threads + 1))
    for set in CapInh CapPrm CapEff CapAmb; do
        same "$set of $task" "$(status_line "$task" $set)" 0000000000000000
    done
    same "NoNewPrivs of $task" "$(status_line "$task" NoNewPrivs)" 1
    same "Seccomp of $task" "$(status_line "$task" Seccomp)" 2
    case " $(status_line "$task" Uid) $(status_line "$task" Gid) $(status_line "$task" Groups) " in
    *" 0 "*) [ $root = no ] || fail "root is left in $task" ;;
    esac
    [ $root = no ] || same "CapBnd of $task" "$(status_line "$task" CapBnd)" 0000000000000000
done
[ $threads -ge 4 ] || fail "$threads threads, not 4"
same "the control socket" "$(stat -c '%F %a' "$VEDETTE_STATE/waw-1.control")" "socket 600"
if [ $root = yes ]; then
    same "who has the state directory" "$(stat -c %u "$VEDETTE_STATE")" "$(status_line /proc/$pid/status Uid | cut -d" " -f1)"
fi

# ---- the commands ----

"$VEDETTE" status >out
cat >want <<END
sensor    test\x1b[2J
asked by  $(id -u)

capture
  packets  1730000

capture interfaces
NAME     DROPPED BY KERNEL
mirror0                  0
mirror1                 17
END
cmp out want || fail "vedette status"
same "status as JSON" "$("$VEDETTE" status --name waw-1 --json | jq -r '.capture.interfaces[1].dropped_by_kernel')" 17
refused 4 'site.yaml:3:5: unknown key "zone"' "$VEDETTE" reload
refused 1 "works here already (process $pid," "$VEDETTE_CONFINED_SENSOR" "$VEDETTE_STATE" waw-1
refused 1 "there is no $VEDETTE_STATE/krk-1.control" "$VEDETTE" status --name krk-1
refused 1 "no sensor runs with the state directory $work/elsewhere" "$VEDETTE" status --state "$work/elsewhere"
refused 2 "leave --name and --state out" "$VEDETTE" stop --socket x --name y
refused 2 "cannot be a sensor's name" "$VEDETTE" stop --name ../waw-1
refused 2 "unknown option --canary" "$VEDETTE" stop --canary
refused 2 "too long a path" "$VEDETTE" status --state "$(printf '%0120d' 0)" --name x

# ---- two of them, one that was killed, one that hangs ----

first=$pid
begin waw-2
second=$pid
refused 2 "2 sensors run" "$VEDETTE" status
grep -q -e 'waw-1, waw-2' -e 'waw-2, waw-1' err || fail "the sensors are not listed"
kill -KILL $second
wait $second 2>/dev/null || true
same "only one runs" "$("$VEDETTE" status --json | jq -r .sensor | head -c 4)" test
refused 1 "does not run any more" "$VEDETTE" stop --name waw-2
begin waw-2
second=$pid
same "stop" "$("$VEDETTE" stop --socket "$VEDETTE_STATE/waw-2.control")" "sensor waw-2 has ended"
! kill -0 $second 2>/dev/null || fail "stop returned before the process was gone"
[ ! -e "$VEDETTE_STATE/waw-2.control" ] || fail "a socket was left"

# ---- the packet socket: read, bound again, never written to ----

if [ $root = yes ]; then
    ping -c 1 127.0.0.1 >/dev/null 2>&1 || true
    (for _ in $(seq 20); do : >/dev/udp/127.0.0.1/9 && echo x >/dev/udp/127.0.0.1/9; sleep 0.1; done) 2>/dev/null &
    same "bound again and read" "$("$VEDETTE" status --canary --json | jq .packet)" true
    refused 1 "without a whole answer" "$VEDETTE" status --canary
    got=0
    wait $first || got=$?
    same "sending ends it by SIGSYS" $got 159
    grep -q "the sandbox refused the system call sendto " waw-1.err || fail "the refused call is not named"
    refused 1 "no sensor runs" "$VEDETTE" status
else
    "$VEDETTE" stop >out
fi

# ---- who may be asked to be ----

if [ $root = yes ]; then
    refused 1 "there is no user nosuchuser" "$VEDETTE_CONFINED_SENSOR" "$VEDETTE_STATE" x nosuchuser
    refused 1 "is root or of root's group" "$VEDETTE_CONFINED_SENSOR" "$VEDETTE_STATE" x root
    refused 1 "directory of the system" "$VEDETTE_CONFINED_SENSOR" /tmp x
    mkdir -m 755 open && refused 1 "others than root may look into" "$VEDETTE_CONFINED_SENSOR" "$PWD/open" x
    mkdir -m 700 linked && echo secret >secret && ln secret linked/secret
    refused 1 "one file under several names" "$VEDETTE_CONFINED_SENSOR" "$PWD/linked" x
    same "the other file's owner" "$(stat -c %u secret)" 0
    mkdir -m 700 pointing && ln -s "$PWD/secret" pointing/secret && mkdir -m 700 pointing/inner && touch pointing/inner/file
    chmod 700 "$work"
    refused 1 "cannot work in the state directory" "$VEDETTE_CONFINED_SENSOR" "$PWD/pointing" x
    same "a link's target" "$(stat -c %u secret)" 0
    [ "$(stat -c %u pointing/inner/file)" != 0 ] || fail "what lies below was not handed over"
    mkdir -m 700 foreign && touch foreign/file && chown 12345 foreign/file
    refused 1 "belongs to somebody else" "$VEDETTE_CONFINED_SENSOR" "$PWD/foreign" x
    same "nothing was touched" "$(stat -c %u foreign)" 0
    if command -v setpriv >/dev/null; then
        # as somebody else with one capability, as systemd's AmbientCapabilities does it
        mkdir /tmp/vedette-ambient.$$ && chown 12345 /tmp/vedette-ambient.$$
        setpriv --reuid 12345 --regid 12345 --clear-groups --inh-caps +net_raw --ambient-caps +net_raw \
            "$VEDETTE_CONFINED_SENSOR" /tmp/vedette-ambient.$$ x >amb.out 2>amb.err </dev/null &
        pid=$!
        for _ in $(seq 50); do grep -q ready amb.out && break; sleep 0.1; done
        for set in CapInh CapPrm CapEff CapAmb; do
            same "ambient: $set" "$(status_line /proc/$pid/status $set)" 0000000000000000
        done
        "$VEDETTE" stop --state /tmp/vedette-ambient.$$ >/dev/null
        rm -r /tmp/vedette-ambient.$$
    fi
fi
passed
