#include "rules/sigma/index.h"

#include <stdlib.h>

#include "rules/sigma/cover.h"
#include "rules/sigma/program.h"

/* A field id is small, so that kinds do not overlap. No secret: what is in the table comes from the
 * rules. */
static uint64_t key_hash(const struct index_key *key)
{
	uint64_t seed = (uint64_t)key->field << 2 | (uint64_t)key->kind;

	if (key->kind == KEY_TEXT)
		return hash64(key->text.data, key->text.len, seed);
	return hash64(&key->number, sizeof(key->number), seed);
}

static bool same_key(const struct index_key *a, const struct index_key *b)
{
	return a->field == b->field && a->kind == b->kind && a->number == b->number &&
	       str_eq(a->text, b->text);
}

/* The slot of KEY, or the free one where it belongs. */
static uint32_t *find_slot(const struct rule_index *ix, const struct index_key *key)
{
	uint32_t mask = ix->n_slots - 1;
	uint32_t slot = (uint32_t)key_hash(key) & mask;

	while (ix->slots[slot] != 0 && !same_key(&ix->entries[ix->slots[slot] - 1].key, key))
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
	if (key->kind == KEY_TEXT) {
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

static bool post_item(
	struct rule_index *ix, struct arena *a, const struct item *item, uint32_t rule)
{
	uint32_t n = cover_keys(item);
	char buf[PATTERN_MAX_BYTES];

	for (uint32_t i = 0; i < n; i++) {
		struct index_key key = cover_key(item, i, buf);

		if (!post(ix, a, &key, rule))
			return false;
	}
	return true;
}

/* Posts P, the rule at PLACE, under its best cover, or lets it run always. */
static bool post_rule(struct rule_index *ix, struct arena *a, const struct program *p,
	uint32_t place, const struct rule_index *counts)
{
	bool chosen[SIGMA_MAX_SELECTIONS];

	if (!cover_choose(p, counts, chosen)) {
		ix->always[ix->n_always++] = place;
		return true;
	}
	for (uint32_t s = 0; s < p->n_selections; s++) {
		for (uint32_t g = 0; chosen[s] && g < p->selections[s].n; g++) {
			const struct item *best =
				cover_best_item(&p->selections[s].groups[g], counts);

			if (!post_item(ix, a, best, place))
				return false;
		}
	}
	return true;
}

/* One use for every key that P could be found by. */
static bool count_uses(struct rule_index *counts, struct arena *a, const struct item *item)
{
	uint32_t n = cover_keys(item);
	char buf[PATTERN_MAX_BYTES];

	for (uint32_t i = 0; i < n; i++) {
		struct index_key key = cover_key(item, i, buf);
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
		for (uint32_t g = 0; g < p->selections[s].n; g++) {
			const struct group *group = &p->selections[s].groups[g];

			for (uint32_t i = 0; i < group->n; i++) {
				if (!count_uses(counts, a, &group->items[i]))
					return false;
			}
		}
	}
	return true;
}

/* Facts that any key asks for, each once, in the order of their first key. */
static bool list_fields(struct rule_index *ix)
{
	ix->fields = calloc(FIELD_COUNT, sizeof(*ix->fields));
	if (!ix->fields)
		return false;
	for (uint32_t i = 0; i < ix->n_entries; i++) {
		const struct index_key *key = &ix->entries[i].key;
		uint32_t at = 0;

		while (at < ix->n_fields && ix->fields[at].field != key->field)
			at++;
		if (at == ix->n_fields)
			ix->fields[ix->n_fields++] = (struct index_field){key->field, INDEX_NONE};
		if (key->kind == KEY_PRESENT)
			ix->fields[at].present = i;
	}
	return true;
}

static bool build_category(
	struct sigma *s, enum rule_category c, struct rule_index *counts, struct arena *scratch)
{
	struct rule_index *ix = &s->index[c];

	ix->rules = calloc(s->n + 1, sizeof(*ix->rules));
	ix->always = calloc(s->n + 1, sizeof(*ix->always));
	if (!ix->rules || !ix->always)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		if (s->programs[i].rule.category != c)
			continue;
		ix->rules[ix->n_rules++] = (uint32_t)i;
		if (!count_program(counts, scratch, &s->programs[i]))
			return false;
	}
	for (uint32_t i = 0; i < ix->n_rules; i++) {
		if (!post_rule(ix, s->arena, &s->programs[ix->rules[i]], i, counts))
			return false;
	}
	return list_fields(ix);
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
	free(ix->rules);
	free(ix->always);
	free(ix->entries);
	free(ix->slots);
	free(ix->postings);
	free(ix->fields);
}

static void mark(const struct rule_index *ix, uint32_t entry, struct rule_set *candidates)
{
	uint32_t i = entry == INDEX_NONE ? INDEX_NONE : ix->entries[entry].first;

	for (; i != INDEX_NONE; i = ix->postings[i].next)
		rule_set_add(candidates, ix->postings[i].rule);
}

static void mark_text(
	const struct rule_index *ix, int field, struct str text, struct rule_set *candidates)
{
	char lower[PATTERN_MAX_BYTES];
	struct index_key key = {.field = field, .kind = KEY_TEXT};

	if (!pattern_lower_copy(lower, text))
		return;
	key.text = (struct str){lower, text.len};
	mark(ix, find_entry(ix, &key), candidates);
}

static void mark_number(
	const struct rule_index *ix, int field, uint64_t number, struct rule_set *candidates)
{
	struct index_key key = {.field = field, .kind = KEY_NUMBER, .number = number};

	mark(ix, find_entry(ix, &key), candidates);
}

static void mark_values(const struct rule_index *ix, int field, const struct fact_value *v,
	struct rule_set *candidates)
{
	switch (field_info((enum field_id)field)->type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		mark_text(ix, field, v->str, candidates);
		break;
	case FIELD_TYPE_KEYWORDS:
		for (uint32_t i = 0; i < v->strs.n; i++)
			mark_text(ix, field, v->strs.items[i], candidates);
		break;
	case FIELD_TYPE_LONG:
		mark_number(ix, field, v->num, candidates);
		break;
	case FIELD_TYPE_BOOLEAN:
		mark_number(ix, field, v->flag, candidates);
		break;
	case FIELD_TYPE_IP:
	case FIELD_TYPE_IPS:
	case FIELD_TYPE_DATE:
		break; /* asked for by their presence alone */
	}
}

void rule_index_candidates(
	const struct rule_index *ix, const struct facts *f, struct rule_set *candidates)
{
	for (uint32_t i = 0; i < ix->n_always; i++)
		rule_set_add(candidates, ix->always[i]);
	for (uint32_t i = 0; i < ix->n_fields; i++) {
		const struct fact_value *v = facts_get(f, (enum field_id)ix->fields[i].field);

		if (!v)
			continue;
		mark(ix, ix->fields[i].present, candidates);
		mark_values(ix, ix->fields[i].field, v, candidates);
	}
}
