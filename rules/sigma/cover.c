#include "rules/sigma/cover.h"

#include <assert.h>

#include "rules/sigma/program.h"

static const uint64_t no_cover = UINT64_MAX;

/* A fact that must be there narrows less than one that must have a value, whatever the counts say.
 */
static const uint64_t presence_cost = UINT64_C(1) << 32;

static bool needs_presence(const struct item *item)
{
	if (item->field == FIELD_ANY_TEXT || item->neq || item->or_absent)
		return false;
	if (item->test == TEST_EXISTS)
		return item->values[0].number == 1;
	return item->test != TEST_ABSENT;
}

static bool needs_value(const struct item *item)
{
	if (item->word != MOD_NONE)
		return false;
	if (item->test == TEST_TEXT)
		return item->n_exact == item->n;
	return item->test == TEST_NUMBER;
}

/* When all values must be met, so must each: their keys serve as if any would do. */
uint32_t cover_keys(const struct item *item)
{
	if (!needs_presence(item))
		return 0;
	return needs_value(item) ? item->n : 1;
}

struct index_key cover_key(const struct item *item, uint32_t i, char *buf)
{
	struct index_key key = {.field = item->field, .kind = KEY_PRESENT};
	struct str literal;

	if (!needs_value(item))
		return key;
	if (item->test == TEST_NUMBER) {
		key.kind = KEY_NUMBER;
		key.number = item->values[i].number;
		return key;
	}
	literal = item->values[i].pattern.literal;
	(void)pattern_lower_copy(buf, literal);
	key.kind = KEY_TEXT;
	key.text = (struct str){buf, literal.len};
	return key;
}

static uint64_t item_cost(const struct item *item, const struct rule_index *counts)
{
	char buf[PATTERN_MAX_BYTES];
	uint32_t n = cover_keys(item);
	uint64_t cost = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct index_key key = cover_key(item, i, buf);

		cost += rule_index_uses(counts, &key);
		cost += key.kind == KEY_PRESENT ? presence_cost : 0;
	}
	return n ? cost : no_cover;
}

const struct item *cover_best_item(const struct group *g, const struct rule_index *counts)
{
	const struct item *best = NULL;
	uint64_t best_cost = no_cover;

	for (uint32_t i = 0; i < g->n; i++) {
		uint64_t cost = item_cost(&g->items[i], counts);

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

		cost = sum(cost, best ? item_cost(best, counts) : no_cover);
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
