#!/bin/bash
# Makes geolocation databases from Debian packages: countries from tor-geoipdb, autonomous systems from libloc-database.
# No account, no service of anybody's. docs/geolocation.md tells what they are good for.
#
#   scripts/geo/build.sh OUT_DIR
#
# Needs libmaxmind-db-writer-perl, python3-location and libloc-database. tor-geoipdb need not be installed, for it brings the
# Tor daemon with it: where it is not, its package is fetched and unpacked into OUT_DIR/source.
# Does nothing when OUT_DIR is current: the same data and the same scripts.
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tor=${VEDETTE_TOR_GEOIP:-/usr/share/tor}
libloc=${VEDETTE_LIBLOC:-/usr/share/libloc-location/location.db}

die() {
    echo "build.sh: $*" >&2
    exit 1
}

[ $# -eq 1 ] || die "usage: scripts/geo/build.sh OUT_DIR"
mkdir -p "$1"
out=$(cd "$1" && pwd)

[ -r "$libloc" ] || die "$libloc: not found; install the package libloc-database"

# A package that was fetched once is kept: another run then gives the same databases and needs no network.
fetch_tor() {
    local dir="$out/source"

    if [ ! -s "$dir/tor-geoipdb.deb" ]; then
        command -v apt-get >/dev/null || die "$tor/geoip: not found; install the package tor-geoipdb"
        mkdir -p "$dir/fetch"
        (cd "$dir/fetch" && apt-get -qq -o APT::Sandbox::User=root download tor-geoipdb) ||
            die "tor-geoipdb cannot be fetched; run apt-get update, or install that package"
        mv "$dir"/fetch/tor-geoipdb_*.deb "$dir/tor-geoipdb.deb"
        rmdir "$dir/fetch"
    fi
    if [ ! -s "$dir/geoip6" ] || [ "$dir/tor-geoipdb.deb" -nt "$dir/geoip6" ]; then
        dpkg-deb --fsys-tarfile "$dir/tor-geoipdb.deb" |
            tar -x -m -C "$dir" --strip-components=4 ./usr/share/tor/geoip ./usr/share/tor/geoip6
    fi
    tor=$dir
}

if [ ! -r "$tor/geoip" ] || [ ! -r "$tor/geoip6" ]; then
    fetch_tor
fi

current=$(cd "$here" && cat "$tor/geoip" "$tor/geoip6" "$libloc" build.sh libloc.py mmdb.pl | sha256sum)
if [ "$current" = "$(cat "$out/stamp" 2>/dev/null)" ] &&
    [ -s "$out/tor-country.mmdb" ] && [ -s "$out/libloc-asn.mmdb" ]; then
    exit 0
fi

/usr/bin/python3 -c 'import location' 2>/dev/null || die "install the package python3-location"
perl -MMaxMind::DB::Writer::Tree -e1 2>/dev/null || die "install the package libmaxmind-db-writer-perl"

work=$(mktemp -d "$out/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "geolocation databases from Debian packages, once: half a minute" >&2

perl "$here/mmdb.pl" country "$work/country" "$tor/geoip" "$tor/geoip6" &
country=$!
/usr/bin/python3 "$here/libloc.py" "$libloc" | perl "$here/mmdb.pl" asn "$work/asn" || asn_failed=1
wait "$country" || die "the country database could not be made"
[ -z "${asn_failed:-}" ] || die "the ASN database could not be made"

cat >"$work/attribution" <<END
tor-country.mmdb and libloc-asn.mmdb are made from the IPFire Location Database, https://location.ipfire.org/,
by the IPFire Project, licensed CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/,
as Debian ships it in tor-geoipdb and libloc-database. They are adapted: turned into MaxMind DB files;
of the first, countries are kept; of the second, autonomous systems and their names.
END
rm -f "$out/stamp"
mv "$work/country" "$out/tor-country.mmdb"
mv "$work/asn" "$out/libloc-asn.mmdb"
mv "$work/attribution" "$out/ATTRIBUTION"
echo "$current" >"$work/stamp"
mv "$work/stamp" "$out/stamp"
