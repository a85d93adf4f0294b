#!/usr/bin/env bash
# Threads: many workers on one capture, watched by whatever sanitizer the program was built with.
source "$(dirname "$0")/lib.sh"

want=$("$VEDETTE" replay --redis none --json --workers 1 "$VEDETTE_SOURCE_DIR"/pcaps/*.pcap 2>/dev/null | sha256sum)
for workers in 2 4 8 64; do
    same "$workers workers" \
        "$("$VEDETTE" replay --redis none --json --workers $workers "$VEDETTE_SOURCE_DIR"/pcaps/*.pcap 2>err | sha256sum)" "$want"
    grep -q 'ThreadSanitizer' err && { cat err >&2; fail "a data race with $workers workers"; }
done
passed
