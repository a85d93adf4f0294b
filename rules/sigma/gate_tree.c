#include "rules/sigma/gate_tree.h"

#include <stdlib.h>

#include "common/arena.h"
#include "rules/sigma/program.h"

enum {
	BLOCK_BYTES = 64 * 1024,
	MAX_BYTES = 4 * 1024 * 1024, /* then the tree begins anew */
	SOME_RULES = 64,             /* as many are held against all that is known together */
	FEW_RULES = 6,   /* as many are run as they are: to look for them costs as much */
	LEAST_SHARE = 8, /* a fact is asked when it says something of one in so many rules */
};

/* A leaf has no gate. */
struct branch {
	const struct gate *gate;
	struct branch **children; /* by class; NULL: not made yet */
	uint64_t *possible;
	uint32_t n_possible;
	uint8_t classes[GATES_MAX]; /* of the facts that were asked on the way here */
	struct gate_leaf leaf;
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

/* Of many rules, those that a fact rules out at once count. */
static uint32_t count_said(const struct branch *node, const struct gate *g, uint32_t n_words)
{
	return count_both(node->possible,
		node->n_possible > SOME_RULES ? g->narrowed : g->mentioned, n_words);
}

/* The cheapest fact that says something of enough rules, and of those the one that says most. Gates
 * are in the order of their costs. */
static void choose_gate(const struct gate_tree *t, struct branch *node)
{
	const struct gates *gates = &t->ix->gates;
	uint32_t best = 0;

	for (uint32_t i = 0; i < gates->n; i++) {
		const struct gate *g = &gates->items[i];
		uint32_t said;

		if (node->gate && g->cost > node->gate->cost)
			break;
		if (node->classes[i] != GATE_UNKNOWN)
			continue;
		said = count_said(node, g, gates->n_words);
		if (said <= best || said * LEAST_SHARE < node->n_possible)
			continue;
		node->gate = g;
		best = said;
	}
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
static bool make_leaf(struct gate_tree *t, struct branch *node)
{
	const struct rule_index *ix = t->ix;
	uint32_t n_words = ix->gates.n_words;
	uint32_t n = node->n_possible;
	const uint64_t *directly = n <= FEW_RULES ? node->possible : ix->always;
	uint32_t *direct = arena_alloc(
		t->arena, (count_both(node->possible, directly, n_words) + 1) * sizeof(*direct));
	uint64_t *set = arena_alloc(t->arena, n_words * sizeof(*set));
	uint32_t *fields = arena_alloc(t->arena, (ix->n_fields + 1) * sizeof(*fields));

	if (!direct || !set || !fields)
		return false;
	for (uint32_t i = 0; i < n_words; i++)
		set[i] = node->possible[i] & directly[i];
	node->leaf =
		(struct gate_leaf){.possible = node->possible, .direct = direct, .fields = fields};
	node->leaf.n_direct = list_rules(set, n_words, direct);
	for (uint32_t i = 0; node->leaf.n_direct < n && i < ix->n_fields; i++) {
		if (share(node->possible, ix->fields[i].rules, n_words))
			fields[node->leaf.n_fields++] = i;
	}
	return true;
}

/* What PARENT left possible and CLASS of its fact allows. */
static void inherit(
	const struct gate_tree *t, struct branch *node, const struct branch *parent, uint32_t class)
{
	const struct gates *gates = &t->ix->gates;
	const uint64_t *allowed = parent->gate->allowed + (size_t) class * gates->n_words;

	for (uint32_t i = 0; i < gates->n_words; i++)
		node->possible[i] = parent->possible[i] & allowed[i];
	memcpy(node->classes, parent->classes, sizeof(node->classes));
	node->classes[parent->gate - gates->items] = (uint8_t) class;
}

/* Takes out the rules that cannot hold for all that is known together. */
static void sift(const struct gate_tree *t, struct branch *node)
{
	for (uint32_t i = 0; i < t->ix->gates.n_words; i++) {
		for (uint64_t word = node->possible[i]; word; word &= word - 1) {
			uint32_t bit = (uint32_t)__builtin_ctzll(word);
			uint32_t rule = t->ix->rules[64 * i + bit];

			if (!gates_allow(&t->ix->gates, node->classes, &t->sigma->programs[rule]))
				node->possible[i] &= ~(UINT64_C(1) << bit);
		}
	}
}

/* Below PARENT where its fact is of CLASS; the root when PARENT is NULL. */
static struct branch *make_branch(struct gate_tree *t, const struct branch *parent, uint32_t class)
{
	const struct gates *gates = &t->ix->gates;
	struct branch *node = arena_alloc(t->arena, sizeof(*node));

	if (!node)
		return NULL;
	node->possible = arena_alloc(t->arena, gates->n_words * sizeof(*node->possible));
	if (!node->possible)
		return NULL;
	if (parent) {
		inherit(t, node, parent, class);
	} else {
		memcpy(node->possible, t->ix->all, gates->n_words * sizeof(*node->possible));
		memset(node->classes, GATE_UNKNOWN, sizeof(node->classes));
	}
	node->n_possible = count_both(node->possible, node->possible, gates->n_words);
	if (node->n_possible <= SOME_RULES)
		sift(t, node);
	node->n_possible = count_both(node->possible, node->possible, gates->n_words);
	choose_gate(t, node);
	if (!node->gate)
		return make_leaf(t, node) ? node : NULL;
	node->children = arena_alloc(t->arena, node->gate->n_classes * sizeof(*node->children));
	return node->children ? node : NULL;
}

const struct gate_leaf *gate_tree_find(struct gate_tree *t, const struct facts *f)
{
	struct branch *node;

	if (arena_used_bytes(t->arena) > MAX_BYTES) {
		arena_reset(t->arena);
		t->root = NULL;
	}
	if (!t->root)
		t->root = make_branch(t, NULL, 0);
	node = t->root;
	while (node && node->gate) {
		uint32_t class = gate_class(node->gate, f);
		struct branch **child = &node->children[class];

		if (!*child)
			*child = make_branch(t, node, class);
		node = *child;
	}
	return node ? &node->leaf : NULL;
}
