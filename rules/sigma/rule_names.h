/* Rules and correlations by their ids and names, as documents refer to them: without case. */
#pragma once

#include "rules/sigma/correlation_link.h"

struct rule_name {
	struct str text;
	struct str file;
	/* one of the two; neither: a rule that is known and not for this sensor */
	struct program *program;
	struct correlation *correlation;
};

struct rule_names {
	struct rule_name *items; /* in order */
	size_t n;
	const char **texts; /* the same, NULL at the end: for "did you mean" */
};

/* False without memory; rule_names_done is allowed then. */
bool rule_names_make(struct rule_names *ret, const struct sigma *s);
void rule_names_done(struct rule_names *n);

enum rule_found { RULE_NOT_FOUND, RULE_FOUND, RULE_AMBIGUOUS };

/* What TEXT in FILE refers to. Of several with one name those of FILE come first. */
enum rule_found rule_names_find(
	const struct rule_names *n, struct str text, struct str file, struct rule_name *ret);

/* The name nearest to TEXT, or NULL. */
const char *rule_names_nearest(const struct rule_names *n, struct str text);
