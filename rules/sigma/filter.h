/* Sigma filters (specification 2.1): what a site takes out of rules without touching them. They
 * become part of the conditions of those rules, so they cost what a `not` in the rule costs. */
#pragma once

#include "rules/sigma/rule_names.h"

struct filter {
	struct program program;         /* its selections, and the nodes of its condition */
	struct correlation_place where; /* of the key filter */
	const struct correlation_ref *refs;
	uint32_t n_refs;
	bool is_for_any; /* every rule of its log source */
	bool tells_rest; /* the condition says what stays, not what is taken out */
	struct filter *next;
};

/* ABOUT has what was said of the document, its log source with it, which R knows, too. One that is
 * not for this sensor is read for its faults alone. */
int sigma_read_filter(struct reader *r, const struct yaml_node *map, const struct program *about);

/* 0, or a negative code with *err: no memory. Faults are those of S. */
int sigma_apply_filters(struct sigma *s, const struct rule_names *names, struct error *err);
