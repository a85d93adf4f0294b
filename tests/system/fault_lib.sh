# Sourced by the system tests with faults, in place of lib.sh: what they need, or an honest skip.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
: "${VEDETTE_DELIVERY_DRIVER:?names the driver}"
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 77; }
python3 -c 'import sqlite3' 2>/dev/null || { echo "skipped: this Python has no sqlite3"; exit 77; }
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || { echo "skipped: no Redis server is installed"; exit 77; }
export TMPDIR=$work PYTHONDONTWRITEBYTECODE=1
faults=$VEDETTE_SOURCE_DIR/tests/system

# matrix JOBS CASE...: so many of them side by side, since most of their time passes in waiting.
matrix() {
    local jobs=$1
    shift
    checks=$((checks + $#))
    python3 "$faults/fault_matrix.py" --jobs "$jobs" "$@" || fail "see above; one alone: tests/system/fault_matrix.py CASE"
}
