/* Facts as a person states them in a test file: a YAML map of names and values. */
#pragma once

#include "analysis/facts.h"
#include "common/error.h"
#include "common/yaml/yaml.h"

/* Which fact KEY names: an enum field_id, or a negative code with *err, which names the nearest. */
int stated_fact_find(const struct yaml_node *key, struct error *err);

/* Sets in F, which is empty, what MAP says and, of the facts that it does not name, what BASE says.
 * Either may be NULL. null takes a fact of the base away. Texts are borrowed from the nodes, lists
 * go to F's arena. 0, or a negative code with *err: FILE:LINE:COLUMN, and what would be right. */
int stated_facts_fill(struct facts *f, const struct yaml_node *base, const struct yaml_node *map,
	struct error *err);

/* Whether the fact KEY of F is one of what VALUE says, a scalar or a list; null: it is absent. 1 or
 * 0, or a negative code with *err. */
int stated_fact_is(const struct facts *f, const struct yaml_node *key,
	const struct yaml_node *value, struct error *err);
