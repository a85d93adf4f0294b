#!/usr/bin/env bash
# The same capture gives the same bytes: twice, with any number of workers, split over files, compressed, from standard input.
source "$(dirname "$0")/lib.sh"

capture=$VEDETTE_SOURCE_DIR/pcaps/demo/day.pcap
site=$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml
sum() {
    "$VEDETTE" replay --redis none --json --site "$site" --geo "$VEDETTE_SOURCE_DIR/tests/fixtures/geo/site" \
        --as-of 2026-11-01 "$@" 2>/dev/null | sha256sum
}
labels() { "$VEDETTE" flows --json --site "$site" "$@" 2>/dev/null | sha256sum; }

python3 - "$capture" first.pcap second.pcap <<'EOF'
import struct, sys
data = open(sys.argv[1], 'rb').read()
order = '<' if data[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
ends, at = [], 24
while at < len(data):
    at += 16 + struct.unpack(order + 'I', data[at + 8:at + 12])[0]
    ends.append(at)
middle = ends[len(ends) // 2]
open(sys.argv[2], 'wb').write(data[:middle])
open(sys.argv[3], 'wb').write(data[:24] + data[middle:])
EOF
gzip -c "$capture" >day.pcap.gz
zstd -q -c "$capture" >day.pcap.zst
mkdir folder
cp first.pcap second.pcap folder/

want=$(sum "$capture")
[ "$want" != "$(printf '' | sha256sum)" ] || fail "no alerts at all"
same "the same capture again" "$(sum "$capture")" "$want"
for workers in 1 2 3 8; do
    same "$workers workers" "$(sum --workers $workers "$capture")" "$want"
done
same "split over two files" "$(sum first.pcap second.pcap)" "$want"
same "split, the later file first" "$(sum second.pcap first.pcap)" "$want"
same "a folder" "$(sum folder)" "$want"
same "gzip" "$(sum day.pcap.gz)" "$want"
same "zstd" "$(sum day.pcap.zst)" "$want"
same "standard input" "$(sum - <"$capture")" "$want"
want=$(labels "$capture")
for workers in 1 2 5; do
    same "labels with $workers workers" "$(labels --workers $workers "$capture")" "$want"
done
passed
