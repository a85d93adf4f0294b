/* Which rules are possible, asking of an event only those facts that tell the rules apart that are
 * still possible. A tree that grows as events come: each node knows the rules that are left and the
 * fact that is asked next; its leaves know what remains to be done. Working memory of one thread,
 * bounded; what it holds changes no answer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"

struct rule_index;
struct sigma;

struct gate_leaf {
	const uint64_t *possible; /* rules, one bit each */
	const uint32_t *direct;   /* places of rules to be run, whatever the index says, in order */
	uint32_t n_direct;
	const uint32_t *fields; /* places among the index's fields: those that find other rules */
	uint32_t n_fields;
};

struct gate_tree;

/* Over IX, of S, which outlives it. NULL without memory. */
struct gate_tree *gate_tree_new(const struct sigma *s, const struct rule_index *ix);
void gate_tree_free(struct gate_tree *t); /* NULL allowed */

/* What to do with an event of facts F; valid until the next call. NULL without memory: run every
 * rule. */
const struct gate_leaf *gate_tree_find(struct gate_tree *t, const struct facts *f);
