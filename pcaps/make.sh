#!/usr/bin/env bash
# Makes the captures of this folder again: make.sh [SCENARIO...] [pieces/PIECE...]; without a name, all of them. Needs root, and the
# Debian packages
#   bind9-dnsutils curl dnsmasq-base ethtool iproute2 ntpsec ntpsec-ntpdate openssh-client openssh-server openssl python3 snmp snmpd
#   atftp atftpd tcpdump
# and those that make/tradecraft.sh names for the pieces. What real programs do on hosts in network namespaces differs in its bytes from
# run to run (keys, ports, times). What pcaps/make/*.py make are the same bytes each time.
set -euo pipefail
cd "$(dirname "$0")"
source make/net.sh
source make/hosts.sh
source make/scenarios.sh
source make/tradecraft.sh

tmp=$(mktemp -d)
trap 'net_down; rm -rf "$tmp"' EXIT

functions() { declare -F | sed -n "s/^declare -f $1_//p" | tr _ -; } # functions scenario: those whose names begin so
scenarios=() pieces=()
if [ $# = 0 ]; then
    mapfile -t scenarios < <(functions scenario)
    mapfile -t pieces < <(functions piece)
fi
for name in "$@"; do
    case $name in
    pieces/*) pieces+=("${name#pieces/}") ;;
    *) scenarios+=("$name") ;;
    esac
done

# run FUNCTION FILE HOST...: records what FUNCTION does, and ends the servers of the hosts
run() {
    local function=$1 file=$2
    shift 2
    echo "$file"
    names_start
    record_start "$file"
    "$function" || { echo "make.sh: $file failed; $(tail -3 "$tmp/servers.log")" >&2; exit 1; }
    record_stop "$file"
    servers_stop "$@"
}

ssh_keys
if [ ${#scenarios[@]} -gt 0 ]; then
    net_down
    hosts_up
    certificate root "Example Root" -400 4000
    for name in "${scenarios[@]}"; do
        run "scenario_${name//-/_}" "$name.pcap" router gnb dns amf ems ntp guest listed tac cloud
    done
fi
if [ ${#pieces[@]} -gt 0 ]; then
    net_down
    tradecraft_up
    certificate root "Example Root" -400 4000
    mkdir -p pieces
    for name in "${pieces[@]}"; do
        # shellcheck disable=SC2086 # a list of names
        run "piece_${name//-/_}" "pieces/$name.pcap" $TRADECRAFT_HOSTS
        [ "$name" != http-image ] || python3 make/shorten.py "pieces/$name.pcap" 12
    done
fi
python3 make/craft.py .
python3 make/day.py demo/day.pcap
python3 make/tradecraft.py tradecraft
python3 make/manifest.py
