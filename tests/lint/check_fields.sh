#!/usr/bin/env bash
# docs/fields.md is what scripts/fields_doc.sh makes of analysis/fields.def, docs/sigma-public.md what scripts/sigma_public_doc.sh makes; and, when VEDETTE_ECS names an ecs_flat.yml, every
# fact that claims to be ECS stands there with that type and that arity, and no fact of ours does.
set -euo pipefail
source_dir=$1
failed=0
if ! diff -u "$source_dir/docs/fields.md" <(sh "$source_dir/scripts/fields_doc.sh"); then
    echo "docs/fields.md: differs from analysis/fields.def; run: sh scripts/fields_doc.sh > docs/fields.md"
    failed=1
fi
if ! diff -u "$source_dir/docs/sigma-public.md" <(sh "$source_dir/scripts/sigma_public_doc.sh"); then
    echo "docs/sigma-public.md: differs from rules/sigma/taxonomy.def; run: sh scripts/sigma_public_doc.sh > docs/sigma-public.md"
    failed=1
fi
if [ -z "${VEDETTE_ECS:-}" ]; then
    echo "VEDETTE_ECS is not set: names and types were not held against the Elastic Common Schema"
    exit $failed
fi
awk '/^[^ #]/ { name = $1; gsub(/[:'"'"']/, "", name) }
     /^  type: / { type[name] = $2 }
     /^  normalize: *$/ { in_normalize = 1; next }
     in_normalize && /^  - array/ { array[name] = 1 }
     /^  [a-z_]/ { in_normalize = 0 }
     END { for (n in type) print n, type[n] ((n in array) ? "[]" : "") }' "$VEDETTE_ECS" | sort >"${TMPDIR:-/tmp}/ecs.$$"
trap 'rm -f "${TMPDIR:-/tmp}/ecs.$$"' EXIT
while IFS='|' read -r _ name type origin _; do
    name=$(tr -d ' `' <<<"$name")
    type=$(tr -d ' ' <<<"$type")
    found=$(awk -v n="$name" '$1 == n { print $2 }' "${TMPDIR:-/tmp}/ecs.$$")
    case $origin in
    *ECS*) [ "$found" = "$type" ] || { echo "$name: $type here, ${found:-absent} in the Elastic Common Schema"; failed=1; } ;;
    *own*) [ -z "$found" ] || { echo "$name: claimed as our own, but the Elastic Common Schema has it ($found)"; failed=1; } ;;
    esac
done < <(grep '^| `' "$source_dir/docs/fields.md")
exit $failed
