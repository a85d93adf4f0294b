#include "rules/sigma/index.h"

#include <stdlib.h>

#include "rules/sigma/cover.h"
#include "rules/sigma/program.h"

/* The slot of KEY, or the free one where it belongs. */
static uint32_t *find_slot(const struct rule_index *ix, const struct index_key *key)
{
	uint32_t mask = ix->n_slots - 1;
	uint32_t slot = (uint32_t)index_key_hash(key) & mask;

	while (ix->slots[slot] != 0 && !index_key_equal(&ix->entries[ix->slots[slot] - 1].key, key))
		slot = (slot + 1) & mask;
	return &ix->slots[slot];
}

static uint32_t find_entry(const struct rule_index *ix, const struct index_key *key)
{
	return ix->n_slots ? *find_slot(ix, key) - 1 : INDEX_NONE;
}

static bool grow_slots(struct rule_index *ix)
{
	uint32_t n = ix->n_slots ? 2 * ix->n_slots : 64;
	uint32_t *slots = calloc(n, sizeof(*slots));

	if (!slots)
		return false;
	free(ix->slots);
	ix->slots = slots;
	ix->n_slots = n;
	for (uint32_t i = 0; i < ix->n_entries; i++)
		*find_slot(ix, &ix->entries[i].key) = i + 1;
	return true;
}

/* ARRAY with room for one element behind N, or NULL and the old one stays. */
static void *with_room(void *array, uint32_t *capacity, uint32_t n, size_t size)
{
	uint32_t wanted = *capacity ? 2 * *capacity : 64;
	void *grown;

	if (n < *capacity)
		return array;
	if (n >= UINT32_MAX / 4)
		return NULL;
	grown = realloc(array, wanted * size);
	if (grown)
		*capacity = wanted;
	return grown;
}

/* The entry keeps a copy of the key's text in A. */
static uint32_t find_or_add(struct rule_index *ix, struct arena *a, const struct index_key *key)
{
	struct index_entry *entries;
	uint32_t *slot;

	if (2 * (ix->n_entries + 1) > ix->n_slots && !grow_slots(ix))
		return INDEX_NONE;
	slot = find_slot(ix, key);
	if (*slot != 0)
		return *slot - 1;
	entries = with_room(ix->entries, &ix->entry_capacity, ix->n_entries, sizeof(*entries));
	if (!entries)
		return INDEX_NONE;
	ix->entries = entries;
	entries[ix->n_entries] = (struct index_entry){.key = *key, .first = INDEX_NONE};
	if (key->text.len > 0) {
		struct str text = arena_str(a, key->text);

		if (!text.data)
			return INDEX_NONE;
		entries[ix->n_entries].key.text = text;
	}
	*slot = ++ix->n_entries;
	return *slot - 1;
}

uint32_t rule_index_uses(const struct rule_index *ix, const struct index_key *key)
{
	uint32_t entry = find_entry(ix, key);

	return entry == INDEX_NONE ? 0 : ix->entries[entry].uses;
}

static bool post(struct rule_index *ix, struct arena *a, const struct index_key *key, uint32_t rule)
{
	uint32_t entry = find_or_add(ix, a, key);
	struct index_posting *postings;

	if (entry == INDEX_NONE)
		return false;
	postings =
		with_room(ix->postings, &ix->posting_capacity, ix->n_postings, sizeof(*postings));
	if (!postings)
		return false;
	ix->postings = postings;
	ix->postings[ix->n_postings] = (struct index_posting){rule, ix->entries[entry].first};
	ix->entries[entry].first = ix->n_postings++;
	return true;
}

static bool post_item(struct rule_index *ix, struct arena *a, const struct group *g,
	const struct item *item, uint32_t rule)
{
	uint32_t n = cover_keys(item);
	char buf[PATTERN_MAX_BYTES];

	for (uint32_t i = 0; i < n; i++) {
		struct index_key key = cover_key(g, item, i, buf);

		if (!post(ix, a, &key, rule))
			return false;
	}
	return true;
}

static void set_bit(uint64_t *set, uint32_t place)
{
	set[place / 64] |= UINT64_C(1) << (place % 64);
}

/* Posts P, the rule at PLACE, under its best cover, or lets it run always. */
static bool post_rule(struct rule_index *ix, struct arena *a, const struct program *p,
	uint32_t place, const struct rule_index *counts)
{
	bool chosen[SIGMA_MAX_SELECTIONS];

	if (!cover_choose(p, counts, chosen)) {
		set_bit(ix->always, place);
		return true;
	}
	for (uint32_t s = 0; s < p->n_selections; s++) {
		for (uint32_t i = 0; chosen[s] && i < p->selections[s].n; i++) {
			const struct group *g = &p->selections[s].groups[i];

			if (!post_item(ix, a, g, cover_best_item(g, counts), place))
				return false;
		}
	}
	return true;
}

/* One use for every key that ITEM could be found by. */
static bool count_uses(
	struct rule_index *counts, struct arena *a, const struct group *g, const struct item *item)
{
	uint32_t n = cover_keys(item);
	char buf[PATTERN_MAX_BYTES];

	for (uint32_t i = 0; i < n; i++) {
		struct index_key key = cover_key(g, item, i, buf);
		uint32_t entry = find_or_add(counts, a, &key);

		if (entry == INDEX_NONE)
			return false;
		counts->entries[entry].uses++;
	}
	return true;
}

static bool count_program(struct rule_index *counts, struct arena *a, const struct program *p)
{
	for (uint32_t s = 0; s < p->n_selections; s++) {
		for (uint32_t i = 0; i < p->selections[s].n; i++) {
			const struct group *g = &p->selections[s].groups[i];

			for (uint32_t k = 0; k < g->n; k++) {
				if (!count_uses(counts, a, g, &g->items[k]))
					return false;
			}
		}
	}
	return true;
}

/* The keys of FIELD in KEYS, and the rules that they find in RULES. */
static uint32_t collect_keys(
	const struct rule_index *ix, int field, struct field_key *keys, uint64_t *rules)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ix->n_entries; i++) {
		const struct index_entry *entry = &ix->entries[i];

		if (entry->key.field != field)
			continue;
		keys[n++] = (struct field_key){entry->key, i};
		for (uint32_t at = entry->first; at != INDEX_NONE; at = ix->postings[at].next)
			set_bit(rules, ix->postings[at].rule);
	}
	return n;
}

static bool build_field(struct rule_index *ix, int field, struct field_key *keys)
{
	struct index_field *to = &ix->fields[ix->n_fields];
	uint32_t n;

	to->field = field;
	to->rules = calloc(ix->n_rules / 64 + 1, sizeof(*to->rules));
	if (!to->rules)
		return false;
	ix->n_fields++;
	n = collect_keys(ix, field, keys, to->rules);
	to->keys = field_index_new(field, keys, n);
	return to->keys != NULL;
}

/* Facts that any key asks for. */
static bool build_fields(struct rule_index *ix)
{
	struct field_key *keys = calloc(ix->n_entries + 1, sizeof(*keys));
	bool asked[FIELD_COUNT] = {false};
	bool good;

	ix->fields = calloc(FIELD_COUNT, sizeof(*ix->fields));
	good = keys && ix->fields;
	for (uint32_t i = 0; i < ix->n_entries; i++)
		asked[ix->entries[i].key.field] = true;
	for (int field = 0; field < FIELD_COUNT && good; field++) {
		if (asked[field])
			good = build_field(ix, field, keys);
	}
	free(keys);
	free(ix->slots);
	ix->slots = NULL;
	ix->n_slots = 0;
	return good;
}

static bool build_category(
	struct sigma *s, enum rule_category c, struct rule_index *counts, struct arena *scratch)
{
	struct rule_index *ix = &s->index[c];

	ix->rules = calloc(s->n + 1, sizeof(*ix->rules));
	ix->all = calloc(s->n / 64 + 1, sizeof(*ix->all));
	ix->always = calloc(s->n / 64 + 1, sizeof(*ix->always));
	if (!ix->rules || !ix->all || !ix->always)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		if (s->programs[i].rule.category != c)
			continue;
		set_bit(ix->all, ix->n_rules);
		ix->rules[ix->n_rules++] = (uint32_t)i;
		if (!count_program(counts, scratch, &s->programs[i]))
			return false;
	}
	for (uint32_t i = 0; i < ix->n_rules; i++) {
		if (!post_rule(ix, s->arena, &s->programs[ix->rules[i]], i, counts))
			return false;
	}
	return build_fields(ix) && gates_build(&ix->gates, s, ix->rules, ix->n_rules);
}

bool rule_index_build(struct sigma *s)
{
	enum { BLOCK_BYTES = 65536 };

	for (int c = 0; c < RULE_CATEGORIES; c++) {
		struct arena *scratch = arena_new(BLOCK_BYTES);
		struct rule_index counts = {0};
		bool good = scratch && build_category(s, (enum rule_category)c, &counts, scratch);

		rule_index_free(&counts);
		arena_free(scratch);
		if (!good)
			return false;
	}
	return true;
}

void rule_index_free(struct rule_index *ix)
{
	for (uint32_t i = 0; i < ix->n_fields; i++) {
		field_index_free(ix->fields[i].keys);
		free(ix->fields[i].rules);
	}
	gates_done(&ix->gates);
	free(ix->rules);
	free(ix->all);
	free(ix->always);
	free(ix->entries);
	free(ix->slots);
	free(ix->postings);
	free(ix->fields);
}

/* Where keys that are met put their rules. */
struct marking {
	const struct rule_index *ix;
	const uint64_t *possible;
	struct rule_set *candidates;
};

static void mark(void *user, uint32_t entry)
{
	const struct marking *m = user;
	uint32_t at = m->ix->entries[entry].first;

	for (; at != INDEX_NONE; at = m->ix->postings[at].next) {
		uint32_t rule = m->ix->postings[at].rule;

		if (m->possible[rule / 64] >> (rule % 64) & 1)
			rule_set_add(m->candidates, rule);
	}
}

void rule_index_candidates(const struct rule_index *ix, struct gate_tree *tree,
	const struct facts *f, struct rule_set *candidates)
{
	const struct gate_leaf *leaf = gate_tree_find(tree, f);
	struct marking marking = {.ix = ix, .candidates = candidates};

	for (uint32_t i = 0; !leaf && i < ix->n_rules; i++)
		rule_set_add(candidates, i);
	if (!leaf)
		return;
	for (uint32_t i = 0; i < leaf->n_direct; i++)
		rule_set_add(candidates, leaf->direct[i]);
	marking.possible = leaf->possible;
	for (uint32_t i = 0; i < leaf->n_fields; i++) {
		const struct index_field *field = &ix->fields[leaf->fields[i]];
		const struct fact_value *value = facts_get(f, (enum field_id)field->field);

		if (value)
			field_index_find(field->keys, value, mark, &marking);
	}
}
