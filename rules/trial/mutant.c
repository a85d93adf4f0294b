#include "rules/trial/mutant.h"

#include <stdio.h>
#include <stdlib.h>

#include "rules/sigma/trace.h"

/* Mutants being made; the array is copied to the arena in the end. */
struct making {
	const struct program *program;
	struct arena *arena;
	struct mutant *items;
	size_t n, capacity;
	bool failed;
};

/* TEXT names what is changed, HOW what becomes of it. */
static struct mutant *add(struct making *all, enum mutation mutation, const char *text,
	const char *how, uint32_t line, uint32_t column)
{
	struct mutant *m;

	if (all->failed)
		return NULL;
	if (all->n == all->capacity) {
		size_t capacity = all->capacity ? 2 * all->capacity : 32;
		struct mutant *grown = realloc(all->items, capacity * sizeof(*grown));

		all->failed = !grown;
		if (!grown)
			return NULL;
		all->items = grown;
		all->capacity = capacity;
	}
	m = &all->items[all->n];
	*m = (struct mutant){.mutation = mutation, .line = line, .column = column};
	m->program = *all->program;
	m->text = arena_printf(all->arena, "%s %s", text, how);
	all->failed = !m->text.data;
	all->n += m->text.data != NULL;
	return m->text.data ? m : NULL;
}

static void *copy(struct making *all, const void *from, size_t bytes)
{
	void *to = arena_alloc(all->arena, bytes);

	if (to && bytes > 0)
		memcpy(to, from, bytes);
	all->failed = all->failed || !to;
	return to;
}

/* ---- the condition ---- */

/* What stands at the root of the subtree that ends in I, but for its nots. */
static uint32_t below_not(const struct program *p, uint32_t i)
{
	while (p->nodes[i].op == NODE_NOT)
		i--;
	return i;
}

/* "not ordered", "the group (linked ...)": for a person. */
static void operand_text(const struct program *p, uint32_t i, char *buf, size_t size)
{
	uint32_t inner = below_not(p, i);
	const char *negation = (i - inner) % 2 ? "not " : "";
	const char *kind = p->nodes[inner].op == NODE_AND ? "and" : "or";

	if (p->nodes[inner].op == NODE_SELECTION) {
		(void)snprintf(buf, size, "condition: %s%s", negation,
			p->selections[p->nodes[inner].selection].name.data);
		return;
	}
	while (p->nodes[inner].op != NODE_SELECTION)
		inner--;
	(void)snprintf(buf, size, "condition: %s(... %s %s)", negation, kind,
		p->selections[p->nodes[inner].selection].name.data);
}

/* A filter of the site was put behind the rule; its selections are called "filter.selection". It is
 * no part of the rule that the rule's tests have to hold. */
static bool is_of_filter(const struct selection *s)
{
	return memchr(s->name.data, '.', s->name.len) != NULL;
}

/* The nodes of the rule itself, which stand first. */
static uint32_t own_nodes(const struct program *p)
{
	for (uint32_t i = 0; i < p->n_nodes; i++) {
		if (p->nodes[i].op == NODE_SELECTION &&
			is_of_filter(&p->selections[p->nodes[i].selection]))
			return i;
	}
	return p->n_nodes;
}

static void add_condition_mutants(struct making *all)
{
	const struct program *p = all->program;
	uint32_t line = p->condition_line, column = p->condition_column;
	uint32_t n_nodes = own_nodes(p);
	char text[256];

	(void)add(all, MUTATION_INVERT_CONDITION, "condition:", "inverted", line, column);
	for (uint32_t i = 0; i < n_nodes; i++) {
		const struct node *node = &p->nodes[i];
		uint32_t operands[2] = {node->left, i - 1};

		if (node->op != NODE_AND && node->op != NODE_OR)
			continue;
		for (int k = 0; k < 2; k++) {
			struct mutant *m;

			operand_text(p, operands[k], text, sizeof(text));
			m = add(all, MUTATION_DROP_OPERAND, text, "left out", line, column);
			if (m)
				m->node = operands[k];
		}
		operand_text(p, operands[1], text, sizeof(text));

		struct mutant *m = add(all, MUTATION_SWAP_OPERATOR, text,
			node->op == NODE_AND ? "joined by or instead of and"
					     : "joined by and instead of or",
			line, column);

		if (m)
			m->node = i;
	}
}

/* ---- selections and what is in them ---- */

static void add_selection_mutants(struct making *all, uint32_t s)
{
	static const enum mutation kinds[] = {MUTATION_INVERT_SELECTION, MUTATION_NEVER_SELECTION};
	static const char *const words[] = {"inverted", "never met"};
	const struct selection *selection = &all->program->selections[s];
	char text[160];

	(void)snprintf(text, sizeof(text), "selection %s", selection->name.data);
	/* A condition that is one selection is changed already. */
	for (size_t i = 0; i < 2 && all->program->n_nodes > 1; i++) {
		struct mutant *m =
			add(all, kinds[i], text, words[i], selection->line, selection->column);

		if (m)
			m->selection = s;
	}
}

/* M's own copy of selection S, with its maps: to be changed. */
static struct group *own_maps(struct making *all, struct mutant *m, uint32_t s)
{
	const struct program *p = all->program;
	struct selection *selections =
		copy(all, p->selections, p->n_selections * sizeof(*selections));
	struct group *maps =
		copy(all, p->selections[s].groups, p->selections[s].n * sizeof(struct group));

	if (!selections || !maps)
		return NULL;
	selections[s].groups = maps;
	m->program.selections = selections;
	m->selection = s;
	return maps;
}

/* Takes map G out of selection S of M, whose maps MAPS are. */
static void remove_map(struct mutant *m, struct group *maps, uint32_t g)
{
	/* own_maps made it */
	struct selection *s = (struct selection *)(uintptr_t)&m->program.selections[m->selection];

	memmove(&maps[g], &maps[g + 1], (s->n - g - 1) * sizeof(*maps));
	s->n--;
}

/* The items of a map in their own order: nothing here is about speed. */
static bool set_items(struct making *all, struct group *map, const struct item *items, uint32_t n)
{
	uint16_t *order = arena_alloc(all->arena, (n + 1) * sizeof(*order));

	all->failed = all->failed || !order;
	if (!order)
		return false;
	for (uint32_t i = 0; i < n; i++)
		order[i] = (uint16_t)i;
	*map = (struct group){.items = items, .order = order, .n = n};
	return true;
}

/* M's own copy of test I in map G of selection S, or NULL. */
static struct item *own_item(
	struct making *all, struct mutant *m, uint32_t s, uint32_t g, uint32_t i)
{
	struct group *maps = own_maps(all, m, s);
	struct item *items;

	if (!maps)
		return NULL;
	m->map = g;
	m->test = i;
	items = copy(all, maps[g].items, maps[g].n * sizeof(*items));
	if (!items || !set_items(all, &maps[g], items, maps[g].n))
		return NULL;
	return &items[i];
}

static void drop_item(struct making *all, struct mutant *m, uint32_t s, uint32_t g, uint32_t i)
{
	struct group *maps = own_maps(all, m, s);
	struct item *items = maps ? copy(all, maps[g].items, maps[g].n * sizeof(*items)) : NULL;

	if (!items)
		return;
	memmove(&items[i], &items[i + 1], (maps[g].n - i - 1) * sizeof(*items));
	(void)set_items(all, &maps[g], items, maps[g].n - 1);
	m->map = g;
	m->test = i;
}

/* One value as the rule writes it may have become several. */
static bool is_first_of_written(const struct item *item, uint32_t v)
{
	for (uint32_t i = 0; i < v; i++) {
		if (item->values[i].written == item->values[v].written)
			return false;
	}
	return true;
}

static uint32_t count_written(const struct item *item)
{
	uint32_t n = 0;

	for (uint32_t v = 0; v < item->n && item->n <= MUTANT_MOST_VALUES; v++)
		n += is_first_of_written(item, v);
	return n;
}

static bool is_empty_text(const struct item *item, const struct value *v)
{
	return item->test == TEST_TEXT && v->pattern.kind == PATTERN_EXACT &&
	       v->pattern.literal.len == 0;
}

/* Without what value V is written for, and without what was built to find the values faster. */
static void drop_value(struct making *all, struct item *item, uint32_t v)
{
	struct value *values = copy(all, item->values, item->n * sizeof(*values));
	const struct value dropped = item->values[v];
	uint32_t n_exact = item->n_exact;
	uint32_t n = 0;

	if (!values)
		return;
	for (uint32_t i = 0; i < item->n; i++) {
		if (item->values[i].written != dropped.written)
			values[n++] = item->values[i];
		else
			n_exact -= i < item->n_exact;
	}
	item->or_absent = item->or_absent && !is_empty_text(item, &dropped);
	item->values = values;
	item->n = n;
	item->n_exact = n_exact;
	item->exact = NULL;
	item->networks = NULL;
}

static enum modifier bound_beside(enum modifier word)
{
	switch (word) {
	case MOD_GT:
		return MOD_GTE;
	case MOD_GTE:
		return MOD_GT;
	case MOD_LT:
		return MOD_LTE;
	case MOD_LTE:
		return MOD_LT;
	default:
		return MOD_NONE;
	}
}

/* The place of a test, and how it is called. */
struct spot {
	uint32_t selection, map, test;
	const struct item *item;
	char text[512];
};

static void add_value_mutants(struct making *all, const struct spot *at)
{
	bool several = count_written(at->item) > 1;
	char how[128], shown[96];

	for (uint32_t v = 0; several && v < at->item->n && !all->failed; v++) {
		struct mutant *m;
		struct item *own;

		if (!is_first_of_written(at->item, v))
			continue;
		(void)str_printable(shown, sizeof(shown), at->item->values[v].source);
		(void)snprintf(how, sizeof(how), "without the value %s", *shown ? shown : "''");
		m = add(all, MUTATION_DROP_VALUE, at->text, how, at->item->line, at->item->column);
		own = m ? own_item(all, m, at->selection, at->map, at->test) : NULL;
		if (!own)
			return;
		m->value = v;
		drop_value(all, own, v);
	}
}

/* IN_MAP: tests of the map; ALONE: the selection is this test. */
static void add_test_mutants(struct making *all, const struct spot *at, uint32_t in_map, bool alone)
{
	const struct item *item = at->item;
	enum modifier bound = bound_beside(item->word);
	struct mutant *m;
	struct item *own;

	if (in_map > 1) {
		m = add(all, MUTATION_DROP_TEST, at->text, "left out", item->line, item->column);
		if (m)
			drop_item(all, m, at->selection, at->map, at->test);
	}
	if (!alone) {
		m = add(all, MUTATION_INVERT_TEST, at->text, "inverted", item->line, item->column);
		own = m ? own_item(all, m, at->selection, at->map, at->test) : NULL;
		if (own)
			own->neq = !own->neq;
	}
	if (bound != MOD_NONE) {
		char how[64];

		(void)snprintf(how, sizeof(how), "with %s", sigma_modifier_name(bound));
		m = add(all, MUTATION_MOVE_BOUND, at->text, how, item->line, item->column);
		own = m ? own_item(all, m, at->selection, at->map, at->test) : NULL;
		if (own)
			own->word = bound;
	}
	if (item->all && count_written(item) > 1) {
		m = add(all, MUTATION_ANY_FOR_ALL, at->text,
			"with one of the values instead of all", item->line, item->column);
		own = m ? own_item(all, m, at->selection, at->map, at->test) : NULL;
		if (own)
			own->all = false;
	}
	add_value_mutants(all, at);
}

static void add_map_mutants(struct making *all, uint32_t s, uint32_t g)
{
	const struct selection *selection = &all->program->selections[s];
	const struct group *map = &selection->groups[g];
	char text[160];

	if (selection->n > 1) {
		struct mutant *m;
		struct group *maps;

		(void)snprintf(text, sizeof(text), "selection %s: alternative %u",
			selection->name.data, (unsigned)(g + 1));
		m = add(all, MUTATION_DROP_MAP, text, "left out", map->items[0].line,
			map->items[0].column);
		maps = m ? own_maps(all, m, s) : NULL;
		if (maps) {
			m->map = g;
			remove_map(m, maps, g);
		}
	}
	for (uint32_t i = 0; i < map->n && !all->failed; i++) {
		struct spot at = {.selection = s, .map = g, .test = i, .item = &map->items[i]};
		struct str wanted = item_wanted(at.item, all->arena);

		(void)snprintf(at.text, sizeof(at.text), "selection %s: %s", selection->name.data,
			wanted.data ? wanted.data : "");
		add_test_mutants(all, &at, map->n, map->n == 1 && selection->n == 1);
	}
}

struct mutant *mutants_new(const struct program *p, struct arena *arena, size_t *ret_n)
{
	struct making all = {.program = p, .arena = arena};
	struct mutant *mutants;

	add_condition_mutants(&all);
	for (uint32_t s = 0; s < p->n_selections; s++) {
		bool used = false;

		for (uint32_t i = 0; i < p->n_nodes; i++)
			used = used ||
			       (p->nodes[i].op == NODE_SELECTION && p->nodes[i].selection == s);
		if (!used || is_of_filter(&p->selections[s]))
			continue;
		add_selection_mutants(&all, s);
		for (uint32_t g = 0; g < p->selections[s].n; g++)
			add_map_mutants(&all, s, g);
	}
	*ret_n = all.n;
	mutants = copy(&all, all.items, all.n * sizeof(*mutants));
	free(all.items);
	return all.failed ? NULL : mutants;
}

/* ---- what a mutant says ---- */

static bool node_value(const struct mutant *m, uint32_t i, bool left, bool right)
{
	bool is_and = m->program.nodes[i].op == NODE_AND;

	if (m->mutation == MUTATION_SWAP_OPERATOR && m->node == i)
		is_and = !is_and;
	if (m->mutation == MUTATION_DROP_OPERAND && m->node == m->program.nodes[i].left)
		return right;
	if (m->mutation == MUTATION_DROP_OPERAND && m->node == i - 1)
		return left;
	return is_and ? left && right : left || right;
}

static bool leaf_value(
	const struct mutant *m, uint32_t selection, const struct facts *f, struct sigma_scratch *w)
{
	bool changed = m->selection == selection;

	if (m->mutation == MUTATION_NEVER_SELECTION && changed)
		return false;
	return selection_holds(&m->program.selections[selection], f, w) !=
	       (m->mutation == MUTATION_INVERT_SELECTION && changed);
}

bool mutant_holds(const struct mutant *m, const struct facts *f, struct sigma_scratch *w)
{
	const struct program *p = &m->program;
	bool values[SIGMA_MAX_NODES];

	for (uint32_t i = 0; i < p->n_nodes; i++) {
		const struct node *node = &p->nodes[i];

		if (node->op == NODE_SELECTION)
			values[i] = leaf_value(m, node->selection, f, w);
		else if (node->op == NODE_NOT)
			values[i] = !values[i - 1];
		else
			values[i] = node_value(m, i, values[node->left], values[i - 1]);
	}
	return p->n_nodes > 0 &&
	       values[p->n_nodes - 1] != (m->mutation == MUTATION_INVERT_CONDITION);
}
