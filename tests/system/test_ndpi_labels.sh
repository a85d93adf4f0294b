#!/usr/bin/env bash
# Labels are those of ndpiReader for at least 98 % of the flows of VEDETTE_CORPORA (VEDETTE_AGREEMENT=all: of all its captures).
# docs/agreement.md says what is compared and what differs.
source "$(dirname "$0")/lib.sh"
source "$VEDETTE_SOURCE_DIR/tests/system/compare_captures.sh"
need ndpiReader
need python3
need ldd

# The same library, or labels differ for reasons of its own.
library() {
    ldd "$1" | awk '$1 ~ /^libndpi\.so/ { print $3 }'
}
ours=$(library "$VEDETTE")
theirs=$(library "$(command -v ndpiReader)")
if [ -z "$ours" ] || [ "$ours" != "$theirs" ]; then
    echo "skipped: ndpiReader uses ${theirs:-a libndpi of its own}, this program ${ours:-one of its own}"
    exit 77
fi
if [ -z "${VEDETTE_CORPORA:-}" ]; then
    echo "skipped: VEDETTE_CORPORA is not set"
    exit 77
fi
captures_to_compare | python3 "$VEDETTE_SOURCE_DIR/tests/system/compare_labels.py" "$VEDETTE" 98 ||
    fail "labels differ from ndpiReader's in more than 2 % of flows"
checks=$((checks + 1))
passed
