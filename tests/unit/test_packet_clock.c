#include "sensor/packet_clock.h"

#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

static uint64_t drain(
	struct packet_clock *c, uint64_t to_ns, uint64_t *ret_first, uint64_t *ret_last)
{
	uint64_t tick_ns;
	uint64_t n = 0;

	while (packet_clock_tick(c, to_ns, &tick_ns)) {
		if (n++ == 0)
			*ret_first = tick_ns;
		*ret_last = tick_ns;
	}
	return n;
}

START_TEST(ticks_at_absolute_multiples)
{
	struct packet_clock c = {0};
	uint64_t first = 0;
	uint64_t last = 0;
	uint64_t t = packet_clock_frame(&c, T0 + 1, true, T0 + 2);

	ck_assert_uint_eq(t, T0 + 1);
	ck_assert_uint_eq(drain(&c, t, &first, &last), 0);
	t = packet_clock_frame(&c, T0 + 100 * NS_PER_MS - 1, true, T0 + 100 * NS_PER_MS);
	ck_assert_uint_eq(drain(&c, t, &first, &last), 0);
	t = packet_clock_frame(&c, T0 + 100 * NS_PER_MS, false, 0);
	ck_assert_uint_eq(drain(&c, t, &first, &last), 1);
	ck_assert_uint_eq(first, T0 + 100 * NS_PER_MS);
}
END_TEST

START_TEST(late_frames_are_clamped_and_counted)
{
	struct packet_clock c = {0};

	(void)packet_clock_frame(&c, T0 + 10, true, T0 + 5);
	ck_assert_uint_eq(packet_clock_frame(&c, T0 + 5, true, T0 + 10), T0 + 10);
	ck_assert_uint_eq(c.late, 1);
	ck_assert_uint_eq(packet_clock_frame(&c, T0 + 10, false, 0), T0 + 10);
	ck_assert_uint_eq(c.late, 1);
}
END_TEST

START_TEST(one_frame_from_the_future_does_not_move_the_clock)
{
	struct packet_clock c = {0};
	uint64_t future = T0 + 100 * PACKET_CLOCK_JUMP_NS;

	(void)packet_clock_frame(&c, T0, true, future);
	ck_assert_uint_eq(packet_clock_frame(&c, future, true, T0 + 1), T0);
	ck_assert_uint_eq(c.outliers, 1);
	ck_assert_uint_eq(packet_clock_frame(&c, T0 + 1, false, 0), T0 + 1);
	ck_assert_uint_eq(c.late, 0);
}
END_TEST

START_TEST(a_confirmed_jump_is_believed)
{
	struct packet_clock c = {0};
	uint64_t future = T0 + 100 * PACKET_CLOCK_JUMP_NS;

	(void)packet_clock_frame(&c, T0, true, future);
	ck_assert_uint_eq(packet_clock_frame(&c, future, true, future + 1), future);
	ck_assert_uint_eq(c.outliers, 0);
}
END_TEST

START_TEST(a_step_of_exactly_the_limit_needs_no_confirmation)
{
	struct packet_clock c = {0};

	(void)packet_clock_frame(&c, T0, true, T0 + PACKET_CLOCK_JUMP_NS);
	ck_assert_uint_eq(packet_clock_frame(&c, T0 + PACKET_CLOCK_JUMP_NS, true, T0 - 1),
		T0 + PACKET_CLOCK_JUMP_NS);
	ck_assert_uint_eq(c.outliers, 0);
}
END_TEST

START_TEST(a_first_frame_from_the_future_is_not_believed_either)
{
	struct packet_clock c = {0};

	ck_assert_uint_eq(packet_clock_frame(&c, T0 + 100 * PACKET_CLOCK_JUMP_NS, true, T0), T0);
	ck_assert_uint_eq(c.outliers, 1);
	ck_assert_uint_eq(packet_clock_frame(&c, T0, false, 0), T0);
	ck_assert_uint_eq(c.late, 0);
}
END_TEST

/* Three hours of ticks, the midnights of a week, and the last one. */
enum { MOST_TICKS = PACKET_CLOCK_SETTLED_NS / PACKET_CLOCK_TICK_NS + 7 + 1 };

START_TEST(a_gap_of_years_costs_three_hours_of_ticks)
{
	struct packet_clock c = {0};
	uint64_t later = T0 + UINT64_C(5) * 365 * 24 * 3600 * NS_PER_S + 42;
	uint64_t first = 0;
	uint64_t last = 0;
	uint64_t t;

	(void)packet_clock_frame(&c, T0, true, later);
	t = packet_clock_frame(&c, later, true, later);
	ck_assert_uint_eq(drain(&c, t, &first, &last), MOST_TICKS);
	ck_assert_uint_eq(first, T0 + PACKET_CLOCK_TICK_NS);
	ck_assert_uint_eq(last, later - 42);
}
END_TEST

START_TEST(extreme_time_stamps_do_not_wrap)
{
	struct packet_clock c = {0};
	uint64_t first = 0;
	uint64_t last = 0;
	uint64_t t = packet_clock_frame(&c, 0, true, UINT64_MAX);

	ck_assert_uint_eq(t, 0);
	t = packet_clock_frame(&c, UINT64_MAX, false, 0);
	ck_assert_uint_le(drain(&c, t, &first, &last), MOST_TICKS + 1);
}
END_TEST

START_TEST(midnights_of_silent_days_are_told)
{
	struct packet_clock c = {0};
	const uint64_t day_ns = T0 / NS_PER_DAY * NS_PER_DAY;
	uint64_t tick_ns = 0;
	unsigned midnights = 0;
	uint64_t t;

	(void)packet_clock_frame(&c, day_ns + 1, true, day_ns + 2);
	t = packet_clock_frame(&c, day_ns + 3 * NS_PER_DAY + 1, false, 0);
	while (packet_clock_tick(&c, t, &tick_ns))
		midnights += tick_ns % NS_PER_DAY == 0;
	ck_assert_uint_eq(midnights, 3);
}
END_TEST

/* Live: ticks without frames move the clock, and a frame older than the last tick is late. */
START_TEST(silence_moves_the_clock)
{
	struct packet_clock c = {0};
	uint64_t first = 0;
	uint64_t last = 0;

	(void)packet_clock_frame(&c, T0, false, 0);
	ck_assert_uint_eq(drain(&c, T0 + NS_PER_S, &first, &last), 10);
	ck_assert_uint_eq(c.now_ns, T0 + NS_PER_S);
	ck_assert_uint_eq(packet_clock_frame(&c, T0 + 5, false, 0), T0 + NS_PER_S);
	ck_assert_uint_eq(c.late, 1);
}
END_TEST

START_TEST(only_a_first_frame_and_a_jump_need_the_next)
{
	struct packet_clock c = {0};

	ck_assert(packet_clock_needs_next(&c, T0));
	(void)packet_clock_frame(&c, T0, false, 0);
	ck_assert(!packet_clock_needs_next(&c, T0 - 1));
	ck_assert(!packet_clock_needs_next(&c, T0 + PACKET_CLOCK_JUMP_NS));
	ck_assert(packet_clock_needs_next(&c, T0 + PACKET_CLOCK_JUMP_NS + 1));
}
END_TEST

/* N frames, 250 ms apart from FROM_NS on; returns what the clock said of the last. */
static uint64_t run(struct packet_clock *c, uint64_t from_ns, unsigned n)
{
	uint64_t t = 0;

	for (unsigned i = 0; i < n; i++) {
		const uint64_t was = c->now_ns;
		const uint64_t ts_ns = from_ns + i * 250 * NS_PER_MS;

		t = packet_clock_frame(c, ts_ns, true, ts_ns + 250 * NS_PER_MS);
		ck_assert_uint_ge(t, was);
		ck_assert_uint_eq(t, c->now_ns);
	}
	return t;
}

START_TEST(a_step_back_is_taken_for_one_after_two_seconds)
{
	const uint64_t hour = 3600 * NS_PER_S;
	struct packet_clock c = {0};
	uint64_t at = run(&c, T0, 4);

	/* eight frames, but only 1.75 seconds: everything stands still */
	ck_assert_uint_eq(run(&c, T0 - hour, 8), at);
	ck_assert_uint_eq(c.steps_back, 0);
	ck_assert_uint_eq(c.late, 8);
	/* the ninth, two seconds after the first that was late: time that passed is made up for */
	ck_assert_uint_eq(run(&c, T0 - hour + 2 * NS_PER_S, 1), at + 2 * NS_PER_S);
	ck_assert_uint_eq(c.steps_back, 1);
	ck_assert_uint_eq(c.last_step_back_ns, hour + 750 * NS_PER_MS);
	/* and goes on as fast as the stamps do */
	ck_assert_uint_eq(run(&c, T0 - hour + 3 * NS_PER_S, 5), at + 4 * NS_PER_S);
	ck_assert_uint_eq(c.late, 9);
	ck_assert_uint_eq(c.outliers, 0);
}
END_TEST

START_TEST(few_frames_are_no_step)
{
	struct packet_clock c = {0};
	const uint64_t at = run(&c, T0, 1);

	for (unsigned i = 0; i < PACKET_CLOCK_STEP_FRAMES - 1; i++)
		ck_assert_uint_eq(run(&c, T0 - 500 * NS_PER_S + i * 10 * NS_PER_S, 1), at);
	ck_assert_uint_eq(c.steps_back, 0);
	ck_assert_uint_gt(run(&c, T0 - 100 * NS_PER_S, 1), at);
	ck_assert_uint_eq(c.steps_back, 1);
}
END_TEST

START_TEST(a_second_behind_is_no_step)
{
	struct packet_clock c = {0};
	const uint64_t at = run(&c, T0, 1);

	for (unsigned i = 0; i < 100; i++)
		ck_assert_uint_eq(run(&c, T0 - PACKET_CLOCK_LATE_NS, 1), at);
	ck_assert_uint_eq(c.steps_back, 0);
	ck_assert_uint_eq(c.late, 100);
}
END_TEST

/* Two inputs, one of which is late by an hour for ever. */
START_TEST(an_input_that_is_late_is_no_step)
{
	struct packet_clock c = {0};

	for (unsigned i = 0; i < 1000; i++) {
		const uint64_t t = T0 + i * NS_PER_S;

		for (unsigned k = 0; k < PACKET_CLOCK_STEP_FRAMES - 1; k++)
			(void)run(&c, t - 3600 * NS_PER_S + k * NS_PER_S, 1);
		ck_assert_uint_eq(run(&c, t, 1), t);
	}
	ck_assert_uint_eq(c.steps_back, 0);
}
END_TEST

START_TEST(disorder_is_no_step)
{
	struct packet_clock c = {0};
	const uint64_t at = run(&c, T0, 1);

	for (unsigned i = 1; i < 1000; i++) /* the file is written backwards */
		ck_assert_uint_eq(run(&c, T0 - i * 10 * NS_PER_S, 1), at);
	ck_assert_uint_eq(c.steps_back, 0);
}
END_TEST

START_TEST(a_step_ahead_makes_good_a_step_back)
{
	const uint64_t day = 24 * 3600 * NS_PER_S;
	struct packet_clock c = {0};

	(void)run(&c, T0, 4);
	(void)run(&c, T0 - day, 40);
	ck_assert_uint_eq(c.steps_back, 1);
	ck_assert_uint_gt(c.ahead_ns, day);
	/* the clock of the capture is right again */
	ck_assert_uint_eq(run(&c, T0 + 60 * NS_PER_S, 1), T0 + 60 * NS_PER_S);
	ck_assert_uint_eq(c.steps_forward, 1);
	ck_assert_uint_eq(c.ahead_ns, 0);
	ck_assert_uint_eq(run(&c, T0 + 61 * NS_PER_S, 3), T0 + 61 * NS_PER_S + 500 * NS_PER_MS);
}
END_TEST

START_TEST(a_step_ahead_is_counted)
{
	struct packet_clock c = {0};
	const uint64_t jump = PACKET_CLOCK_JUMP_NS + 1;

	(void)run(&c, T0, 1);
	ck_assert_uint_eq(run(&c, T0 + PACKET_CLOCK_JUMP_NS, 1), T0 + PACKET_CLOCK_JUMP_NS);
	ck_assert_uint_eq(c.steps_forward, 0);
	ck_assert_uint_eq(
		run(&c, T0 + PACKET_CLOCK_JUMP_NS + jump, 1), T0 + PACKET_CLOCK_JUMP_NS + jump);
	ck_assert_uint_eq(c.steps_forward, 1);
	ck_assert_uint_eq(c.last_step_forward_ns, jump);
}
END_TEST

START_TEST(steps_at_the_end_of_time_do_not_wrap)
{
	struct packet_clock c = {0};

	(void)packet_clock_frame(&c, UINT64_MAX, true, UINT64_MAX);
	for (unsigned k = 0; k < 20; k++) {
		(void)run(&c, k * NS_PER_S, 30);
		(void)run(&c, UINT64_MAX - 1000 * NS_PER_S, 2);
		ck_assert_uint_le(c.now_ns, INT64_MAX);
		ck_assert_uint_le(c.ahead_ns, INT64_MAX);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, ticks_at_absolute_multiples);
	tcase_add_test(tc, late_frames_are_clamped_and_counted);
	tcase_add_test(tc, one_frame_from_the_future_does_not_move_the_clock);
	tcase_add_test(tc, a_confirmed_jump_is_believed);
	tcase_add_test(tc, a_step_of_exactly_the_limit_needs_no_confirmation);
	tcase_add_test(tc, a_first_frame_from_the_future_is_not_believed_either);
	tcase_add_test(tc, a_gap_of_years_costs_three_hours_of_ticks);
	tcase_add_test(tc, extreme_time_stamps_do_not_wrap);
	tcase_add_test(tc, midnights_of_silent_days_are_told);
	tcase_add_test(tc, silence_moves_the_clock);
	tcase_add_test(tc, only_a_first_frame_and_a_jump_need_the_next);
	tcase_add_test(tc, a_step_back_is_taken_for_one_after_two_seconds);
	tcase_add_test(tc, few_frames_are_no_step);
	tcase_add_test(tc, a_second_behind_is_no_step);
	tcase_add_test(tc, an_input_that_is_late_is_no_step);
	tcase_add_test(tc, disorder_is_no_step);
	tcase_add_test(tc, a_step_ahead_makes_good_a_step_back);
	tcase_add_test(tc, a_step_ahead_is_counted);
	tcase_add_test(tc, steps_at_the_end_of_time_do_not_wrap);
}

int main(void)
{
	return suite_main("packet_clock", add_tests);
}
