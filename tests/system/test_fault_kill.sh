#!/usr/bin/env bash
# SIGKILL at random moments, of a driver on its spool and of a replay: in the end Redis holds what it holds without kills.
. "$(dirname "$0")/fault_lib.sh"
for what in driver replay; do
    checks=$((checks + 1))
    python3 "$faults/fault_kill.py" $what || fail "$what"
done
passed
