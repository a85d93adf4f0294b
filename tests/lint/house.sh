# shellcheck shell=bash disable=SC2034
# What the lints share: which rooms there are, and how to read C without its comments. To be sourced.

# From left to right: a room may include itself and the rooms before it.
rooms=(common capture analysis rules redis sensor cli)

# fail FILE:LINE MESSAGE...
findings=0
fail() {
    local place=$1
    shift
    echo "$place: $*"
    findings=$((findings + 1))
}

# sources SUFFIX...: paths of such files in the rooms, below the current directory, sorted.
sources() {
    local suffix room
    for suffix in "$@"; do
        for room in "${rooms[@]}"; do
            [ -d "$room" ] && find "$room" -type f -name "*.$suffix"
        done
    done | LC_ALL=C sort
}

# code_of FILE...: their lines as FILE:LINE:TEXT, with comments and the insides of strings and characters blanked.
code_of() {
    awk '
    FNR == 1 {
        in_comment = 0
    }
    {
        out = ""
        n = length($0)
        for (i = 1; i <= n; i++) {
            c = substr($0, i, 1)
            two = substr($0, i, 2)
            if (in_comment) {
                if (two == "*/") {
                    in_comment = 0
                    i++
                }
            } else if (quote != "") {
                if (c == "\\")
                    i++
                else if (c == quote) {
                    quote = ""
                    out = out c
                }
            } else if (two == "/*") {
                in_comment = 1
                i++
                out = out " "
            } else if (two == "//") {
                break
            } else {
                if (c == "\"" || c == "\047")
                    quote = c
                out = out c
            }
        }
        quote = ""
        print FILENAME ":" FNR ":" out
    }' "$@"
}
