#!/usr/bin/env bash
# Each capture of pcaps/ finds what its golden file says, and each shipped rule fires on one capture and is silent on another.
source "$(dirname "$0")/lib.sh"
python3 -B "$VEDETTE_SOURCE_DIR/tests/golden/golden.py"
