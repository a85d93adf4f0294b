#!/usr/bin/env bash
# What 'vedette run' refuses before it opens anything, and its file of options: errors with file, line, column and the remedy.
source "$(dirname "$0")/lib.sh"

site=$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml

# config TEXT: the file of options of the next call.
config() {
    printf '%b' "$1" >run.yaml
}

refused 2 "no interface given; write: vedette run --interface IF" "$VEDETTE" run
refused 2 '"eth9" is no option; interfaces are named with --interface' "$VEDETTE" run eth9
refused 2 "subscribers are not told from equipment" "$VEDETTE" run --interface lo
refused 2 "--subscribers wants prefixes" "$VEDETTE" run --interface lo --subscribers 10.0.0.0/33
refused 2 "--interface wants one name" "$VEDETTE" run --interface lo,eth1
refused 2 "--fanout wants a number from 1 to 16" "$VEDETTE" run --interface lo --fanout 17
refused 2 "--buffer wants MiB" "$VEDETTE" run --interface lo --buffer 0
refused 2 "--snaplen wants bytes" "$VEDETTE" run --interface lo --snaplen 63
refused 2 "--seed wants a number" "$VEDETTE" run --interface lo --seed -1
refused 2 "cannot name a sensor" "$VEDETTE" run --interface lo --site "$site" --name 'a b'
five=()
for i in 1 2 3 4 5; do five+=(--interface "eth$i"); done
refused 2 "5 interfaces with 16 sockets each are more than 64 sockets; lower --fanout" \
    "$VEDETTE" run "${five[@]}" --fanout 16 --site "$site"
refused 4 "missing.yaml" "$VEDETTE" run --interface lo --site missing.yaml

refused 4 "nowhere.yaml" "$VEDETTE" run --config nowhere.yaml
config 'interface: [lo]\nsight: site.yaml\n'
refused 4 'run.yaml:2:1: there is no option "sight"' "$VEDETTE" run --config run.yaml
config 'interface: [lo]\nworkers: many\n'
refused 4 "run.yaml:2:10: --workers wants a number from 1 to 64" "$VEDETTE" run --config run.yaml
config 'interface: [lo]\nsite: [a, b]\n'
refused 4 'run.yaml:2:7: "site" takes one value, not a list' "$VEDETTE" run --config run.yaml
config 'interface: [lo]\njson: perhaps\n'
refused 4 'run.yaml:2:7: "json" is true or false' "$VEDETTE" run --config run.yaml
config 'interface: {lo: 1}\n'
refused 4 'run.yaml:1:12: "interface" is a single value here' "$VEDETTE" run --config run.yaml
config 'interface: [lo]\nconfig: other.yaml\n'
refused 4 'run.yaml:2:1: there is no option "config"' "$VEDETTE" run --config run.yaml
printf -- '- lo\n' >run.yaml
refused 4 "run.yaml:1:1: a file of options is a map" "$VEDETTE" run --config run.yaml

# What the file says is used, and the command line outranks it.
config 'interface: [lo, eth9]\nsubscribers: none\nsite: missing-in-file.yaml\n'
refused 4 "missing-in-file.yaml" "$VEDETTE" run --config=run.yaml
refused 4 "missing-on-line.yaml" "$VEDETTE" run --site missing-on-line.yaml --config run.yaml
refused 2 "--config names one file, and is not abbreviated" "$VEDETTE" run --conf run.yaml
refused 2 "--config names one file, and is not abbreviated" "$VEDETTE" run --config run.yaml --config other.yaml
config 'subscribers: [100.64.0.0/10]\nname: from-file\n'
refused 2 "no interface given" "$VEDETTE" run --config run.yaml
passed
