#!/usr/bin/env bash
# Conversations, their packets and their bytes are those of tshark's conversation tables, in the project's own captures and in those of
# VEDETTE_CORPORA (VEDETTE_AGREEMENT=all: in every one). docs/agreement.md says what is compared, and names the exceptions.
source "$(dirname "$0")/lib.sh"
source "$VEDETTE_SOURCE_DIR/tests/system/compare_captures.sh"
need tshark
need python3

compare() {
    python3 "$VEDETTE_SOURCE_DIR/tests/system/compare_conversations.py" "$VEDETTE" "$VEDETTE_SOURCE_DIR/docs/agreement.md" ||
        fail "$1 differ from tshark"
    checks=$((checks + 1))
}

compare "the project's own captures" < <(find "$VEDETTE_SOURCE_DIR/pcaps" -name '*.pcap' | LC_ALL=C sort)
if [ -z "${VEDETTE_CORPORA:-}" ]; then
    echo "skipped: VEDETTE_CORPORA is not set"
    exit 77
fi
compare "captures of VEDETTE_CORPORA" < <(captures_to_compare)
passed
