/* Facts of few values, such as the phase of a conversation, and which rules each value leaves
 * possible. From the whole condition, filters and alternatives with it: a rule is possible as long
 * as some values of the other facts would make it hold. Read only once it is built. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"

struct program;
struct sigma;

enum {
	GATES_MAX = 32,
	GATE_MAX_VALUES = 62,
	GATE_ABSENT = 0,
	GATE_OTHER = 1,
	GATE_UNKNOWN = UINT8_MAX, /* no class: nobody asked */
};

/* Classes of values: absent; none that a rule names; then for texts the values, for numbers the
 * pieces between the limits that rules name. */
struct gate {
	int field;
	bool is_number;
	uint32_t cost; /* enum field_cost */
	uint32_t n_classes;
	struct str texts[GATE_MAX_VALUES]; /* in lower case: of class 2 and on */
	uint64_t bounds[GATE_MAX_VALUES];  /* lowest number of class 2 and on, in order */
	uint64_t lengths;                  /* of the texts: bit for each length */
	uint64_t *allowed;                 /* n_words of rules for each class */
	uint64_t *narrowed;                /* rules that some class leaves out */
	uint64_t *mentioned;               /* rules that test the fact */
};

struct gates {
	struct gate items[GATES_MAX];
	uint32_t n;
	uint32_t n_words;
	uint8_t of_field[FIELD_COUNT]; /* place + 1; 0: none */
};

/* For the N rules at PLACES of S, which bits of the sets stand for. False without memory. */
bool gates_build(struct gates *ret, const struct sigma *s, const uint32_t *places, uint32_t n);
void gates_done(struct gates *g);

/* Whether P may hold where the fact of each gate is of its class in CLASSES. */
bool gates_allow(const struct gates *g, const uint8_t classes[GATES_MAX], const struct program *p);

/* The class of the fact in F. */
uint32_t gate_class(const struct gate *g, const struct facts *f);
