#include "rules/sigma/gate_tree.h"

#include <stdlib.h>

#include "common/arena.h"
#include "rules/sigma/program.h"

enum {
	BLOCK_BYTES = 64 * 1024,
	MAX_BYTES = 4 * 1024 * 1024, /* then the tree begins anew */
	SOME_RULES = 64,             /* as many are held against all that is known together */
	FEW_RULES = 6,   /* as many are run as they are: to look for them costs as much */
	LEAST_SHARE = 8, /* of more rules than some, a fact must say something of one in so many */
};

/* What is known where a branch stands. */
struct knowledge {
	uint64_t *possible; /* rules */
	uint32_t n_possible;
	uint32_t groups;            /* of facts that were asked on the way here, a bit each */
	uint8_t classes[GATES_MAX]; /* of these facts */
};

/* A leaf has no gate, and no children. */
struct branch {
	const struct gate *gate;
	struct gate_leaf *leaf;
	struct knowledge *known;
	struct branch *children[]; /* by class; NULL: not made yet */
};

struct gate_tree {
	const struct rule_index *ix;
	const struct sigma *sigma;
	struct arena *arena;
	struct branch *root;
};

struct gate_tree *gate_tree_new(const struct sigma *s, const struct rule_index *ix)
{
	struct gate_tree *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sigma = s;
	t->ix = ix;
	t->arena = arena_new(BLOCK_BYTES);
	if (!t->arena) {
		free(t);
		return NULL;
	}
	return t;
}

void gate_tree_free(struct gate_tree *t)
{
	if (!t)
		return;
	arena_free(t->arena);
	free(t);
}

/* Bits of eight bytes, added up in each of them (Warren, Hacker's Delight, 5-1). Not every machine
 * has an instruction for it, and the program is built for any. */
static uint64_t bits_by_byte(uint64_t word)
{
	word -= word >> 1 & UINT64_C(0x5555555555555555);
	word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
	return (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
}

/* Rules of A that are also in B. A byte holds the sums of 31 words. */
static uint32_t count_both(const uint64_t *a, const uint64_t *b, uint32_t n_words)
{
	enum { AT_ONCE = 31 };
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_words;) {
		uint32_t end = n_words - i < AT_ONCE ? n_words : i + AT_ONCE;
		uint64_t sums = 0;

		for (; i < end; i++)
			sums += bits_by_byte(a[i] & b[i]);
		sums = (sums & UINT64_C(0x00ff00ff00ff00ff)) +
		       (sums >> 8 & UINT64_C(0x00ff00ff00ff00ff));
		n += (uint32_t)(sums * UINT64_C(0x0001000100010001) >> 48);
	}
	return n;
}

static bool share(const uint64_t *a, const uint64_t *b, uint32_t n_words)
{
	for (uint32_t i = 0; i < n_words; i++) {
		if (a[i] & b[i])
			return true;
	}
	return false;
}

/* What it costs to ask G, in some 40 instructions. What is worked out together is worked out once.
 */
static uint32_t price(const struct gate *g, const struct knowledge *known)
{
	static const uint32_t of_group[] = {
		[COST_RECORD] = 5, [COST_TEXT] = 15, [COST_LOOK_UP] = 40};
	const uint8_t group = fact_groups[g->field];

	return group == FACT_NOW || known->groups >> group & 1 ? 1 : 1 + of_group[g->cost];
}

/* What G says about the rules that are possible where its fact is as in F: those that it rules out,
 * and some of those that it may rule out together with other facts. 0: too little. */
static uint32_t worth(const struct gate_tree *t, const struct gate *g,
	const struct knowledge *known, const struct facts *f)
{
	enum { FOR_ONE = 8 };
	const uint32_t n_words = t->ix->gates.n_words;
	const uint32_t n = known->n_possible;
	const uint64_t *allowed = g->allowed + (size_t)gate_class(g, f) * n_words;
	const uint32_t out = n - count_both(known->possible, allowed, n_words);
	const uint32_t said = count_both(known->possible, g->mentioned, n_words);
	const bool is_enough = out > 0 && (n <= SOME_RULES || out * LEAST_SHARE >= n);

	if (!is_enough && (n <= FEW_RULES || n > SOME_RULES || said * LEAST_SHARE < n))
		return 0;
	return FOR_ONE * out + (said - out);
}

/* The fact that says most for its price of an event like F: the first one that comes here stands
 * for those that follow. NULL: none says enough. */
static const struct gate *choose_gate(
	const struct gate_tree *t, const struct knowledge *known, const struct facts *f)
{
	const struct gates *gates = &t->ix->gates;
	const struct gate *best = NULL;
	uint32_t best_worth = 0;
	uint32_t best_price = 1;

	for (uint32_t i = 0; i < gates->n; i++) {
		const struct gate *g = &gates->items[i];
		uint32_t its_worth, its_price;

		if (known->classes[i] != GATE_UNKNOWN ||
			!share(g->mentioned, known->possible, gates->n_words))
			continue;
		its_worth = worth(t, g, known, f);
		its_price = price(g, known);
		if (its_worth * best_price <= best_worth * its_price)
			continue;
		best = g;
		best_worth = its_worth;
		best_price = its_price;
	}
	return best;
}

static uint32_t list_rules(const uint64_t *set, uint32_t n_words, uint32_t *ret)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_words; i++) {
		for (uint64_t word = set[i]; word; word &= word - 1)
			ret[n++] = 64 * i + (uint32_t)__builtin_ctzll(word);
	}
	return n;
}

/* Few rules are run. Of many, those that no key finds are, and the others wait for their keys. */
static struct gate_leaf *make_leaf(const struct gate_tree *t, const struct knowledge *known)
{
	const struct rule_index *ix = t->ix;
	uint32_t n_words = ix->gates.n_words;
	uint32_t n = known->n_possible;
	const uint64_t *directly = n <= FEW_RULES ? known->possible : ix->always;
	struct gate_leaf *leaf = arena_alloc(t->arena, sizeof(*leaf));
	uint32_t *direct = arena_alloc(
		t->arena, (count_both(known->possible, directly, n_words) + 1) * sizeof(*direct));
	uint64_t *set = arena_alloc(t->arena, n_words * sizeof(*set));
	uint32_t *fields = arena_alloc(t->arena, (ix->n_fields + 1) * sizeof(*fields));

	if (!leaf || !direct || !set || !fields)
		return NULL;
	for (uint32_t i = 0; i < n_words; i++)
		set[i] = known->possible[i] & directly[i];
	*leaf = (struct gate_leaf){.possible = known->possible, .direct = direct, .fields = fields};
	leaf->n_direct = list_rules(set, n_words, direct);
	for (uint32_t i = 0; leaf->n_direct < n && i < ix->n_fields; i++) {
		if (share(known->possible, ix->fields[i].rules, n_words))
			fields[leaf->n_fields++] = i;
	}
	return leaf;
}

/* What PARENT left possible and CLASS of its fact allows. */
static void inherit(const struct gate_tree *t, struct knowledge *known, const struct branch *parent,
	uint32_t class)
{
	const struct gates *gates = &t->ix->gates;
	const struct gate *g = parent->gate;
	const uint64_t *allowed = g->allowed + (size_t) class * gates->n_words;

	for (uint32_t i = 0; i < gates->n_words; i++)
		known->possible[i] = parent->known->possible[i] & allowed[i];
	known->groups = parent->known->groups | UINT32_C(1) << fact_groups[g->field];
	memcpy(known->classes, parent->known->classes, sizeof(known->classes));
	known->classes[g - gates->items] = (uint8_t) class;
}

/* Takes out the rules that cannot hold for all that is known together. */
static void sift(const struct gate_tree *t, struct knowledge *known)
{
	for (uint32_t i = 0; i < t->ix->gates.n_words; i++) {
		for (uint64_t word = known->possible[i]; word; word &= word - 1) {
			uint32_t bit = (uint32_t)__builtin_ctzll(word);
			uint32_t rule = t->ix->rules[64 * i + bit];

			if (!gates_allow(&t->ix->gates, known->classes, &t->sigma->programs[rule]))
				known->possible[i] &= ~(UINT64_C(1) << bit);
		}
	}
}

/* Below PARENT where its fact is of CLASS; at the root when PARENT is NULL. */
static struct knowledge *learn(
	const struct gate_tree *t, const struct branch *parent, uint32_t class)
{
	const struct gates *gates = &t->ix->gates;
	struct knowledge *known = arena_alloc(t->arena, sizeof(*known));

	if (!known)
		return NULL;
	known->possible = arena_alloc(t->arena, gates->n_words * sizeof(*known->possible));
	if (!known->possible)
		return NULL;
	if (parent) {
		inherit(t, known, parent, class);
	} else {
		memcpy(known->possible, t->ix->all, gates->n_words * sizeof(*known->possible));
		memset(known->classes, GATE_UNKNOWN, sizeof(known->classes));
	}
	known->n_possible = count_both(known->possible, known->possible, gates->n_words);
	if (known->n_possible <= SOME_RULES)
		sift(t, known);
	known->n_possible = count_both(known->possible, known->possible, gates->n_words);
	return known;
}

/* For events like F. */
static struct branch *make_branch(const struct gate_tree *t, const struct branch *parent,
	uint32_t class, const struct facts *f)
{
	struct knowledge *known = learn(t, parent, class);
	const struct gate *gate = known ? choose_gate(t, known, f) : NULL;
	const size_t n = gate ? gate->n_classes : 0;
	struct branch *node = arena_alloc(t->arena, sizeof(*node) + n * sizeof(node->children[0]));

	if (!known || !node)
		return NULL;
	node->gate = gate;
	node->known = known;
	if (gate)
		return node;
	node->leaf = make_leaf(t, known);
	return node->leaf ? node : NULL;
}

const struct gate_leaf *gate_tree_find(struct gate_tree *t, const struct facts *f)
{
	struct branch *node;

	if (arena_used_bytes(t->arena) > MAX_BYTES) {
		arena_reset(t->arena);
		t->root = NULL;
	}
	if (!t->root)
		t->root = make_branch(t, NULL, 0, f);
	node = t->root;
	while (node && node->gate) {
		uint32_t class = gate_class(node->gate, f);
		struct branch **child = &node->children[class];

		if (!*child)
			*child = make_branch(t, node, class, f);
		node = *child;
	}
	return node ? node->leaf : NULL;
}
