#include "analysis/behaviour/behaviours.h"
#include "tests/unit/behaviour_fixture.h"

enum { TCP = 6, UDP = 17, START_S = 300000, TICK = BEHAVIOUR_TICK_S };

static struct scene scene;
static struct facts last; /* numbers of what was said last */

static void open_scene(void)
{
	scene_open(&scene, &behaviour_silence);
	scene_peer(&scene, 1);
	scene.sight.app = STR("");
}

static void close_scene(void)
{
	scene_close(&scene);
}

/* The equipment sends to PORT at AT_S. */
static void send(uint8_t proto, uint16_t port, uint32_t at_s)
{
	scene.sight.kind = SIGHT_BURST;
	scene.sight.side = 0;
	scene.sight.sent = 100;
	scene.sight.ts_ns = at_s * NS_PER_S;
	scene.ev.flow = (struct flow_record){.proto = proto,
		.port = {40000, port},
		.packets = {9, 0},
		.last_ns = at_s * NS_PER_S};
	ck_assert(!scene_see(&scene));
}

/* Somebody calls it, and it says nothing. */
static void call(uint32_t at_s)
{
	scene.sight.kind = SIGHT_END;
	scene.sight.side = 1;
	scene.sight.sent = 0;
	scene.sight.ts_ns = at_s * NS_PER_S;
	scene.ev.flow = (struct flow_record){
		.proto = UDP, .port = {40000, 161}, .packets = {1, 0}, .last_ns = at_s * NS_PER_S};
	ck_assert(!scene_see(&scene));
}

static bool tick(uint32_t at_s)
{
	const struct behaviour_equipment e = {.site_day = at_s / 86400};
	bool said;

	facts_clear(&scene.facts);
	said = behaviour_silence.tick(at_s * NS_PER_S, &e, &scene.memory, &scene.facts);
	scene.said += said;
	if (said)
		last = scene.facts;
	return said;
}

/* Syslog each EVERY_S and something else each minute, from FROM to TO; ticks in between. Syslog
 * stops at STOP. */
static void live(uint32_t from_s, uint32_t to_s, uint32_t every_s, uint32_t stop_s)
{
	for (uint32_t s = from_s; s < to_s; s++) {
		if (s % TICK == 0)
			(void)tick(s);
		if (s < stop_s && s % every_s == 0)
			send(UDP, 514, s);
		if (s % 60 == 30)
			send(TCP, 830, s);
	}
}

START_TEST(test_logs_that_stop_are_told)
{
	live(START_S, START_S + 3600, 20, START_S + 3600);
	ck_assert_uint_eq(scene.said, 0);
	live(START_S + 3600, START_S + 3600 + 3 * TICK, 20, START_S + 3600);
	ck_assert_uint_eq(scene.said, 0);
	ck_assert(tick(START_S + 3600 + 3 * TICK));
	ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_SILENCE_STREAM), STR("syslog")));
	ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_SUBJECT), STR("udp/514")));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_PORT), 514);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_SILENT_S), 3 * TICK);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_MEDIAN_GAP_S), 20);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_LONGEST_GAP_S), 20);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_MISSED), 45);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_OF_LONGEST_PERCENT), 4500);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_REGULAR_PERCENT), 100);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_GAPS), 179);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_OTHERS), 0);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SCORE), 900);
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_CONFIDENCE), 90);
	ck_assert(!facts_has(&scene.facts, FIELD_BEHAVIOUR_SILENCE_STILL_CALLED));
}
END_TEST

START_TEST(test_a_silence_is_told_again_as_it_grows)
{
	live(START_S, START_S + 3600, 20, START_S + 3600);
	live(START_S + 3600, START_S + 90000, 20, START_S + 3600);
	ck_assert_uint_ge(scene.said, 10);
	ck_assert_uint_le(scene.said, 20);
}
END_TEST

START_TEST(test_logs_that_come_again_begin_anew)
{
	live(START_S, START_S + 3600, 20, START_S + 3600);
	live(START_S + 3600, START_S + 6000, 20, START_S + 3600);
	scene.said = 0;
	live(START_S + 6001, START_S + 12000, 20, START_S + 12000);
	ck_assert_uint_eq(scene.said, 0);
}
END_TEST

START_TEST(test_a_young_stream_has_no_habits)
{
	live(START_S, START_S + 160, 20, START_S + 160);
	live(START_S + 160, START_S + 7200, 20, START_S + 160);
	ck_assert_uint_eq(scene.said, 0);
}
END_TEST

/* The sensor saw nothing for eight hours, and neither did it miss anything. */
START_TEST(test_what_the_sensor_did_not_see_is_no_silence)
{
	live(START_S, START_S + 3600, 20, START_S + 3600);
	live(START_S + 3600 + 8 * 3600, START_S + 3600 + 9 * 3600, 20, UINT32_MAX);
	ck_assert_uint_eq(scene.said, 0);
	live(START_S + 3600 + 9 * 3600, START_S + 11 * 3600, 20, 0);
	ck_assert_uint_gt(scene.said, 0);
	ck_assert_uint_le(facts_num(&last, FIELD_BEHAVIOUR_SILENCE_LONGEST_GAP_S), 900);
}
END_TEST

/* The long pauses of the night stand in the longest gap. */
START_TEST(test_the_longest_gap_is_kept_for_about_a_week)
{
	live(START_S, START_S + 3600, 20, START_S + 3600);
	live(START_S + 3600, START_S + 3600 + 7200, 20, START_S + 3600);
	live(START_S + 10800, START_S + 14400, 20, START_S + 14400);
	live(START_S + 14400, START_S + 18000, 20, START_S + 14400);
	ck_assert_uint_ge(facts_num(&last, FIELD_BEHAVIOUR_SILENCE_LONGEST_GAP_S), 6000);
	ck_assert_uint_le(facts_num(&last, FIELD_BEHAVIOUR_SILENCE_OF_LONGEST_PERCENT), 60);
	for (uint32_t day = 5; day < 20; day++)
		(void)tick(day * 86400);
	live(20 * 86400, 20 * 86400 + 600, 20, 20 * 86400 + 600);
	live(20 * 86400 + 600, 20 * 86400 + 3600, 20, 20 * 86400 + 600);
	ck_assert_uint_le(facts_num(&last, FIELD_BEHAVIOUR_SILENCE_LONGEST_GAP_S), 4000);
}
END_TEST

/* One piece of equipment after the other has its ticks, with the same site. */
static uint32_t together(uint32_t n)
{
	void *own = scene.memory.equipment;
	char *all = calloc(n, behaviour_silence.equipment_bytes);
	uint32_t most = 0;

	for (uint32_t s = START_S; s < START_S + 7200; s += 20) {
		for (uint32_t i = 0; i < n; i++) {
			scene.memory.equipment =
				all + (size_t)i * behaviour_silence.equipment_bytes;
			if (s % TICK == 0 && tick(s) &&
				scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_OTHERS) > most)
				most = (uint32_t)scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_OTHERS);
			if (s < START_S + 3600)
				send(UDP, 514, s);
			send(TCP, 830, s);
		}
	}
	scene.memory.equipment = own;
	free(all);
	return most;
}

START_TEST(test_others_at_the_same_time)
{
	ck_assert_uint_eq(together(1), 0);
	ck_assert_uint_eq(together(2), 1);
	ck_assert_uint_eq(together(40), 39);
}
END_TEST

START_TEST(test_each_kind_has_its_name)
{
	static const struct {
		uint16_t port;
		const char *name;
	} rows[] = {{514, "syslog"}, {6514, "syslog"}, {601, "syslog"}, {162, "snmp-trap"},
		{2055, "flow-export"}, {4739, "flow-export"}, {4740, "flow-export"},
		{6343, "flow-export"}, {9995, "flow-export"}, {123, "other"}, {515, "other"}};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		close_scene();
		open_scene();
		for (uint32_t s = START_S; s < START_S + 7200; s += 20) {
			if (s % TICK == 0 && tick(s))
				break;
			if (s < START_S + 3600)
				send(UDP, rows[row].port, s);
			send(TCP, 830, s);
		}
		ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_SILENCE_STREAM),
			str_from(rows[row].name)));
	}
}
END_TEST

/* A second piece of equipment, which talks all the time. */
static void whole(bool called, uint32_t minutes)
{
	void *own = scene.memory.equipment;
	void *other = calloc(1, behaviour_silence.equipment_bytes);

	for (uint32_t s = START_S; s < START_S + 3600 + minutes * 60; s += 20) {
		if (s % TICK == 0)
			(void)tick(s);
		if (s < START_S + 3600)
			send(TCP, 830, s);
		else if (called)
			call(s);
		scene.memory.equipment = other;
		if (s % TICK == 0)
			(void)behaviour_silence.tick(s * NS_PER_S,
				&(struct behaviour_equipment){.site_day = s / 86400}, &scene.memory,
				&scene.facts);
		send(TCP, 830, s);
		scene.memory.equipment = own;
	}
	free(other);
}

START_TEST(test_equipment_that_stops_is_told)
{
	whole(true, 41);
	ck_assert_uint_ge(scene.said, 3);
}
END_TEST

START_TEST(test_it_is_known_whether_others_call_it)
{
	for (int called = 0; called < 2; called++) {
		bool said = false;

		close_scene();
		open_scene();
		whole(called, 30);
		for (uint32_t s = START_S + 3600 + 1800; !said; s += TICK) {
			void *own = scene.memory.equipment;
			void *other = calloc(1, behaviour_silence.equipment_bytes);

			if (called)
				call(s - 10);
			scene.memory.equipment = other;
			send(TCP, 830, s - 10);
			(void)behaviour_silence.tick(s * NS_PER_S,
				&(struct behaviour_equipment){.site_day = s / 86400}, &scene.memory,
				&scene.facts);
			scene.memory.equipment = own;
			free(other);
			said = tick(s);
		}
		ck_assert(str_eq(
			facts_str(&scene.facts, FIELD_BEHAVIOUR_SILENCE_STREAM), STR("all")));
		ck_assert_uint_eq(
			scene_num(&scene, FIELD_BEHAVIOUR_SILENCE_STILL_CALLED), (uint64_t)called);
	}
}
END_TEST

/* Nobody else talks: the mirror may be gone. */
START_TEST(test_the_last_one_to_fall_silent_is_not_told)
{
	for (uint32_t s = START_S; s < START_S + 3600; s += 20)
		send(TCP, 830, s);
	for (uint32_t s = START_S + 3600; s < START_S + 7200; s += TICK)
		(void)tick(s);
	ck_assert_uint_eq(scene.said, 0);
}
END_TEST

/* Logs keep their place whatever else is sent. */
START_TEST(test_many_ports_do_not_push_out_logs)
{
	for (uint32_t s = START_S; s < START_S + 3600; s += 20) {
		send(UDP, 514, s);
		for (uint16_t port = 0; port < 30; port++)
			send(TCP, (uint16_t)(1000 + s % 7 * 100 + port), s);
	}
	for (uint32_t s = START_S + 3600; s < START_S + 6000; s += 20) {
		if (s % TICK == 0 && tick(s) &&
			str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_SILENCE_STREAM),
				STR("syslog")))
			return;
		send(TCP, 22, s);
	}
	ck_abort_msg("the logs were forgotten");
}
END_TEST

START_TEST(test_any_memory_will_do)
{
	for (int byte = 1; byte < 256; byte += 127) {
		memset(scene.memory.equipment, byte, behaviour_silence.equipment_bytes);
		memset(scene.memory.site, byte, behaviour_silence.site_bytes);
		live(START_S, START_S + 7200, 20, START_S + 3600);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, open_scene, close_scene);
	tcase_add_test(tc, test_logs_that_stop_are_told);
	tcase_add_test(tc, test_a_silence_is_told_again_as_it_grows);
	tcase_add_test(tc, test_logs_that_come_again_begin_anew);
	tcase_add_test(tc, test_a_young_stream_has_no_habits);
	tcase_add_test(tc, test_what_the_sensor_did_not_see_is_no_silence);
	tcase_add_test(tc, test_the_longest_gap_is_kept_for_about_a_week);
	tcase_add_test(tc, test_others_at_the_same_time);
	tcase_add_test(tc, test_each_kind_has_its_name);
	tcase_add_test(tc, test_equipment_that_stops_is_told);
	tcase_add_test(tc, test_it_is_known_whether_others_call_it);
	tcase_add_test(tc, test_the_last_one_to_fall_silent_is_not_told);
	tcase_add_test(tc, test_many_ports_do_not_push_out_logs);
	tcase_add_test(tc, test_any_memory_will_do);
}

int main(void)
{
	return suite_main("silence", add_tests);
}
