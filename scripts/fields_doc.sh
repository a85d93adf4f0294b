#!/bin/sh
# Prints docs/fields.md from analysis/fields.def, the only list of facts.
set -eu
cd "$(dirname "$0")/.."
cat <<'EOF'
# Facts

Every fact that a rule, an alert, `vedette flows --json` or a table can name. This page is made by `scripts/fields_doc.sh` from
`analysis/fields.def`; a test fails when the two differ.

JSON is one flat object per line with these names as keys. A fact that is not known is absent. *ECS* facts have the name and the
type of the Elastic Common Schema; *own* facts are Vedette's. A type with `[]` is an array.

| fact | type | from | what it is |
|---|---|---|---|
EOF
awk '
/^\/\* .* \*\/$/ { next }
/^FIELD\(/ {
    line = $0
    sub(/^FIELD\([A-Z0-9_]+, "/, "", line)
    name = substr(line, 1, index(line, "\"") - 1)
    sub(/^[^"]*", /, "", line)
    split(line, part, ", ")
    type = part[1]; origin = part[2]
    sub(/^[A-Z]+, [A-Z]+, [A-Z_]+, "/, "", line)
    sub(/"\)$/, "", line)
    gsub(/\|/, "\\|", line)
    list = (type == "KEYWORDS" || type == "IPS") ? "[]" : ""
    base = tolower(type); if (list != "") sub(/s$/, "", base)
    printf "| `%s` | %s%s | %s | %s |\n", name, base, list, origin == "ECS" ? "ECS" : "own", line
}' analysis/fields.def
