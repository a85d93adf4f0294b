#include "rules/sigma/cover.h"

#include <assert.h>

#include "rules/sigma/program.h"
#include "rules/sigma/required.h"

static const uint64_t no_cover = UINT64_MAX;

static bool needs_presence(const struct item *item)
{
	if (item->field == FIELD_ANY_TEXT || item->neq || item->or_absent)
		return false;
	if (item->test == TEST_EXISTS)
		return item->values[0].number == 1;
	return item->test != TEST_ABSENT;
}

static bool is_comparison(const struct item *item)
{
	return item->test == TEST_NUMBER && item->word != MOD_NONE && item->part == MOD_NONE;
}

/* Whether facts as they are can be looked up by the values of ITEM. */
static bool has_values(const struct item *item)
{
	enum field_type type = field_info((enum field_id)item->field)->type;
	bool is_text = type == FIELD_TYPE_KEYWORD || type == FIELD_TYPE_WILDCARD ||
		       type == FIELD_TYPE_KEYWORDS;

	if (item->test == TEST_TEXT || item->test == TEST_REGEX)
		return is_text;
	return item->test != TEST_EXISTS && item->test != TEST_REFERENCE && item->part == MOD_NONE;
}

/* Values of ITEM of which one is met whenever it is: of several that must all be met, those of the
 * one that says most, as far as can be seen from its length. */
struct value_run {
	uint32_t first, n;
};

static uint32_t length_of(const struct item *item, uint32_t v)
{
	return item->test == TEST_TEXT ? item->values[v].pattern.literal.len : 0;
}

static struct value_run needed_values(const struct item *item)
{
	struct value_run best = {0, item->n};
	uint32_t best_length = 0;

	if (!item->all)
		return best;
	for (uint32_t v = 0; v < item->n;) {
		struct value_run run = {v, 0};
		uint32_t shortest = UINT32_MAX;

		for (; v < item->n && item->values[v].written == item->values[run.first].written;
			v++, run.n++)
			shortest = length_of(item, v) < shortest ? length_of(item, v) : shortest;
		if (run.first == 0 || shortest > best_length) {
			best = run;
			best_length = shortest;
		}
	}
	return best;
}

/* Of numbers that are compared, all values say one range. */
uint32_t cover_keys(const struct item *item)
{
	if (!needs_presence(item))
		return 0;
	if (is_comparison(item) || !has_values(item))
		return 1;
	return needed_values(item).n;
}

/* The numbers that value V of ITEM lets pass. False: none. */
static bool range_of_value(const struct item *item, uint32_t v, uint64_t *low, uint64_t *high)
{
	uint64_t limit = item->values[v].number;

	*low = 0;
	*high = UINT64_MAX;
	switch (item->word) {
	case MOD_GT:
		*low = limit + 1;
		return limit < UINT64_MAX;
	case MOD_GTE:
		*low = limit;
		return true;
	case MOD_LT:
		*high = limit - 1;
		return limit > 0;
	default:
		*high = limit;
		return true;
	}
}

/* Narrows the range to what ITEM lets pass: of several values the widest, or all of them. */
static void narrow(const struct item *item, uint64_t *low, uint64_t *high)
{
	uint64_t item_low = item->all ? 0 : UINT64_MAX;
	uint64_t item_high = item->all ? UINT64_MAX : 0;

	for (uint32_t v = 0; v < item->n; v++) {
		uint64_t from;
		uint64_t to;
		bool any = range_of_value(item, v, &from, &to);

		if (!any) {
			from = UINT64_MAX;
			to = 0;
		}
		if (item->all ? from > item_low : from < item_low)
			item_low = from;
		if (item->all ? to < item_high : to > item_high)
			item_high = to;
	}
	*low = item_low > *low ? item_low : *low;
	*high = item_high < *high ? item_high : *high;
}

/* A range that nothing meets is written as one that hardly anything does. */
static void range_key(const struct group *g, const struct item *item, struct index_key *ret)
{
	ret->kind = KEY_RANGE;
	ret->low = 0;
	ret->high = UINT64_MAX;
	for (uint32_t i = 0; i < g->n; i++) {
		const struct item *other = &g->items[i];

		if (other->field == item->field && is_comparison(other) && !other->neq)
			narrow(other, &ret->low, &ret->high);
	}
	if (ret->low > ret->high)
		ret->low = ret->high;
}

static void text_key(const struct pattern *p, char *buf, struct index_key *ret)
{
	struct str text = p->literal;

	if (p->kind == PATTERN_GLOB) {
		text = required_of_glob(p, buf);
	} else {
		(void)pattern_lower_copy(buf, text);
		text.data = buf;
	}
	if (p->kind != PATTERN_EXACT && text.len == 0)
		return;
	ret->kind = p->kind == PATTERN_EXACT ? KEY_TEXT : KEY_PART;
	ret->at_start = p->kind == PATTERN_PREFIX;
	ret->at_end = p->kind == PATTERN_SUFFIX;
	ret->text = text;
}

struct index_key cover_key(const struct group *g, const struct item *item, uint32_t i, char *buf)
{
	struct index_key key = {.field = item->field, .kind = KEY_PRESENT};
	const struct value *v;

	if (!has_values(item))
		return key;
	v = &item->values[needed_values(item).first + i];
	switch (item->test) {
	case TEST_TEXT:
		text_key(&v->pattern, buf, &key);
		break;
	case TEST_REGEX:
		if (v->required.len > 0) {
			key.kind = KEY_PART;
			key.text = v->required;
		}
		break;
	case TEST_NUMBER:
		if (is_comparison(item)) {
			range_key(g, item, &key);
		} else {
			key.kind = KEY_NUMBER;
			key.low = v->number;
		}
		break;
	case TEST_NETWORK:
		key.kind = KEY_NETWORK;
		key.network = v->network;
		break;
	case TEST_LIST:
		key.kind = KEY_LIST;
		key.list = v->list;
		break;
	case TEST_ABSENT:
	case TEST_EXISTS:
	case TEST_REFERENCE:
		break;
	}
	return key;
}

/* Words of a small vocabulary, such as the state of a conversation: many events say the same. */
static bool is_word(int field)
{
	switch ((enum fact_group)fact_groups[field]) {
	case FACT_MOMENT:
	case FACT_TRANSPORT:
	case FACT_LABEL:
	case FACT_SITE:
	case FACT_SELF:
	case FACT_PEER:
	case FACT_VERDICT:
		return true;
	default:
		return field == FIELD_HTTP_METHOD || field == FIELD_TLS_VERSION ||
		       field == FIELD_DNS_QUESTION_TYPE || field == FIELD_DNS_RESPONSE_CODE;
	}
}

/* How many events meet a key, as far as its kind tells. A fact that must be there narrows less than
 * one that must have a value, whatever the counts say. */
static uint64_t weight(const struct index_key *key)
{
	static const uint64_t of_part[] = {0, 8192, 1024, 64};
	enum { NARROW = 1024, V4_BITS_BEFORE = 96, SHORT_BITS = 16 };
	uint32_t bits = key->network.length_bits;

	switch (key->kind) {
	case KEY_PRESENT:
		return UINT64_C(1) << 32;
	case KEY_RANGE:
		return key->high - key->low < NARROW ? 256 : 16384;
	case KEY_NUMBER:
		return field_info((enum field_id)key->field)->type == FIELD_TYPE_BOOLEAN ? 65536
											 : 64;
	case KEY_TEXT:
		return is_word(key->field) ? 4096 : 16;
	case KEY_PART:
		return key->text.len < 4 ? of_part[key->text.len] : 32;
	case KEY_NETWORK:
		if (ip_addr_is_v4(&key->network.addr) && bits >= V4_BITS_BEFORE)
			bits -= V4_BITS_BEFORE;
		return bits < SHORT_BITS ? 1024 : 16;
	case KEY_LIST:
		break;
	}
	return 64;
}

static uint64_t keys_cost(
	const struct group *g, const struct item *item, const struct rule_index *counts)
{
	char buf[PATTERN_MAX_BYTES];
	uint32_t n = cover_keys(item);
	uint64_t cost = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct index_key key = cover_key(g, item, i, buf);

		cost += rule_index_uses(counts, &key) * weight(&key);
	}
	return n ? cost : no_cover;
}

const struct item *cover_best_item(const struct group *g, const struct rule_index *counts)
{
	const struct item *best = NULL;
	uint64_t best_cost = no_cover;

	for (uint32_t i = 0; i < g->n; i++) {
		uint64_t cost = keys_cost(g, &g->items[i], counts);

		if (cost < best_cost) {
			best_cost = cost;
			best = &g->items[i];
		}
	}
	return best;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a == no_cover || b == no_cover ? no_cover : a + b;
}

static uint64_t selection_cost(const struct selection *s, const struct rule_index *counts)
{
	uint64_t cost = 0;

	for (uint32_t i = 0; i < s->n && cost != no_cover; i++) {
		const struct item *best = cover_best_item(&s->groups[i], counts);

		cost = sum(cost, best ? keys_cost(&s->groups[i], best, counts) : no_cover);
	}
	return cost;
}

/* `and` takes the cheaper side, `or` both, `not` has none. */
static uint64_t node_cost(const struct node *node, uint64_t left, uint64_t right)
{
	switch (node->op) {
	case NODE_AND:
		return left < right ? left : right;
	case NODE_OR:
		return sum(left, right);
	case NODE_NOT:
	case NODE_SELECTION:
		break;
	}
	return no_cover;
}

/* Down from the root: a parent stands behind its operands. */
static void choose_selections(const struct program *p, const uint64_t *costs, bool *chosen)
{
	bool wanted[SIGMA_MAX_NODES] = {false};

	wanted[p->n_nodes - 1] = true;
	for (uint32_t i = p->n_nodes; i-- > 0;) {
		const struct node *node = &p->nodes[i];

		if (!wanted[i])
			continue;
		if (node->op == NODE_SELECTION) {
			chosen[node->selection] = true;
			continue;
		}
		assert(i > 0 && node->left < i);
		if (node->op == NODE_OR) {
			wanted[node->left] = true;
			wanted[i - 1] = true;
		} else {
			wanted[costs[node->left] < costs[i - 1] ? node->left : i - 1] = true;
		}
	}
}

bool cover_choose(const struct program *p, const struct rule_index *counts, bool *chosen)
{
	uint64_t of_selection[SIGMA_MAX_SELECTIONS];
	uint64_t costs[SIGMA_MAX_NODES] = {0};

	assert(p->n_nodes > 0 && p->n_nodes <= SIGMA_MAX_NODES);
	for (uint32_t i = 0; i < p->n_selections; i++) {
		of_selection[i] = selection_cost(&p->selections[i], counts);
		chosen[i] = false;
	}
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		const struct node *node = &p->nodes[i];

		if (node->op == NODE_SELECTION)
			costs[i] = of_selection[node->selection];
		else
			costs[i] = node_cost(node, costs[node->left], i ? costs[i - 1] : 0);
	}
	if (costs[p->n_nodes - 1] == no_cover)
		return false;
	choose_selections(p, costs, chosen);
	return true;
}
