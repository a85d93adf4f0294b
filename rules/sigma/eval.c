#include <stdlib.h>

#include "rules/sigma/moment.h"
#include "rules/sigma/program.h"

/* One fact that is there, with its values. */
struct subject {
	const struct facts *facts;
	int field;
	enum field_type type;
	const struct fact_value *value;
	uint32_t n;
};

static struct subject subject_of(const struct facts *f, int field)
{
	struct subject s = {.facts = f,
		.field = field,
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

enum { TEXT_BYTES = 64 }; /* of what is no text */

/* BUF of TEXT_BYTES may hold it. */
static struct str text_at(const struct subject *s, uint32_t i, char *buf)
{
	if (s->type == FIELD_TYPE_KEYWORDS)
		return s->value->strs.items[i];
	if (s->type == FIELD_TYPE_KEYWORD || s->type == FIELD_TYPE_WILDCARD)
		return s->value->str;
	return facts_text(s->facts, (enum field_id)s->field, i, buf, TEXT_BYTES, NULL);
}

static const struct ip_addr *address_at(const struct subject *s, uint32_t i)
{
	return s->type == FIELD_TYPE_IPS ? &s->value->ips.items[i] : &s->value->ip;
}

static bool is_address(enum field_type type)
{
	return type == FIELD_TYPE_IP || type == FIELD_TYPE_IPS;
}

static uint64_t number_of(const struct subject *s)
{
	return s->type == FIELD_TYPE_BOOLEAN ? s->value->flag : s->value->num;
}

/* What ITEM compares of it. */
static uint64_t number_for(const struct item *item, const struct subject *s)
{
	return item->part == MOD_NONE ? number_of(s) : moment_part(s->value->num, item->part);
}

static bool list_has(const struct lists_set *list, const struct subject *s, uint32_t i)
{
	if (is_text(s->type))
		return lists_set_has_text(list, text_at(s, i, NULL));
	if (is_address(s->type))
		return lists_set_has_ip(list, address_at(s, i));
	return lists_set_has_number(list, number_of(s));
}

static bool is_part(enum modifier word)
{
	return word == MOD_CONTAINS || word == MOD_STARTSWITH || word == MOD_ENDSWITH;
}

/* A text longer than any value of a rule is part of none. */
static bool has_part(struct str text, struct str part, bool cased)
{
	char lower[PATTERN_MAX_BYTES];

	if (cased)
		return part.len == 0 || memmem(text.data, text.len, part.data, part.len);
	return pattern_lower_copy(lower, part) &&
	       pattern_has_part(text, (struct str){lower, part.len});
}

/* Whether B is A, or the part of it that WORD says. */
static bool texts_agree(struct str a, struct str b, enum modifier word, bool cased)
{
	if (b.len > a.len || (word == MOD_NONE && b.len != a.len))
		return false;
	if (word == MOD_CONTAINS)
		return has_part(a, b, cased);
	if (word == MOD_ENDSWITH)
		a.data += a.len - b.len;
	a.len = b.len;
	return cased ? str_eq(a, b) : str_eq_nocase(a, b);
}

static bool values_agree(const struct item *item, bool cased, const struct subject *a, uint32_t i,
	const struct subject *b, uint32_t j)
{
	bool is_equality = item->word == MOD_NONE;
	char text_a[TEXT_BYTES];
	char text_b[TEXT_BYTES];

	if (is_equality && is_address(a->type) && is_address(b->type))
		return ip_addr_cmp(address_at(a, i), address_at(b, j)) == 0;
	if (a->type == b->type && !is_text(a->type) && !is_address(a->type) && !is_part(item->word))
		return number_compare(number_of(a), item->word, number_of(b));
	return texts_agree(text_at(a, i, text_a), text_at(b, j, text_b), item->word, cased);
}

/* Value I of the fact against any of another fact. */
static bool meets_fact(
	const struct item *item, const struct value *value, const struct subject *s, uint32_t i)
{
	struct subject other;

	if (!facts_has(s->facts, (enum field_id)value->reference.field))
		return false;
	other = subject_of(s->facts, value->reference.field);
	for (uint32_t j = 0; j < other.n; j++) {
		if (values_agree(item, value->reference.cased, s, i, &other, j))
			return true;
	}
	return false;
}

/* Value V of ITEM against value I of the fact. */
static bool meets(const struct item *item, uint32_t v, const struct subject *s, uint32_t i,
	struct sigma_scratch *w)
{
	const struct value *value = &item->values[v];
	char buf[TEXT_BYTES];
	struct str text;

	switch (item->test) {
	case TEST_TEXT:
		return pattern_match(&value->pattern, text_at(s, i, buf));
	case TEST_REGEX:
		text = text_at(s, i, buf);
		return pattern_has_part(text, value->required) &&
		       regex_match(value->regex, w->regex, text);
	case TEST_NUMBER:
		return number_compare(number_for(item, s), item->word, value->number);
	case TEST_NETWORK:
		return ip_prefix_contains(&value->network, address_at(s, i));
	case TEST_LIST:
		return list_has(value->list, s, i);
	case TEST_REFERENCE:
		return meets_fact(item, value, s, i);
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

/* The first of the values behind the exact ones that TEXT, value I of the fact, meets. */
static uint32_t find_part(const struct item *item, const struct subject *s, uint32_t i,
	struct str text, struct sigma_scratch *w)
{
	uint32_t words = part_set_words(item->n - item->n_exact);

	part_set_find(item->parts, text, w->parts);
	for (uint32_t word = 0; word < words; word++) {
		for (uint64_t bits = w->parts[word]; bits != 0; bits &= bits - 1) {
			uint32_t v = item->n_exact + word * 64 + (uint32_t)__builtin_ctzll(bits);

			if (meets(item, v, s, i, w))
				return v;
		}
	}
	return UINT32_MAX;
}

static bool has_parts(const struct item *item)
{
	return item->parts &&
	       part_set_is_over(item->parts, item->values + item->n_exact, item->n - item->n_exact);
}

/* Which of the exact texts of ITEM is TEXT. Most differ in their lengths. */
static uint32_t find_exact(const struct item *item, struct str text)
{
	if (item->exact)
		return text_set_find(item->exact, text);
	for (uint32_t v = 0; v < item->n_exact; v++) {
		const struct pattern *p = &item->values[v].pattern;

		if (p->literal.len == text.len && pattern_match(p, text))
			return v;
	}
	return UINT32_MAX;
}

/* Which value of ITEM value I of the fact meets, or UINT32_MAX. */
static uint32_t find_value(
	const struct item *item, const struct subject *s, uint32_t i, struct sigma_scratch *w)
{
	char buf[TEXT_BYTES];
	uint32_t v = 0;

	if (item->networks)
		return find_network(item, address_at(s, i));
	if (item->test == TEST_NUMBER && item->word == MOD_NONE)
		return find_number(item, number_for(item, s));
	if (item->n_exact > 0) {
		v = find_exact(item, text_at(s, i, buf));
		if (v != UINT32_MAX)
			return v;
		v = item->n_exact;
	}
	if (has_parts(item))
		return find_part(item, s, i, text_at(s, i, buf), w);
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

/* The next fact that is there and that a search without a fact looks at, from FIELD on: a text or
 * an address. A number holds too many others as its parts. FIELD_COUNT when there is none. */
static int next_text(const struct facts *f, int field)
{
	for (; field < FIELD_COUNT; field++) {
		enum field_type type = field_info((enum field_id)field)->type;

		if ((is_text(type) || is_address(type)) && facts_has(f, (enum field_id)field))
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

/* Every value of the rule, by one of what became of it. */
static bool all_values(
	const struct item *item, const struct facts *f, struct sigma_scratch *w, struct hit *ret)
{
	for (uint32_t v = 0; v < item->n;) {
		uint32_t written = item->values[v].written;
		bool met = false;

		for (; v < item->n && item->values[v].written == written; v++)
			met = met || one_value(item, v, f, w, ret);
		if (!met)
			return false;
	}
	return true;
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
	return all_values(item, f, w, ret);
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
	w->parts = calloc(part_set_words(SIGMA_MAX_VALUES), sizeof(*w->parts));
	if (rule_set_init(&w->candidates, s->n) && w->regex && w->values && w->relevant &&
		w->told && w->parts && trees_new(w, s))
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
	free(w->parts);
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
		const struct rule_match m = {&p->rule, p, w, NULL};

		if (program_holds(p, f, w))
			match(user, &m);
	}
}
