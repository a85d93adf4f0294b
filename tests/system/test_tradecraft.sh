#!/usr/bin/env bash
# Each detection of tests/tradecraft/table.tsv: attack found, near miss silent, background silent, and missed without its rules.
source "$(dirname "$0")/lib.sh"
python3 -B "$VEDETTE_SOURCE_DIR/tests/tradecraft/table.py"
