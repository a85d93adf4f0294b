/* Which of many parts, beginnings, ends and texts with wildcards a text may meet. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/str.h"

struct value;
struct part_set;

/* Over N VALUES, which are patterns and outlive it. NULL without memory. What it takes is A's, but
 * for an index that part_set_done gives back. */
struct part_set *part_set_new(struct arena *a, const struct value *values, uint32_t n);
void part_set_done(struct part_set *set); /* NULL allowed */

/* Whether it was made over these. */
bool part_set_is_over(const struct part_set *set, const struct value *values, uint32_t n);

/* Words of the sets of bits below. */
static inline uint32_t part_set_words(uint32_t n)
{
	return n / 64 + 1;
}

/* Sets the bit of every value that TEXT may meet, and of few others, in BITS of part_set_words. */
void part_set_find(const struct part_set *set, struct str text, uint64_t *bits);
