#include "analysis/behaviour/rhythm.h"

#include <stdlib.h>

#include "analysis/stats/amount.h"

/* Logarithms are of base 2, times 256; ratios and spreads are times 1024. */
enum {
	BIT = 256,
	ONE = 1024,
	MOST_PERIODS = 8,   /* in one gap: so many are missed in a row that it tells nothing */
	HALF_LOG_E = 185,   /* log2(e) / 2 */
	LOG_E = 369,        /* log2(e) */
	LOG_SQRT_2PI = 339, /* log2(sqrt(2 pi)) */
	LOG_LN2 = -135,     /* log2(ln 2) */
	OUTLIER = 9 * BIT,  /* one of 32 gaps is anything over 2^20: log2(32 * 20 * ln 2) */
	FITTED = 3 * BIT,   /* what the choice of period, spread and p gains by itself */
	LEAST_LOG_SPREAD =
		480 /* of bouts and pauses: a standard deviation of 1.3 (ln) is 1.9 bits */
};

/* The longest gap that is told from longer ones: 139 years. */
#define MOST_MS (UINT64_C(1) << 42)

struct gaps {
	uint64_t ms[RHYTHM_MOST]; /* ascending */
	uint32_t log[RHYTHM_MOST];
	uint32_t n;
};

static int compare(const void *pa, const void *pb)
{
	const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

static int32_t most(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static uint32_t log_of(uint64_t v)
{
	return amount_log(v ? v - 1 : 0);
}

/* Whole periods in a gap, at least 1; 0: too many. */
static uint32_t periods_in(uint64_t ms, uint64_t period_ms)
{
	const uint64_t k = (ms + period_ms / 2) / period_ms;

	return k > MOST_PERIODS ? 0 : k ? (uint32_t)k : 1;
}

/* The period that the gaps are multiples of, from a first guess. */
static uint64_t refine(const struct gaps *g, uint64_t guess_ms, uint32_t *ret_missed)
{
	uint64_t period_ms = guess_ms ? guess_ms : 1;
	uint64_t n = 0, periods = 0;

	for (uint32_t round = 0; round < 3; round++) {
		uint64_t sum_ms = 0;

		n = periods = 0;
		for (uint32_t i = 0; i < g->n; i++) {
			const uint32_t k = periods_in(g->ms[i], period_ms);

			if (!k || g->ms[i] < period_ms * 3 / 8)
				continue;
			sum_ms += g->ms[i];
			periods += k;
			n++;
		}
		if (!periods || sum_ms < periods)
			break;
		period_ms = sum_ms / periods;
	}
	*ret_missed = periods ? (uint32_t)((periods - n) * ONE / periods) : 0;
	return period_ms;
}

/* Spread of one sleep that stays within J percent of the period each way: J / sqrt(3). */
static const uint16_t spreads[] = {12, 24, 48, 90, 150, 225, 296}; /* 2, 4, 8, 15, 25, 38, 50 % */
static const uint8_t jitters[] = {2, 4, 8, 15, 25, 38, 50};

enum { N_SPREADS = sizeof(spreads) / sizeof(spreads[0]) };

/* log2(sqrt(k)) */
static const uint16_t log_roots[MOST_PERIODS + 1] = {0, 0, 128, 203, 256, 297, 331, 359, 384};

struct timer {
	uint64_t period_ms;
	int32_t log_period;
	int64_t variance;   /* of one sleep in periods, times 1024^2 */
	int32_t log_spread; /* of the same, in periods */
	int32_t log_hit, log_miss;
};

/* Log density of a gap, per ms. */
static int32_t timer_density(const struct timer *t, uint64_t ms, uint32_t log_ms)
{
	const int32_t outlier = -(int32_t)log_ms - OUTLIER;
	const int64_t ratio = (int64_t)(ms * ONE / t->period_ms);
	int64_t k = ratio / ONE, best = outlier;

	for (uint32_t i = 0; i < 2; i++, k++) {
		int64_t off, density;

		if (k < 1 || k > MOST_PERIODS)
			continue;
		off = ratio - k * ONE;
		density = t->log_hit + (k - 1) * t->log_miss - t->log_spread - log_roots[k] -
			  LOG_SQRT_2PI - t->log_period - off * off * HALF_LOG_E / (k * t->variance);
		if (density > best)
			best = density;
	}
	return (int32_t)best;
}

static struct timer timer_with(uint64_t period_ms, uint32_t missed, uint32_t spread)
{
	/* Starts of programs and ways through networks differ by a tenth of a second. */
	const int64_t floor = 100 * ONE / (int64_t)(period_ms + 1);
	struct timer t = {.period_ms = period_ms, .log_period = (int32_t)log_of(period_ms)};

	t.variance = (int64_t)spread * spread + floor * floor;
	t.log_spread = (int32_t)log_of((uint64_t)t.variance) / 2 - 10 * BIT;
	if (missed < ONE / 64)
		missed = ONE / 64;
	if (missed > ONE * 3 / 8)
		missed = ONE * 3 / 8;
	t.log_hit = (int32_t)log_of(ONE - missed) - 10 * BIT;
	t.log_miss = (int32_t)log_of(missed) - 10 * BIT;
	return t;
}

static int32_t timer_evidence(const struct gaps *g, const struct timer *t)
{
	int32_t sum = 0;

	for (uint32_t i = 0; i < g->n; i++)
		sum += timer_density(t, g->ms[i], g->log[i]);
	return sum;
}

/* Of the N shortest gaps. */
static int64_t exponential_evidence(const struct gaps *g, uint32_t n, uint64_t dead_ms)
{
	uint64_t sum_ms = 0;

	for (uint32_t i = 0; i < n; i++)
		sum_ms += g->ms[i] > dead_ms ? g->ms[i] - dead_ms : 1;
	/* The sum of all gaps over their mean is their number. */
	return -(int64_t)n * ((int64_t)log_of(sum_ms / n + 1) + LOG_E);
}

/* As a timer may have gaps that are anything, these may: the longest, a quarter of all at most. */
static int32_t unrelated_evidence(const struct gaps *g, uint64_t dead_ms)
{
	int64_t outliers = 0, best = INT64_MIN;

	for (uint32_t n = g->n; n > 0 && n >= g->n * 3 / 4; n--) {
		const int64_t evidence = exponential_evidence(g, n, dead_ms) + outliers;

		if (evidence > best)
			best = evidence;
		outliers -= (int64_t)g->log[n - 1] + OUTLIER;
	}
	return (int32_t)best;
}

static int32_t bouts_evidence(const struct gaps *g, uint64_t dead_ms)
{
	const int64_t n = g->n;
	int64_t sum = 0, mean, squares = 0, variance, log_spread;
	int32_t logs[RHYTHM_MOST];

	for (uint32_t i = 0; i < g->n; i++) {
		logs[i] = (int32_t)log_of(g->ms[i] > dead_ms ? g->ms[i] - dead_ms : 1);
		sum += logs[i];
	}
	mean = sum / n;
	for (uint32_t i = 0; i < g->n; i++)
		squares += (logs[i] - mean) * (logs[i] - mean);
	variance = squares / n;
	if (variance < (int64_t)LEAST_LOG_SPREAD * LEAST_LOG_SPREAD)
		variance = (int64_t)LEAST_LOG_SPREAD * LEAST_LOG_SPREAD;
	/* of ln: in bits times 256, so that ln x = log2 x times ln 2 */
	log_spread = (int64_t)log_of((uint64_t)variance) / 2 - 8 * BIT + LOG_LN2;
	return (int32_t)(-sum - n * (log_spread + LOG_SQRT_2PI) - squares * HALF_LOG_E / variance);
}

/* LOGS as they came. */
static int32_t backing_off_evidence(const uint16_t *logs, uint32_t n)
{
	/* Four gaps in five are twice the one before, within a quarter of an octave; the others are
	 * anything over 2^20. */
	enum { DOUBLED = BIT / 4, USUAL = 2 * BIT - LOG_SQRT_2PI - LOG_LN2 - 82, OTHER = -6 * BIT };
	int64_t sum = 0;

	for (uint32_t i = 0; i < n; i++) {
		const int64_t off = i == 0 ? 4 * BIT : (int64_t)logs[i] - logs[i - 1] - BIT;
		const int64_t density = USUAL - off * off * HALF_LOG_E / (DOUBLED * DOUBLED);

		sum += (density > OTHER ? density : OTHER) - logs[i];
	}
	return (int32_t)sum;
}

static void try_period(const struct gaps *g, uint64_t guess_ms, uint64_t dead_ms, int32_t *best,
	struct rhythm *ret)
{
	uint32_t missed;
	const uint64_t period_ms = refine(g, guess_ms, &missed);

	for (uint32_t i = 0; i < N_SPREADS; i++) {
		const struct timer t = timer_with(period_ms, missed, spreads[i]);
		const int32_t evidence = timer_evidence(g, &t);

		if (evidence <= *best || period_ms * (100 - jitters[i]) < dead_ms * 175)
			continue;
		*best = evidence;
		ret->period_ms = period_ms;
		ret->jitter_percent = jitters[i];
		ret->missed_percent = missed * 100 / ONE;
	}
}

struct rhythm rhythm_measure(const uint16_t *logs, uint32_t n, uint64_t dead_ms)
{
	struct rhythm r = {0};
	struct gaps g = {.n = n < RHYTHM_MOST ? n : RHYTHM_MOST};
	int32_t best = INT32_MIN / 2, chance;

	if (n < RHYTHM_LEAST)
		return r;
	for (uint32_t i = 0; i < g.n; i++) {
		g.ms[i] = amount_of_log(logs[i]);
		if (g.ms[i] > MOST_MS)
			g.ms[i] = MOST_MS;
	}
	qsort(g.ms, g.n, sizeof(g.ms[0]), compare);
	for (uint32_t i = 0; i < g.n; i++)
		g.log[i] = log_of(g.ms[i]);
	for (uint32_t i = 1; i < 8; i++)
		try_period(&g, g.ms[i * (g.n - 1) / 8], dead_ms, &best, &r);
	try_period(&g, g.ms[g.n / 2] / 2, dead_ms, &best, &r);
	chance = most(unrelated_evidence(&g, dead_ms), bouts_evidence(&g, dead_ms));
	chance = most(chance, backing_off_evidence(logs, g.n));
	r.evidence = best - chance - FITTED;
	return r;
}
