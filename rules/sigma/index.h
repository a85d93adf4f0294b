/* Which rules of a category can match a set of facts at all.
 *
 * From the condition of each rule follows a cover: keys of which at least one is met by whatever
 * meets the rule. A key is a fact with the text or number that it must equal, or, where the rule
 * only needs the fact to be there, the fact alone. `and` takes the better cover of its sides, `or`
 * both together, `not` has none. A rule without a cover always runs. Keys are chosen so that few
 * rules share them; the index then costs one look-up for each indexed fact, however many rules
 * there are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"
#include "rules/sigma/rule_set.h"

struct facts;
struct sigma;

struct index_key {
	int field;
	enum { KEY_PRESENT, KEY_NUMBER, KEY_TEXT } kind;
	uint64_t number;
	struct str text; /* lower case */
};

enum { INDEX_NONE = UINT32_MAX };

struct index_entry {
	struct index_key key;
	uint32_t first; /* of its postings; INDEX_NONE: none */
	uint32_t uses;  /* by how many rules it could be chosen */
};

struct index_posting {
	uint32_t rule; /* place in the category */
	uint32_t next;
};

struct index_field {
	int field;
	uint32_t present; /* entry that asks for the fact alone, or INDEX_NONE */
};

struct rule_index {
	uint32_t *rules; /* of the category, by place: their place among all */
	uint32_t n_rules;
	uint32_t *always; /* places of rules without a cover */
	uint32_t n_always;
	struct index_entry *entries;
	uint32_t n_entries, entry_capacity;
	uint32_t *slots;  /* entry + 1; 0: free */
	uint32_t n_slots; /* a power of two, or 0 */
	struct index_posting *postings;
	uint32_t n_postings, posting_capacity;
	struct index_field *fields;
	uint32_t n_fields;
};

/* How often KEY was counted: 0 when it is not there. */
uint32_t rule_index_uses(const struct rule_index *ix, const struct index_key *key);

/* For all categories of S. False without memory. */
bool rule_index_build(struct sigma *s);
void rule_index_free(struct rule_index *ix);

/* Adds to CANDIDATES the places of a superset of the rules that F meets. */
void rule_index_candidates(
	const struct rule_index *ix, const struct facts *f, struct rule_set *candidates);
