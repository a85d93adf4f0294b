/* Bulk at the same hour of several nights, with scripted time. */
#include "analysis/behaviour/behaviour.h"

#include "tests/unit/behaviour_fixture.h"

#define MB UINT64_C(1000000)

enum { FIRST_DAY = 20454 }; /* 2026-01-01 */

static struct scene c;

/* What the equipment says at HOUR of a day of the site, counted from the first. */
static bool speak(uint32_t day, uint32_t hour, uint64_t sent, uint64_t received)
{
	c.sight.site_day = FIRST_DAY + day;
	c.sight.site_minute = hour * 60 + 30;
	c.sight.ts_ns = ((uint64_t)c.sight.site_day * 1440 + c.sight.site_minute) * 60 * NS_PER_S;
	c.sight.kind = SIGHT_END;
	c.sight.sent = sent;
	c.sight.received = received;
	return scene_see(&c);
}

static void open_scene(void)
{
	scene_open(&c, &behaviour_quiet_bulk);
	scene_peer(&c, 0);
}

static uint64_t days_told(void)
{
	return scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_DAYS);
}

START_TEST(the_same_hour_of_several_nights)
{
	open_scene();
	ck_assert(!speak(0, 1, 80 * MB, MB));
	ck_assert(speak(1, 1, 90 * MB, MB));
	ck_assert_uint_eq(days_told(), 2);
	ck_assert(speak(2, 1, 100 * MB, MB));
	ck_assert_uint_eq(days_told(), 3);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_HOUR), 1);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_SENT), 100 * MB);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_SHARE), 99);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_TIMES), 1000);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 594);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 42);
	ck_assert_str_eq(facts_str(&c.facts, FIELD_BEHAVIOUR_REASON).data,
		"sent 100 MB in the hour from 01:00 on, and bulk like that at this hour on 3 of "
		"the last 7 days");
	for (uint32_t day = 3; day < 12; day++)
		ck_assert(speak(day, 1, 100 * MB, MB));
	ck_assert_uint_eq(days_told(), 7);
	scene_close(&c);
}
END_TEST

/* Before and behind midnight is one night, and an hour early or late is the same hour. */
START_TEST(an_hour_early_or_late_and_midnight)
{
	open_scene();
	speak(0, 23, 80 * MB, 0);
	speak(2, 0, 80 * MB, 0); /* the night after the first */
	ck_assert(speak(2, 23, 80 * MB, 0));
	ck_assert_uint_eq(days_told(), 3);
	ck_assert(!speak(4, 2, 80 * MB, 0));
	scene_close(&c);
}
END_TEST

START_TEST(another_hour_is_not_the_same)
{
	open_scene();
	speak(0, 1, 80 * MB, 0);
	ck_assert(!speak(1, 3, 80 * MB, 0));
	ck_assert(!speak(2, 5, 80 * MB, 0));
	scene_close(&c);
}
END_TEST

START_TEST(bulk_of_another_size_is_not_the_same)
{
	open_scene();
	speak(0, 1, 2 * MB, 0);
	speak(1, 1, 2 * MB, 0);
	ck_assert(!speak(2, 1, 20 * MB, 0));
	ck_assert(speak(3, 1, 5 * MB, 0));
	ck_assert_uint_eq(days_told(), 4);
	scene_close(&c);
}
END_TEST

START_TEST(nights_without_it_do_not_count)
{
	open_scene();
	speak(0, 1, 80 * MB, 0);
	speak(2, 1, 80 * MB, 0);
	ck_assert(speak(6, 1, 80 * MB, 0));
	ck_assert_uint_eq(days_told(), 3);
	/* A week later all of them are forgotten. */
	ck_assert(!speak(13, 1, 80 * MB, 0));
	scene_close(&c);
}
END_TEST

/* What goes on evenly day and night is never far beyond the other hours. */
START_TEST(an_even_stream_is_no_bulk)
{
	open_scene();
	for (uint32_t day = 0; day < 5; day++)
		for (uint32_t hour = 0; hour < 24; hour++)
			if (speak(day, hour, (50 + (day * 24 + hour) * 7 % 5) * MB, 0) &&
				hour != 12)
				ck_assert_uint_le(
					scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_TIMES), 2);
	scene_close(&c);
}
END_TEST

START_TEST(a_backup_of_several_hours_stands_out_too)
{
	uint64_t times = 0;

	open_scene();
	for (uint32_t day = 0; day < 4; day++)
		for (uint32_t hour = 0; hour < 24; hour++)
			if (speak(day, hour, hour < 4 ? 60 * MB : MB / 10, MB / 10) && day == 3)
				times = scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_TIMES);
	ck_assert_uint_ge(times, 5);
	scene_close(&c);
}
END_TEST

START_TEST(hours_in_which_the_site_is_quiet)
{
	open_scene();
	for (uint32_t day = 0; day < 4; day++)
		for (uint32_t hour = 0; hour < 24; hour++) {
			c.sight.site_day = FIRST_DAY + day;
			c.sight.site_minute = hour * 60;
			c.sight.kind = SIGHT_BEGIN;
			for (uint32_t i = 0; i < (hour < 6 ? 3 : 60); i++)
				ck_assert(!scene_see(&c));
			if (hour == 2 && speak(day, hour, 80 * MB, 0) && day < 2)
				ck_assert(
					!facts_has(&c.facts, FIELD_BEHAVIOUR_QUIET_BULK_ACTIVITY));
		}
	ck_assert(speak(4, 2, 80 * MB, 0));
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_ACTIVITY), 40);
	ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_ACTIVITY), 70);
	scene_close(&c);
}
END_TEST

/* A long transfer is told as it grows, and exactly at its end. */
START_TEST(growth_is_told_in_steps)
{
	open_scene();
	speak(0, 1, 80 * MB, 0);
	for (uint32_t i = 0; i < 59; i++) {
		c.sight.site_day = FIRST_DAY + 1;
		c.sight.site_minute = 60 + i;
		c.sight.kind = SIGHT_UPDATE;
		c.sight.sent = MB;
		scene_see(&c);
	}
	ck_assert_uint_ge(c.said, 5);
	ck_assert_uint_le(c.said, 10);
	ck_assert(speak(1, 1, 5 * MB, 0));
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_QUIET_BULK_SENT), 64 * MB);
	scene_close(&c);
}
END_TEST

START_TEST(any_saved_bytes_are_safe)
{
	open_scene();
	for (uint32_t seed = 1, round = 0; round < 3000; round++) {
		for (uint32_t i = 0; i < behaviour_quiet_bulk.pair_bytes; i++)
			((uint8_t *)c.memory.pair)[i] =
				round == 0 ? 0xff : (uint8_t)((seed = seed * 1664525 + 7) >> 24);
		for (uint32_t i = 0; i < behaviour_quiet_bulk.site_bytes; i++)
			((uint8_t *)c.memory.site)[i] =
				round == 0 ? 0xff : (uint8_t)((seed = seed * 1664525 + 7) >> 24);
		speak(round % 9, round % 24, UINT64_MAX, seed);
		speak(round % 9, round % 24, seed, UINT64_MAX);
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
		c.sight.kind = SIGHT_BEGIN;
		scene_see(&c);
	}
	scene_close(&c);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, the_same_hour_of_several_nights);
	tcase_add_test(tc, an_hour_early_or_late_and_midnight);
	tcase_add_test(tc, another_hour_is_not_the_same);
	tcase_add_test(tc, bulk_of_another_size_is_not_the_same);
	tcase_add_test(tc, nights_without_it_do_not_count);
	tcase_add_test(tc, an_even_stream_is_no_bulk);
	tcase_add_test(tc, a_backup_of_several_hours_stands_out_too);
	tcase_add_test(tc, hours_in_which_the_site_is_quiet);
	tcase_add_test(tc, growth_is_told_in_steps);
	tcase_add_test(tc, any_saved_bytes_are_safe);
}

int main(void)
{
	return suite_main("quiet_bulk", add_tests);
}
