/* Intervals of numbers, and which of them hold a number: a segment tree over their ends. A look-up
 * costs the logarithm of their number, and what it finds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct range {
	uint64_t low, high; /* both inside; LOW is not above HIGH */
	uint32_t number;    /* what is told when the range holds a number */
};

struct range_index;

/* NULL without memory. */
struct range_index *range_index_new(const struct range *ranges, uint32_t n);
void range_index_free(struct range_index *r); /* NULL allowed */

typedef void range_found_fn(void *user, uint32_t number);

/* Calls FOUND once for each range that holds VALUE. */
void range_index_find(
	const struct range_index *r, uint64_t value, range_found_fn *found, void *user);
