/* How often amounts of each size came, in steps of a doubling: enough to say what is usual. Plain
 * memory that may be saved as it lies, and be read back from anybody; zeroed when new. Pure. */
#pragma once

#include <stdint.h>

enum { LEVELS = 24, LEVELS_FIRST_BITS = 14 };

/* The first level has all amounts below 2^LEVELS_FIRST_BITS, the last those of 2^36 and more. A
 * count that is full halves all of them, so that what is old counts less. */
struct levels {
	uint8_t counts[LEVELS];
};

void levels_add(struct levels *l, uint64_t amount);
uint32_t levels_count(const struct levels *l);

/* What 19 of 20 amounts stayed below: a power of two. 0 when none was added. */
uint64_t levels_usual(const struct levels *l);
