#include "tests/unit/behaviour_fixture.h"

enum { TCP = 6, UDP = 17, SCTP = 132, ICMP = 1 };

static struct scene scene;

static void open_scene(void)
{
	scene_open(&scene, &behaviour_service);
	scene.sight.side = 1;
}

static void close_scene(void)
{
	scene_close(&scene);
}

/* Somebody calls the equipment on PORT. True when that is told. */
static bool called(uint8_t proto, uint16_t port, int64_t day, enum flow_state state)
{
	struct flow_record *r = &scene.ev.flow;

	*r = (struct flow_record){.proto = proto,
		.port = {40000, port},
		.packets = {2, state != FLOW_ATTEMPT},
		.state = state,
		.midstream = r->midstream};
	scene.sight.ts_ns = (uint64_t)day * NS_PER_DAY;
	scene.sight.site_day = day;
	scene.sight.kind = SIGHT_BEGIN;
	if (scene_see(&scene))
		return true;
	scene.sight.kind = SIGHT_END;
	return scene_see(&scene);
}

/* SSH on each of DAYS days from day 100 on. */
static void ordinary_days(int64_t days)
{
	for (int64_t day = 100; day < 100 + days; day++)
		ck_assert(!called(TCP, 22, day, FLOW_ESTABLISHED));
}

START_TEST(test_a_new_port_is_told_with_the_days_before)
{
	ordinary_days(7);
	scene.sight.kind = SIGHT_BEGIN;
	scene.ev.flow.port[1] = 57722;
	scene.sight.site_day = 107;
	ck_assert(scene_see(&scene));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_DAYS), 7);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_ROLE_EQUIPMENT), 0);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_NEW_IN_WEEK), 1);
	ck_assert(facts_has(&scene.facts, FIELD_BEHAVIOUR_SERVICE_WAS_CLOSED));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_WAS_CLOSED), 0);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SCORE), 500);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_CONFIDENCE), 63);
	ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_SUBJECT), STR("tcp/57722")));
	ck_assert(!called(TCP, 57722, 107, FLOW_ESTABLISHED)); /* once */
	ck_assert(!called(TCP, 57722, 400, FLOW_ESTABLISHED));
}
END_TEST

START_TEST(test_the_first_day_teaches)
{
	for (uint16_t port = 1; port <= 20; port++)
		ck_assert(!called(TCP, port, 100, FLOW_ESTABLISHED));
	ck_assert(called(TCP, 21, 101, FLOW_ESTABLISHED));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_DAYS), 1);
}
END_TEST

/* Days count in which it was seen, not those between. */
START_TEST(test_days_without_the_sensor_teach_nothing)
{
	ordinary_days(1);
	ck_assert(called(TCP, 80, 130, FLOW_ESTABLISHED));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_DAYS), 1);
}
END_TEST

START_TEST(test_a_port_that_refused)
{
	ck_assert(!called(TCP, 8443, 100, FLOW_REJECTED));
	ck_assert(!called(TCP, 8443, 101, FLOW_REJECTED));
	ck_assert(called(TCP, 8443, 101, FLOW_ESTABLISHED));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_WAS_CLOSED), 1);
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_CONFIDENCE), 60);
}
END_TEST

START_TEST(test_a_restart_is_no_news)
{
	ordinary_days(8);
	ck_assert(!called(TCP, 22, 108, FLOW_REJECTED));
	ck_assert(!called(TCP, 22, 108, FLOW_ESTABLISHED));
}
END_TEST

START_TEST(test_a_booting_service_is_no_news_on_the_first_day)
{
	ck_assert(!called(TCP, 830, 100, FLOW_REJECTED));
	ck_assert(!called(TCP, 830, 100, FLOW_ESTABLISHED));
	ck_assert(!called(TCP, 830, 101, FLOW_ESTABLISHED));
}
END_TEST

/* The session was there before the capture began; a week later it is opened again. */
START_TEST(test_what_was_going_on_is_known)
{
	scene.ev.flow.midstream = true;
	ordinary_days(7);
	ck_assert(!called(TCP, 179, 107, FLOW_ESTABLISHED));
	scene.ev.flow.midstream = false;
	ck_assert(!called(TCP, 179, 108, FLOW_ESTABLISHED));
	ck_assert(called(TCP, 180, 108, FLOW_ESTABLISHED));
}
END_TEST

START_TEST(test_each_transport_has_its_ports)
{
	ordinary_days(7);
	ck_assert(called(UDP, 22, 107, FLOW_ESTABLISHED));
	ck_assert(called(SCTP, 22, 107, FLOW_ESTABLISHED));
	ck_assert(!called(ICMP, 22, 107, FLOW_ESTABLISHED));
	ck_assert(!called(UDP, 23, 107, FLOW_ATTEMPT));
	ck_assert_uint_eq(scene.said, 2);
}
END_TEST

START_TEST(test_who_calls_serves_nothing)
{
	ordinary_days(7);
	scene.sight.side = 0;
	ck_assert(!called(TCP, 8080, 107, FLOW_ESTABLISHED));
	scene.sight.side = 1;
	scene.sight.peer_is_own = false; /* a group */
	ck_assert(!called(UDP, 8080, 107, FLOW_ESTABLISHED));
}
END_TEST

/* Another piece of equipment of the role, with the same memory of the role. */
START_TEST(test_the_role_has_it)
{
	void *first = scene.memory.equipment;

	ordinary_days(7);
	ck_assert(called(TCP, 8443, 107, FLOW_ESTABLISHED));
	scene.memory.equipment = calloc(1, behaviour_service.equipment_bytes);
	ordinary_days(7);
	ck_assert(called(TCP, 8443, 108, FLOW_ESTABLISHED));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_ROLE_EQUIPMENT), 1);
	free(first);
}
END_TEST

START_TEST(test_who_opens_ports_all_the_time_is_known_by_it)
{
	ordinary_days(7);
	for (uint16_t port = 40000; port < 40010; port++)
		ck_assert(called(TCP, port, 107, FLOW_ESTABLISHED));
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_NEW_IN_WEEK), 10);
	ck_assert(called(TCP, 40010, 114, FLOW_ESTABLISHED));
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_NEW_IN_WEEK), 4);
	ck_assert_uint_le(scene_num(&scene, FIELD_BEHAVIOUR_SERVICE_NEW_IN_WEEK), 6);
}
END_TEST

START_TEST(test_a_full_table_keeps_what_is_in_use)
{
	uint32_t said = 0;

	ordinary_days(7);
	for (uint16_t port = 1000; port < 1100; port++)
		(void)called(TCP, port, 107, FLOW_REJECTED);
	for (uint16_t port = 2000; port < 2100; port++)
		said += called(TCP, port, 107, FLOW_ESTABLISHED);
	ck_assert_uint_eq(said, 26);
	ck_assert(!called(TCP, 22, 108, FLOW_ESTABLISHED));
	ck_assert(!called(TCP, 3000, 137, FLOW_ESTABLISHED));
	ck_assert(called(TCP, 3000, 138, FLOW_ESTABLISHED)); /* those of day 107 are a month old */
	ck_assert(!called(TCP, 22, 138, FLOW_ESTABLISHED));
}
END_TEST

START_TEST(test_any_memory_will_do)
{
	for (int byte = 1; byte < 256; byte += 127) {
		memset(scene.memory.equipment, byte & 1, behaviour_service.equipment_bytes);
		memset(scene.memory.role, byte, behaviour_service.role_bytes);
		for (uint16_t port = 1; port < 100; port++)
			(void)called(TCP, port, port, port % 3);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, open_scene, close_scene);
	tcase_add_test(tc, test_a_new_port_is_told_with_the_days_before);
	tcase_add_test(tc, test_the_first_day_teaches);
	tcase_add_test(tc, test_days_without_the_sensor_teach_nothing);
	tcase_add_test(tc, test_a_port_that_refused);
	tcase_add_test(tc, test_a_restart_is_no_news);
	tcase_add_test(tc, test_a_booting_service_is_no_news_on_the_first_day);
	tcase_add_test(tc, test_what_was_going_on_is_known);
	tcase_add_test(tc, test_each_transport_has_its_ports);
	tcase_add_test(tc, test_who_calls_serves_nothing);
	tcase_add_test(tc, test_the_role_has_it);
	tcase_add_test(tc, test_who_opens_ports_all_the_time_is_known_by_it);
	tcase_add_test(tc, test_a_full_table_keeps_what_is_in_use);
	tcase_add_test(tc, test_any_memory_will_do);
}

int main(void)
{
	return suite_main("service", add_tests);
}
