#!/usr/bin/env bash
# check_banned.sh SOURCE_DIR BUILD_DIR
# Calls that no room makes, because they cannot be made safe or depend on the process; and, further left, calls that would let
# anything but the packets and the files decide: the environment below sensor/, the clock below redis/. redis/ waits for a server
# and may ask how much time has passed, but not what time it is.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/house.sh"
cd "$1"

everywhere='strcpy|stpcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|alloca|localtime|localtime_r|mktime|ctime|asctime|setlocale|newlocale|uselocale'
environment='getenv|secure_getenv|setenv|putenv|tzset'
clock='time|gettimeofday|clock_gettime|clock|timespec_get|ftime'

mapfile -t files < <(sources c h def)
if [ ${#files[@]} -eq 0 ]; then
    echo "no sources in $1"
    exit 77
fi
code=$(code_of "${files[@]}")

# check ROOMS CALLS REASON [EXCEPT]: no line of ROOMS calls one of CALLS, unless it matches EXCEPT.
check() {
    local file line text call
    while IFS=: read -r file line text; do
        [[ -n ${4:-} && $text =~ $4 ]] && continue
        call=$(grep -oE "(^|[^A-Za-z0-9_.>])($2)[[:space:]]*\(" <<<"$text" | head -n 1 | grep -oE '[a-z_]+' | head -n 1)
        fail "$file:$line" "$call() $3"
    done < <(grep -E "^($1)/[^:]*:[0-9]+:(.*[^A-Za-z0-9_.>])?($2)[[:space:]]*\(" <<<"$code" || true)
}

check "$(IFS='|' && echo "${rooms[*]}")" "$everywhere" "is not to be used"
check 'common|capture|analysis|rules|redis' "$environment" "is not to be used below sensor/"
check 'redis' "$clock" "is not to be used below sensor/, except for CLOCK_MONOTONIC in redis/" 'CLOCK_MONOTONIC'
check 'common|capture|analysis|rules' "$clock" "is not to be used below sensor/: packet time is the only clock"
[ "$findings" -eq 0 ]
