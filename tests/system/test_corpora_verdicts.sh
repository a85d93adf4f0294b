#!/usr/bin/env bash
# Captures of others: what is alarming in the benign ones has a verdict, and each attack is found or says why it cannot be.
source "$(dirname "$0")/lib.sh"
if [ -z "${VEDETTE_CORPORA:-}" ]; then
    echo "skipped: VEDETTE_CORPORA is not set"
    exit 77
fi
checks=$((checks + 1))
# shellcheck disable=SC2086
python3 "$VEDETTE_SOURCE_DIR/tests/system/corpora_verdicts.py" "$VEDETTE" "$VEDETTE_CORPORA" "$VEDETTE_SOURCE_DIR" ${VEDETTE_VERDICTS:-} \
    >verdicts 2>&1 || { tail -40 verdicts >&2; fail "verdicts on captures of others"; }
cat verdicts
passed
