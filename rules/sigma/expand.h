/* Placeholders of lists in a value: %name%. Set-up only. */
#pragma once

#include "rules/sigma/read.h"

/* True when TEXT is one placeholder and nothing else: the name in *ret. */
bool expand_is_placeholder(struct str text, struct str *ret);

/* The placeholder of TEXT at *AT, which moves behind it; len 0, and *AT stays, when none begins
 * there. A percent sign that another one does not close begins none. */
struct str expand_placeholder(struct str text, uint32_t *at);

/* The list of that name, for the value N; a missing one is an error that names those there are. */
int expand_find_list(
	struct reader *r, const struct yaml_node *n, struct str name, const struct lists_set **ret);

/* What stands in a list and can stand in a text. */
struct expand_text {
	struct str text; /* the lists' */
	bool is_domain;
};

struct expand_texts {
	struct expand_text *items; /* freed by whoever had them collected */
	uint32_t n, capacity;
};

/* Adds those of the list NAME, for the value N. None, and more than SIGMA_MAX_VALUES, is an error.
 */
int expand_collect(
	struct reader *r, const struct yaml_node *n, struct str name, struct expand_texts *ret);
