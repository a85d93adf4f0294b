#!/usr/bin/env bash
# check_includes.sh SOURCE_DIR BUILD_DIR
# Includes point one way: common <- capture <- analysis <- rules <- redis <- sensor <- cli. A library's headers are seen in the
# one folder that wraps it. A file includes its own header first, so that each header stands alone.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/house.sh"
cd "$1"

# Header (a shell pattern) and the folders that may include it. What is neither here nor in system_headers is refused, so a new
# library gets its folder here first.
libraries='
xxhash.h        common/hash
yaml.h          common/yaml
glib.h          common/zone
pcap.h          capture
pcap/*          capture
zlib.h          capture
zstd*.h         capture
ndpi_*.h        analysis/dpi analysis/stats
maxminddb.h     analysis/enrich
pcre2.h         rules/sigma
expat.h         rules/policy/import/raex
hiredis/*       redis
openssl/*       redis/tls
sqlite3.h       redis/store
jansson.h       cli common/json
seccomp.h       sensor/confine
'

# C11, POSIX and Linux.
system_headers='
assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h limits.h math.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h
stdbool.h stddef.h stdint.h stdio.h stdlib.h stdnoreturn.h string.h threads.h time.h
dirent.h dlfcn.h endian.h fcntl.h fnmatch.h getopt.h glob.h grp.h ifaddrs.h netdb.h poll.h pthread.h pwd.h regex.h sched.h semaphore.h
spawn.h strings.h syslog.h termios.h unistd.h
arpa/* linux/* net/* netinet/* netpacket/* sys/*
'

rank() {
    local i
    for i in "${!rooms[@]}"; do
        if [ "${rooms[i]}" = "$1" ]; then
            echo "$i"
            return
        fi
    done
    echo -1
}

# A pattern of a list may hold '*'; the list is split without matching file names.
set -f

is_system() {
    local pattern
    for pattern in $system_headers; do
        # shellcheck disable=SC2053 # a pattern is meant
        [[ $1 == $pattern ]] && return
    done
    return 1
}

# library_folders HEADER: the folders that may include it; fails for a header of no known library.
library_folders() {
    local pattern folders
    while read -r pattern folders; do
        # shellcheck disable=SC2053 # a pattern is meant
        if [[ -n $pattern && $1 == $pattern ]]; then
            echo "$folders"
            return
        fi
    done <<<"$libraries"
    return 1
}

check_ours() { # PLACE FILE HEADER
    local target=${3%%/*} from to
    from=$(rank "${2%%/*}")
    to=$(rank "$target")
    if [[ $3 != */* || $3 == *..* ]]; then
        fail "$1" "\"$3\": write the path from the root of the repository"
    elif [ "$to" -lt 0 ]; then
        fail "$1" "\"$3\" is in no room"
    elif [ "$to" -gt "$from" ]; then
        fail "$1" "\"$3\": ${2%%/*}/ may not include $target/, which is to its right"
    fi
}

check_foreign() { # PLACE FILE HEADER
    local folders folder
    is_system "$3" && return
    if ! folders=$(library_folders "$3"); then
        fail "$1" "<$3> is of no known library; give it a folder in tests/lint/check_includes.sh"
        return
    fi
    for folder in $folders; do
        [[ $2 == "$folder"/* ]] && return
    done
    fail "$1" "<$3> may only be included in $folders"
}

files=0
while read -r file; do
    files=$((files + 1))
    first=
    while IFS=: read -r line text; do
        place=$file:$line
        if [[ $text =~ ^[[:space:]]*#[[:space:]]*include[[:space:]]*\"([^\"]+)\" ]]; then
            header=${BASH_REMATCH[1]}
            check_ours "$place" "$file" "$header"
        elif [[ $text =~ ^[[:space:]]*#[[:space:]]*include[[:space:]]*\<([^\>]+)\> ]]; then
            header=${BASH_REMATCH[1]}
            check_foreign "$place" "$file" "$header"
        else
            header=
            fail "$place" "an include that is no plain file name"
        fi
        if [ -z "$first" ]; then
            first=$header
            own=${file%.c}.h
            if [[ $file == *.c && -f $own && $header != "$own" ]]; then
                fail "$place" "\"$own\" must come first"
            fi
        fi
    done < <(grep -nE '^[[:space:]]*#[[:space:]]*include' "$file" || true)
done < <(sources c h def)
if [ "$files" -eq 0 ]; then
    echo "no sources in $1"
    exit 77
fi
[ "$findings" -eq 0 ]
