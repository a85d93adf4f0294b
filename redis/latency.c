#include "redis/latency.h"

enum { STEP_BITS = 3, STEPS = 1 << STEP_BITS };

void latency_add(struct latency *l, uint64_t us)
{
	uint64_t i = us;

	if (us >= STEPS) {
		unsigned octave = 63 - (unsigned)__builtin_clzll(us) - STEP_BITS;

		i = (uint64_t)(octave + 1) * STEPS + ((us >> octave) & (STEPS - 1));
	}
	l->counts[i < LATENCY_STEPS ? i : LATENCY_STEPS - 1]++;
	l->total++;
}

/* The largest value of step I. */
static uint64_t upper_us(uint64_t i)
{
	if (i < STEPS)
		return i;
	return ((STEPS + i % STEPS + 1) << (i / STEPS - 1)) - 1;
}

uint64_t latency_quantile_us(const struct latency *l, unsigned per_mille)
{
	/* In an order that does not overflow: the share of whole thousands and of the rest. */
	uint64_t wanted = l->total / 1000 * per_mille + (l->total % 1000 * per_mille + 999) / 1000;
	uint64_t seen = 0;

	for (uint64_t i = 0; i < LATENCY_STEPS; i++) {
		seen += l->counts[i];
		if (seen > 0 && seen >= wanted)
			return upper_us(i);
	}
	return 0;
}
