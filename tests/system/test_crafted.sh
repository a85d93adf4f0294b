#!/usr/bin/env bash
# pcaps/MANIFEST.tsv names every capture with its digest and number of packets; what craft.py, day.py and tradecraft.py make has the same bytes each time.
source "$(dirname "$0")/lib.sh"
cp -r "$VEDETTE_SOURCE_DIR/pcaps" pcaps
manifest=$VEDETTE_SOURCE_DIR/pcaps/MANIFEST.tsv
tail -n +3 "$manifest" >rows
same "columns" "$(sed -n 2p "$manifest")" $'file\tmade by\tpackets\tsha256\twhat it shows'
same "captures in the manifest" "$(cut -f 1 rows | LC_ALL=C sort)" \
    "$(cd pcaps && find . -name '*.pcap' -printf '%P\n' | LC_ALL=C sort)"

# held WHEN: every capture has its digest
awk -F '\t' '{ print $4 "  pcaps/" $1 }' rows >digests
held() {
    sha256sum --check --quiet digests || fail "digests $1"
    checks=$((checks + $(wc -l <digests)))
}
held "of what is there"

while IFS=$'\t' read -r file made packets digest what; do
    same "packets of $file" "$("$VEDETTE" dissect --json "pcaps/$file" | wc -l)" "$packets"
    case $made in
    make/craft.py | make/day.py | make/tradecraft.py) rm "pcaps/$file" ;;
    make/scenarios.sh | make/tradecraft.sh) ;;
    *) fail "$file: made by '$made'" ;;
    esac
    [ -f "pcaps/$made" ] || fail "$file: there is no $made"
    [ -n "$what" ] || fail "$file: nothing is said of it"
done <rows

# made again, in another folder, under another clock and hash seed
for seed in 0 4711; do
    PYTHONHASHSEED=$seed TZ=Asia/Tokyo python3 -B pcaps/make/craft.py pcaps
    PYTHONHASHSEED=$seed TZ=Asia/Tokyo python3 -B pcaps/make/day.py pcaps/demo/day.pcap
    PYTHONHASHSEED=$seed TZ=Asia/Tokyo python3 -B pcaps/make/tradecraft.py pcaps/tradecraft
    held "of what was made again"
done
same "captures that nobody lists" "$(cd pcaps && find . -name '*.pcap' | wc -l)" "$(wc -l <rows)"

# what the manifest says is what the scripts say; its first line names the packages of the machine it was made on
python3 -B pcaps/make/manifest.py
tail -n +3 pcaps/MANIFEST.tsv | cmp - rows || fail "pcaps/make/manifest.py says something else: run it"
grep -q '^# Real programs: .*openssl ' "$manifest" || fail "the versions of the real programs are not named"

# documentation prefixes only: RFC 5737, RFC 3849, and RFC 6598 for subscribers
python3 -B - pcaps <<'EOF' || fail "an address that is not for documentation"
import ipaddress, pathlib, struct, sys
allowed = [ipaddress.ip_network(n) for n in ('192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '100.64.0.0/10', '2001:db8::/32')]
for path in pathlib.Path(sys.argv[1]).rglob('*.pcap'):
    data, at = path.read_bytes(), 24
    while at < len(data):
        length = struct.unpack_from('<I', data, at + 8)[0]
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        ends = {b'\x08\0': (frame[26:30], frame[30:34]), b'\x86\xdd': (frame[22:38], frame[38:54])}.get(frame[12:14], ())
        for address in map(ipaddress.ip_address, ends):
            if not any(address.version == n.version and address in n for n in allowed):
                sys.exit('%s: %s' % (path, address))
EOF
checks=$((checks + 3))
passed
