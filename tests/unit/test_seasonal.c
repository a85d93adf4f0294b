/* Forecasts of hours of the week, beside those of nDPI for the same hours. */
#include "analysis/stats/seasonal.h"

#include <math.h>
#include <ndpi/ndpi_api.h>
#include <string.h>

#include "analysis/stats/amount.h"
#include "tests/unit/suite.h"

/* Traffic of equipment that follows people: least at four in the night, most at four in the
 * afternoon, less at weekends, with up to a quarter of noise. Bytes of an hour. */
static uint64_t usual(uint32_t hour)
{
	uint32_t clock = hour % 24;
	uint32_t wave = clock < 4 ? 4 - clock : clock < 16 ? clock - 4 : 28 - clock;
	uint64_t bytes = 20000000 + UINT64_C(15000000) * wave;
	uint32_t noise = hour * 2654435761U >> 16;

	if (hour / 24 % 7 >= 5)
		bytes /= 2;
	return bytes + bytes / 4 * (noise % 1000) / 1000;
}

static void run(struct seasonal *s, uint32_t from, uint32_t to)
{
	for (uint32_t hour = from; hour < to; hour++)
		seasonal_add(s, hour, amount_log(usual(hour)));
}

/* How far from its expectation VALUE is, in hundredths of the spread. */
static int deviation(const struct seasonal *s, uint32_t hour, uint64_t bytes)
{
	struct forecast f;

	ck_assert(seasonal_forecast(s, hour, &f));
	return ((int)amount_log(bytes) - (int)f.expected) * 100 / (int)f.spread;
}

START_TEST(the_first_week_says_nothing)
{
	struct seasonal s = {0};
	struct forecast f;

	for (uint32_t hour = 0; hour < SEASON_SLOTS; hour++) {
		ck_assert(!seasonal_forecast(&s, hour, &f));
		seasonal_add(&s, hour, amount_log(usual(hour)));
	}
	ck_assert(!seasonal_forecast(&s, 0, &f));
	seasonal_add(&s, 0, amount_log(usual(SEASON_SLOTS)));
	ck_assert(seasonal_forecast(&s, 0, &f));
	ck_assert(seasonal_forecast(&s, SEASON_SLOTS - 1, &f));
	ck_assert_uint_eq(s.n, SEASON_SLOTS + 1);
}
END_TEST

/* Every third hour only, and one that comes late. */
START_TEST(hours_of_which_nothing_is_known_have_no_forecast)
{
	struct seasonal s = {0};
	struct forecast f;

	for (uint32_t hour = 0; hour < 3 * SEASON_SLOTS; hour += 3)
		seasonal_add(&s, hour, amount_log(usual(hour)));
	ck_assert(seasonal_forecast(&s, 3, &f));
	ck_assert_int_lt(deviation(&s, 3 * SEASON_SLOTS + 3, usual(3)), 300);
	ck_assert(!seasonal_forecast(&s, 4, &f));
	seasonal_add(&s, 4, amount_log(usual(4)));
	ck_assert(seasonal_forecast(&s, 4, &f));
	ck_assert_int_lt(deviation(&s, 3 * SEASON_SLOTS + 4, usual(4)), 200);
}
END_TEST

START_TEST(usual_hours_are_expected)
{
	struct seasonal s = {0};

	run(&s, 0, 2 * SEASON_SLOTS);
	for (uint32_t hour = 2 * SEASON_SLOTS; hour < 6 * SEASON_SLOTS; hour++) {
		int d = deviation(&s, hour, usual(hour));

		ck_assert_msg(d > -300 && d < 300, "hour %u: %d", hour, d);
		seasonal_add(&s, hour, amount_log(usual(hour)));
	}
	ck_assert_uint_lt(s.spread, AMOUNT_DOUBLING / 4);
}
END_TEST

START_TEST(the_same_amount_is_usual_by_day_and_not_at_night)
{
	struct seasonal s = {0};
	uint32_t now = 4 * SEASON_SLOTS;
	uint64_t noon = usual(now + 16);

	run(&s, 0, now);
	ck_assert_int_lt(deviation(&s, now + 16, noon), 300);
	ck_assert_int_gt(deviation(&s, now + 4, noon), 600);
}
END_TEST

START_TEST(bulk_of_one_night_is_not_learned)
{
	struct seasonal s = {0};
	uint32_t night = 4 * SEASON_SLOTS + 4;

	run(&s, 0, night);
	ck_assert_int_gt(deviation(&s, night, UINT64_C(4) << 30), 1000);
	seasonal_add(&s, night, amount_log(UINT64_C(4) << 30));
	run(&s, night + 1, night + SEASON_SLOTS);
	ck_assert_int_gt(deviation(&s, night + SEASON_SLOTS, UINT64_C(4) << 30), 1000);
}
END_TEST

START_TEST(a_new_level_is_learned_in_weeks)
{
	struct seasonal s = {0};
	uint32_t hour = 4 * SEASON_SLOTS;

	run(&s, 0, hour);
	ck_assert_int_gt(deviation(&s, hour, usual(hour) * 4), 600);
	for (uint32_t end = hour + 3 * SEASON_SLOTS; hour < end; hour++)
		seasonal_add(&s, hour, amount_log(usual(hour) * 4));
	ck_assert_int_lt(deviation(&s, hour, usual(hour) * 4), 300);
}
END_TEST

START_TEST(idle_equipment_has_a_forecast_too)
{
	struct seasonal s = {0};
	struct forecast f;

	for (uint32_t hour = 0; hour < 3 * SEASON_SLOTS; hour++)
		seasonal_add(&s, hour, 0);
	ck_assert(seasonal_forecast(&s, 7, &f));
	ck_assert_uint_eq(f.expected, 0);
	ck_assert_uint_eq(f.spread, SEASONAL_LEAST_SPREAD);
}
END_TEST

START_TEST(any_saved_bytes_are_safe)
{
	struct seasonal s;
	struct forecast f;
	uint32_t seed = 1;

	for (int round = 0; round < 3000; round++) {
		uint8_t *bytes = (uint8_t *)&s;

		for (size_t i = 0; i < sizeof(s); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = round == 0 ? 0xff : (uint8_t)(seed >> 24);
		}
		if (round % 3 == 0)
			s.started = 0;
		for (uint32_t i = 0; i < 400; i++) {
			seed = seed * 1664525 + 1013904223;
			seasonal_add(&s, seed, i % 3 ? seed >> 8 : amount_log(seed));
			if (seasonal_forecast(&s, seed, &f))
				ck_assert_uint_le(f.expected, AMOUNT_LOG_MAX);
		}
	}
}
END_TEST

/* Errors of both in the same two weeks, as doublings: ours are no larger. And after one night's
 * bulk, nDPI expects it again a week later, since it learns what it sees. */
/* Level far below, trend at its limit: what is added to it would pass that. */
START_TEST(a_saved_trend_at_its_limit_is_safe)
{
	struct seasonal s = {
		.level = INT32_MIN, .trend = INT32_MAX, .spread = UINT16_MAX, .started = 1};
	struct forecast f;

	s.season[0] = 1;
	seasonal_add(&s, 0, AMOUNT_LOG_MAX);
	ck_assert(seasonal_forecast(&s, 0, &f));
	ck_assert_uint_le(f.expected, AMOUNT_LOG_MAX);
}
END_TEST

START_TEST(as_good_as_the_holt_winters_of_ndpi)
{
	struct seasonal s = {0};
	struct ndpi_hw_struct hw;
	double ours = 0;
	double theirs = 0;
	double value;
	double band;
	uint32_t night = 6 * SEASON_SLOTS + 4;
	struct forecast f;

	/* It takes the number of periods less one. */
	ck_assert_int_eq(ndpi_hw_init(&hw, SEASON_SLOTS - 1, 0, 0.1, 0.001, 0.25, 0.05f), 0);
	for (uint32_t hour = 0; hour < 6 * SEASON_SLOTS; hour++) {
		double exact = log2((double)usual(hour));
		int known = ndpi_hw_add_value(&hw, usual(hour), &value, &band);

		if (hour >= 4 * SEASON_SLOTS) {
			ck_assert_int_eq(known, 1);
			ck_assert(seasonal_forecast(&s, hour, &f));
			theirs += fabs(log2(value) - exact);
			ours += fabs(f.expected / 256.0 - exact);
		}
		seasonal_add(&s, hour, amount_log(usual(hour)));
	}
	ours /= 2 * SEASON_SLOTS;
	theirs /= 2 * SEASON_SLOTS;
	printf("mean error in doublings: ours %.3f, nDPI's %.3f\n", ours, theirs);
	ck_assert_msg(ours <= theirs * 1.1, "%f, %f", ours, theirs);

	for (uint32_t hour = 6 * SEASON_SLOTS; hour < night + SEASON_SLOTS; hour++) {
		uint64_t bytes = hour == night ? UINT64_C(4) << 30 : usual(hour);

		ndpi_hw_add_value(&hw, bytes, &value, &band);
		seasonal_add(&s, hour, amount_log(bytes));
	}
	ndpi_hw_add_value(&hw, usual(night + SEASON_SLOTS), &value, &band);
	ck_assert(seasonal_forecast(&s, night + SEASON_SLOTS, &f));
	printf("a week after 4 GiB where %.0f MB are usual: ours expects %.0f MB, nDPI's %.0f MB\n",
		(double)usual(night) / 1e6, (double)amount_of_log(f.expected) / 1e6, value / 1e6);
	ck_assert(amount_of_log(f.expected) < 2 * usual(night));
	ndpi_hw_free(&hw);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, the_first_week_says_nothing);
	tcase_add_test(tc, hours_of_which_nothing_is_known_have_no_forecast);
	tcase_add_test(tc, usual_hours_are_expected);
	tcase_add_test(tc, the_same_amount_is_usual_by_day_and_not_at_night);
	tcase_add_test(tc, bulk_of_one_night_is_not_learned);
	tcase_add_test(tc, a_new_level_is_learned_in_weeks);
	tcase_add_test(tc, idle_equipment_has_a_forecast_too);
	tcase_add_test(tc, any_saved_bytes_are_safe);
	tcase_add_test(tc, a_saved_trend_at_its_limit_is_safe);
	tcase_add_test(tc, as_good_as_the_holt_winters_of_ndpi);
}

int main(void)
{
	return suite_main("seasonal", add_tests);
}
