#!/usr/bin/env bash
# What befalls a sensor over the years, while packets flow: its interface goes away, its files break. It goes on, says what happened
# on standard error and in Redis, and no alert is lost.
. "$(dirname "$0")/live_lib.sh"
command -v redis-server >/dev/null || command -v valkey-server >/dev/null || {
    echo "skipped: no Redis server is installed"
    exit 77
}

make_pair 0
begin faults --interface vdb0 --workers 2

# Traffic without an end, past the times when the interface is away.
while :; do
    tcpreplay -q -i vda0 --pps=500 "$day" >/dev/null 2>&1 || sleep 0.1
done &
traffic=$!
started_here $traffic

# raised TITLE TEXT [TIMES]: so many alerts (1) of the rule with that title say TEXT. Asked of standard output, which in the end is
# found to be what Redis holds.
raised() {
    [ "$(jq -c --arg title "$1" --arg text "$2" \
        'select(."rule.name" == $title and ."event.action" != "closed" and (."sensor.message" | contains($text)))' faults.json |
        wc -l)" -ge "${3:-1}" ]
}

# still_alerts NUMBER: equipment asks a resolver that no one has seen before, and the alert about that comes to Redis.
still_alerts() {
    checks=$((checks + 1))
    tcprewrite --pnat="203.0.113.220/32:198.18.5.$1/32" --fixcsum -i "$VEDETTE_SOURCE_DIR/pcaps/dns-outside.pcap" -o mark.pcap 2>err ||
        { cat err >&2; fail tcprewrite; }
    for _ in $(seq 50); do # a frame may meet the other traffic's tcpreplay while an interface is away
        tcpreplay -q -i vda0 --topspeed mark.pcap >/dev/null 2>&1 && break
        sleep 0.1
    done
    until_true says faults.json "\"destination.ip\":\"198.18.5.$1\""
}

# reload TEXT: a reload that succeeds.
reload() {
    checks=$((checks + 1))
    "$VEDETTE" reload --name faults >out 2>err || { cat err >&2; fail "reload after $1"; }
}

# A reload that must leave all as it was, and say why.
no_reload() {
    local rule="What was to be loaded is unusable"
    checks=$((checks + 1))
    ! "$VEDETTE" reload --name faults >out 2>err || fail "$1 was reloaded"
    grep -qF -- "$2" err || { cat err >&2; fail "$1: the reload does not say '$2'"; }
    says faults.err "reload refused (asked by uid 0), nothing changed" || fail "$1: the log does not say it"
    until_true raised "$rule" "$2"
}

still_alerts 1

# ---- the interface ----

# absent CAUSE TIMES HOW...: what HOW does is told, and its end is told.
absent() {
    local cause=$1 times=$2
    until_true says faults.err "vdb0 gives no packets ($cause) since" "$times"
    until_true raised "The sensor was blind" "vdb0 gives no packets ($cause) since"
}

back() {
    until_true says faults.err "vdb0 gave no packets ($1) from" "$2"
    until_true raised "The sensor sees again" "vdb0 gave no packets ($1) from"
}

ip link set vdb0 down
absent link-down 1
same "the state" "$(status faults '.interfaces[0].state')" down
ip link set vdb0 up
back link-down 1
still_alerts 2

for round in 1 2; do
    ip link del vda0
    absent gone $round
    same "the state" "$(status faults '.interfaces[0].state')" gone
    make_pair 0
    back gone $round
    still_alerts $((2 + round))
done
same "blind intervals" "$(status faults '[.blind[] | select(.cause == "gone" or .cause == "link-down") | select(.until > .from)] | length')" 3

# ---- geolocation files: replaced, cut short in place, deleted ----

country=$(find geo -name '*country*' -o -name '*Country*' | head -n 1)
[ -n "$country" ] || country=$(find geo -name '*.mmdb' | head -n 1)
cp "$country" whole.mmdb
files=$(status faults .loaded.geolocation_files)
cp whole.mmdb geo/.new
mv geo/.new "$country"
reload "a new file"
still_alerts 5
until_true raised "What the sensor knows was replaced" "asked by uid 0"

truncate -s 1000 "$country"
still_alerts 6 # before anybody reloads: what runs is a copy
no_reload "a file cut short" "$(basename "$country")"
: >"$country"
no_reload "an empty file" "$(basename "$country")"
same "geolocation files" "$(status faults .loaded.geolocation_files)" "$files"
still_alerts 7
mkdir away
mv geo/*.mmdb away/
no_reload "files deleted" "geo"
still_alerts 8
mv away/*.mmdb geo/
cp whole.mmdb "$country"
reload "files put back"
still_alerts 9

# ---- policy ----

policy=$(status faults .loaded.policy)
cp site.yaml whole.yaml
echo "  - {name: [" >>site.yaml
no_reload "a broken policy" "site.yaml:"
sed 's/supplier: acme, role: gnb, zone: ran/supplier: nobody, role: gnb, zone: ran/' whole.yaml >site.yaml
no_reload "an unknown supplier" "nobody"
rm site.yaml
no_reload "no policy" "site.yaml"
same "the policy" "$(status faults .loaded.policy)" "$policy"
still_alerts 10
sed 's/name: gnb-017/name: gnb-renamed/' whole.yaml >site.yaml
kill -HUP $sensor
until_true says faults.err "reloaded (SIGHUP): policy"
[ "$(status faults .loaded.policy)" != "$policy" ] || fail "the digest of the policy is the old one"
until_true raised "What the sensor knows was replaced" "$(status faults .loaded.policy)"
still_alerts 11
same "who it was" "$(grep -F '"destination.ip":"198.18.5.11"' faults.json | jq -r '."equipment.name"' | sort -u)" gnb-renamed
kill -HUP $sensor # unchanged
until_true says faults.err "reloaded (SIGHUP): policy" 2

# ---- rules and lists ----

rules=$(status faults .loaded.rules)
echo "title: [" >rules/broken.yml
no_reload "a broken rule" "broken.yml"
python3 -c 'print("title: T\ndetection:\n  s:"); [print(f"    fact{i}: x") for i in range(999)]' >rules/broken.yml
echo '  condition: s' >>rules/broken.yml
echo 'logsource: {product: vedette, category: flow}' >>rules/broken.yml
no_reload "a rule with 1000 faults" 'broken.yml:1:1: "id" is missing' # and 999 unknown facts
same "faults that are told, each with its place" "$(grep -cE 'broken.yml:[0-9]+:[0-9]+: ' err)" 1000
rm rules/broken.yml
mv rules rules.away
no_reload "no rules" "rules"
mv rules.away rules
echo "nonsense: 1" >lists/broken.yaml
no_reload "a broken list" "broken.yaml"
rm lists/broken.yaml
same "the rules" "$(status faults .loaded.rules)" "$rules"
still_alerts 12
reload "all was mended"
still_alerts 13

# ---- the account ----

kill $traffic
wait $traffic 2>/dev/null || true
sleep 0.5
same "reloads" "$(status faults '[.sensor.reloads, .sensor.reloads_refused] | tojson')" "[5,10]"
same "the account in status" "$(status faults '.redis | .raised - .delivered - .spooled - .queued - .lost')" 0
finish faults
alerts=$(wc -l <faults.json)
same "XLEN" "$(redis_length faults)" "$alerts"
redis_alerts faults >stream
cmp faults.json stream || fail "Redis and standard output differ"
says faults.err "$alerts alerts raised, $alerts delivered, 0 spooled, 0 not delivered, 0 lost" || fail "the account: $(tail -n 4 faults.err)"
same "the last state in Redis" "$("$VEDETTE" redis --raw HMGET 'vedette:{faults}:status' state raised delivered spooled queued lost | xargs)" \
    "stopped $alerts $alerts 0 0 0"

passed
