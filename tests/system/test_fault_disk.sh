#!/usr/bin/env bash
# The spool's disk in trouble: damaged files, a full disk, a read-only one.
. "$(dirname "$0")/fault_lib.sh"
# disk CASE COMMAND...
disk() {
    checks=$((checks + 1))
    "${@:2}" python3 "$faults/fault_disk.py" "$1" || fail "$1"
}

disk corrupted
if [ "$(id -u)" = 0 ] && unshare -m mount -t tmpfs none "$work" 2>/dev/null; then
    for what in full full-and-away read-only; do
        disk $what unshare -m
    done
else
    echo "a full disk and a read-only one: left out, for want of root or of mount namespaces"
fi
passed
