#!/bin/sh
# Prints docs/sigma-public.md from rules/sigma/taxonomy.def and analysis/fields.def.
set -eu
cd "$(dirname "$0")/.."
cat <<'END'
# Public Sigma rules

Which log sources of Sigma's taxonomy are read as what this sensor sees, and which of its facts their fields are. This page is made by
`scripts/sigma_public_doc.sh` from `rules/sigma/taxonomy.def`; a test fails when the two differ. [rules.md](rules.md#rules-of-others)
says what becomes of a rule, `vedette rules list` what becomes of yours.

A rule judges the events of its log source, and of these only what stands under *only*. A field may also be called as our fact is, so `taxonomy: ecs`
needs no table. Where values have other words there, they stand behind the fact; others name nothing that a fact says.

END
awk '
function text(line, n,    part, i, out, c, quoted) { # the Nth argument of a macro
    out = ""; quoted = 0; i = 1
    for (c = 1; c <= length(line); c++) {
        ch = substr(line, c, 1)
        if (ch == "\"") quoted = !quoted
        else if (ch == "," && !quoted) { i++; continue }
        if (i == n) out = out ch
    }
    gsub(/^[ "]+|[ "]+$/, "", out)
    return out
}
FNR == NR {
    if ($0 ~ /^FIELD\(/) { line = $0; sub(/^FIELD\(/, "", line); fact[text(line, 1)] = text(line, 2) }
    next
}
/^LOGSOURCE\(/ {
    line = $0; sub(/^LOGSOURCE\(/, "", line); sub(/\)$/, "", line)
    id = text(line, 1); base[id] = text(line, 2); product[id] = text(line, 3); category[id] = text(line, 4); service[id] = text(line, 5)
    judges[id] = tolower(text(line, 6)); implied[id] = text(line, 7); gsub(/\|/, "\\|", implied[id]); about[id] = text(line, 8)
    order[++n] = id
}
/^TERM\(/ {
    line = $0; sub(/^TERM\(/, "", line); sub(/\)$/, "", line)
    id = text(line, 1); terms[id]++
    name[id, terms[id]] = text(line, 2); of[id, terms[id]] = fact[text(line, 3)]; flags[id, terms[id]] = text(line, 4)
}
/^WORD\(/ {
    line = $0; sub(/^WORD\(/, "", line); sub(/\)$/, "", line)
    key = text(line, 1) SUBSEP text(line, 2); written = text(line, 3)
    if (last[key] == written) words[key] = words[key] " or " text(line, 4)
    else words[key] = words[key] (words[key] ? ", " : "") written " → " text(line, 4)
    last[key] = written
}
function source(id,    s) {
    s = ""
    if (product[id]) s = s ", product: " product[id]
    if (category[id]) s = s ", category: " category[id]
    if (service[id]) s = s ", service: " service[id]
    return substr(s, 3)
}
function anchor(id) { id = tolower(id); gsub(/_/, "-", id); return id }
function fields(id,    s) { # links to the tables that hold its terms
    s = ""
    for (; id != "NONE"; id = base[id]) if (terms[id]) s = s ", [" anchor(id) "](#" anchor(id) ")"
    return substr(s, 3)
}
function rows(id,    i, k, what) {
    for (i = 1; i <= terms[id]; i++) {
        what = ""
        if (flags[id, i] ~ /SECONDS/) what = what "; in seconds there"
        if (flags[id, i] ~ /FINAL/) what = what "; judged when the conversation ends"
        k = id SUBSEP name[id, i]
        if (words[k]) what = what "; " words[k]
        printf "| `%s` | `%s` | %s |\n", name[id, i], of[id, i], substr(what, 3)
    }
}
END {
    print "| log source | events | category | only | fields |\n|---|---|---|---|---|"
    for (i = 1; i <= n; i++) if (product[order[i]] != "-")
        printf "| `%s` | %s | `%s` | %s | %s |\n", source(order[i]), about[order[i]], judges[order[i]], implied[order[i]] ? "`" implied[order[i]] "`" : "", fields(order[i])
    for (i = 1; i <= n; i++) if (terms[order[i]]) {
        printf "\n## %s\n\n%s.\n\n| field | fact | |\n|---|---|---|\n", anchor(order[i]), about[order[i]]
        rows(order[i])
    }
}' analysis/fields.def rules/sigma/taxonomy.def
