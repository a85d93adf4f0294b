#include "analysis/dpi/detection.h"

#include "tests/unit/suite.h"

enum { MAX = 4 };

START_TEST(test_is_bounded)
{
	struct detection_pool *p = detection_pool_new(MAX);
	struct detection *d[MAX];

	ck_assert_ptr_null(detection_victim(p));
	for (uint32_t i = 0; i < MAX; i++) {
		d[i] = detection_begin(p, 10 + i);
		ck_assert_ptr_nonnull(d[i]);
		ck_assert_uint_eq(d[i]->flow, 10 + i);
		ck_assert_ptr_eq(detection_at(p, detection_index(p, d[i])), d[i]);
	}
	ck_assert_uint_eq(detection_count(p), MAX);
	ck_assert_ptr_null(detection_begin(p, 99));
	d[2]->packets = 7;
	detection_end(p, NULL, d[2]);
	ck_assert_uint_eq(detection_count(p), MAX - 1);
	d[2] = detection_begin(p, 99);
	ck_assert_uint_eq(d[2]->flow, 99);
	ck_assert_uint_eq(d[2]->packets, 0);
	detection_pool_free(p, NULL);
	detection_pool_free(NULL, NULL);
}
END_TEST

START_TEST(test_the_longest_idle_comes_first)
{
	struct detection_pool *p = detection_pool_new(MAX);
	struct detection *a = detection_begin(p, 1), *b = detection_begin(p, 2),
			 *c = detection_begin(p, 3);

	ck_assert_ptr_eq(detection_victim(p), a);
	detection_touch(p, a, false);
	ck_assert_ptr_eq(detection_victim(p), b);
	detection_touch(p, c, false);
	ck_assert_ptr_eq(detection_victim(p), b);
	detection_touch(p, b, false);
	ck_assert_ptr_eq(detection_victim(p), a);
	detection_end(p, NULL, a);
	ck_assert_ptr_eq(detection_victim(p), c);
	detection_end(p, NULL, c);
	detection_end(p, NULL, b);
	ck_assert_ptr_null(detection_victim(p));
	detection_pool_free(p, NULL);
}
END_TEST

/* Whoever was not answered goes first, however recently it spoke. */
START_TEST(test_the_answered_outlive_the_unanswered)
{
	struct detection_pool *p = detection_pool_new(MAX);
	struct detection *a = detection_begin(p, 1), *b = detection_begin(p, 2),
			 *c = detection_begin(p, 3);

	detection_touch(p, a, true);
	detection_touch(p, b, true);
	detection_touch(p, a, true);
	ck_assert_ptr_eq(detection_victim(p), c);
	detection_end(p, NULL, c);
	ck_assert_ptr_eq(detection_victim(p), b);
	detection_end(p, NULL, b);
	ck_assert_ptr_eq(detection_victim(p), a);
	detection_pool_free(p, NULL);
}
END_TEST

START_TEST(test_waits_end_in_order_and_at_their_time)
{
	struct detection_pool *p = detection_pool_new(MAX);
	struct detection *a = detection_begin(p, 1), *b = detection_begin(p, 2),
			 *c = detection_begin(p, 3);

	detection_wait(p, b, 100);
	detection_wait(p, c, 200);
	detection_wait(p, a, 200);
	detection_wait(p, b, 300); /* known is known */
	ck_assert_ptr_null(detection_waited(p, 99));
	ck_assert_ptr_eq(detection_waited(p, 100), b);
	ck_assert_ptr_null(detection_waited(p, 199));
	detection_end(p, NULL, c); /* decided meanwhile */
	ck_assert_ptr_eq(detection_waited(p, 200), a);
	ck_assert_ptr_null(detection_waited(p, 10000));
	detection_wait(p, a, 400); /* waits once */
	ck_assert_ptr_null(detection_waited(p, 10000));
	detection_pool_free(p, NULL);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_is_bounded);
	tcase_add_test(tc, test_the_longest_idle_comes_first);
	tcase_add_test(tc, test_the_answered_outlive_the_unanswered);
	tcase_add_test(tc, test_waits_end_in_order_and_at_their_time);
}

int main(void)
{
	return suite_main("dpi/detection", add_tests);
}
