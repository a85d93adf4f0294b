#include "analysis/stats/levels.h"

#include <string.h>

#include "tests/unit/suite.h"

START_TEST(nothing_is_usual_of_nothing)
{
	struct levels l = {0};

	ck_assert_uint_eq(levels_count(&l), 0);
	ck_assert_uint_eq(levels_usual(&l), 0);
}
END_TEST

START_TEST(each_level_ends_below_a_power_of_two)
{
	for (uint32_t bits = 14; bits < 37; bits++) {
		struct levels l = {0};

		levels_add(&l, (UINT64_C(1) << bits) - 1);
		ck_assert_uint_eq(levels_usual(&l), UINT64_C(1) << bits);
		memset(&l, 0, sizeof(l));
		levels_add(&l, UINT64_C(1) << bits);
		ck_assert_uint_eq(levels_usual(&l), UINT64_C(1) << (bits + 1));
	}
}
END_TEST

START_TEST(ends_have_all_beyond)
{
	struct levels l = {0};

	levels_add(&l, 0);
	levels_add(&l, 1);
	ck_assert_uint_eq(l.counts[0], 2);
	levels_add(&l, UINT64_MAX);
	ck_assert_uint_eq(l.counts[LEVELS - 1], 1);
}
END_TEST

/* One in twenty may be larger; one more may not. */
START_TEST(the_twentieth_is_not_usual)
{
	struct levels l = {0};

	for (int i = 0; i < 95; i++)
		levels_add(&l, 20000);
	for (int i = 0; i < 5; i++)
		levels_add(&l, 5000000);
	ck_assert_uint_eq(levels_usual(&l), 32768);
	levels_add(&l, 5000000);
	ck_assert_uint_eq(levels_usual(&l), 8388608);
}
END_TEST

START_TEST(what_is_old_counts_less)
{
	struct levels l = {0};

	for (int i = 0; i < 200; i++)
		levels_add(&l, 5000000);
	for (int i = 0; i < 4000; i++)
		levels_add(&l, 20000);
	ck_assert_uint_eq(levels_usual(&l), 32768);
	ck_assert_uint_le(levels_count(&l), 512);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, nothing_is_usual_of_nothing);
	tcase_add_test(tc, each_level_ends_below_a_power_of_two);
	tcase_add_test(tc, ends_have_all_beyond);
	tcase_add_test(tc, the_twentieth_is_not_usual);
	tcase_add_test(tc, what_is_old_counts_less);
}

int main(void)
{
	return suite_main("levels", add_tests);
}
