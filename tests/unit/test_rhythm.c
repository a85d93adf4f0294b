#include "analysis/behaviour/rhythm.h"

#include "analysis/stats/amount.h"
#include "tests/unit/suite.h"

enum { BIT = 256, NINE_BITS = 9 * BIT };

/* The same on every machine. */
static uint64_t next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

/* From A to B. */
static uint64_t between(uint64_t *state, uint64_t a, uint64_t b)
{
	return a + next(state) % (b - a + 1);
}

static struct rhythm measure(const uint64_t *ms, uint32_t n)
{
	uint16_t logs[RHYTHM_MOST];

	for (uint32_t i = 0; i < n; i++)
		logs[i] = (uint16_t)amount_log(ms[i]);
	return rhythm_measure(logs, n, 2000, RHYTHM_ANY);
}

static struct rhythm timer(uint64_t period_ms, uint32_t jitter, uint32_t n)
{
	uint64_t ms[RHYTHM_MOST], seed = period_ms;

	for (uint32_t i = 0; i < n; i++)
		ms[i] = between(
			&seed, period_ms * (100 - jitter) / 100, period_ms * (100 + jitter) / 100);
	return measure(ms, n);
}

START_TEST(too_few_gaps_say_nothing)
{
	ck_assert_int_eq(timer(60000, 0, RHYTHM_LEAST - 1).evidence, 0);
	ck_assert_int_gt(timer(60000, 0, RHYTHM_LEAST).evidence, 0);
	ck_assert_int_eq(rhythm_measure(NULL, 0, 2000, RHYTHM_ANY).evidence, 0);
}
END_TEST

START_TEST(a_period_from_ten_seconds_to_a_week)
{
	static const uint64_t periods_ms[] = {10000, 60000, 3600000, 86400000, 604800000};

	for (uint32_t i = 0; i < sizeof(periods_ms) / sizeof(periods_ms[0]); i++) {
		const struct rhythm r = timer(periods_ms[i], 0, 9);

		ck_assert_int_gt(r.evidence, NINE_BITS);
		ck_assert_uint_ge(r.period_ms, periods_ms[i] - periods_ms[i] / 100);
		ck_assert_uint_le(r.period_ms, periods_ms[i] + periods_ms[i] / 100);
		ck_assert_uint_eq(r.jitter_percent, 2);
		ck_assert_uint_eq(r.missed_percent, 0);
	}
}
END_TEST

START_TEST(jitter_is_measured)
{
	ck_assert_uint_eq(timer(3600000, 15, 40).jitter_percent, 15);
	ck_assert_uint_eq(timer(3600000, 50, 40).jitter_percent, 50);
	ck_assert_int_gt(timer(3600000, 50, 40).evidence, NINE_BITS);
}
END_TEST

START_TEST(missed_beats_are_counted)
{
	/* Three of thirteen. */
	static const uint64_t ms[] = {
		60000, 60000, 120000, 60000, 60000, 120000, 60000, 60000, 120000, 60000};
	const struct rhythm r = measure(ms, 10);

	ck_assert_int_gt(r.evidence, NINE_BITS);
	ck_assert_uint_ge(r.period_ms, 59500);
	ck_assert_uint_le(r.period_ms, 60500);
	ck_assert_uint_eq(r.missed_percent, 23);
}
END_TEST

START_TEST(somebody_uses_the_channel_meanwhile)
{
	uint64_t ms[20];

	for (uint32_t i = 0; i < 20; i++)
		ms[i] = 300000;
	ms[3] = 2500;
	ms[11] = 17000;
	ck_assert_int_gt(measure(ms, 20).evidence, NINE_BITS);
}
END_TEST

/* -ln(u) of u = 0.025, 0.075 ... 0.975, times 1000: what gaps of unrelated events look like. */
START_TEST(unrelated_events_are_none)
{
	static const uint32_t gaps[] = {3689, 25, 1492, 575, 2590, 163, 981, 284, 2079, 78, 1743,
		493, 1290, 223, 804, 351, 1124, 664, 430, 136};
	uint64_t ms[20];

	for (uint64_t unit = 100; unit < 1000000; unit *= 10) {
		for (uint32_t i = 0; i < 20; i++)
			ms[i] = 2000 + gaps[i] * unit;
		ck_assert_int_lt(measure(ms, 20).evidence, 4 * BIT);
	}
}
END_TEST

START_TEST(bouts_are_none)
{
	uint64_t ms[RHYTHM_MOST], seed = 7;

	for (uint32_t i = 0; i < RHYTHM_MOST; i++)
		ms[i] = 2000 + (UINT64_C(1) << between(&seed, 8, 20));
	ck_assert_int_lt(measure(ms, RHYTHM_MOST).evidence, 0);
}
END_TEST

/* A client that is sent away, twice, and each time waits twice as long. */
START_TEST(backing_off_is_none)
{
	static const uint64_t ms[] = {
		5000, 10000, 20000, 40000, 80000, 13000000, 5000, 10000, 20000, 40000};

	for (uint32_t n = RHYTHM_LEAST; n <= sizeof(ms) / sizeof(ms[0]); n++)
		ck_assert_int_lt(measure(ms, n).evidence, 2 * BIT);
}
END_TEST

/* A few short gaps and a long one: no more than two of one kind. */
START_TEST(two_bouts_are_no_timer)
{
	static const uint64_t ms[] = {5000, 10000, 86866000, 2000, 4000, 7000};

	ck_assert_int_lt(measure(ms, 6).evidence, 4 * BIT);
}
END_TEST

/* What seems a timer because nothing shorter can be seen is none. */
START_TEST(no_timer_below_what_can_be_seen)
{
	uint64_t ms[RHYTHM_MOST], seed = 7;

	for (uint32_t i = 0; i < RHYTHM_MOST; i++)
		ms[i] = 2000 + between(&seed, 0, 300);
	ck_assert_int_lt(measure(ms, RHYTHM_MOST).evidence, 0);
}
END_TEST

START_TEST(any_saved_bytes_are_safe)
{
	uint16_t logs[RHYTHM_MOST];
	uint64_t seed = 3;

	for (uint32_t round = 0; round < 2000; round++) {
		for (uint32_t i = 0; i < RHYTHM_MOST; i++)
			logs[i] = (uint16_t)(round == 0   ? UINT16_MAX
					     : round == 1 ? 0
							  : next(&seed));
		(void)rhythm_measure(logs, RHYTHM_MOST, round, RHYTHM_ANY);
	}
}
END_TEST

/* From an even beat to noise: what is asked for does not change what is found. */
START_TEST(less_evidence_than_is_asked_for_is_not_worked_out)
{
	uint64_t seed = 5;
	uint32_t found = 0;

	for (uint32_t round = 0; round < 400; round++) {
		const uint32_t n = RHYTHM_LEAST + round % (RHYTHM_MOST - RHYTHM_LEAST + 1);
		uint16_t logs[RHYTHM_MOST];
		struct rhythm all, none, r;

		for (uint32_t i = 0; i < n; i++)
			logs[i] = (uint16_t)amount_log(
				between(&seed, 60000, 60000 + round * round * 10));
		all = rhythm_measure(logs, n, 1000, RHYTHM_ANY);
		r = rhythm_measure(logs, n, 1000, all.evidence);
		ck_assert_int_eq(r.evidence, all.evidence);
		ck_assert_uint_eq(r.period_ms, all.period_ms);
		ck_assert_uint_eq(r.jitter_percent, all.jitter_percent);
		ck_assert_uint_eq(r.missed_percent, all.missed_percent);
		none = rhythm_measure(logs, n, 1000, all.evidence + 1);
		ck_assert_int_eq(none.evidence, INT32_MIN);
		ck_assert_uint_eq(none.period_ms, 0);
		found += all.evidence > NINE_BITS;
	}
	ck_assert_uint_ge(found, 50);
	ck_assert_uint_le(found, 350);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, too_few_gaps_say_nothing);
	tcase_add_test(tc, a_period_from_ten_seconds_to_a_week);
	tcase_add_test(tc, jitter_is_measured);
	tcase_add_test(tc, missed_beats_are_counted);
	tcase_add_test(tc, somebody_uses_the_channel_meanwhile);
	tcase_add_test(tc, unrelated_events_are_none);
	tcase_add_test(tc, bouts_are_none);
	tcase_add_test(tc, backing_off_is_none);
	tcase_add_test(tc, two_bouts_are_no_timer);
	tcase_add_test(tc, no_timer_below_what_can_be_seen);
	tcase_add_test(tc, any_saved_bytes_are_safe);
	tcase_add_test(tc, less_evidence_than_is_asked_for_is_not_worked_out);
}

int main(void)
{
	return suite_main("rhythm", add_tests);
}
