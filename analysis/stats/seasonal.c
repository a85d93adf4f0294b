#include "analysis/stats/seasonal.h"

#include "analysis/stats/amount.h"

enum {
	SEEN = 0x8000,
	FRACTION_BITS = 8, /* of level and trend beyond those of logarithms */
	FIRST_SPREAD = AMOUNT_DOUBLING,
	CUT = 3,
	/* Shares of an error that are learned: 1/64 by the level (a change of level is believed
	 * after some days), 1/1024 by the trend, 1/4 by the hour of the week, 1/64 by the spread.
	 */
	LEVEL_BITS = 6,
	TREND_BITS = 10,
	SEASON_BITS = 2,
	SPREAD_BITS = 6,
	MOST = AMOUNT_LOG_MAX << FRACTION_BITS,
};

static int32_t clamp(int64_t v, int32_t least, int32_t most)
{
	if (v < least)
		return least;
	return v > most ? most : (int32_t)v;
}

/* V / 2^BITS to the nearest, half away from zero: what is smaller than that is learned too. */
static int32_t part(int64_t v, int bits)
{
	int64_t half = INT64_C(1) << (bits - 1);

	return (int32_t)(v < 0 ? -((half - v) >> bits) : (v + half) >> bits);
}

static int32_t difference(const struct seasonal *s, uint32_t slot)
{
	return (int32_t)s->season[slot] - SEEN;
}

static void set_difference(struct seasonal *s, uint32_t slot, int64_t v)
{
	s->season[slot] = (uint16_t)(SEEN + clamp(v, -AMOUNT_LOG_MAX, AMOUNT_LOG_MAX));
}

static int64_t expected(const struct seasonal *s, uint32_t slot)
{
	return part((int64_t)s->level + s->trend, FRACTION_BITS) + difference(s, slot);
}

static uint32_t spread_of(const struct seasonal *s)
{
	return s->spread < SEASONAL_LEAST_SPREAD ? SEASONAL_LEAST_SPREAD : s->spread;
}

bool seasonal_forecast(const struct seasonal *s, uint32_t slot, struct forecast *ret)
{
	slot %= SEASON_SLOTS;
	if (!s->started || s->season[slot] == 0)
		return false;
	ret->expected = (uint32_t)clamp(expected(s, slot), 0, AMOUNT_LOG_MAX);
	ret->spread = spread_of(s);
	return true;
}

/* Slots of the first season have differences from zero until it is over. */
static void start(struct seasonal *s)
{
	int64_t sum = 0;
	int64_t n = 0;

	for (uint32_t i = 0; i < SEASON_SLOTS; i++) {
		sum += s->season[i] == 0 ? 0 : difference(s, i);
		n += s->season[i] != 0;
	}
	sum = n == 0 ? 0 : sum / n;
	for (uint32_t i = 0; i < SEASON_SLOTS; i++)
		if (s->season[i] != 0)
			set_difference(s, i, difference(s, i) - sum);
	s->level = clamp(sum * (1 << FRACTION_BITS), 0, MOST);
	s->trend = 0;
	s->spread = FIRST_SPREAD;
	s->started = 1;
}

void seasonal_add(struct seasonal *s, uint32_t slot, uint32_t value)
{
	int64_t error;
	int64_t cut;
	int64_t change;

	slot %= SEASON_SLOTS;
	if (value > AMOUNT_LOG_MAX)
		value = AMOUNT_LOG_MAX;
	if (s->n < UINT16_MAX)
		s->n++;
	if (!s->started && s->season[slot] != 0)
		start(s);
	if (s->season[slot] == 0) {
		set_difference(
			s, slot, (int64_t)value - (s->started ? s->level >> FRACTION_BITS : 0));
		return;
	}
	error = (int64_t)value - expected(s, slot);
	cut = (int64_t)CUT * spread_of(s);
	if (error > cut)
		error = cut;
	else if (error < -cut)
		error = -cut;
	change = error * (1 << FRACTION_BITS);
	s->level = clamp((int64_t)s->level + s->trend + part(change, LEVEL_BITS), 0, MOST);
	s->trend = clamp((int64_t)s->trend + part(change, LEVEL_BITS + TREND_BITS), -MOST, MOST);
	set_difference(s, slot, difference(s, slot) + part(error, SEASON_BITS));
	if (error < 0)
		error = -error;
	s->spread = (uint16_t)(s->spread + part(error - s->spread, SPREAD_BITS));
}
