#include "rules/sigma/gate.h"

#include <stdlib.h>

#include "rules/sigma/program.h"

/* Kleene's three values: what can be said while only one fact is known. */
enum truth { NO, YES, MAYBE };

static enum truth truth_not(enum truth t)
{
	return t == MAYBE ? MAYBE : t == NO ? YES : NO;
}

static enum truth truth_and(enum truth a, enum truth b)
{
	if (a == NO || b == NO)
		return NO;
	return a == YES && b == YES ? YES : MAYBE;
}

static enum truth truth_or(enum truth a, enum truth b)
{
	return truth_not(truth_and(truth_not(a), truth_not(b)));
}

static enum truth text_truth(const struct gate *g, uint32_t class, const struct item *item)
{
	uint32_t met = 0;

	if (g->kind != GATE_TEXT || item->n_exact != item->n || item->values[0].pattern.cased ||
		(item->all && item->alternatives))
		return MAYBE;
	if (class == GATE_OTHER)
		return NO;
	for (uint32_t v = 0; v < item->n; v++)
		met += str_eq(item->values[v].pattern.literal, g->texts[class - 2]);
	return met == item->n || (met > 0 && !item->all) ? YES : NO;
}

/* All numbers of a class compare alike. */
static enum truth number_truth(const struct gate *g, uint32_t class, const struct item *item)
{
	uint64_t number = 0;
	uint32_t met = 0;

	if (g->kind == GATE_PRESENCE || item->part != MOD_NONE)
		return MAYBE;
	if (class > GATE_OTHER)
		number = g->bounds[class - 2];
	else if (g->bounds[0] > 0)
		number = g->bounds[0] - 1;
	for (uint32_t v = 0; v < item->n; v++)
		met += number_compare(number, item->word, item->values[v].number);
	return met == item->n || (met > 0 && !item->all) ? YES : NO;
}

static enum truth test_truth(const struct gate *g, uint32_t class, const struct item *item)
{
	if (item->test == TEST_ABSENT)
		return class == GATE_ABSENT ? YES : NO;
	if (item->test == TEST_EXISTS)
		return (class != GATE_ABSENT) == (item->values[0].number == 1) ? YES : NO;
	if (class == GATE_ABSENT)
		return item->or_absent && !item->all ? YES : NO;
	if (item->test == TEST_TEXT)
		return text_truth(g, class, item);
	if (item->test == TEST_NUMBER)
		return number_truth(g, class, item);
	return MAYBE;
}

/* What is known of some facts. */
struct known {
	const struct gates *gates;
	const uint8_t *classes; /* by gate */
};

static enum truth item_truth(const struct known *k, const struct item *item)
{
	uint32_t place = item->field == FIELD_ANY_TEXT ? 0 : k->gates->of_field[item->field];
	enum truth t;

	if (place == 0 || k->classes[place - 1] == GATE_UNKNOWN)
		return MAYBE;
	t = test_truth(&k->gates->items[place - 1], k->classes[place - 1], item);
	return item->neq ? truth_not(t) : t;
}

static enum truth selection_truth(const struct known *k, const struct selection *s)
{
	enum truth any = NO;

	for (uint32_t i = 0; i < s->n && any != YES; i++) {
		enum truth all = YES;

		for (uint32_t j = 0; j < s->groups[i].n && all != NO; j++)
			all = truth_and(all, item_truth(k, &s->groups[i].items[j]));
		any = truth_or(any, all);
	}
	return any;
}

bool gates_allow(const struct gates *g, const uint8_t classes[GATES_MAX], const struct program *p)
{
	struct known known = {g, classes};
	enum truth values[SIGMA_MAX_NODES];

	for (uint32_t i = 0; i < p->n_nodes; i++) {
		const struct node *node = &p->nodes[i];
		enum truth right = i ? values[i - 1] : NO;

		if (node->op == NODE_SELECTION)
			values[i] = selection_truth(&known, &p->selections[node->selection]);
		else if (node->op == NODE_NOT)
			values[i] = truth_not(right);
		else if (node->op == NODE_AND)
			values[i] = truth_and(values[node->left], right);
		else
			values[i] = truth_or(values[node->left], right);
	}
	return values[p->n_nodes - 1] != NO;
}

typedef void item_fn(void *user, const struct item *item);

static void each_item(const struct program *p, item_fn *fn, void *user)
{
	for (uint32_t s = 0; s < p->n_selections; s++) {
		for (uint32_t g = 0; g < p->selections[s].n; g++) {
			for (uint32_t i = 0; i < p->selections[s].groups[g].n; i++)
				fn(user, &p->selections[s].groups[g].items[i]);
		}
	}
}

/* The values of one fact that items name; N beyond GATE_MAX_VALUES: too many. */
struct named {
	int field;
	uint32_t n;
	uint64_t numbers[GATE_MAX_VALUES];
	struct str texts[GATE_MAX_VALUES];
	bool mentioned; /* by the rule that is looked at */
};

static void name_number(struct named *named, uint64_t number)
{
	uint32_t at = 0;

	while (at < named->n && at < GATE_MAX_VALUES && named->numbers[at] < number)
		at++;
	if (named->n > GATE_MAX_VALUES || (at < named->n && named->numbers[at] == number))
		return;
	if (named->n++ >= GATE_MAX_VALUES)
		return;
	for (uint32_t i = named->n - 1; i > at; i--)
		named->numbers[i] = named->numbers[i - 1];
	named->numbers[at] = number;
}

static void name_text(struct named *named, struct str text)
{
	if (named->n > GATE_MAX_VALUES || text.len == 0)
		return;
	for (uint32_t i = 0; i < named->n; i++) {
		if (str_eq(named->texts[i], text))
			return;
	}
	if (named->n++ < GATE_MAX_VALUES)
		named->texts[named->n - 1] = text;
}

/* Where the answer to a comparison changes. */
static void name_limits(struct named *named, const struct item *item)
{
	bool at = item->word == MOD_NONE || item->word == MOD_GTE || item->word == MOD_LT;
	bool behind = item->word == MOD_NONE || item->word == MOD_GT || item->word == MOD_LTE;

	for (uint32_t v = 0; v < item->n; v++) {
		uint64_t number = item->values[v].number;

		if (at)
			name_number(named, number);
		if (behind && number < UINT64_MAX)
			name_number(named, number + 1);
	}
}

static void name_values(void *user, const struct item *item)
{
	struct named *named = user;
	bool is_one_text = item->test == TEST_TEXT && item->field != FIELD_ANY_TEXT &&
			   field_info((enum field_id)item->field)->type == FIELD_TYPE_KEYWORD;

	if (item->field != named->field)
		return;
	named->mentioned = true;
	if (item->test == TEST_NUMBER && item->part == MOD_NONE)
		name_limits(named, item);
	for (uint32_t v = 0; is_one_text && v < item->n_exact; v++) {
		if (!item->values[v].pattern.cased)
			name_text(named, item->values[v].pattern.literal);
	}
}

/* Takes the rule at PLACE out of the classes of gate WHICH in which it cannot hold. */
static void narrow(struct gates *gates, uint32_t which, const struct program *p, uint32_t place)
{
	struct gate *g = &gates->items[which];
	uint64_t bit = UINT64_C(1) << (place % 64);
	uint8_t classes[GATES_MAX];

	memset(classes, GATE_UNKNOWN, sizeof(classes));
	g->mentioned[place / 64] |= bit;
	for (uint32_t class = 0; class < g->n_classes; class ++) {
		classes[which] = (uint8_t) class;
		if (gates_allow(gates, classes, p))
			continue;
		g->allowed[(size_t) class * gates->n_words + place / 64] &= ~bit;
		g->narrowed[place / 64] |= bit;
	}
}

static uint64_t length_bit(uint32_t length)
{
	return UINT64_C(1) << (length < 63 ? length : 63);
}

/* Where TEXT, which is not empty, is looked for: few texts of a gate have the same ends. */
static uint32_t first_slot(const struct gate *g, struct str text)
{
	const uint32_t ends = (uint8_t)text.data[0] | (uint32_t)(uint8_t)text.data[text.len - 1]
							      << 8;
	const uint32_t mixed = ((ends | 0x2020U) + (text.len << 16)) * UINT32_C(0x9e3779b1);

	return mixed >> 16 & g->slots_mask;
}

static bool init_texts(struct gate *g, const struct named *named)
{
	enum { LEAST_SLOTS = 4 };
	uint32_t n = LEAST_SLOTS;

	while (n < 4 * named->n)
		n *= 2;
	g->slots_mask = n - 1;
	g->texts = malloc(named->n * sizeof(*g->texts));
	g->slots = calloc(n, sizeof(*g->slots));
	if (!g->texts || !g->slots)
		return false;
	memcpy(g->texts, named->texts, named->n * sizeof(*g->texts));
	for (uint32_t i = 0; i < named->n; i++) {
		uint32_t at = first_slot(g, named->texts[i]);

		while (g->slots[at])
			at = (at + 1) & g->slots_mask;
		g->slots[at] = (uint8_t)(GATE_OTHER + 1 + i);
		g->lengths |= length_bit(named->texts[i].len);
	}
	return true;
}

/* Behind the last bound that is not above NUMBER. */
static uint32_t number_class(const struct gate *g, uint64_t number)
{
	uint32_t low = 0;
	uint32_t high = g->n_classes - (GATE_OTHER + 1);

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (g->bounds[middle] <= number)
			low = middle + 1;
		else
			high = middle;
	}
	return GATE_OTHER + low;
}

static bool init_bounds(struct gate *g, const struct named *named)
{
	g->bounds = malloc(named->n * sizeof(*g->bounds));
	if (!g->bounds)
		return false;
	memcpy(g->bounds, named->numbers, named->n * sizeof(*g->bounds));
	for (uint32_t flag = 0; flag < 2; flag++)
		g->of_flag[flag] = (uint8_t)number_class(g, flag);
	return true;
}

static enum gate_kind kind_of(int field)
{
	switch (field_info((enum field_id)field)->type) {
	case FIELD_TYPE_BOOLEAN:
		return GATE_FLAG;
	case FIELD_TYPE_LONG:
	case FIELD_TYPE_DATE:
		return GATE_NUMBER;
	case FIELD_TYPE_KEYWORD:
		return GATE_TEXT;
	default:
		return GATE_PRESENCE;
	}
}

/* What does not fit is told apart from nothing by its presence alone. */
static bool init_classes(struct gate *g, const struct named *named)
{
	g->n_classes = GATE_OTHER + 1;
	g->kind = kind_of(g->field);
	if (named->n == 0 || named->n > GATE_MAX_VALUES)
		g->kind = GATE_PRESENCE;
	if (g->kind == GATE_PRESENCE)
		return true;
	g->n_classes += named->n;
	return g->kind == GATE_TEXT ? init_texts(g, named) : init_bounds(g, named);
}

static bool init_rules(struct gate *g, uint32_t n_words)
{
	g->allowed = malloc((size_t)g->n_classes * n_words * sizeof(*g->allowed));
	g->narrowed = calloc(n_words, sizeof(*g->narrowed));
	g->mentioned = calloc(n_words, sizeof(*g->mentioned));
	if (!g->allowed || !g->narrowed || !g->mentioned)
		return false;
	memset(g->allowed, 0xff, (size_t)g->n_classes * n_words * sizeof(*g->allowed));
	return true;
}

static bool build_gate(
	struct gates *gates, const struct sigma *s, const uint32_t *places, uint32_t n, int field)
{
	struct named named = {.field = field};
	struct gate *g = &gates->items[gates->n++];

	g->field = field;
	g->cost = field_cost((enum field_id)field);
	gates->of_field[field] = (uint8_t)gates->n;
	for (uint32_t i = 0; i < n; i++)
		each_item(&s->programs[places[i]], name_values, &named);
	if (!init_classes(g, &named) || !init_rules(g, gates->n_words))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		named.mentioned = false;
		each_item(&s->programs[places[i]], name_values, &named);
		if (named.mentioned)
			narrow(gates, gates->n - 1, &s->programs[places[i]], i);
	}
	return true;
}

static void count_field(void *user, const struct item *item)
{
	uint32_t *counts = user;

	if (item->field != FIELD_ANY_TEXT)
		counts[item->field]++;
}

/* The facts that are tested most, fewer than GATES_MAX or as many, in FIELDS. */
static uint32_t choose_fields(uint32_t counts[FIELD_COUNT], int fields[GATES_MAX])
{
	uint32_t n = 0;

	for (; n < GATES_MAX; n++) {
		int most = 0;

		for (int field = 1; field < FIELD_COUNT; field++)
			most = counts[field] > counts[most] ? field : most;
		if (counts[most] == 0)
			break;
		counts[most] = 0;
		fields[n] = most;
	}
	return n;
}

/* Cheap facts first, so that the first that helps is the one to ask. */
bool gates_build(struct gates *ret, const struct sigma *s, const uint32_t *places, uint32_t n)
{
	uint32_t counts[FIELD_COUNT] = {0};
	int fields[GATES_MAX];
	uint32_t n_fields;

	ret->n_words = n / 64 + 1;
	for (uint32_t i = 0; i < n; i++)
		each_item(&s->programs[places[i]], count_field, counts);
	n_fields = choose_fields(counts, fields);
	for (int cost = COST_RECORD; cost <= COST_LOOK_UP; cost++) {
		for (uint32_t i = 0; i < n_fields; i++) {
			if (field_cost((enum field_id)fields[i]) == (enum field_cost)cost &&
				!build_gate(ret, s, places, n, fields[i]))
				return false;
		}
	}
	return true;
}

void gates_done(struct gates *g)
{
	for (uint32_t i = 0; i < g->n; i++) {
		free(g->items[i].bounds);
		free(g->items[i].texts);
		free(g->items[i].slots);
		free(g->items[i].allowed);
		free(g->items[i].narrowed);
		free(g->items[i].mentioned);
	}
}

static uint32_t text_class(const struct gate *g, struct str text)
{
	if (!(g->lengths & length_bit(text.len)))
		return GATE_OTHER;
	for (uint32_t at = first_slot(g, text); g->slots[at]; at = (at + 1) & g->slots_mask) {
		if (str_eq_nocase(text, g->texts[g->slots[at] - (GATE_OTHER + 1)]))
			return g->slots[at];
	}
	return GATE_OTHER;
}

uint32_t gate_class(const struct gate *g, const struct facts *f)
{
	const struct fact_value *value = facts_get(f, (enum field_id)g->field);

	if (!value)
		return GATE_ABSENT;
	switch (g->kind) {
	case GATE_FLAG:
		return g->of_flag[value->flag];
	case GATE_NUMBER:
		return number_class(g, value->num);
	case GATE_TEXT:
		return text_class(g, value->str);
	case GATE_PRESENCE:
		break;
	}
	return GATE_OTHER;
}
