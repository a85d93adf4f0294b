/* Amounts over time, in integers: logarithms, and a sum that forgets. The same on every machine,
 * which floating point and libm are not. Pure. */
#pragma once

#include <stdint.h>

/* A doubling, in what amount_log says. */
enum { AMOUNT_DOUBLING = 256, AMOUNT_LOG_MAX = 64 * AMOUNT_DOUBLING };

/* 256 x log2(n + 1), rounded down: 0 for 0, 256 for 1, at most AMOUNT_LOG_MAX. Never decreases. */
uint32_t amount_log(uint64_t n);

/* What has that logarithm, within one in 250; UINT64_MAX from AMOUNT_LOG_MAX on. */
uint64_t amount_of_log(uint32_t log);

/* AMOUNT x e^(-ELAPSED / SPAN), within one in 10^7 and one byte. A sum to which all is added that
 * comes, and which fades so, holds about what came in the last SPAN: a steady stream makes it
 * exactly that. Any unit of time; SPAN 0 forgets all. */
uint64_t amount_fade(uint64_t amount, uint64_t elapsed, uint64_t span);

/* A + B, at most UINT64_MAX. */
static inline uint64_t amount_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* The same for counters of 32 and 16 bits. */
static inline uint32_t amount_add32(uint32_t a, uint64_t b)
{
	return b > UINT32_MAX - a ? UINT32_MAX : a + (uint32_t)b;
}

static inline uint16_t amount_add16(uint16_t a, uint64_t b)
{
	return b > (uint64_t)(UINT16_MAX - a) ? UINT16_MAX : (uint16_t)(a + b);
}

static inline uint64_t amount_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* MOST times VALUE of FULL, from FULL on all of it: points of a score. VALUE below 2^32. */
static inline uint32_t amount_part(uint64_t value, uint64_t full, uint32_t most)
{
	return (uint32_t)(value < full ? value * most / full : most);
}

/* The part A of A + B in thousandths; 0 of nothing. */
uint32_t amount_share(uint64_t a, uint64_t b);
