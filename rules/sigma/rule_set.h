/* A set of small numbers from which the lowest is taken: rules that may match, in their order. What
 * it costs depends on how many it holds, and hardly on how many it could hold. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rule_set {
	uint64_t *bits;  /* one for each number */
	uint64_t *words; /* one for each word of bits: it is not 0 */
	size_t n_words;  /* of words */
};

/* For numbers below N. False without memory; rule_set_done is allowed then. */
bool rule_set_init(struct rule_set *s, size_t n);
void rule_set_done(struct rule_set *s);

static inline void rule_set_add(struct rule_set *s, uint32_t number)
{
	s->bits[number / 64] |= UINT64_C(1) << (number % 64);
	s->words[number / 4096] |= UINT64_C(1) << (number / 64 % 64);
}

/* Removes the lowest number into *ret. False when the set is empty. */
bool rule_set_take(struct rule_set *s, uint32_t *ret);
