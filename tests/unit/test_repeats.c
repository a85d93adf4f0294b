#include "analysis/repeats.h"

#include <string.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S) /* a full minute */

START_TEST(told_the_first_second_fourth_time)
{
	static struct repeats r;
	uint32_t told = 0;

	for (uint32_t n = 1; n <= 1000; n++) {
		ck_assert_uint_eq(repeats_count(&r, 7, T0 + n), n);
		told += repeats_is_due(n);
	}
	ck_assert_uint_eq(told, 10); /* 1 to 512 */
	ck_assert(repeats_is_due(512) && !repeats_is_due(513) && repeats_is_due(2));
	ck_assert_uint_eq(repeats_count(&r, 8, T0), 1);
	ck_assert_uint_eq(r.forgotten, 0);
}
END_TEST

START_TEST(each_minute_for_itself)
{
	static struct repeats r;

	ck_assert_uint_eq(repeats_count(&r, 7, T0), 1);
	ck_assert_uint_eq(repeats_count(&r, 7, T0 + 60 * NS_PER_S - 1), 2);
	ck_assert_uint_eq(repeats_count(&r, 7, T0 + 60 * NS_PER_S), 1);
	ck_assert_uint_eq(r.forgotten, 0);
}
END_TEST

/* What there is no room for begins anew: told too often, never too seldom. What was counted most
 * stays. */
START_TEST(a_flood_of_kinds)
{
	static struct repeats r;

	for (uint32_t i = 0; i < 100; i++)
		(void)repeats_count(&r, 1, T0);
	for (uint64_t hash = 2; hash < 4 * REPEATS_SLOTS; hash++)
		ck_assert_uint_eq(repeats_count(&r, hash, T0), 1);
	ck_assert_uint_gt(r.forgotten, 0);
	ck_assert_uint_eq(repeats_count(&r, 1, T0), 101);
}
END_TEST

START_TEST(over_a_restart)
{
	static struct repeats before, after;
	struct blob_reader from;
	struct blob_writer w;
	uint32_t n;

	for (uint64_t hash = 0; hash < 300; hash++)
		(void)repeats_count(&before, hash, T0);
	(void)repeats_count(&before, 5, T0);
	(void)repeats_count(&before, 1000, T0 - 1); /* of a minute that is over */
	blob_init(&w, 1 << 20);
	repeats_save(&before, T0, &w);
	from = blob_reader_init(w.data, w.len);
	n = blob_count(&from, REPEATS_SLOTS, REPEATS_SAVED_BYTES);
	ck_assert_uint_eq(n, 300);
	for (uint32_t i = 0; i < n; i++) {
		const struct repeat saved = repeat_load(&from);

		repeats_put(&after, &saved);
	}
	ck_assert(blob_at_end(&from));
	ck_assert_uint_eq(repeats_count(&after, 5, T0), 3);
	ck_assert_uint_eq(repeats_count(&after, 299, T0), 2);
	blob_done(&w);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, told_the_first_second_fourth_time);
	tcase_add_test(tc, each_minute_for_itself);
	tcase_add_test(tc, a_flood_of_kinds);
	tcase_add_test(tc, over_a_restart);
}

int main(void)
{
	return suite_main("repeats", add_tests);
}
