#!/usr/bin/env bash
# The main job on a synthetic day: called by 'make demo', which has built the program and the geolocation data.
#
# The capture's outside world lives in documentation prefixes. They are moved to real public ones here, so that real geolocation data and the
# shipped lists of linked networks have something to say about them.
set -euo pipefail
cd "$(dirname "$0")/.."
vedette=build/release/vedette
state=build/demo
synthetic="SYNTHETIC: invented traffic in real address space. It accuses nobody."

# One /32 first: the host that never answers stands in another network than the one that does.
moves=(198.51.100.8/32=188.254.1.8/32 198.51.100.0/24=202.97.10.0/24 2001:db8:bad::/48=240e:0:bad::/48
    203.0.113.0/25=5.9.1.0/25 203.0.113.128/25=35.180.5.128/25)
mkdir -p "$state"
python3 pcaps/rewrite.py pcaps/demo/day.pcap "$state/day.pcap" "${moves[@]}"
sed -e 's|203\.0\.113\.0/25|5.9.1.0/25|g' -e 's|203\.0\.113\.220|35.180.5.220|g' pcaps/demo/site.yaml >"$state/site.yaml"

export VEDETTE_STATE=$state VEDETTE_GEO=build/geo VEDETTE_DATA=rules/packs
echo
$vedette replay --name demo --site "$state/site.yaml" "$state/day.pcap"
printf '\n%s\n\n' "$synthetic"
$vedette alerts --name demo
printf '\n%s\n' "$synthetic"
cat <<EOF

Why the first of them:   $vedette explain --state $state $($vedette alerts --name demo --json | sed -n '1s/.*"event.id":"\([0-9a-f]\{12\}\).*/\1/p')
Every conversation:      $vedette flows --site $state/site.yaml --geo build/geo $state/day.pcap
The same in Redis:       $vedette redis --state $state XRANGE 'vedette:{demo}:alerts' - + COUNT 1
                         $vedette redis --state $state XLEN 'vedette:{demo}:alerts'
EOF
