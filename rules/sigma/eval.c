#include <stdlib.h>

#include "rules/sigma/program.h"

/* One fact that is there, with its values. */
struct subject {
	int field;
	enum field_type type;
	const struct fact_value *value;
	uint32_t n;
};

static struct subject subject_of(const struct facts *f, int field)
{
	struct subject s = {.field = field,
		.type = field_info((enum field_id)field)->type,
		.value = facts_get(f, (enum field_id)field)};

	if (s.type == FIELD_TYPE_KEYWORDS)
		s.n = s.value->strs.n;
	else if (s.type == FIELD_TYPE_IPS)
		s.n = s.value->ips.n;
	else
		s.n = 1;
	return s;
}

static bool is_text(enum field_type type)
{
	return type == FIELD_TYPE_KEYWORD || type == FIELD_TYPE_WILDCARD ||
	       type == FIELD_TYPE_KEYWORDS;
}

static struct str text_at(const struct subject *s, uint32_t i)
{
	return s->type == FIELD_TYPE_KEYWORDS ? s->value->strs.items[i] : s->value->str;
}

static const struct ip_addr *address_at(const struct subject *s, uint32_t i)
{
	return s->type == FIELD_TYPE_IPS ? &s->value->ips.items[i] : &s->value->ip;
}

static uint64_t number_of(const struct subject *s)
{
	return s->type == FIELD_TYPE_BOOLEAN ? s->value->flag : s->value->num;
}

static bool list_has(const struct lists_set *list, const struct subject *s, uint32_t i)
{
	if (is_text(s->type))
		return lists_set_has_text(list, text_at(s, i));
	if (s->type == FIELD_TYPE_IP || s->type == FIELD_TYPE_IPS)
		return lists_set_has_ip(list, address_at(s, i));
	return lists_set_has_number(list, number_of(s));
}

/* Value V of ITEM against value I of the fact. */
static bool meets(const struct item *item, uint32_t v, const struct subject *s, uint32_t i,
	struct sigma_scratch *w)
{
	const struct value *value = &item->values[v];

	switch (item->test) {
	case TEST_TEXT:
		return pattern_match(&value->pattern, text_at(s, i));
	case TEST_REGEX:
		return pattern_has_part(text_at(s, i), value->required) &&
		       regex_match(value->regex, w->regex, text_at(s, i));
	case TEST_NUMBER:
		return number_compare(number_of(s), item->word, value->number);
	case TEST_NETWORK:
		return ip_prefix_contains(&value->network, address_at(s, i));
	case TEST_LIST:
		return list_has(value->list, s, i);
	case TEST_ABSENT:
	case TEST_EXISTS:
		break;
	}
	return false;
}

static uint32_t find_number(const struct item *item, uint64_t number)
{
	uint32_t low = 0;
	uint32_t high = item->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (item->values[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < item->n && item->values[low].number == number ? low : UINT32_MAX;
}

static uint32_t find_network(const struct item *item, const struct ip_addr *a)
{
	uint32_t v;

	return prefix_trie_longest(item->networks, a, &v, NULL) ? v : UINT32_MAX;
}

/* Which value of ITEM value I of the fact meets, or UINT32_MAX. */
static uint32_t find_value(
	const struct item *item, const struct subject *s, uint32_t i, struct sigma_scratch *w)
{
	uint32_t v = 0;

	if (item->networks)
		return find_network(item, address_at(s, i));
	if (item->test == TEST_NUMBER && item->word == MOD_NONE)
		return find_number(item, number_of(s));
	if (item->exact) {
		v = text_set_find(item->exact, text_at(s, i));
		if (v != UINT32_MAX)
			return v;
		v = item->n_exact;
	}
	for (; v < item->n; v++) {
		if (meets(item, v, s, i, w))
			return v;
	}
	return UINT32_MAX;
}

static bool any_in_fact(
	const struct item *item, const struct subject *s, struct sigma_scratch *w, struct hit *ret)
{
	for (uint32_t i = 0; i < s->n; i++) {
		uint32_t v = find_value(item, s, i, w);

		if (v != UINT32_MAX) {
			*ret = (struct hit){s->field, i, v};
			return true;
		}
	}
	return false;
}

static bool one_in_fact(const struct item *item, uint32_t v, const struct subject *s,
	struct sigma_scratch *w, struct hit *ret)
{
	for (uint32_t i = 0; i < s->n; i++) {
		if (meets(item, v, s, i, w)) {
			*ret = (struct hit){s->field, i, v};
			return true;
		}
	}
	return false;
}

/* The next fact that is there and is text, from FIELD on; FIELD_COUNT when there is none. */
static int next_text(const struct facts *f, int field)
{
	for (; field < FIELD_COUNT; field++) {
		if (is_text(field_info((enum field_id)field)->type) &&
			facts_has(f, (enum field_id)field))
			return field;
	}
	return FIELD_COUNT;
}

static bool any_value(
	const struct item *item, const struct facts *f, struct sigma_scratch *w, struct hit *ret)
{
	struct subject s;

	if (item->field != FIELD_ANY_TEXT) {
		s = subject_of(f, item->field);
		return any_in_fact(item, &s, w, ret);
	}
	facts_settle_all(f);
	for (int field = next_text(f, 0); field < FIELD_COUNT; field = next_text(f, field + 1)) {
		s = subject_of(f, field);
		if (any_in_fact(item, &s, w, ret))
			return true;
	}
	return false;
}

static bool one_value(const struct item *item, uint32_t v, const struct facts *f,
	struct sigma_scratch *w, struct hit *ret)
{
	struct subject s;

	if (item->field != FIELD_ANY_TEXT) {
		s = subject_of(f, item->field);
		return one_in_fact(item, v, &s, w, ret);
	}
	facts_settle_all(f);
	for (int field = next_text(f, 0); field < FIELD_COUNT; field = next_text(f, field + 1)) {
		s = subject_of(f, field);
		if (one_in_fact(item, v, &s, w, ret))
			return true;
	}
	return false;
}

bool item_is_met(
	const struct item *item, const struct facts *f, struct sigma_scratch *w, struct hit *ret)
{
	bool present = item->field == FIELD_ANY_TEXT || facts_has(f, (enum field_id)item->field);

	*ret = (struct hit){.field = item->field};
	if (item->test == TEST_ABSENT)
		return !present;
	if (item->test == TEST_EXISTS)
		return present == (item->values[0].number == 1);
	if (!present)
		return item->or_absent && !item->all;
	if (!item->all)
		return any_value(item, f, w, ret);
	for (uint32_t v = 0; v < item->n; v++) {
		if (!one_value(item, v, f, w, ret))
			return false;
	}
	return true;
}

bool item_holds(const struct item *item, const struct facts *f, struct sigma_scratch *w)
{
	struct hit ignored;

	return item_is_met(item, f, w, &ignored) != item->neq;
}

static bool group_holds(const struct group *g, const struct facts *f, struct sigma_scratch *w)
{
	for (uint32_t i = 0; i < g->n; i++) {
		if (!item_holds(&g->items[g->order[i]], f, w))
			return false;
	}
	return true;
}

bool selection_holds(const struct selection *s, const struct facts *f, struct sigma_scratch *w)
{
	for (uint32_t i = 0; i < s->n; i++) {
		if (group_holds(&s->groups[i], f, w))
			return true;
	}
	return false;
}

bool program_holds(const struct program *p, const struct facts *f, struct sigma_scratch *w)
{
	bool value = false;
	uint32_t at = 0;

	while (at < p->n_code) {
		const struct instruction *in = &p->code[at++];

		switch (in->op) {
		case OP_TEST:
			value = selection_holds(&p->selections[in->argument], f, w);
			break;
		case OP_NOT:
			value = !value;
			break;
		case OP_JUMP_IF_FALSE:
			at = value ? at : in->argument;
			break;
		case OP_JUMP_IF_TRUE:
			at = value ? in->argument : at;
			break;
		}
	}
	return value;
}

static bool trees_new(struct sigma_scratch *w, const struct sigma *s)
{
	for (int c = 0; c < RULE_CATEGORIES; c++) {
		w->trees[c] = gate_tree_new(s, &s->index[c]);
		if (!w->trees[c])
			return false;
	}
	return true;
}

struct sigma_scratch *sigma_scratch_new(const struct sigma *s)
{
	struct sigma_scratch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->regex = regex_runner_new();
	w->values = calloc(SIGMA_MAX_NODES, 1);
	w->relevant = calloc(SIGMA_MAX_NODES, 1);
	w->told = calloc(SIGMA_MAX_SELECTIONS, 1);
	if (rule_set_init(&w->candidates, s->n) && w->regex && w->values && w->relevant &&
		w->told && trees_new(w, s))
		return w;
	sigma_scratch_free(w);
	return NULL;
}

void sigma_scratch_free(struct sigma_scratch *w)
{
	if (!w)
		return;
	regex_runner_free(w->regex);
	for (int c = 0; c < RULE_CATEGORIES; c++)
		gate_tree_free(w->trees[c]);
	rule_set_done(&w->candidates);
	free(w->values);
	free(w->relevant);
	free(w->told);
	free(w);
}

uint64_t sigma_regex_limit_hits(const struct sigma_scratch *w)
{
	return regex_limit_hits(w->regex);
}

void sigma_eval(const struct sigma *s, struct sigma_scratch *w, enum rule_category category,
	const struct facts *f, sigma_match_fn *match, void *user)
{
	const struct rule_index *ix = &s->index[category];
	uint32_t place;

	rule_index_candidates(ix, w->trees[category], f, &w->candidates);
	while (rule_set_take(&w->candidates, &place)) {
		const struct program *p = &s->programs[ix->rules[place]];
		const struct rule_match m = {&p->rule, p, w};

		if (program_holds(p, f, w))
			match(user, &m);
	}
}
