#include <check.h>

#include "capture/live/merge.h"
#include "tests/unit/suite.h"

static struct merge_lane with(uint64_t ts_ns)
{
	return (struct merge_lane){.has_frame = true, .ts_ns = ts_ns};
}

static struct merge_lane quiet(uint64_t until_ns)
{
	return (struct merge_lane){.quiet_ns = until_ns};
}

START_TEST(one_lane_never_waits)
{
	const struct merge_lane lane = with(100), empty = quiet(70);
	struct merge_choice c = merge_choose(&lane, 1);

	ck_assert(c.is_known && !c.is_held);
	ck_assert_uint_eq(c.earliest_ns, 100);
	c = merge_choose(&empty, 1);
	ck_assert(!c.is_known && !c.is_held);
	ck_assert_uint_eq(c.earliest_ns, 70);
}
END_TEST

START_TEST(earliest_first)
{
	const struct merge_lane lanes[] = {with(300), with(100), with(200)};
	const struct merge_choice c = merge_choose(lanes, 3);

	ck_assert(c.is_known);
	ck_assert_uint_eq(c.first, 1);
	ck_assert_uint_eq(c.earliest_ns, 100);
}
END_TEST

START_TEST(equal_stamps_in_the_order_of_lanes)
{
	const struct merge_lane lanes[] = {with(200), with(100), with(100)};

	ck_assert_uint_eq(merge_choose(lanes, 3).first, 1);
}
END_TEST

/* A frame waits for a lane that may still have an earlier one: until exactly its own time. */
START_TEST(held_back)
{
	struct merge_lane lanes[] = {quiet(99), with(100), with(150)};
	struct merge_choice c = merge_choose(lanes, 3);

	ck_assert(c.is_held && !c.is_known);
	ck_assert_uint_eq(c.first, 1);
	ck_assert_uint_eq(c.earliest_ns, 99);
	lanes[0].quiet_ns = 100;
	c = merge_choose(lanes, 3);
	ck_assert(c.is_known && !c.is_held);
	ck_assert_uint_eq(c.first, 1);
	lanes[1] = quiet(40);
	c = merge_choose(lanes, 3);
	ck_assert(c.is_held);
	ck_assert_uint_eq(c.first, 2);
	ck_assert_uint_eq(c.earliest_ns, 40);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, one_lane_never_waits);
	tcase_add_test(t, earliest_first);
	tcase_add_test(t, equal_stamps_in_the_order_of_lanes);
	tcase_add_test(t, held_back);
}

int main(void)
{
	return suite_main("live_merge", add_tests);
}
