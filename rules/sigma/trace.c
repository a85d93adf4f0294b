#include "rules/sigma/trace.h"

#include <stdio.h>

#include "rules/sigma/program.h"

enum { WANTED_VALUES = 8, WANTED_BYTES = 400, VALUE_BYTES = 80 };

/* Tests that would have to come out otherwise for something not to hold, and for it to hold. */
struct cost {
	uint32_t to[2];
};

/* One event against one program. */
struct measure {
	const struct program *program;
	struct cost selections[SIGMA_MAX_SELECTIONS];
	struct cost nodes[SIGMA_MAX_NODES];
	bool polarity[SIGMA_MAX_NODES]; /* false: below an odd number of not */
	bool positive[SIGMA_MAX_SELECTIONS];
	bool used[SIGMA_MAX_SELECTIONS];
	bool blamed[SIGMA_MAX_SELECTIONS];
	bool blamed_to[SIGMA_MAX_SELECTIONS]; /* hold, or not */
	uint32_t held;
};

static uint32_t sum(uint32_t a, uint32_t b)
{
	return a + b < TRACE_FAR ? a + b : TRACE_FAR;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* What kind of event it is, is no accident of it. */
static uint32_t item_price(const struct item *item)
{
	return item->field == FIELD_FLOW_PHASE || item->field == FIELD_SENSOR_EVENT ? TRACE_FAR : 1;
}

static struct cost item_cost_of(const struct item *item, bool holds)
{
	struct cost c;

	c.to[holds] = 0;
	c.to[!holds] = item_price(item);
	return c;
}

static struct cost selection_cost(const struct selection *s, const struct facts *f,
	struct sigma_scratch *w, uint32_t *ret_held)
{
	struct cost of_selection = {{0, TRACE_FAR}};

	*ret_held = 0;
	for (uint32_t g = 0; g < s->n; g++) {
		struct cost of_map = {{TRACE_FAR, 0}};
		uint32_t held = 0;

		for (uint32_t i = 0; i < s->groups[g].n; i++) {
			const struct item *item = &s->groups[g].items[i];
			struct cost c = item_cost_of(item, item_holds(item, f, w));

			held += c.to[true] == 0;
			of_map.to[true] = sum(of_map.to[true], c.to[true]);
			of_map.to[false] = least(of_map.to[false], c.to[false]);
		}
		if (held > *ret_held)
			*ret_held = held;
		of_selection.to[true] = least(of_selection.to[true], of_map.to[true]);
		of_selection.to[false] = sum(of_selection.to[false], of_map.to[false]);
	}
	return of_selection;
}

static struct cost node_cost(const struct measure *m, uint32_t i)
{
	const struct node *node = &m->program->nodes[i];
	struct cost c, a, b;

	if (node->op == NODE_SELECTION)
		return m->selections[node->selection];
	b = m->nodes[i - 1];
	if (node->op == NODE_NOT)
		return (struct cost){{b.to[true], b.to[false]}};
	a = m->nodes[node->left];
	if (node->op == NODE_AND) {
		c.to[true] = sum(a.to[true], b.to[true]);
		c.to[false] = least(a.to[false], b.to[false]);
	} else {
		c.to[true] = least(a.to[true], b.to[true]);
		c.to[false] = sum(a.to[false], b.to[false]);
	}
	return c;
}

static void find_polarity(struct measure *m)
{
	const struct program *p = m->program;

	for (uint32_t i = p->n_nodes; i-- > 0;) {
		uint32_t parent = p->nodes[i].parent;

		m->polarity[i] = i + 1 == p->n_nodes ||
				 m->polarity[parent] != (p->nodes[parent].op == NODE_NOT);
		if (p->nodes[i].op == NODE_SELECTION) {
			m->positive[p->nodes[i].selection] = m->polarity[i];
			m->used[p->nodes[i].selection] = true;
		}
	}
}

static void measure(
	struct measure *m, const struct program *p, const struct facts *f, struct sigma_scratch *w)
{
	memset(m, 0, sizeof(*m));
	m->program = p;
	find_polarity(m);
	for (uint32_t i = 0; i < p->n_selections; i++) {
		uint32_t held;

		m->selections[i] = selection_cost(&p->selections[i], f, w, &held);
		if (m->used[i] && m->positive[i])
			m->held += held;
	}
	for (uint32_t i = 0; i < p->n_nodes; i++)
		m->nodes[i] = node_cost(m, i);
}

static uint32_t distance_of(const struct measure *m)
{
	return m->nodes[m->program->n_nodes - 1].to[true];
}

uint32_t sigma_distance(const struct sigma *s, size_t i, const struct facts *f,
	struct sigma_scratch *w, uint32_t *ret_held)
{
	struct measure m;

	*ret_held = 0;
	if (i >= s->n || s->programs[i].n_nodes == 0)
		return TRACE_FAR;
	measure(&m, &s->programs[i], f, w);
	*ret_held = m.held;
	return distance_of(&m);
}

/* Goes the cheapest way down from the root: each selection that it ends in must come out as is
 * written in blamed_to. */
static void find_blamed(struct measure *m)
{
	enum { NO, TO_FALSE, TO_TRUE };
	const struct program *p = m->program;
	uint8_t want[SIGMA_MAX_NODES] = {NO};

	want[p->n_nodes - 1] = TO_TRUE;
	for (uint32_t i = p->n_nodes; i-- > 0;) {
		const struct node *node = &p->nodes[i];
		bool to = want[i] == TO_TRUE;

		if (want[i] == NO)
			continue;
		if (node->op == NODE_SELECTION) {
			m->blamed[node->selection] = m->selections[node->selection].to[to] > 0;
			m->blamed_to[node->selection] = to;
		} else if (node->op == NODE_NOT) {
			want[i - 1] = to ? TO_FALSE : TO_TRUE;
		} else if ((node->op == NODE_AND) == to) { /* both sides */
			want[node->left] = want[i - 1] = want[i];
		} else if (m->nodes[i - 1].to[to] < m->nodes[node->left].to[to]) {
			want[i - 1] = want[i];
		} else {
			want[node->left] = want[i];
		}
	}
}

/* The next value that the rule writes, behind V, or ITEM's n. */
static uint32_t next_written(const struct item *item, uint32_t v)
{
	uint32_t written = item->values[v].written;

	while (++v < item->n && item->values[v].written == written)
		;
	return v;
}

struct str item_wanted(const struct item *item, struct arena *arena)
{
	char text[WANTED_BYTES];
	char value[VALUE_BYTES];
	bool several = item->n > 0 && next_written(item, 0) < item->n;
	uint32_t v = 0, told = 0;
	size_t len = 0;

	if (item->key.len > 0)
		len = (size_t)snprintf(text, sizeof(text), "%s: ", item->key.data);
	for (; v < item->n && told < WANTED_VALUES && len < sizeof(text); told++) {
		(void)str_printable(value, sizeof(value), item->values[v].source);
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
			told      ? ", "
			: several ? "["
				  : "",
			*value ? value : "''");
		v = next_written(item, v);
	}
	if (len < sizeof(text))
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
			v < item->n ? ", ..." : "", several ? "]" : "");
	if (item->n == 0 && len < sizeof(text))
		(void)snprintf(text + len, sizeof(text) - len, "null");
	return arena_str(arena, str_from(text));
}

/* What is being filled. */
struct filling {
	const struct facts *facts;
	struct sigma_scratch *scratch;
	struct arena *arena;
	bool failed;
};

static void fill_map(struct filling *fill, const struct group *g, struct trace_map *ret)
{
	ret->n = g->n;
	ret->holds = true;
	ret->tests = arena_alloc(fill->arena, g->n * sizeof(*ret->tests));
	if (!ret->tests) {
		fill->failed = true;
		return;
	}
	for (uint32_t i = 0; i < g->n; i++) {
		struct trace_test *t = &ret->tests[i];

		t->item = &g->items[i];
		t->holds = item_holds(t->item, fill->facts, fill->scratch);
		t->wanted = item_wanted(t->item, fill->arena);
		t->found = item_text(t->item, fill->facts, fill->scratch);
		fill->failed = fill->failed || !t->wanted.data || !t->found.data;
		ret->holds = ret->holds && t->holds;
	}
}

static void fill_selection(
	struct filling *fill, const struct selection *s, struct trace_selection *ret)
{
	ret->selection = s;
	ret->name = s->name;
	ret->n = s->n;
	ret->maps = arena_alloc(fill->arena, s->n * sizeof(*ret->maps));
	fill->failed = fill->failed || !ret->maps;
	for (uint32_t g = 0; ret->maps && g < s->n && !fill->failed; g++) {
		fill_map(fill, &s->groups[g], &ret->maps[g]);
		ret->holds = ret->holds || ret->maps[g].holds;
	}
}

/* Of the maps the one that needs the fewest. */
static struct trace_map *nearest_map(const struct trace_selection *s)
{
	struct trace_map *nearest = NULL;
	uint32_t fewest = UINT32_MAX;

	for (uint32_t g = 0; g < s->n; g++) {
		uint32_t cost = 0;

		for (uint32_t i = 0; i < s->maps[g].n; i++) {
			const struct trace_test *t = &s->maps[g].tests[i];

			cost = sum(cost, item_cost_of(t->item, t->holds).to[true]);
		}
		if (cost < fewest) {
			fewest = cost;
			nearest = &s->maps[g];
		}
	}
	return nearest;
}

static void blame_map(struct trace_map *map, bool to)
{
	struct trace_test *cheapest = NULL;

	for (uint32_t i = 0; i < map->n; i++) {
		struct trace_test *t = &map->tests[i];

		if (to)
			t->lacking = !t->holds;
		else if (!cheapest || item_price(t->item) < item_price(cheapest->item))
			cheapest = t;
	}
	if (cheapest)
		cheapest->lacking = true;
}

/* Marks the tests of S that would have to come out otherwise for it to hold, or not to. */
static void blame_selection(struct trace_selection *s, bool to)
{
	if (to) {
		blame_map(nearest_map(s), true);
		return;
	}
	for (uint32_t g = 0; g < s->n; g++) {
		if (s->maps[g].holds)
			blame_map(&s->maps[g], false);
	}
}

static void collect_lacking(struct filling *fill, struct rule_trace *ret)
{
	uint32_t n = 0;

	for (int pass = 0; pass < 2; pass++) {
		n = 0;
		for (uint32_t s = 0; s < ret->n; s++) {
			for (uint32_t g = 0; g < ret->selections[s].n; g++) {
				const struct trace_map *map = &ret->selections[s].maps[g];

				for (uint32_t i = 0; i < map->n; i++) {
					if (!map->tests[i].lacking)
						continue;
					if (pass == 1)
						ret->lacking[n] = &map->tests[i];
					n++;
				}
			}
		}
		if (pass == 0)
			ret->lacking = arena_alloc(fill->arena, (n + 1) * sizeof(*ret->lacking));
		if (!ret->lacking) {
			fill->failed = true;
			return;
		}
	}
	ret->n_lacking = n;
}

bool sigma_trace(const struct sigma *s, size_t i, const struct facts *f, struct sigma_scratch *w,
	struct rule_trace *ret)
{
	const struct program *p = i < s->n ? &s->programs[i] : NULL;
	struct filling fill = {.facts = f, .scratch = w, .arena = f->arena};
	struct measure m;

	memset(ret, 0, sizeof(*ret));
	if (!p || p->n_nodes == 0)
		return false;
	facts_settle_all(f);
	measure(&m, p, f, w);
	find_blamed(&m);
	ret->distance = distance_of(&m);
	ret->met = ret->distance == 0;
	ret->n = p->n_selections;
	ret->selections = arena_alloc(f->arena, p->n_selections * sizeof(*ret->selections));
	for (uint32_t k = 0; ret->selections && k < p->n_selections && !fill.failed; k++) {
		struct trace_selection *t = &ret->selections[k];

		fill_selection(&fill, &p->selections[k], t);
		t->wanted = m.positive[k];
		t->used = m.used[k];
		if (m.blamed[k] && !fill.failed)
			blame_selection(t, m.blamed_to[k]);
	}
	if (!ret->selections || fill.failed)
		return false;
	collect_lacking(&fill, ret);
	return !fill.failed;
}
