/* Facts of few values, such as the phase of a conversation, and which rules each value leaves
 * possible. From the whole condition, filters and alternatives with it: a rule is possible as long
 * as some values of the other facts would make it hold. Read only once it is built. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "rules/sigma/cost.h"

struct program;
struct sigma;

enum {
	GATES_MAX = 64,
	GATE_MAX_VALUES = 62,
	GATE_ABSENT = 0,
	GATE_OTHER = 1,
	GATE_UNKNOWN = UINT8_MAX, /* no class: nobody asked */
};

enum gate_kind {
	GATE_PRESENCE, /* whether the fact is there: no class but the first two */
	GATE_FLAG,
	GATE_NUMBER,
	GATE_TEXT,
};

/* Classes of values: absent; none that a rule names; then for texts the values, for numbers the
 * pieces between the limits that rules name. */
struct gate {
	int field;
	enum gate_kind kind;
	enum field_cost cost;
	uint32_t n_classes;
	uint64_t lengths;    /* of the texts: bit for each length */
	uint8_t of_flag[2];  /* classes of false and true */
	uint64_t *bounds;    /* lowest number of class 2 and on, in order */
	struct str *texts;   /* in lower case: of class 2 and on */
	uint8_t *slots;      /* classes of texts, found by their ends; 0: free */
	uint32_t slots_mask; /* of as many slots, a power of two, but one */
	uint64_t *allowed;   /* n_words of rules for each class */
	uint64_t *narrowed;  /* rules that some class leaves out */
	uint64_t *mentioned; /* rules that test the fact */
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

/* The class of the fact in F. Costs some 30 instructions where the fact is known. */
uint32_t gate_class(const struct gate *g, const struct facts *f);
