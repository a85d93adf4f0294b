#!/usr/bin/env bash
# A master that changes, by itself and as its sentinels are told; a cluster whose slots move and whose nodes die: as test_fault_redis.sh.
. "$(dirname "$0")/fault_lib.sh"
matrix 2 sentinel-failover cluster-node-killed cluster-slot-moved cluster-node-back sentinel-planned
passed
