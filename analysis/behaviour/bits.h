/* Sets of hashes as bitmaps of a fixed size: what has been seen before, and about how many
 * different ones there were. Nothing is ever taken out, but all at once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "analysis/stats/amount.h"

static inline bool bits_has(const uint8_t *bits, uint32_t n_bits, uint64_t hash)
{
	const uint32_t at = (uint32_t)(hash % n_bits);

	return bits[at / 8] >> (at % 8) & 1;
}

static inline void bits_add(uint8_t *bits, uint32_t n_bits, uint64_t hash)
{
	const uint32_t at = (uint32_t)(hash % n_bits);

	bits[at / 8] = (uint8_t)(bits[at / 8] | 1U << (at % 8));
}

/* How many of N_BITS, a multiple of 64, are not set. */
static inline uint32_t bits_free(const uint8_t *bits, uint32_t n_bits)
{
	uint32_t free = n_bits;

	for (uint32_t at = 0; at < n_bits / 8; at += sizeof(uint64_t)) {
		uint64_t some;

		memcpy(&some, bits + at, sizeof(some));
		free -= (uint32_t)__builtin_popcountll(some);
	}
	return free;
}

/* About how many different hashes set all but N_FREE of N_BITS bits, one each: n_bits × ln(n_bits /
 * n_free) (linear counting, Whang 1990). Some percent off until nine of ten are set; at most that
 * of one free bit. */
static inline uint32_t bits_estimate(uint32_t n_bits, uint32_t n_free)
{
	enum { LN2_64K = 45426 /* ln 2 × 65536 */ };
	const uint32_t log =
		amount_log(n_bits - 1) - amount_log((n_free ? n_free : 1) - 1); /* × 256 */

	return (uint32_t)(((uint64_t)n_bits * log * LN2_64K + (1U << 23)) >> 24);
}
