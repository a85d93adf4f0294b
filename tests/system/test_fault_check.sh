#!/usr/bin/env bash
# What the other tests with faults rely on: the check finds each kind of fault in a stream, and the proxy makes those of a network.
. "$(dirname "$0")/fault_lib.sh"
python3 "$faults/fault_selftest.py" >told || { cat told; fail "the check or the proxy is not to be trusted"; }
checks=$(grep -c : told)
passed
