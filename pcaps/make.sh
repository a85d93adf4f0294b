#!/usr/bin/env bash
# Makes the captures of this folder again: make.sh [SCENARIO...]; without a name, all of them. Needs root, and the Debian packages
#   bind9-dnsutils curl dnsmasq-base ethtool iproute2 ntpsec ntpsec-ntpdate openssh-client openssh-server openssl python3 snmp snmpd
#   atftp atftpd tcpdump
# Scenarios with real programs run on hosts in network namespaces: their bytes differ from run to run (keys, ports, times). Those that
# pcaps/make/craft.py makes are the same bytes each time.
set -euo pipefail
cd "$(dirname "$0")"
source make/net.sh
source make/hosts.sh
source make/scenarios.sh

tmp=$(mktemp -d)
trap 'net_down; rm -rf "$tmp"' EXIT

all=$(declare -F | sed -n 's/^declare -f scenario_//p' | tr _ -)
wanted=${*:-$all}
net_down
hosts_up
certificate root "Example Root" -400 4000
ssh_keys
for name in $wanted; do
    echo "$name"
    names_start
    record_start "$name.pcap"
    "scenario_${name//-/_}" || { echo "make.sh: $name failed; $(tail -3 "$tmp/servers.log")" >&2; exit 1; }
    record_stop "$name.pcap"
    servers_stop router gnb dns amf ems ntp guest listed tac cloud
done
python3 make/craft.py .
python3 make/day.py demo/day.pcap
python3 make/manifest.py
