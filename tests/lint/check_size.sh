#!/usr/bin/env bash
# check_size.sh SOURCE_DIR BUILD_DIR
# No function is longer than 80 lines, no file longer than 600. Tables (*.def) may be. Another exception is a decision, and stands
# in docs/adr/ as a line of its own:
#     * size exception: `room/file.c`, or
#     * size exception: `room/file.c` `function`
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/house.sh"
cd "$1"
max_function=80
max_file=600

excepted() { # FILE [FUNCTION]
    local want="* size exception: \`$1\`"
    [ $# -gt 1 ] && want="$want \`$2\`"
    grep -qsxF -r -- "$want" docs/adr
}

# functions_of FILE...: FILE START LENGTH NAME of each function. .clang-format puts a function's braces into the first column, each on its own line; a brace
# behind the parenthesis would hide the function, so it is reported as BRACE.
functions_of() {
    code_of "$@" | awk '
    {
        match($0, /^[^:]*:[0-9]+:/)
        split($0, place, ":")
        $0 = substr($0, RLENGTH + 1)
    }
    place[2] == 1 {
        in_function = 0
        start = 0
        name = ""
    }
    /^[A-Za-z_].*\)[ \t]*\{[ \t]*$/ { print place[1], place[2], 0, "BRACE" }
    /^[A-Za-z_]/ && !in_function {
        if (!start)
            start = place[2]
        text = $0
        gsub(/__attribute__\(\(([^()]|\([^()]*\))*\)\)/, "", text)
        if (name == "" && match(text, /[A-Za-z_][A-Za-z_0-9]*\(/))
            name = substr(text, RSTART, RLENGTH - 1)
    }
    /^\{[ \t]*$/ { in_function = 1 }
    /^\}/ {
        if (in_function)
            print place[1], start ? start : place[2], place[2] - start + 1, name == "" ? "?" : name
        in_function = 0
        start = 0
        name = ""
    }
    /;[ \t]*$/ && !in_function {
        start = 0
        name = ""
    }
    /^(#|$)/ && !in_function {
        start = 0
        name = ""
    }'
}

mapfile -t files < <(sources c h)
if [ ${#files[@]} -eq 0 ]; then
    echo "no sources in $1"
    exit 77
fi
while read -r lines file; do
    if [ "$file" != total ] && [ "$lines" -gt "$max_file" ] && ! excepted "$file"; then
        fail "$file:$max_file" "the file has $lines lines, more than $max_file"
    fi
done < <(wc -l "${files[@]}")
while read -r file start length name; do
    if [ "$name" = BRACE ]; then
        fail "$file:$start" "the brace of a function stands on its own line"
    elif [ "$length" -gt "$max_function" ] && ! excepted "$file" "$name"; then
        fail "$file:$start" "$name has $length lines, more than $max_function"
    fi
done < <(functions_of "${files[@]}")
[ "$findings" -eq 0 ]
