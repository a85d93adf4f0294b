#include "analysis/stats/amount.h"

/* 2^-(1/2), 2^-(1/4), ... 2^-(1/256), in parts of 2^32. */
static const uint32_t roots[8] = {3037000500, 3611622603, 3938502376, 4112874773, 4202935003,
	4248701965, 4271771996, 4283353945};

/* AMOUNT x FACTOR / 2^32, which is at most 1. */
static uint64_t scale(uint64_t amount, uint64_t factor)
{
	return (amount >> 32) * factor + ((amount & UINT32_MAX) * factor >> 32);
}

uint32_t amount_log(uint64_t n)
{
	uint32_t whole;
	uint64_t mantissa;
	uint32_t log;

	if (n == UINT64_MAX)
		return AMOUNT_LOG_MAX;
	n++;
	whole = 63 - (uint32_t)__builtin_clzll(n);
	mantissa = whole > 31 ? n >> (whole - 31) : n << (31 - whole);
	log = whole;
	/* Each squaring doubles the logarithm: what passes 2 is the next bit of it. */
	for (int bit = 0; bit < 8; bit++) {
		mantissa = mantissa * mantissa >> 31;
		log <<= 1;
		if (mantissa >> 32) {
			mantissa >>= 1;
			log |= 1;
		}
	}
	return log;
}

uint64_t amount_of_log(uint32_t log)
{
	uint32_t whole = log / AMOUNT_DOUBLING + 1;
	uint32_t rest = AMOUNT_DOUBLING - log % AMOUNT_DOUBLING;
	uint64_t mantissa = UINT64_C(1) << 63;

	if (log >= AMOUNT_LOG_MAX)
		return UINT64_MAX;
	if (rest == AMOUNT_DOUBLING)
		return (UINT64_C(1) << (whole - 1)) - 1;
	for (int bit = 0; bit < 8; bit++)
		if (rest >> (7 - bit) & 1)
			mantissa = scale(mantissa, roots[bit]);
	return (whole == 64 ? mantissa << 1 : mantissa >> (63 - whole)) - 1;
}

uint64_t amount_fade(uint64_t amount, uint64_t elapsed, uint64_t span)
{
	const uint64_t log2_e = 6196328018; /* in parts of 2^32 */
	const uint64_t ln_2 = 2977044471;   /* in parts of 2^32 */
	uint64_t halvings;
	uint64_t factor;
	uint64_t rest;

	if (elapsed == 0 || amount == 0)
		return amount;
	if (span == 0 || elapsed / span >= 44) /* e^-44 of 2^63 is less than one */
		return 0;
	/* Halvings in parts of 2^32. Long spans are told in larger units. */
	while (elapsed > UINT64_MAX / log2_e) {
		elapsed >>= 1;
		span >>= 1;
	}
	halvings = elapsed * log2_e / span;
	if (halvings >> 32 > 63)
		return 0;
	factor = UINT64_C(1) << 32;
	for (int bit = 0; bit < 8; bit++)
		if (halvings >> (31 - bit) & 1)
			factor = scale(factor, roots[bit]);
	/* The rest is less than 1/256 of a halving: e^-x is 1 - x + x^2/2 there. */
	rest = (halvings & 0xffffff) * ln_2 >> 32;
	rest -= rest * rest >> 33;
	factor = scale(factor, (UINT64_C(1) << 32) - rest);
	return scale(amount, factor) >> (halvings >> 32);
}

uint32_t amount_share(uint64_t a, uint64_t b)
{
	while (a > UINT64_MAX / 2000 || b > UINT64_MAX / 2000) {
		a >>= 1;
		b >>= 1;
	}
	return a + b == 0 ? 0 : (uint32_t)(a * 1000 / (a + b));
}
