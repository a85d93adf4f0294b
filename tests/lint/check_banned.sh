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

# check FILE CALLS REASON [EXCEPT]: no line of FILE calls one of CALLS, unless it matches EXCEPT.
check() {
    local line text call
    while IFS=: read -r line text; do
        [[ -n ${4:-} && $text =~ $4 ]] && continue
        call=$(grep -oE "(^|[^A-Za-z0-9_.>])($2)[[:space:]]*\(" <<<"$text" | head -n 1 | grep -oE '[a-z_]+' | head -n 1)
        fail "$1:$line" "$call() $3"
    done < <(grep -nE "(^|[^A-Za-z0-9_.>])($2)[[:space:]]*\(" <<<"$code" || true)
}

files=0
while read -r file; do
    files=$((files + 1))
    code=$(code_of "$file")
    check "$file" "$everywhere" "is not to be used"
    case $file in
    sensor/* | cli/*) ;;
    redis/*)
        check "$file" "$environment" "is not to be used below sensor/"
        check "$file" "$clock" "is not to be used below sensor/, except for CLOCK_MONOTONIC in redis/" 'CLOCK_MONOTONIC'
        ;;
    *)
        check "$file" "$environment" "is not to be used below sensor/"
        check "$file" "$clock" "is not to be used below sensor/: packet time is the only clock"
        ;;
    esac
done < <(sources c h def)
if [ "$files" -eq 0 ]; then
    echo "no sources in $1"
    exit 77
fi
[ "$findings" -eq 0 ]
