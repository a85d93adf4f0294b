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

find "$VEDETTE_SOURCE_DIR/pcaps" -name '*.pcap' | LC_ALL=C sort | compare "the project's own captures"
if [ -z "${VEDETTE_CORPORA:-}" ]; then
    echo "skipped: VEDETTE_CORPORA is not set"
    exit 77
fi
captures_to_compare | compare "captures of VEDETTE_CORPORA"
passed
