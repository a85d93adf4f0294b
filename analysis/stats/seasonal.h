/* What is usual at this hour of the week: Holt-Winters (level, trend and a season of 168 hours)
 * over logarithms of amounts, in integers. Additive in logarithms is multiplicative in amounts.
 * Errors are cut at CUT spreads before anything is learned from them, so that one night's bulk does
 * not become what is usual. Plain memory that may be saved as it lies, and be read back from
 * anybody. Pure.
 *
 * nDPI's Holt-Winters (ndpi_hw_*) is its yardstick in tests/unit/test_seasonal.c; why it is not
 * used here: docs/adr/0013-volume-without-floating-point.md. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { SEASON_SLOTS = 168 };

/* Zeroed when new. Logarithms are in 1/256 of a doubling (amount.h). */
struct seasonal {
	uint16_t season[SEASON_SLOTS]; /* 0: never seen; else difference from the level + 0x8000 */
	int32_t level;                 /* in 1/65536 of a doubling */
	int32_t trend;                 /* of it for each value, the same */
	uint16_t spread;               /* mean size of the errors, in 1/256 of a doubling */
	uint16_t n;                    /* values so far */
	uint16_t started;              /* the first season is over */
	uint16_t reserved;
};

struct forecast {
	uint32_t expected; /* logarithm */
	uint32_t spread;   /* what errors usually are, at least SEASONAL_LEAST_SPREAD */
};

/* Errors of a quarter of a doubling are never told apart from none. */
enum { SEASONAL_LEAST_SPREAD = 64 };

/* What is to be expected in SLOT (taken modulo). False in the first season, which ends when a slot
 * comes again, and while nothing ever came in SLOT. */
bool seasonal_forecast(const struct seasonal *s, uint32_t slot, struct forecast *ret);

/* VALUE, a logarithm of amount.h, came in SLOT. Constant time, but once for the first season. */
void seasonal_add(struct seasonal *s, uint32_t slot, uint32_t value);
