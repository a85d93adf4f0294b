# Sourced by the tests that hold Vedette against other dissectors: which captures of VEDETTE_CORPORA they read.

# Prints paths. All of them where VEDETTE_AGREEMENT=all; else a hundred, every fourth by name of those that are neither so small that
# they hold one packet nor so large that they take long.
captures_to_compare() {
    if [ "${VEDETTE_AGREEMENT:-}" = all ]; then
        find "$VEDETTE_CORPORA" -type f ! -name MANIFEST.tsv | LC_ALL=C sort
    else
        find "$VEDETTE_CORPORA" -type f ! -name MANIFEST.tsv -size +19999c -size -500000c | LC_ALL=C sort | awk 'NR % 4 == 1'
    fi
}

need() {
    command -v "$1" >/dev/null || { echo "skipped: $1 is not installed (sh scripts/setup.sh check)"; exit 77; }
}

# No settings of whoever runs this: they change what a dissector says.
export WIRESHARK_CONFIG_DIR=$work/wireshark
