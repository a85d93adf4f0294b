#include <check.h>

#include "capture/live/blind.h"
#include "tests/unit/suite.h"

static void expect(
	struct blind *b, enum live_blind_cause cause, uint64_t from, uint64_t until, uint64_t lost)
{
	struct live_blind got;

	ck_assert(blind_take(b, &got));
	ck_assert_int_eq(got.cause, cause);
	ck_assert_uint_eq(got.from_ns, from);
	ck_assert_uint_eq(got.until_ns, until);
	ck_assert_uint_eq(got.lost, lost);
}

static void expect_nothing(struct blind *b)
{
	struct live_blind got;

	ck_assert(!blind_take(b, &got));
}

START_TEST(losses_are_summed_until_taken)
{
	struct blind b = {0};

	blind_add_loss(&b, LIVE_BLIND_KERNEL_DROP, 100, 200, 0);
	expect_nothing(&b);
	blind_add_loss(&b, LIVE_BLIND_KERNEL_DROP, 200, 300, 5);
	blind_add_loss(&b, LIVE_BLIND_KERNEL_DROP, 300, 400, 0);
	blind_add_loss(&b, LIVE_BLIND_KERNEL_DROP, 400, 500, 2);
	blind_add_loss(&b, LIVE_BLIND_INTERFACE_DROP, 400, 500, 1);
	blind_add_loss(&b, LIVE_BLIND_UNREAD, 450, 500, 3);
	expect(&b, LIVE_BLIND_KERNEL_DROP, 200, 500, 7);
	expect(&b, LIVE_BLIND_INTERFACE_DROP, 400, 500, 1);
	expect(&b, LIVE_BLIND_UNREAD, 450, 500, 3);
	expect_nothing(&b);
	blind_add_loss(&b, LIVE_BLIND_KERNEL_DROP, 600, 700, 1);
	expect(&b, LIVE_BLIND_KERNEL_DROP, 600, 700, 1);
	expect_nothing(&b);
}
END_TEST

/* An absence is told when it begins and when it is over. */
START_TEST(absence_is_told_twice)
{
	struct blind b = {0};

	blind_end(&b, 50);
	expect_nothing(&b);
	blind_begin(&b, LIVE_BLIND_LINK_DOWN, 100);
	expect(&b, LIVE_BLIND_LINK_DOWN, 100, 0, 0);
	blind_begin(&b, LIVE_BLIND_LINK_DOWN, 200);
	expect_nothing(&b);
	blind_end(&b, 300);
	blind_end(&b, 400);
	expect(&b, LIVE_BLIND_LINK_DOWN, 100, 300, 0);
	expect_nothing(&b);
	blind_begin(&b, LIVE_BLIND_GONE, 500);
	expect(&b, LIVE_BLIND_GONE, 500, 0, 0);
}
END_TEST

START_TEST(down_then_removed)
{
	struct blind b = {0};

	blind_begin(&b, LIVE_BLIND_LINK_DOWN, 100);
	expect(&b, LIVE_BLIND_LINK_DOWN, 100, 0, 0);
	blind_begin(&b, LIVE_BLIND_GONE, 200);
	expect(&b, LIVE_BLIND_GONE, 100, 0, 0);
	blind_begin(&b, LIVE_BLIND_LINK_DOWN, 300); /* is back, and still down */
	expect_nothing(&b);
	blind_end(&b, 400);
	expect(&b, LIVE_BLIND_GONE, 100, 400, 0);
	expect_nothing(&b);
}
END_TEST

/* Absences that nobody has taken in between become one. */
START_TEST(flapping)
{
	struct blind b = {0};

	blind_begin(&b, LIVE_BLIND_GONE, 100);
	blind_end(&b, 200);
	blind_begin(&b, LIVE_BLIND_LINK_DOWN, 300);
	blind_end(&b, 400);
	blind_begin(&b, LIVE_BLIND_LINK_DOWN, 500);
	expect(&b, LIVE_BLIND_GONE, 100, 0, 0);
	blind_end(&b, 600);
	expect(&b, LIVE_BLIND_GONE, 100, 600, 0);
	expect_nothing(&b);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, losses_are_summed_until_taken);
	tcase_add_test(t, absence_is_told_twice);
	tcase_add_test(t, down_then_removed);
	tcase_add_test(t, flapping);
}

int main(void)
{
	return suite_main("live_blind", add_tests);
}
