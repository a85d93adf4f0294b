# Sourced by the system tests: a folder of their own, and words for what they expect.
set -euo pipefail
: "${VEDETTE:?names the program}" "${VEDETTE_SOURCE_DIR:?names the source tree}"
work=$(mktemp -d "${TMPDIR:-/tmp}/vedette-test.XXXXXX")
export VEDETTE_STATE=$work/state VEDETTE_GEO= VEDETTE_DATA=$VEDETTE_SOURCE_DIR/rules/packs
trap 'rm -rf "$work"' EXIT
cd "$work"
checks=0

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# same WHAT A B
same() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] || fail "$1: '$2' is not '$3'"
}

# refused STATUS TEXT COMMAND...: exits with STATUS, says one line on standard error that holds TEXT, prints nothing.
refused() {
    local status=$1 text=$2 got=0
    shift 2
    "$@" >out 2>err || got=$?
    checks=$((checks + 1))
    [ "$got" = "$status" ] || { cat err >&2; fail "$*: exit status $got, not $status"; }
    [ "$(wc -l <err)" = 1 ] || { cat err >&2; fail "$*: $(wc -l <err) lines of error, not one"; }
    grep -qF -- "$text" err || { cat err >&2; fail "$*: the error does not say '$text'"; }
    [ ! -s out ] || fail "$*: printed something"
}

passed() {
    echo "$checks checks passed"
}
