#include "redis/latency.h"

#include "tests/unit/suite.h"

START_TEST(nothing)
{
	struct latency l = {0};

	ck_assert_uint_eq(latency_quantile_us(&l, 990), 0);
}
END_TEST

/* Never below the value, and at most an eighth above. */
START_TEST(one_value)
{
	for (uint64_t v = 0; v < UINT64_C(1) << 41; v = v < 100 ? v + 1 : v + v / 7) {
		struct latency l = {0};
		uint64_t q;

		latency_add(&l, v);
		q = latency_quantile_us(&l, 500);
		ck_assert_msg(
			q >= v && q <= v + v / 8, "%lu of %lu", (unsigned long)q, (unsigned long)v);
	}
}
END_TEST

START_TEST(quantiles)
{
	struct latency l = {0};

	for (uint64_t v = 1; v <= 10000; v++)
		latency_add(&l, v);
	ck_assert_uint_ge(latency_quantile_us(&l, 500), 5000);
	ck_assert_uint_le(latency_quantile_us(&l, 500), 5625);
	ck_assert_uint_ge(latency_quantile_us(&l, 990), 9900);
	ck_assert_uint_le(latency_quantile_us(&l, 990), 11137);
	ck_assert_uint_le(latency_quantile_us(&l, 0), 1);
	ck_assert_uint_ge(latency_quantile_us(&l, 1000), 10000);
}
END_TEST

START_TEST(beyond_the_end)
{
	struct latency l = {0};

	latency_add(&l, UINT64_MAX);
	ck_assert_uint_gt(latency_quantile_us(&l, 990), UINT64_C(1) << 41);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, one_value);
	tcase_add_test(tc, quantiles);
	tcase_add_test(tc, beyond_the_end);
}

int main(void)
{
	return suite_main("latency", add_tests);
}
