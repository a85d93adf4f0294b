/* What equipment sends by hour of the week, with scripted time: sights in each hour, and a tick
 * each five minutes. */
#include "analysis/behaviour/behaviour.h"

#include "tests/unit/behaviour_fixture.h"

#define MB UINT64_C(1000000)

enum { FIRST_HOUR = 20458 * 24 /* Monday, 2026-01-05 */, WEEK = 168 };

static struct scene c;
static struct ip_addr partner = {{0x20, 1, 0xd, 0xb8, [15] = 1}};
static uint32_t told;

static void open_scene(void)
{
	scene_open(&c, &behaviour_volume);
	c.peer = partner;
	told = 0;
}

static void send(uint32_t hour, uint64_t bytes)
{
	c.sight.kind = SIGHT_UPDATE;
	c.sight.site_day = (FIRST_HOUR + hour) / 24;
	c.sight.site_minute = (FIRST_HOUR + hour) % 24 * 60 + 17;
	c.sight.sent = bytes;
	scene_see(&c);
}

/* The tick MINUTE minutes into HOUR. True when it says something. */
static bool tick(uint32_t hour, uint32_t minute)
{
	struct behaviour_equipment e = {.site_day = (FIRST_HOUR + hour) / 24,
		.site_minute = (FIRST_HOUR + hour) % 24 * 60 + minute};
	bool said;

	arena_reset(c.facts.arena);
	facts_clear(&c.facts);
	said = behaviour_volume.tick(0, &e, &c.memory, &c.facts);
	told += said;
	return said;
}

/* Five times as much by day as at night, and up to a fifth of noise. */
static uint64_t usual(uint32_t hour)
{
	uint64_t bytes = hour % 24 >= 8 && hour % 24 < 20 ? 50 * MB : 10 * MB;

	return bytes + bytes * (hour * 2654435761U >> 24) / 1280;
}

static void live(uint32_t from, uint32_t to)
{
	for (uint32_t hour = from; hour < to; hour++) {
		for (uint32_t minute = 0; minute < 60; minute += 5)
			tick(hour, minute);
		send(hour, usual(hour));
	}
}

START_TEST(usual_weeks_say_nothing)
{
	open_scene();
	live(0, 6 * WEEK);
	ck_assert_uint_eq(told, 0);
	scene_close(&c);
}
END_TEST

START_TEST(bulk_at_night_is_beyond_its_hour)
{
	uint32_t night = 3 * WEEK + 2 * 24 + 3; /* Wednesday */

	open_scene();
	live(0, night + 1);
	send(night, 500 * MB);
	c.peer = (struct ip_addr){{0x20, 1, 0xd, 0xb8, [15] = 2}};
	send(night, 7 * MB);
	ck_assert(tick(night + 1, 0));
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_VOLUME_SENT), 517 * MB);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_VOLUME_EXPECTED), 9 * MB);
	ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_VOLUME_EXPECTED), 13 * MB);
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_VOLUME_TIMES), 40);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_VOLUME_HOUR), 2 * 24 + 3);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_VOLUME_N), night - 1);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 76);
	ck_assert_int_eq(
		ip_addr_cmp(&facts_get(&c.facts, FIELD_BEHAVIOUR_VOLUME_PEER)->ip, &partner), 0);
	ck_assert(!tick(night + 1, 5));
	scene_close(&c);
}
END_TEST

/* As much as by day, at night: five times what is usual there. */
START_TEST(what_is_usual_by_day_is_not_at_night)
{
	uint32_t night = 3 * WEEK + 3;

	open_scene();
	live(0, night + 1);
	send(night, 40 * MB);
	ck_assert(tick(night + 1, 0));
	ck_assert_uint_ge(scene_num(&c, FIELD_BEHAVIOUR_VOLUME_TIMES), 4);
	live(night + 1, night + 10);
	told = 0;
	live(night + 10, night + 13);
	ck_assert_uint_eq(told, 0);
	scene_close(&c);
}
END_TEST

/* The clock changes, and a nightly backup comes an hour earlier by it. */
START_TEST(an_hour_early_or_late_is_usual)
{
	open_scene();
	for (uint32_t hour = 0; hour < 5 * WEEK; hour++) {
		tick(hour, 0);
		send(hour, hour % 24 == (hour < 4 * WEEK ? 3 : 2) ? 80 * MB : MB / 10);
	}
	ck_assert_uint_eq(told, 0);
	send(5 * WEEK, 80 * MB);
	ck_assert(tick(5 * WEEK + 1, 0));
	scene_close(&c);
}
END_TEST

START_TEST(the_first_week_says_nothing)
{
	open_scene();
	live(0, WEEK - 1);
	send(WEEK - 1, 10000 * MB);
	ck_assert(!tick(WEEK, 0));
	scene_close(&c);
}
END_TEST

/* A site of which little is seen: one transfer an hour by day, and ticks when something was seen.
 */
START_TEST(hours_without_a_tick_are_not_learned)
{
	open_scene();
	for (uint32_t hour = 0; hour < 4 * WEEK; hour++)
		if (hour % 24 >= 6 && hour % 24 < 22) {
			tick(hour, 15);
			send(hour, usual(hour));
		}
	ck_assert_uint_eq(told, 0);
	tick(4 * WEEK + 9, 15);
	send(4 * WEEK + 9, 900 * MB);
	ck_assert(tick(4 * WEEK + 12, 40));
	/* But for the first hour, which was not seen from its begin. */
	ck_assert_uint_eq(scene_num(&c, FIELD_BEHAVIOUR_VOLUME_N), 4 * 7 * 16 - 1);
	scene_close(&c);
}
END_TEST

START_TEST(any_saved_bytes_are_safe)
{
	open_scene();
	for (uint32_t seed = 1, round = 0; round < 2000; round++) {
		for (uint32_t i = 0; i < behaviour_volume.equipment_bytes; i++)
			((uint8_t *)c.memory.equipment)[i] =
				round == 0 ? 0xff : (uint8_t)((seed = seed * 1664525 + 7) >> 24);
		send(round, UINT64_MAX);
		tick(round, 0);
		send(round, UINT64_MAX);
		tick(round + 1, 0);
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_SCORE), 1000);
		ck_assert_uint_le(scene_num(&c, FIELD_BEHAVIOUR_CONFIDENCE), 100);
	}
	scene_close(&c);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, usual_weeks_say_nothing);
	tcase_add_test(tc, bulk_at_night_is_beyond_its_hour);
	tcase_add_test(tc, what_is_usual_by_day_is_not_at_night);
	tcase_add_test(tc, an_hour_early_or_late_is_usual);
	tcase_add_test(tc, the_first_week_says_nothing);
	tcase_add_test(tc, hours_without_a_tick_are_not_learned);
	tcase_add_test(tc, any_saved_bytes_are_safe);
}

int main(void)
{
	return suite_main("volume", add_tests);
}
