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
		if (!periods || sum_ms < periods || sum_ms / periods == period_ms)
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

/* A period that the gaps may be multiples of, and what each gap is then. Of the two multiples that
 * it lies between, one may be missing: PERIODS is 0. */
struct period {
	uint64_t ms;
	int32_t log;
	uint32_t missed;
	int32_t log_hit;
	struct multiple {
		int32_t log;      /* density, but for what the spread makes of it */
		uint32_t periods; /* k */
		uint32_t off;     /* log2(e) / 2 times the square of the distance */
	} of[RHYTHM_MOST][2];
};

static struct multiple multiple_of(
	const struct period *p, int32_t log_miss, int64_t ratio, int64_t k)
{
	const int64_t off = ratio - k * ONE;

	if (k < 1 || k > MOST_PERIODS)
		return (struct multiple){0};
	return (struct multiple){.log = p->log_hit + (int32_t)(k - 1) * log_miss - log_roots[k] -
					LOG_SQRT_2PI - p->log,
		.periods = (uint32_t)k,
		.off = (uint32_t)(off * off * HALF_LOG_E)};
}

static void set_multiples(struct period *p, const struct gaps *g)
{
	const uint32_t few = p->missed < ONE / 64 ? ONE / 64 : p->missed;
	const uint32_t missed = few > ONE * 3 / 8 ? ONE * 3 / 8 : few;
	const int32_t log_miss = (int32_t)log_of(missed) - 10 * BIT;

	p->log = (int32_t)log_of(p->ms);
	p->log_hit = (int32_t)log_of(ONE - missed) - 10 * BIT;
	for (uint32_t i = 0; i < g->n; i++) {
		const int64_t ratio = (int64_t)(g->ms[i] * ONE / p->ms);

		for (int64_t k = 0; k < 2; k++)
			p->of[i][k] = multiple_of(p, log_miss, ratio, ratio / ONE + k);
	}
}

struct spread {
	uint64_t variance; /* of one sleep in periods, times 1024^2 */
	int32_t log;       /* of its root, in periods */
};

static struct spread spread_with(uint64_t period_ms, uint32_t spread)
{
	/* Starts of programs and ways through networks differ by a tenth of a second. */
	const uint64_t floor = 100 * ONE / (period_ms + 1);
	struct spread s = {.variance = (uint64_t)spread * spread + floor * floor};

	s.log = (int32_t)log_of(s.variance) / 2 - 10 * BIT;
	return s;
}

/* Log density of a gap that is anything, per ms. */
static int32_t outlier_density(uint32_t log_ms)
{
	return -(int32_t)log_ms - OUTLIER;
}

static int32_t timer_density(const struct multiple of[2], const struct spread *s, int32_t outlier)
{
	int64_t best = outlier;

	for (uint32_t i = 0; i < 2; i++) {
		const struct multiple *m = &of[i];
		int64_t density = (int64_t)m->log - s->log;

		if (m->periods == 0 || density <= best)
			continue;
		density -= (int64_t)(m->off / (m->periods * s->variance));
		if (density > best)
			best = density;
	}
	return (int32_t)best;
}

/* Of all gaps. Not above LEAST: it is that or less. */
static int32_t timer_evidence(
	const struct gaps *g, const struct period *p, const struct spread *s, int32_t least)
{
	/* A gap that is a period to the point, or the shortest one if that is anything. */
	const int32_t peak =
		most(p->log_hit - LOG_SQRT_2PI - p->log - s->log, outlier_density(g->log[0]));
	int32_t sum = peak * (int32_t)g->n;

	for (uint32_t i = 0; i < g->n && sum > least; i++)
		sum += timer_density(p->of[i], s, outlier_density(g->log[i])) - peak;
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

/* Better than BEST, if anything. */
static void try_period(
	const struct gaps *g, const struct period *p, uint64_t dead_ms, struct rhythm *best)
{
	for (uint32_t i = 0; i < N_SPREADS; i++) {
		const struct spread s = spread_with(p->ms, spreads[i]);
		int32_t evidence;

		if (p->ms * (100 - jitters[i]) < dead_ms * 175)
			continue;
		evidence = timer_evidence(g, p, &s, best->evidence);
		if (evidence <= best->evidence)
			continue;
		*best = (struct rhythm){evidence, p->ms, jitters[i], p->missed * 100 / ONE};
	}
}

/* The timer that fits best and better than BEST, if any. */
static void find_timer(const struct gaps *g, uint64_t dead_ms, struct rhythm *best)
{
	enum { GUESSES = 8 };
	struct period p = {.ms = 0};

	for (uint32_t i = 1; i <= GUESSES; i++) {
		const uint64_t guess_ms =
			i < GUESSES ? g->ms[i * (g->n - 1) / GUESSES] : g->ms[g->n / 2] / 2;
		const uint64_t before_ms = p.ms;
		const uint32_t missed_before = p.missed;

		p.ms = refine(g, guess_ms, &p.missed);
		/* Most gaps of a timer lead to the same period. */
		if (p.ms == before_ms && p.missed == missed_before)
			continue;
		set_multiples(&p, g);
		try_period(g, &p, dead_ms, best);
	}
}

static struct gaps gaps_of(const uint16_t *logs, uint32_t n)
{
	struct gaps g = {.n = n < RHYTHM_MOST ? n : RHYTHM_MOST};

	for (uint32_t i = 0; i < g.n; i++) {
		g.ms[i] = amount_of_log(logs[i]);
		if (g.ms[i] > MOST_MS)
			g.ms[i] = MOST_MS;
	}
	qsort(g.ms, g.n, sizeof(g.ms[0]), compare);
	for (uint32_t i = 0; i < g.n; i++)
		g.log[i] = log_of(g.ms[i]);
	return g;
}

struct rhythm rhythm_measure(const uint16_t *logs, uint32_t n, uint64_t dead_ms, int32_t least)
{
	struct rhythm best = {0};
	struct gaps g;
	int32_t chance;

	if (n < RHYTHM_LEAST)
		return best;
	g = gaps_of(logs, n);
	chance = most(unrelated_evidence(&g, dead_ms), bouts_evidence(&g, dead_ms));
	chance = most(chance, backing_off_evidence(logs, g.n)) + FITTED;
	best.evidence = chance + least - 1;
	find_timer(&g, dead_ms, &best);
	best.evidence = best.period_ms ? best.evidence - chance : INT32_MIN;
	return best;
}
