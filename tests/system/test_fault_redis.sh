#!/usr/bin/env bash
# One Redis server in trouble of every kind, under 2,000 alerts a second: raised = delivered + spooled + declared lost, nothing twice,
# nothing out of order. Minutes of each with VEDETTE_FAULTS=long.
. "$(dirname "$0")/fault_lib.sh"
matrix 4 paused half-open spool-full slow killed cut garbage stopped out-of-memory read-only restarted-empty password-changed right-removed \
    misconf away-and-killed left-behind other-writer healthy
passed
