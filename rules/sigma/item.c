#include <stdlib.h>

#include "rules/sigma/read.h"

/* Below, a look at each value is faster than a table. */
enum { FEW_VALUES = 8 };

static bool is_single_valued(int field)
{
	enum field_type type;

	if (field == FIELD_ANY_TEXT)
		return false;
	type = field_info((enum field_id)field)->type;
	return type != FIELD_TYPE_KEYWORDS && type != FIELD_TYPE_IPS;
}

static bool is_equality(const struct item_key *key, const struct value *v)
{
	if (key->word != MOD_NONE || key->field == FIELD_ANY_TEXT)
		return false;
	return key->test != TEST_TEXT || v->pattern.kind == PATTERN_EXACT;
}

static int check_all(const struct item_key *key, const struct yaml_node *n, const struct item *item,
	struct error *err)
{
	if (!item->all)
		return 0;
	if (item->n < 2)
		return yaml_error(n, err, "\"all\" needs a list of two values or more; remove it");
	for (uint32_t i = 0; i < item->n && is_single_valued(key->field); i++) {
		if (is_equality(key, &item->values[i]))
			return yaml_error(n, err,
				"%s holds one value, which cannot equal all of these; remove "
				"\"all\"",
				field_info((enum field_id)key->field)->name);
	}
	return 0;
}

static int read_null(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct item *ret)
{
	if (key->field == FIELD_ANY_TEXT)
		return yaml_error(n, r->err, "a value is missing: write what to look for");
	if (key->modifiers & ~(1U << MOD_NEQ))
		return yaml_error(n, r->err,
			"null says that a fact is absent, and takes no modifier but neq; to search "
			"for the word write 'null'");
	ret->test = TEST_ABSENT;
	return 0;
}

static int read_one(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct value *ret)
{
	if (n->kind != YAML_SCALAR)
		return yaml_error(n, r->err, "a single value is wanted here, not a %s",
			n->kind == YAML_LIST ? "list" : "map");
	if (yaml_is_null(n))
		return yaml_error(n, r->err,
			"null cannot stand in a list of values; make it a selection of its own");
	return sigma_read_value(r, key, n, ret);
}

static int read_values(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct item *ret)
{
	size_t count = n->kind == YAML_LIST ? n->n : 1;

	if (count == 0)
		return yaml_error(
			n, r->err, "an empty list of values meets nothing; write one or more");
	if (count > SIGMA_MAX_VALUES)
		return yaml_error(n, r->err,
			"%zu values, at most %d are allowed; make them a list (docs/lists.md) and "
			"name it with expand",
			count, SIGMA_MAX_VALUES);
	if (key->test == TEST_EXISTS && n->kind == YAML_LIST)
		return yaml_error(n, r->err, "\"exists\" takes true or false, not a list");
	ret->values = arena_alloc(r->sigma->arena, count * sizeof(*ret->values));
	if (!ret->values)
		return sigma_no_memory(r->err);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *one = n->kind == YAML_LIST ? n->items[i] : n;

		if (read_one(r, key, one, &ret->values[i]) < 0 && !sigma_go_on(r))
			return r->err->code;
	}
	ret->n = (uint32_t)count;
	return 0;
}

/* Exact texts first, otherwise as they stand. */
static int sort_texts(struct reader *r, struct item *item)
{
	struct value *sorted = arena_alloc(r->sigma->arena, item->n * sizeof(*sorted));
	uint32_t n = 0;

	if (!sorted)
		return sigma_no_memory(r->err);
	for (uint32_t i = 0; i < item->n; i++) {
		const struct pattern *p = &item->values[i].pattern;

		if (p->kind != PATTERN_EXACT)
			continue;
		sorted[n++] = item->values[i];
		item->or_absent = item->or_absent || p->literal.len == 0;
	}
	item->n_exact = n;
	for (uint32_t i = 0; i < item->n; i++) {
		if (item->values[i].pattern.kind != PATTERN_EXACT)
			sorted[n++] = item->values[i];
	}
	item->values = sorted;
	if (item->n_exact <= FEW_VALUES || item->all)
		return 0;
	item->exact = text_set_new(
		r->sigma->arena, item->values, item->n_exact, item->values[0].pattern.cased);
	return item->exact ? 0 : sigma_no_memory(r->err);
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = ((const struct value *)a)->number;
	uint64_t y = ((const struct value *)b)->number;

	return (x > y) - (x < y);
}

static int index_networks(struct reader *r, struct item *item)
{
	struct resource *owner = arena_alloc(r->sigma->arena, sizeof(*owner));

	if (!owner)
		return sigma_no_memory(r->err);
	owner->trie = prefix_trie_new();
	if (!owner->trie)
		return sigma_no_memory(r->err);
	owner->next = r->sigma->resources;
	r->sigma->resources = owner;
	for (uint32_t i = 0; i < item->n; i++) {
		if (prefix_trie_add(owner->trie, &item->values[i].network, i, NULL) < 0)
			return sigma_no_memory(r->err);
	}
	item->networks = owner->trie;
	return 0;
}

static int arrange(struct reader *r, struct item *item)
{
	if (item->test == TEST_TEXT)
		return sort_texts(r, item);
	if (item->test == TEST_NUMBER && item->word == MOD_NONE)
		qsort(item->values, item->n, sizeof(*item->values), compare_numbers);
	if (item->test == TEST_NETWORK && item->n > FEW_VALUES && !item->all)
		return index_networks(r, item);
	return 0;
}

int sigma_read_item(struct reader *r, const struct item_key *key, const struct yaml_node *values,
	struct item *ret)
{
	*ret = (struct item){
		.field = key->field,
		.test = key->test,
		.word = key->word,
		.all = key_has(key, MOD_ALL),
		.neq = key_has(key, MOD_NEQ),
	};
	if (++r->n_items > SIGMA_MAX_ITEMS + 1)
		return 0; /* told once */
	if (r->n_items > SIGMA_MAX_ITEMS)
		return yaml_error(key->node, r->err,
			"the rule has more than %d tests; make it several rules", SIGMA_MAX_ITEMS);
	if (values->kind == YAML_MAP)
		return yaml_error(
			values, r->err, "a value or a list of values is wanted here, not a map");
	if (values->kind == YAML_SCALAR && yaml_is_null(values))
		return read_null(r, key, values, ret);
	if (read_values(r, key, values, ret) < 0)
		return r->err->code;
	if (r->n_faults > 0)
		return 0;
	if (check_all(key, values, ret, r->err) < 0)
		return r->err->code;
	return arrange(r, ret);
}
