#!/bin/sh
# Installs what building, testing and the demo need on Debian 12 or 13, and nothing that is there already.
#   setup.sh [build] [demo] [test] [check] [bench]     default: build demo test
# "check" adds what only the project's own continuous checks use, "bench" what `make bench` runs beside Vedette.
set -eu

build="make gcc libc6-dev cmake ninja-build pkg-config libpcap-dev libndpi-dev libmaxminddb-dev libhiredis-dev libyaml-dev
    libpcre2-dev libexpat1-dev libjansson-dev libxxhash-dev zlib1g-dev libzstd-dev libsqlite3-dev libglib2.0-dev libseccomp-dev tzdata"
demo="redis-server libloc-database python3-location python3 libmaxmind-db-writer-perl"
tests="check redis-server mmdb-bin jq python3 python3-jsonschema python3-yaml binutils zstd gzip procps iproute2 tcpreplay tcpdump ethtool mandoc"
checks="clang clang-format libclang-rt-dev universal-ctags tshark libndpi-bin git valgrind"
benches="python3 redis-server libndpi-bin valgrind linux-perf binutils"

wanted=""
for group in "${@:-build demo test}"; do
    for one in $group; do
        case $one in
        build) wanted="$wanted $build" ;;
        demo) wanted="$wanted $demo" ;;
        test) wanted="$wanted $tests" ;;
        check) wanted="$wanted $checks" ;;
        bench) wanted="$wanted $benches" ;;
        *) echo "setup.sh: unknown group '$one'; write: setup.sh [build] [demo] [test] [check] [bench]" >&2; exit 2 ;;
        esac
    done
done

missing=""
for package in $wanted; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup.sh: these packages are missing and only root can install them:$missing" >&2; exit 1; }
    as_root=sudo
fi
echo "setup.sh: installing$missing"
# A server that starts itself at installation would hold a port that nobody asked for: the policy file keeps it from doing so.
policy=/usr/sbin/policy-rc.d
made_policy=no
if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
    $as_root chmod 755 $policy
    made_policy=yes
fi
status=0
{ $as_root apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null; } || status=$?
[ $made_policy = no ] || $as_root rm -f $policy
exit $status
