/* Mutants of a rule: each is the rule with one change. A test of the rule has to notice it; if none
 * does, the part that was changed is held by no test. Pure. */
#pragma once

#include "rules/sigma/program.h"

enum mutation {
	MUTATION_INVERT_CONDITION,
	MUTATION_INVERT_SELECTION,
	MUTATION_DROP_OPERAND,  /* of and, or; a not in front of it goes with it */
	MUTATION_SWAP_OPERATOR, /* and for or, or for and */
	MUTATION_NEVER_SELECTION,
	MUTATION_DROP_MAP,  /* of a selection with several */
	MUTATION_DROP_TEST, /* of a map with several */
	MUTATION_INVERT_TEST,
	MUTATION_MOVE_BOUND,  /* gt for gte, lte for lt, and so on */
	MUTATION_ANY_FOR_ALL, /* one value instead of every value */
	MUTATION_DROP_VALUE,  /* of a test with several */
};

/* Of longer lists the values are not left out one by one. */
enum { MUTANT_MOST_VALUES = 256 };

struct mutant {
	enum mutation mutation;
	uint32_t node, selection, map, test, value; /* what of it is changed */
	uint32_t line, column;                      /* of that in the rule's file */
	struct str text;        /* "selection linked: peer.linkage.tier|lte: 2 left out" */
	struct program program; /* with that change, but for those of the condition */
};

/* All mutants of P, in ARENA. NULL without memory. Those that would say the same as another are
 * left out. */
struct mutant *mutants_new(const struct program *p, struct arena *arena, size_t *ret_n);

bool mutant_holds(const struct mutant *m, const struct facts *f, struct sigma_scratch *w);
