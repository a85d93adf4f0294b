/* Conduct in and behind maintenance windows, with scripted time. */
#include "analysis/behaviour/behaviour.h"

#include "tests/unit/behaviour_fixture.h"

#define MINUTE (60 * NS_PER_S)
#define START  (UINT64_C(1767571200) * NS_PER_S)
#define WEEK   (7 * NS_PER_DAY)
#define MB     UINT64_C(1000000)

static struct scene c;
static uint64_t last_open_ns;

static void open_scene(void)
{
	scene_open(&c, &behaviour_window);
	scene_peer(&c, 0);
	c.ev.flow.state = FLOW_ESTABLISHED;
	last_open_ns = 0;
}

/* A conversation that began at BEGIN speaks at TS, while a window is open or not. It began in one
 * when the peer was seen there at that time or later. */
static bool speak(enum sight_kind kind, uint64_t begin_ns, uint64_t ts_ns, bool open, uint64_t sent,
	uint64_t received)
{
	c.sight.kind = kind;
	c.sight.ts_ns = ts_ns;
	c.sight.out_of_window = !open;
	c.sight.by_window = open || begin_ns <= last_open_ns;
	c.sight.ordered = c.sight.by_window;
	c.sight.outlasts_window = c.sight.by_window && !open;
	if (open && ts_ns > last_open_ns)
		last_open_ns = ts_ns;
	c.sight.sent = sent;
	c.sight.received = received;
	c.ev.flow.first_ns = begin_ns;
	c.ev.flow.last_ns = ts_ns;
	return scene_see(&c);
}

static const char *state(void)
{
	return facts_str(&c.facts, FIELD_BEHAVIOUR_WINDOW_STATE).data;
}

START_TEST(much_data_in_a_window)
{
	open_scene();
	for (uint32_t week = 0; week < 6; week++)
		ck_assert(speak(SIGHT_END, START + week * WEEK, START + week * WEEK + 9 * MINUTE,
			true, 2 * MB, MB));
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 0);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_N), 5);
	ck_assert(speak(
		SIGHT_END, START + 6 * WEEK, START + 6 * WEEK + 9 * MINUTE, true, 400 * MB, MB));
	ck_assert_str_eq(state(), "inside");
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_SENT), 400 * MB);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_RECEIVED), MB);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_TIMES), 190);
	ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_TIMES), 205);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 940);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 66);
	scene_close(&c);
}
END_TEST

START_TEST(sums_are_those_of_one_window)
{
	open_scene();
	speak(SIGHT_END, START, START + MINUTE, true, 20 * MB, 0);
	speak(SIGHT_END, START + 60 * MINUTE, START + 61 * MINUTE, true, 20 * MB, 0);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_SENT), 40 * MB);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_DURATION), 3600);
	/* It went on when the window was over, or nothing was said for six hours. */
	speak(SIGHT_UPDATE, START, START + 90 * MINUTE, false, 0, 0);
	speak(SIGHT_END, START + 120 * MINUTE, START + 120 * MINUTE, true, 30 * MB, 0);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_SENT), 30 * MB);
	speak(SIGHT_END, START + NS_PER_DAY, START + NS_PER_DAY, true, 10 * MB, 0);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_SENT), 10 * MB);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_N), 2);
	scene_close(&c);
}
END_TEST

START_TEST(a_session_that_outlasts_its_window)
{
	uint64_t end = START + 120 * MINUTE;
	bool told = false;

	open_scene();
	for (uint32_t minute = 1; minute <= 120; minute++)
		speak(SIGHT_UPDATE, START, START + minute * MINUTE, true, 1000, 1000);
	/* What the rule waits for, ten minutes, is told in that minute. */
	for (uint32_t minute = 1; minute <= 10; minute++)
		told = speak(SIGHT_UPDATE, START, end + minute * MINUTE, false, 1000, 1000);
	ck_assert(told);
	ck_assert_str_eq(state(), "overtime");
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_OVERTIME), 600);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 166);
	scene_close(&c);
}
END_TEST

START_TEST(overtime_is_told_in_growing_steps)
{
	open_scene();
	speak(SIGHT_UPDATE, START, START, true, 1000, 1000);
	for (uint32_t minute = 1; minute <= 600; minute++)
		speak(SIGHT_UPDATE, START, START + minute * MINUTE, false, 1000, 1000);
	ck_assert_uint_ge(c.said, 15);
	ck_assert_uint_le(c.said, 45);
	scene_close(&c);
}
END_TEST

/* It fell silent in the window, and ends by its timeout long after. */
START_TEST(a_silent_session_has_no_overtime)
{
	open_scene();
	speak(SIGHT_UPDATE, START, START + 10 * MINUTE, true, 1000, 1000);
	c.ev.flow.first_ns = START;
	c.sight.kind = SIGHT_END;
	c.sight.ts_ns = START + 200 * MINUTE;
	c.sight.out_of_window = true;
	c.sight.outlasts_window = true;
	c.ev.flow.last_ns = START + 9 * MINUTE;
	ck_assert(!scene_see(&c));
	scene_close(&c);
}
END_TEST

START_TEST(who_comes_in_windows_is_known_outside)
{
	open_scene();
	ck_assert(!speak(SIGHT_BEGIN, START, START, false, 0, 0));
	speak(SIGHT_END, START + WEEK, START + WEEK + MINUTE, true, 1000, 1000);
	ck_assert(speak(
		SIGHT_BEGIN, START + WEEK + 60 * MINUTE, START + WEEK + 61 * MINUTE, false, 0, 0));
	ck_assert_str_eq(state(), "outside");
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_WINDOW_SINCE), 3600);
	ck_assert(!speak(
		SIGHT_END, START + WEEK + 60 * MINUTE, START + WEEK + 65 * MINUTE, false, MB, MB));
	scene_close(&c);
}
END_TEST

START_TEST(without_windows_there_is_nothing_to_say)
{
	open_scene();
	speak(SIGHT_END, START, START, true, 9 * MB, 0);
	c.sight = (struct sight){.kind = SIGHT_BEGIN,
		.ev = &c.ev,
		.peer_addr = &c.peer,
		.ts_ns = START + 60 * MINUTE};
	c.ev.flow.last_ns = START + 60 * MINUTE;
	ck_assert(!scene_see(&c));
	c.memory.pair = NULL;
	ck_assert(!speak(SIGHT_END, START, START + MINUTE, true, 9 * MB, 0));
	scene_peer(&c, 1);
	c.ev.flow.state = FLOW_ATTEMPT;
	ck_assert(!speak(SIGHT_END, START, START + MINUTE, true, 9 * MB, 0));
	scene_close(&c);
}
END_TEST

START_TEST(any_saved_bytes_are_safe)
{
	open_scene();
	for (uint32_t seed = 1, round = 0; round < 3000; round++) {
		for (uint32_t i = 0; i < behaviour_window.pair_bytes; i++)
			((uint8_t *)c.memory.pair)[i] =
				round == 0 ? 0xff : (uint8_t)((seed = seed * 1664525 + 7) >> 24);
		speak(SIGHT_UPDATE, START, START + MINUTE, round & 1, UINT64_MAX, seed);
		speak(SIGHT_BEGIN, START, START + 9 * MINUTE, round & 2, seed, UINT64_MAX);
		speak(SIGHT_END, START, START + WEEK, round & 4, seed, UINT64_MAX);
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 100);
	}
	scene_close(&c);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, much_data_in_a_window);
	tcase_add_test(tc, sums_are_those_of_one_window);
	tcase_add_test(tc, a_session_that_outlasts_its_window);
	tcase_add_test(tc, overtime_is_told_in_growing_steps);
	tcase_add_test(tc, a_silent_session_has_no_overtime);
	tcase_add_test(tc, who_comes_in_windows_is_known_outside);
	tcase_add_test(tc, without_windows_there_is_nothing_to_say);
	tcase_add_test(tc, any_saved_bytes_are_safe);
}

int main(void)
{
	return suite_main("behaviour_window", add_tests);
}
