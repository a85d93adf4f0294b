/* Log sources of Sigma's taxonomy (specification 2.1, appendix taxonomy) of which Vedette sees the
 * network side: which of our events their records are, and which of our facts their fields. The
 * table is taxonomy.def. */
#pragma once

#include "rules/sigma/sigma.h"

enum { TERM_FINAL = 1, TERM_SECONDS = 2 };

struct taxonomy_source;
struct taxonomy_term;

/* The source that a rule's logsource names, or NULL when Vedette has no such events. */
const struct taxonomy_source *taxonomy_find(const struct rule_logsource *logsource);

enum rule_category taxonomy_judges(const struct taxonomy_source *s);

/* What its records are about, as YAML: a map of facts, or a list of maps; "" for everything. */
const char *taxonomy_implied(const struct taxonomy_source *s);

/* The term NAME of S; NULL when it has none of this name. */
const struct taxonomy_term *taxonomy_term(const struct taxonomy_source *s, struct str name);

enum field_id taxonomy_fact(const struct taxonomy_term *t);
unsigned taxonomy_flags(const struct taxonomy_term *t); /* TERM_... */

/* Whether the values of T have other words here. */
bool taxonomy_has_words(const struct taxonomy_term *t);

/* The Ith of what the value WRITTEN of T is called here, without case; NULL behind the last. */
const char *taxonomy_word(const struct taxonomy_term *t, struct str written, uint32_t i);
