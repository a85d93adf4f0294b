/* Which rules of a category can match a set of facts at all, however many rules there are.
 *
 * Gates first (gate.h): facts of few values, each of which leaves some rules possible. Of many that
 * are left, those are run of which a key is met.
 *
 * From the condition of each rule follows a cover: keys of which at least one is met by whatever
 * meets the rule. A key is a fact with what it must be: a text or a part of it, a number or a
 * range, a network, a list, or the fact alone where the rule says no more. `and` takes the better
 * cover of its sides, `or` both together, `not` has none. A rule without a cover is run as long as
 * the gates leave it possible. Keys are chosen so that few rules share them. All keys of a fact are
 * looked up at once (field_index.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/sigma/field_index.h"
#include "rules/sigma/gate.h"
#include "rules/sigma/gate_tree.h"
#include "rules/sigma/index_key.h"
#include "rules/sigma/rule_set.h"

struct sigma;

enum { INDEX_NONE = UINT32_MAX };

struct index_entry {
	struct index_key key;
	uint32_t first; /* of its postings: INDEX_NONE: none */
	uint32_t uses;  /* by how many rules it could be chosen */
};

struct index_posting {
	uint32_t rule; /* place in the category */
	uint32_t next;
};

struct index_field {
	int field;
	struct field_index *keys; /* numbers are entries */
	uint64_t *rules;          /* that any of them finds, one bit each */
};

struct rule_index {
	uint32_t *rules; /* of the category, by place: their place among all */
	uint32_t n_rules;
	uint64_t *all;    /* places of all rules, one bit each */
	uint64_t *always; /* of those without a cover */
	struct index_entry *entries;
	uint32_t n_entries, entry_capacity;
	uint32_t *slots;  /* entry + 1; 0: free; while the index is built */
	uint32_t n_slots; /* a power of two, or 0 */
	struct index_posting *postings;
	uint32_t n_postings, posting_capacity;
	struct index_field *fields;
	uint32_t n_fields;
	struct gates gates;
};

/* How often KEY was counted: 0 when it is not there. */
uint32_t rule_index_uses(const struct rule_index *ix, const struct index_key *key);

/* For all categories of S. False without memory. */
bool rule_index_build(struct sigma *s);
void rule_index_free(struct rule_index *ix);

/* Adds to CANDIDATES the places of a superset of the rules that F meets. TREE is over IX. */
void rule_index_candidates(const struct rule_index *ix, struct gate_tree *tree,
	const struct facts *f, struct rule_set *candidates);
