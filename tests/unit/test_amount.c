/* Held against libm, which tests may use. */
#include "analysis/stats/amount.h"

#include <math.h>

#include "tests/unit/suite.h"

START_TEST(logarithms_are_those_of_libm)
{
	uint64_t n = 1;

	ck_assert_uint_eq(amount_log(0), 0);
	ck_assert_uint_eq(amount_log(1), 256);
	ck_assert_uint_eq(amount_log(3), 512);
	ck_assert_uint_eq(amount_log((UINT64_C(1) << 32) - 1), 32 * 256);
	ck_assert_uint_eq(amount_log(UINT64_MAX - 1), AMOUNT_LOG_MAX - 1);
	ck_assert_uint_eq(amount_log(UINT64_MAX), AMOUNT_LOG_MAX);
	for (int i = 0; i < 5000; i++) {
		double exact = 256 * log2l((long double)n + 1);

		ck_assert_msg(fabs(amount_log(n) - floor(exact)) <= 1, "%llu: %u, %f",
			(unsigned long long)n, amount_log(n), exact);
		n += n / 101 + 1;
		if (n > UINT64_MAX / 2)
			break;
	}
}
END_TEST

START_TEST(logarithms_never_decrease)
{
	uint32_t last = 0;

	for (uint64_t n = 0; n < 200000; n++) {
		ck_assert_uint_ge(amount_log(n), last);
		last = amount_log(n);
	}
}
END_TEST

/* Of a mantissa in parts of 2^31: each squaring doubles the logarithm. */
static uint32_t log_by_squaring(uint64_t mantissa)
{
	uint32_t log = 0;

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

START_TEST(logarithms_are_exact_to_the_last_bit)
{
	uint64_t wrong = 0;

	/* Around each logarithm, and at even distances. */
	for (uint32_t i = 0; i < 256; i++) {
		const uint64_t near = (uint64_t)(exp2(31 + i / 256.0));

		for (uint64_t m = near - 64; m < near + 64; m++)
			wrong += m >> 31 && amount_log(m - 1) != 31 * 256 + log_by_squaring(m);
	}
	for (uint64_t m = UINT64_C(1) << 31; m < UINT64_C(1) << 32; m += 997) {
		wrong += amount_log(m - 1) != 31 * 256 + log_by_squaring(m);
		wrong += amount_log((m << 20) - 1) != 51 * 256 + log_by_squaring(m);
	}
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(what_has_a_logarithm)
{
	ck_assert_uint_eq(amount_of_log(0), 0);
	ck_assert_uint_eq(amount_of_log(256), 1);
	ck_assert_uint_eq(amount_of_log(20 * 256), (1 << 20) - 1);
	ck_assert_uint_eq(amount_of_log(AMOUNT_LOG_MAX), UINT64_MAX);
	ck_assert_uint_eq(amount_of_log(UINT32_MAX), UINT64_MAX);
	for (uint32_t log = 2560; log < AMOUNT_LOG_MAX; log++) {
		double exact = exp2(log / 256.0);

		ck_assert_msg(fabs((double)amount_of_log(log) - exact) <= 2 + exact / 1e6,
			"%u: %llu, %f", log, (unsigned long long)amount_of_log(log), exact);
	}
}
END_TEST

START_TEST(fading_is_that_of_libm)
{
	static const uint64_t amounts[] = {1, 1000, 123456789, UINT64_C(5) << 40, UINT64_MAX};
	static const uint64_t spans[] = {1, 60, 1440, 43200, UINT64_C(2592000000000000)};

	for (size_t a = 0; a < 5; a++)
		for (size_t s = 0; s < 5; s++)
			for (uint64_t k = 0; k < 500; k++) {
				uint64_t elapsed = spans[s] / 100 * k + k;
				double exact = (double)amounts[a] *
					       exp(-(double)elapsed / (double)spans[s]);
				double got = (double)amount_fade(amounts[a], elapsed, spans[s]);

				ck_assert_msg(fabs(got - exact) <= 2 + exact / 1e7,
					"%llu in %llu of %llu: %f, %f",
					(unsigned long long)amounts[a], (unsigned long long)elapsed,
					(unsigned long long)spans[s], got, exact);
			}
	ck_assert_uint_eq(amount_fade(7, 0, 0), 7);
	ck_assert_uint_eq(amount_fade(7, 1, 0), 0);
	ck_assert_uint_eq(amount_fade(UINT64_MAX, UINT64_MAX, 1), 0);
	ck_assert_uint_gt(amount_fade(UINT64_MAX, UINT64_MAX, UINT64_MAX), UINT64_MAX / 3);
}
END_TEST

START_TEST(a_steady_stream_makes_what_came_in_the_span)
{
	uint64_t mass = 0;

	/* Minute by minute for a year, so that what is cut off each time would show. */
	for (int minute = 0; minute < 525600; minute++)
		mass = amount_fade(mass, 1, 43200) + 1000;
	ck_assert_uint_ge(mass, UINT64_C(43200000) * 99 / 100);
	ck_assert_uint_le(mass, UINT64_C(43200000) * 101 / 100);
}
END_TEST

START_TEST(sums_and_shares_do_not_wrap)
{
	ck_assert_uint_eq(amount_add(UINT64_MAX, 1), UINT64_MAX);
	ck_assert_uint_eq(amount_add(2, 3), 5);
	ck_assert_uint_eq(amount_share(0, 0), 0);
	ck_assert_uint_eq(amount_share(3, 1), 750);
	ck_assert_uint_eq(amount_share(UINT64_MAX, UINT64_MAX), 500);
	ck_assert_uint_eq(amount_share(UINT64_C(6) << 32, UINT64_C(2) << 32), 750);
	ck_assert_uint_eq(amount_share(0, 9), 0);
	ck_assert_uint_eq(amount_share(9, 0), 1000);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, logarithms_are_those_of_libm);
	tcase_add_test(tc, logarithms_never_decrease);
	tcase_add_test(tc, logarithms_are_exact_to_the_last_bit);
	tcase_add_test(tc, what_has_a_logarithm);
	tcase_add_test(tc, fading_is_that_of_libm);
	tcase_add_test(tc, a_steady_stream_makes_what_came_in_the_span);
	tcase_add_test(tc, sums_and_shares_do_not_wrap);
}

int main(void)
{
	return suite_main("amount", add_tests);
}
