#include "analysis/stats/levels.h"

#include "analysis/stats/amount.h"

void levels_add(struct levels *l, uint64_t amount)
{
	uint32_t bits = amount == 0 ? 0 : amount_log(amount - 1) / AMOUNT_DOUBLING + 1;
	uint32_t level = bits <= LEVELS_FIRST_BITS ? 0 : bits - LEVELS_FIRST_BITS;

	if (level >= LEVELS)
		level = LEVELS - 1;
	if (l->counts[level] == UINT8_MAX)
		for (uint32_t i = 0; i < LEVELS; i++)
			l->counts[i] /= 2;
	l->counts[level]++;
}

uint32_t levels_count(const struct levels *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < LEVELS; i++)
		n += l->counts[i];
	return n;
}

uint64_t levels_usual(const struct levels *l)
{
	uint32_t above = levels_count(l) / 20;
	uint32_t n = 0;

	for (uint32_t i = LEVELS; i-- > 0;) {
		n += l->counts[i];
		if (n > above)
			return UINT64_C(1) << (i + LEVELS_FIRST_BITS);
	}
	return 0;
}
