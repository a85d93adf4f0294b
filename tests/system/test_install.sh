#!/usr/bin/env bash
# What is installed works without the source tree: the program finds its data beside it, the manual page is where man looks.
source "$(dirname "$0")/lib.sh"
command -v cmake >/dev/null || { echo "skipped: cmake is not installed"; exit 77; }

cmake --install "$(dirname "$VEDETTE")" --prefix "$work/usr" >out 2>err || { cat err >&2; fail "cmake --install"; }
unset VEDETTE_DATA
installed=$work/usr/bin/vedette
"$installed" check --geo '' --json >check.json || fail "the installed program"
same "shipped rules" "$(jq .rules.loaded check.json)" \
    "$("$VEDETTE" check --geo '' --rules "$VEDETTE_SOURCE_DIR/rules/packs/rules" --json | jq .rules.loaded)"
same "where they are" "$("$installed" check --geo '' | awk '$1 == "rules" { print $2 }')" "$work/usr/bin/../share/vedette/rules:"
same "tests of rules" "$(find usr -name '*.test.yml' | wc -l)" "$(find "$VEDETTE_SOURCE_DIR/rules/packs" -name '*.test.yml' | wc -l)"
"$installed" rules test >out || { cat out >&2; fail "the rules as they are installed"; }
for page in share/man/man1/vedette.1 share/doc/vedette/operations.md share/vedette/roles.yaml share/vedette/lists; do
    checks=$((checks + 1))
    [ -e "usr/$page" ] || fail "$page is not installed"
done
"$installed" replay --site "$VEDETTE_SOURCE_DIR/pcaps/demo/site.yaml" --geo '' --redis none --json "$VEDETTE_SOURCE_DIR/pcaps/telnet.pcap" >out 2>err ||
    { cat err >&2; fail "a replay with the installed program"; }
same "alerts" "$(jq -r '."rule.name"' out | sort -u | grep -c 'Clear-text')" 1
passed
