#!/bin/bash
# Countries and AS numbers that the program gives are those that mmdblookup reads from the same files; build.sh makes files that
# say what their sources say.
set -euo pipefail

for tool in mmdblookup jq python3 perl; do
    command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
perl -MMaxMind::DB::Writer::Tree -e1 2>/dev/null || { echo "skipped: no MaxMind::DB::Writer::Tree"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
geo=$VEDETTE_SOURCE_DIR/scripts/geo
fixtures=$VEDETTE_SOURCE_DIR/tests/fixtures/geo
failed=0

fail() {
    echo "FAILED: $*" >&2
    failed=1
}

# Random ranges with invented countries and AS numbers, and a capture with one datagram to each of their borders and to the
# addresses beside them.
python3 - "$work" <<'END'
import ipaddress, random, struct, sys
work = sys.argv[1]
rnd = random.Random(5)

def ranges(bits, low, high, n):
    cuts = sorted(rnd.randrange(low, high) for _ in range(2 * n))
    return [(cuts[i], cuts[i + 1]) for i in range(0, 2 * n, 2)]

v4 = ranges(32, 0x0b000000, 0xdf000000, 40)
v6 = ranges(128, 0x2001 << 112, 0x2fff << 112, 25)
head = "# Generated: Thu, 01 Jan 2026 00:00:00 GMT\n"
code = lambda: "X" + rnd.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
with open(f"{work}/geoip", "w") as f:
    f.write(head + "".join(f"{a},{b},{code()}\n" for a, b in v4) + "3992977408,3992977409,??\n")
with open(f"{work}/geoip6", "w") as f:
    text = lambda n: str(ipaddress.IPv6Address(n))
    f.write(head + "".join(f"{text(a)},{text(b)},{code()}\n" for a, b in v6))
with open(f"{work}/facts", "w", encoding="utf-8") as f:
    f.write("created\t1767225600\n")
    for n in range(64496, 64511):
        f.write(f"as\t{n}\tŻółw \"{n}\"\n")
    for a, b in v4 + v6:
        kind = ipaddress.IPv4Address if b < 1 << 32 else ipaddress.IPv6Address
        for net in list(ipaddress.summarize_address_range(kind(a), kind(b)))[::3]:
            f.write(f"net\t{net}\t{rnd.randint(64496, 64511)}\n")
            if net.prefixlen < 24:
                inner = list(net.subnets(2))
                f.write(f"net\t{inner[1]}\t0\nnet\t{inner[3]}\t{4200000000 + rnd.randint(0, 999)}\n")

def packet(dst):
    udp = struct.pack("!HHHH", 40000, 9, 12, 0) + b"data"
    if dst.version == 4:
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes([10, 0, 0, 1]), dst.packed)
    else:
        ip = struct.pack("!IHBB16s16s", 6 << 28, len(udp), 17, 64, ipaddress.IPv6Address("fd00::1").packed, dst.packed)
    return ip + udp

addresses = set()
for a, b in v4 + v6:
    kind = ipaddress.IPv4Address if b < 1 << 32 else ipaddress.IPv6Address
    addresses |= {kind(n) for n in (a - 1, a, b, b + 1, rnd.randint(a, b))}
addresses = sorted(addresses, key=lambda a: (a.version, a))
with open(f"{work}/x.pcap", "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for i, a in enumerate(addresses):
        p = packet(a)
        f.write(struct.pack("<IIII", 1767225600 + i, 0, len(p), len(p)) + p)
open(f"{work}/addresses", "w").writelines(f"{a}\n" for a in addresses)
END

mkdir "$work/db"
perl "$geo/mmdb.pl" country "$work/db/country.mmdb" "$work/geoip" "$work/geoip6"
perl "$geo/mmdb.pl" asn "$work/db/asn.mmdb" <"$work/facts"

# "value" <type>, or nothing when the address is not there.
value() {
    mmdblookup --file "$1" --ip "$2" "${@:3}" 2>/dev/null | sed -nE 's/^ *(.*) <[a-z0-9_]+>$/\1/p' | sed -E 's/^"(.*)"$/\1/'
}
while read -r ip; do
    printf '%s\t%s\t%s\t%s\n' "$ip" "$(value "$work/db/country.mmdb" "$ip" country iso_code)" \
        "$(value "$work/db/asn.mmdb" "$ip" autonomous_system_number)" \
        "$(value "$work/db/asn.mmdb" "$ip" autonomous_system_organization)"
done <"$work/addresses" | sort >"$work/want"
"$VEDETTE" flows --json --geo "$work/db" "$work/x.pcap" 2>"$work/log" | jq -r '[."destination.ip",
    (."destination.geo.country_iso_code" // ""), (."destination.as.number" // ""),
    (."destination.as.organization.name" // "")] | join("\t")' | sort >"$work/got" || { cat "$work/log"; fail "flows"; }
if ! diff "$work/want" "$work/got" >"$work/diff"; then
    head -20 "$work/diff"
    fail "differs from mmdblookup"
fi
known=$(awk -F'\t' '$2 != "" && $3 != ""' "$work/want" | wc -l)
unknown=$(awk -F'\t' '$2 == "" && $3 == ""' "$work/want" | wc -l)
[ "$known" -gt 40 ] || fail "the test has only $known known addresses"
[ "$unknown" -gt 40 ] || fail "the test has only $unknown unknown addresses"
echo "$(wc -l <"$work/want") addresses, $known of them with country and AS, as mmdblookup has them"

# refused FOLDER WORD...: the program says the words, and exits with the status for data that cannot be used.
refused() {
    local status=0 word
    "$VEDETTE" check --geo "$fixtures/$1" >/dev/null 2>"$work/log" || status=$?
    [ $status -eq 4 ] || fail "check --geo $1: exit status $status"
    for word in "${@:2}"; do
        grep -qF -- "$word" "$work/log" || { cat "$work/log"; fail "check --geo $1 does not say '$word'"; }
    done
}
refused wrong-type wrong-type/anonymous.mmdb Vedette-Fixture-Anonymous-IP "neither a country nor an AS number"
refused not-mmdb not-mmdb/ranges.mmdb "not a MaxMind DB file but text"
refused truncated truncated/country.mmdb "not a MaxMind DB file"
refused damaged damaged/country.mmdb "damaged database"
refused none "no *.mmdb file"

if ! /usr/bin/python3 -c 'import location' 2>/dev/null; then
    echo "build.sh is not tested: no python3-location"
    exit $failed
fi
/usr/bin/python3 - "$work/facts" "$work/location.db" <<'END'
import location, sys
w = location.Writer()
for line in open(sys.argv[1], encoding="utf-8"):
    kind, *rest = line.rstrip("\n").split("\t")
    if kind == "as":
        w.add_as(int(rest[0])).name = rest[1]
    elif kind == "net":
        n = w.add_network(rest[0])
        if rest[1] != "0":
            n.asn = int(rest[1])
w.write(sys.argv[2])
END
export VEDETTE_TOR_GEOIP=$work VEDETTE_LIBLOC=$work/location.db
bash "$geo/build.sh" "$work/out" 2>/dev/null
cmp "$work/out/tor-country.mmdb" "$work/db/country.mmdb" || fail "build.sh makes other countries"
while read -r ip; do
    printf '%s\t%s\n' "$ip" "$(value "$work/out/libloc-asn.mmdb" "$ip" autonomous_system_number)"
done <"$work/addresses" | sort >"$work/built"
cut -f 1,3 "$work/want" | cmp - "$work/built" || fail "build.sh makes other AS numbers"
grep -q 'CC BY-SA 4.0' "$work/out/ATTRIBUTION" || fail "no attribution"

sha256sum "$work"/out/*.mmdb >"$work/first"
find "$work/out" -type f -printf '%f %i %T@\n' | sort >"$work/before"
bash "$geo/build.sh" "$work/out"
find "$work/out" -type f -printf '%f %i %T@\n' | sort | cmp - "$work/before" || fail "build.sh works although nothing changed"
rm "$work/out/libloc-asn.mmdb"
bash "$geo/build.sh" "$work/out" 2>/dev/null
sha256sum --quiet -c "$work/first" || fail "the same data gives other bytes"
sed -i '2s/,X.$/,XX/' "$work/geoip"
bash "$geo/build.sh" "$work/out" 2>/dev/null
sha256sum --quiet -c "$work/first" >/dev/null 2>&1 && fail "build.sh does not see that its data changed"
[ -z "$(find "$work/out" -name '.build*')" ] || fail "build.sh leaves its temporary folder"

echo "no date" >"$work/geoip"
status=0
bash "$geo/build.sh" "$work/out" >/dev/null 2>"$work/log" || status=$?
[ $status -ne 0 ] || fail "bad ranges are taken"
grep -q 'does not say when it was generated' "$work/log" || fail "bad ranges are not named"
[ -s "$work/out/tor-country.mmdb" ] || fail "a failed run takes away what was there"
exit $failed
