/* Rule collections of older Sigma: in one file, a document with `action: global` gives its keys to
 * those behind it until `action: reset`; one with `action: repeat` is the rule before it with some
 * keys changed. Maps are merged key by key; anything else replaces what was there. */
#pragma once

#include "common/arena.h"
#include "common/yaml/yaml.h"

/* Of one file; all zero but for the arena, which merged nodes live in. */
struct collection {
	struct arena *arena;
	const struct yaml_node *global, *previous; /* NULL: none */
	size_t n_pairs;                            /* merged so far */
};

/* The rule that DOC, a map, stands for, in *ret; NULL when it stands for none. 0, or a negative
 * code with *err. */
int collection_next(struct collection *c, const struct yaml_node *doc, const struct yaml_node **ret,
	struct error *err);
