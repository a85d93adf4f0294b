#!/usr/bin/env bash
# check_selftest.sh SOURCE_DIR BUILD_DIR
# A lint that finds nothing proves nothing. Each is run here on a small tree that keeps the rules, and must accept it; then on the
# same tree with one violation, and must name its file, line and cause; and on what looks like one and is none.
set -euo pipefail
lint_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree
build=$work/build
cases=0
failures=0

# A tree with one file per room, each including what it may.
plant_tree() {
    rm -rf "$tree" "$build"
    mkdir -p "$tree"/{common/{yaml,hash,zone},capture,analysis/{dpi,enrich},rules/sigma,redis,sensor,cli,docs/adr,tests/unit} "$build"
    echo '#pragma once' >"$tree/common/a.h"
    printf '#include "common/a.h"\n\n#include <stdio.h>\n#include <sys/stat.h>\n' >"$tree/common/a.c"
    echo '#include <yaml.h>' >"$tree/common/yaml/yaml.c"
    echo '#include <pcap/pcap.h>' >"$tree/capture/a.c"
    echo '#include "capture/a.def"' >>"$tree/capture/a.c"
    echo 'A(x)' >"$tree/capture/a.def"
    echo '#include <ndpi_api.h>' >"$tree/analysis/dpi/a.c"
    echo '#include "analysis/a.h"' >"$tree/rules/a.c"
    echo '#include "rules/a.h"' >"$tree/redis/a.c"
    echo '#include <hiredis/hiredis.h>' >>"$tree/redis/a.c"
    echo '#include "redis/a.h"' >"$tree/sensor/a.c"
    echo '#include "sensor/a.h"' >"$tree/cli/a.c"
    # Tests include what they test.
    echo '#include <yaml.h>' >"$tree/tests/unit/test_a.c"
}

run_lint() { # NAME: output in $work/out, exit code in $code
    code=0
    bash "$lint_dir/check_$1.sh" "$tree" "$build" >"$work/out" 2>&1 || code=$?
    cases=$((cases + 1))
}

wrong() {
    echo "$1"
    sed 's/^/    /' "$work/out"
    failures=$((failures + 1))
}

accepts() { # LINT WHAT
    run_lint "$1"
    [ "$code" -eq 0 ] || wrong "check_$1 refused $2 ($code):"
}

refuses() { # LINT FILE:LINE TEXT
    run_lint "$1"
    if [ "$code" -ne 1 ]; then
        wrong "check_$1 exited $code, not 1, on $2 ($3):"
    elif ! grep -qF -- "$2: " "$work/out" || ! grep -qF -- "$3" "$work/out"; then
        wrong "check_$1 did not say \"$2: ... $3\":"
    elif [ "$(wc -l <"$work/out")" -ne 1 ]; then
        wrong "check_$1 said more than one thing on $2:"
    fi
}

include_case() { # FILE DIRECTIVE TEXT: appended to FILE
    plant_tree
    echo "$2" >>"$tree/$1"
    refuses includes "$1:$(wc -l <"$tree/$1")" "$3"
}

test_includes() {
    plant_tree
    accepts includes "a good tree"
    include_case common/a.c '#include "capture/a.h"' 'common/ may not include capture/'
    include_case common/a.h '#include "cli/a.h"' 'common/ may not include cli/'
    include_case capture/a.c '#include "analysis/a.h"' 'capture/ may not include analysis/'
    include_case capture/a.def '#include "redis/a.h"' 'capture/ may not include redis/'
    include_case analysis/dpi/a.c '# include "rules/a.h"' 'analysis/ may not include rules/'
    include_case rules/a.c '#include "redis/a.h"' 'rules/ may not include redis/'
    include_case redis/a.c '#include "sensor/a.h"' 'redis/ may not include sensor/'
    include_case sensor/a.c '	#	include "cli/a.h"' 'sensor/ may not include cli/'
    include_case common/a.c '#include "a.h"' 'write the path from the root'
    include_case common/a.c '#include "common/../cli/a.h"' 'write the path from the root'
    include_case cli/a.c '#include "tests/unit/suite.h"' 'is in no room'
    include_case cli/a.c '#include HEADER' 'no plain file name'
    local header
    for header in pcap.h pcap/pcap.h zlib.h zstd.h zstd_errors.h ndpi_api.h ndpi_typedefs.h maxminddb.h pcre2.h \
        hiredis/hiredis.h yaml.h glib.h xxhash.h jansson.h; do
        include_case sensor/a.c "#include <$header>" "<$header> may only be included in"
    done
    include_case common/a.c '#include <yaml.h>' 'may only be included in common/yaml'
    include_case analysis/enrich/a.c '#include <ndpi_api.h>' 'may only be included in analysis/dpi analysis/stats'
    include_case cli/a.c '#include <curl/curl.h>' 'is of no known library'
    plant_tree
    printf '#include <stdio.h>\n#include "common/a.h"\n' >"$tree/common/a.c"
    refuses includes common/a.c:1 '"common/a.h" must come first'
}

# Code is written by cc where there is one; the lint itself does without.
object_case() { # SECTION FLAGS TYPE
    mkdir -p "$build/common/CMakeFiles/vedette_common.dir"
    printf '.section %s,%s\n.type counter, %%object\n.size counter, 4\ncounter:\n.zero 4\n' "$1" "$2" |
        as -o "$build/common/CMakeFiles/vedette_common.dir/a.c.o" -
}

compile_case() { # DECLARATIONS: compiled as common/a.c
    echo "$1" >"$tree/common/a.c"
    cc -std=c11 -fPIE -O1 -c "$tree/common/a.c" -o "$build/common/CMakeFiles/vedette_common.dir/a.c.o"
}

plant_objects() {
    plant_tree
    printf '/* a file */\nint counter;\n' >"$tree/common/a.c"
    local room
    for room in common capture analysis rules redis; do
        mkdir -p "$build/$room/CMakeFiles/vedette_$room.dir"
        : | as -o "$build/$room/CMakeFiles/vedette_$room.dir/a.c.o" -
    done
    [ -f "$tree/analysis/a.c" ] || echo '' >"$tree/analysis/a.c"
}

test_globals() {
    if ! command -v as >/dev/null || ! command -v objdump >/dev/null; then
        echo "check_globals: not tried, there are no binutils"
        return
    fi
    plant_objects
    accepts globals "objects without variables"
    object_case .rodata '"a"'
    accepts globals "a constant"
    object_case .data.rel.ro.local '"aw"'
    accepts globals "a constant table of addresses"
    local section
    for section in .data .data.rel .data.rel.local .data.counter; do
        object_case "$section" '"aw"'
        refuses globals common/a.c:2 "counter is a mutable variable ($section)"
    done
    for section in .bss .bss.counter; do
        object_case "$section" '"aw",@nobits'
        refuses globals common/a.c:2 "counter is a mutable variable ($section)"
    done
    object_case .tbss '"awT",@nobits'
    refuses globals common/a.c:2 "counter is a mutable variable (.tbss)"
    printf '.comm counter,4,4\n' | as -o "$build/common/CMakeFiles/vedette_common.dir/a.c.o" -
    refuses globals common/a.c:2 "counter is a mutable variable (*COM*)"
    rm "$build/redis/CMakeFiles/vedette_redis.dir/a.c.o"
    run_lint globals
    [ "$code" -eq 77 ] || wrong "check_globals exited $code, not 77, without the objects of a room:"
    command -v cc >/dev/null || return 0
    plant_objects
    compile_case 'static const char *const names[] = {"a", "b"}; const char *f(int i); const char *f(int i) { return names[i]; }'
    accepts globals "a table of constant texts"
    compile_case 'static const char *names[] = {"a", "b"}; const char **f(void); const char **f(void) { return names; }'
    refuses globals common/a.c:1 'names is a mutable variable'
    compile_case 'int f(void); int f(void) { static int calls; return ++calls; }'
    refuses globals common/a.c:1 'calls is a mutable variable'
    compile_case 'int f(void); int f(void) { static _Thread_local int calls = 1; return ++calls; }'
    refuses globals common/a.c:1 'calls is a mutable variable'
}

lines_of() { # N TEXT
    awk -v n="$1" -v text="$2" 'BEGIN { while (n-- > 0) print text }'
}

function_of() { # LINES: a function of so many lines, signature and braces included
    local i
    printf 'static int work(\n\tint a)\n{\n'
    for ((i = 0; i < $1 - 4; i++)); do
        printf '\ta++;\n'
    done
    printf '}\n'
}

# shellcheck disable=SC2016 # Markdown has backticks
test_size() {
    plant_tree
    accepts size "a good tree"
    function_of 80 >"$tree/common/b.c"
    accepts size "a function of 80 lines"
    function_of 81 >"$tree/common/b.c"
    refuses size common/b.c:1 'work has 81 lines, more than 80'
    # What stands before a function is not part of it, and does not hide it.
    { printf '#include "x.h"\n\nstatic const int table[] = {\n\t1,\n};\n\n/* A word\n * {\n */\n'; function_of 81; } \
        >"$tree/common/b.c"
    refuses size common/b.c:10 'work has 81 lines'
    printf 'A rule.\n* size exception: `common/b.c` `work`\n' >"$tree/docs/adr/0009-size.md"
    accepts size "an exception by decision"
    printf '* size exception: `common/b.c` `works`\n' >"$tree/docs/adr/0009-size.md"
    refuses size common/b.c:10 'work has 81 lines'
    printf 'int work(int a) {\n\treturn a;\n}\n' >"$tree/common/b.c"
    refuses size common/b.c:1 'brace of a function'
    lines_of 600 '/* . */' >"$tree/common/b.c"
    accepts size "a file of 600 lines"
    lines_of 601 '/* . */' >"$tree/common/b.c"
    refuses size common/b.c:600 'the file has 601 lines, more than 600'
    printf '* size exception: `common/b.c`\n' >"$tree/docs/adr/0009-size.md"
    accepts size "a long file by decision"
    rm "$tree/common/b.c"
    lines_of 2000 'A(x)' >"$tree/capture/a.def"
    lines_of 2000 'int x;' >"$tree/tests/unit/test_b.c"
    accepts size "a long table and a long test"
}

banned_case() { # FILE LINE_OF_CODE CALL
    plant_tree
    printf 'int x;\n%s\n' "$2" >"$tree/$1"
    refuses banned "$1:2" "$3() "
}

test_banned() {
    plant_tree
    accepts banned "a good tree"
    local call room
    for call in strcpy strcat sprintf vsprintf gets strtok atoi alloca localtime localtime_r setlocale; do
        banned_case common/b.c "	r = $call(a, b);" "$call"
        banned_case cli/b.c "	r = ($call (a, b));" "$call"
    done
    for call in getenv secure_getenv time gettimeofday clock_gettime clock; do
        for room in common capture analysis rules redis; do
            banned_case "$room/b.c" "	if (!$call(a)) {" "$call"
        done
        banned_case common/b.h "$call(NULL);" "$call"
    done
    plant_tree
    printf '\tclock_gettime(CLOCK_MONOTONIC, &ts);\n' >"$tree/redis/b.c"
    accepts banned "waiting in redis/"
    printf '\tclock_gettime(CLOCK_REALTIME, &ts);\n' >"$tree/redis/b.c"
    refuses banned redis/b.c:1 'clock_gettime() '
    plant_tree
    printf '\tclock_gettime(CLOCK_MONOTONIC, &ts);\n' >"$tree/rules/b.c"
    refuses banned rules/b.c:1 'clock_gettime() '
    plant_tree
    printf '\tnow = time(NULL);\n\thome = getenv("HOME");\n' >"$tree/sensor/b.c"
    accepts banned "a clock in sensor/"
    cat >"$tree/common/b.c" <<'END'
/* strcpy(a, b) and
 * getenv("x") in a comment */
// atoi(x)
snprintf(a, b, "strcpy(c) /* \" time(");
my_strcpy(a, b); packet_time(p); timeout(p); p->time(q); p.clock(q); strcpy_of(x);
x = '"'; /* gets(x) */ y = '\'';
time_t time; int strtok;
END
    accepts banned "comments, texts and other names"
    printf 'x = "/*"; /* " */ atoi(x); /* */\n' >"$tree/common/b.c"
    refuses banned common/b.c:1 'atoi() '
}

test_empty() {
    local lint
    plant_tree
    rm -rf "${tree:?}"/*
    for lint in includes size banned globals; do
        run_lint "$lint"
        [ "$code" -eq 77 ] || wrong "check_$lint exited $code, not 77, on an empty tree:"
    done
}

test_includes
test_globals
test_size
test_banned
test_empty
echo "$cases cases, $failures failures"
[ "$failures" -eq 0 ]
