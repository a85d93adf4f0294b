#!/usr/bin/env bash
# check_globals.sh SOURCE_DIR BUILD_DIR
# No object file of the rooms below sensor/ holds a variable that outlives a call: all state is owned by somebody who can free it,
# copy it or have two of it. The compiler knows best: a constant table ends in .rodata, or in .data.rel.ro when it holds addresses;
# .data, .bss and their thread-local sisters are memory that changes.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/house.sh"
source_dir=$1
build_dir=$2
command -v objdump >/dev/null || {
    echo "objdump (binutils) is not installed"
    exit 77
}

# What sanitizers, gcov and clang put there by themselves.
artefacts='^([.]L|__unnamed_|_*asan_|__odr_asan|__sancov|__gcov|__llvm_|__prof|__tsan|__ubsan)'

objects=0
for room in common capture analysis rules redis; do
    room_objects=0
    while read -r object; do
        # build/common/CMakeFiles/vedette_common.dir/hash/hash.c.o is common/hash/hash.c
        source=$room/${object#*.dir/}
        source=${source%.o}
        [ -f "$source_dir/$source" ] || continue # left from a file that is gone
        room_objects=$((room_objects + 1))
        while read -r section name; do
            # A variable inside a function is name.0 (gcc) or function.name (clang).
            word=${name%.[0-9]*}
            word=${word##*.}
            line=$(grep -nw -- "$word" "$source_dir/$source" | head -n 1 | cut -d: -f1 || true)
            fail "$source:${line:-1}" "$word is a mutable variable ($section) outside any function call"
        done < <(objdump -t "$object" | awk -F'\t' -v artefacts="$artefacts" '
            NF == 2 {
                n = split($1, left, " ")
                section = left[n]
                m = split($2, right, " ")
                name = right[m]
                # Thread-local ones have no type in this listing; "d" marks the section itself.
                is_object = section == "*COM*" || section ~ /^\.t(data|bss)/
                for (i = 2; i < n; i++) {
                    if (left[i] ~ /O$/)
                        is_object = 1
                    if (left[i] ~ /d/)
                        next
                }
                if (!is_object || name ~ artefacts || section ~ /^\.data\.rel\.ro/)
                    next
                if (section == "*COM*" || section ~ /^\.[tls]?(data|bss)(\.|$)/)
                    print section, name
            }')
    done < <(find "$build_dir/$room" -name '*.c.o' 2>/dev/null | LC_ALL=C sort)
    if [ "$room_objects" -eq 0 ]; then
        echo "no object files of $room/ in $build_dir: build it first"
        exit 77
    fi
    objects=$((objects + room_objects))
done
[ "$findings" -eq 0 ]
