#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/sigma/expand.h"
#include "rules/sigma/read.h"

/* Below, a look at each value is faster than a table. */
enum { FEW_VALUES = 8 };

static bool is_single_valued(int field)
{
	enum field_type type;

	if (field < 0)
		return false;
	type = field_info((enum field_id)field)->type;
	return type != FIELD_TYPE_KEYWORDS && type != FIELD_TYPE_IPS;
}

static bool is_equality(const struct item_key *key, const struct value *v)
{
	if (key->word != MOD_NONE || key->field == FIELD_ANY_TEXT || key->test == TEST_REFERENCE)
		return false;
	if (key->test == TEST_NETWORK)
		return v->network.length_bits == 128;
	return key->test != TEST_TEXT || v->pattern.kind == PATTERN_EXACT;
}

/* N: the values of the rule, WRITTEN of them. */
static int check_all(struct reader *r, const struct item_key *key, const struct yaml_node *n,
	const struct item *item, size_t written)
{
	char name[SIGMA_NAME_TEXT_BYTES];

	if (!item->all)
		return 0;
	if (written < 2)
		return yaml_error(
			n, r->err, "\"all\" needs a list of two values or more; remove it");
	for (uint32_t i = 0; i < item->n && is_single_valued(key->field) && !r->is_public; i++) {
		if (is_equality(key, &item->values[i]) && !item->alternatives)
			return yaml_error(n, r->err,
				"%s holds one value, which cannot equal all of these; remove "
				"\"all\"",
				sigma_name_text(name, key->name));
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

static int read_one(struct reader *r, const struct item_key *key, const struct yaml_node *n,
	struct value_list *values)
{
	if (n->kind != YAML_SCALAR)
		return yaml_error(n, r->err, "a single value is wanted here, not a %s",
			n->kind == YAML_LIST ? "list" : "map");
	if (yaml_is_null(n))
		return yaml_error(n, r->err,
			"null cannot stand in a list of values; make it a selection of its own");
	return sigma_read_value(r, key, n, values);
}

static size_t count_of(const struct yaml_node *values)
{
	return values->kind == YAML_LIST ? values->n : 1;
}

static const struct yaml_node *value_at(const struct yaml_node *values, size_t i)
{
	return values->kind == YAML_LIST ? values->items[i] : values;
}

static int check_count(const struct item_key *key, const struct yaml_node *n, struct error *err)
{
	size_t count = count_of(n);

	if (count == 0)
		return yaml_error(
			n, err, "an empty list of values meets nothing; write one or more");
	if (count > SIGMA_MAX_VALUES)
		return yaml_error(n, err,
			"%zu values, at most %d are allowed; make them a list (docs/lists.md) and "
			"name it with expand",
			count, SIGMA_MAX_VALUES);
	if (key->test == TEST_EXISTS && n->kind == YAML_LIST)
		return yaml_error(n, err, "\"exists\" takes true or false, not a list");
	return 0;
}

static int keep_values(struct reader *r, const struct value_list *values, struct item *ret)
{
	ret->values = arena_alloc(r->sigma->arena, values->n * sizeof(*ret->values));
	if (!ret->values)
		return sigma_no_memory(r->err);
	memcpy(ret->values, values->items, values->n * sizeof(*ret->values));
	ret->n = values->n;
	for (uint32_t i = 1; i < ret->n; i++)
		ret->alternatives =
			ret->alternatives || ret->values[i].written == ret->values[i - 1].written;
	return 0;
}

static int read_values(
	struct reader *r, const struct item_key *key, const struct yaml_node *n, struct item *ret)
{
	struct value_list values = {.n = 0};
	int rc = 0;

	if (check_count(key, n, r->err) < 0)
		return ERR_CONFIG;
	for (size_t i = 0; i < count_of(n) && rc == 0; i++) {
		values.written = (uint32_t)i;
		if (read_one(r, key, value_at(n, i), &values) < 0 && !sigma_go_on(r))
			rc = r->err->code;
	}
	if (rc == 0 && values.n > 0)
		rc = keep_values(r, &values, ret);
	free(values.items);
	return rc;
}

/* Whether any of the values says that a fact which is no text is compared as one. */
static bool wants_text(const struct item_key *key, const struct yaml_node *values)
{
	enum field_type type;
	bool any = false;

	if (key->field < 0 || key->word != MOD_NONE ||
		(key->test != TEST_NUMBER && key->test != TEST_NETWORK))
		return false;
	type = field_info((enum field_id)key->field)->type;
	for (size_t i = 0; i < count_of(values); i++) {
		struct str text = value_at(values, i)->text;

		any = any || text.len == 0 || pattern_has_wildcard(text);
	}
	return any && type != FIELD_TYPE_DATE && type != FIELD_TYPE_BOOLEAN;
}

/* Whether all values, which are compared as texts, say networks: those are looked up. */
static bool are_networks(const struct item_key *key, const struct yaml_node *values)
{
	bool all = key->field >= 0 && (key->word == MOD_NONE || key->word == MOD_STARTSWITH);
	enum field_type type;
	struct value ignored;

	for (size_t i = 0; i < count_of(values) && all; i++)
		all = sigma_text_network(key, value_at(values, i)->text, &ignored);
	if (!all)
		return false;
	type = field_info((enum field_id)key->field)->type;
	return type == FIELD_TYPE_IP || type == FIELD_TYPE_IPS;
}

/* Whether "expand" of texts stands for lists and nothing else. */
static bool is_lists(const struct yaml_node *values)
{
	struct str ignored;
	bool all = true;

	for (size_t i = 0; i < count_of(values); i++)
		all = all && expand_is_placeholder(value_at(values, i)->text, &ignored);
	return all;
}

static bool is_text(int field)
{
	enum field_type type = field_info((enum field_id)field)->type;

	return type == FIELD_TYPE_KEYWORD || type == FIELD_TYPE_WILDCARD ||
	       type == FIELD_TYPE_KEYWORDS;
}

/* What the values say about the test. */
static struct item_key judge_values(const struct item_key *key, const struct yaml_node *values)
{
	struct item_key ret = *key;

	if (wants_text(key, values))
		ret.test = TEST_TEXT;
	if (ret.test == TEST_TEXT && are_networks(key, values))
		ret.test = TEST_NETWORK;
	if (key->test == TEST_LIST && is_text(key->field) && !is_lists(values)) {
		ret.test = TEST_TEXT;
		ret.word = MOD_NONE;
	}
	return ret;
}

/* "wide base64offset": what the values went through, for those who read why a rule matched. */
static int keep_how(struct reader *r, const struct item_key *key, struct item *ret)
{
	char text[64] = "";
	size_t len = 0;

	if (key->n_steps == 0 && key->part == MOD_NONE)
		return 0;
	for (uint32_t i = 0; i < key->n_steps; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
			sigma_modifier_name(key->steps[i]));
	if (key->part != MOD_NONE)
		(void)snprintf(text, sizeof(text), "%s", sigma_modifier_name(key->part));
	ret->how = arena_str(r->sigma->arena, str_from(text));
	return ret->how.data ? 0 : sigma_no_memory(r->err);
}

/* Exact texts first, otherwise as they stand; of alternatives that all must be met, none is moved.
 */
static int sort_texts(struct reader *r, struct item *item)
{
	struct value *sorted;
	uint32_t n = 0;

	if (item->alternatives && item->all)
		return 0;
	sorted = arena_alloc(r->sigma->arena, item->n * sizeof(*sorted));
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

static int index_parts(struct reader *r, struct item *item)
{
	struct resource *owner = arena_alloc(r->sigma->arena, sizeof(*owner));

	if (!owner)
		return sigma_no_memory(r->err);
	*owner = (struct resource){.next = r->sigma->resources,
		.parts = part_set_new(
			r->sigma->arena, item->values + item->n_exact, item->n - item->n_exact)};
	if (!owner->parts)
		return sigma_no_memory(r->err);
	r->sigma->resources = owner;
	item->parts = owner->parts;
	return 0;
}

static int arrange_texts(struct reader *r, struct item *item)
{
	if (sort_texts(r, item) < 0)
		return r->err->code;
	if (item->all || r->foreign || item->n - item->n_exact <= FEW_VALUES)
		return 0;
	return index_parts(r, item);
}

static int arrange(struct reader *r, struct item *item)
{
	if (item->test == TEST_TEXT)
		return arrange_texts(r, item);
	if (item->test == TEST_NUMBER && item->word == MOD_NONE && !r->foreign)
		qsort(item->values, item->n, sizeof(*item->values), compare_numbers);
	if (item->test == TEST_NETWORK && item->n > FEW_VALUES && !item->all)
		return index_networks(r, item);
	return 0;
}

int sigma_read_item(struct reader *r, const struct item_key *key, const struct yaml_node *values,
	struct item *ret)
{
	const struct item_key judged = judge_values(key, values);

	*ret = (struct item){
		.field = key->field,
		.test = judged.test,
		.word = judged.word,
		.part = key->part,
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
	if (read_values(r, &judged, values, ret) < 0)
		return r->err->code;
	if (r->n_faults > 0)
		return 0;
	if (check_all(r, &judged, values, ret, count_of(values)) < 0 || keep_how(r, key, ret) < 0)
		return r->err->code;
	return arrange(r, ret);
}
