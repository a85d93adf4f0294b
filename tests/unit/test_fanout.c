#include "tests/unit/behaviour_fixture.h"

#define DAY_S UINT64_C(86400)

enum { TCP = 6, UDP = 17, SCTP = 132, ICMP = 1, START_S = 1000 };

static struct scene scene;

static void open_scene(void)
{
	scene_open(&scene, &behaviour_fanout);
}

static void close_scene(void)
{
	scene_close(&scene);
}

/* A conversation of the equipment with HOST, which is over and came to STATE. */
static bool call(uint8_t proto, uint32_t host, uint16_t port, uint64_t at_s, enum flow_state state)
{
	struct flow_record *r = &scene.ev.flow;

	scene_peer(&scene, host);
	*r = (struct flow_record){.proto = proto,
		.port = {40000, port},
		.packets = {1, state != FLOW_ATTEMPT},
		.state = state,
		.first_ns = at_s * NS_PER_S,
		.last_ns = at_s * NS_PER_S};
	if (proto == TCP)
		r->tcp_flags[0] = TCP_SYN;
	if (proto == ICMP)
		r->icmp_type = 8;
	scene.sight.ts_ns = r->first_ns + 30 * NS_PER_S;
	scene.sight.site_day = (int64_t)(at_s / DAY_S);
	scene.sight.kind = SIGHT_BEGIN;
	if (scene_see(&scene))
		return true;
	scene.sight.kind = SIGHT_END;
	return scene_see(&scene);
}

/* N hosts, one port, one each EVERY_S. What was said last of all is in the facts. */
static void sweep(uint8_t proto, uint16_t port, uint32_t n, uint32_t every_s, enum flow_state state)
{
	for (uint32_t i = 0; i < n; i++)
		(void)call(proto, 100 + i, port, START_S + (uint64_t)i * every_s, state);
}

START_TEST(test_hosts_of_one_minute_are_counted)
{
	sweep(TCP, 22, 30, 1, FLOW_ATTEMPT);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_HOSTS), 30);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_SERVICE_HOSTS), 30);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_PORTS), 1);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_FAILED_PERCENT), 100);
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_SCORE), 400);
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_CONFIDENCE), 75);
	ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_FANOUT_PROBE), STR("tcp-syn")));
}
END_TEST

/* Rules see each number of hosts on the way, so no threshold is passed by. */
START_TEST(test_each_number_is_told_from_eight_on)
{
	for (uint32_t i = 1; i <= 60; i++) {
		const bool said = call(TCP, i, 22, START_S, FLOW_REJECTED);

		ck_assert_int_eq(said, i >= 8);
		if (said)
			ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_HOSTS), i);
	}
}
END_TEST

START_TEST(test_a_window_is_a_minute)
{
	sweep(TCP, 22, 100, 6, FLOW_ATTEMPT);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_HOSTS), 10);
}
END_TEST

START_TEST(test_ports_of_one_host_are_counted)
{
	for (uint16_t port = 1; port <= 50; port++)
		(void)call(TCP, 5, port, START_S, FLOW_REJECTED);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_PORTS), 50);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_HOSTS), 1);
}
END_TEST

/* A scanner asks first whether the host is there. */
START_TEST(test_an_answer_to_another_service_hides_no_scan)
{
	(void)call(ICMP, 5, 0, START_S, FLOW_ESTABLISHED);
	(void)call(TCP, 5, 22, START_S, FLOW_ESTABLISHED);
	for (uint16_t port = 1000; port < 1050; port++)
		(void)call(TCP, 5, port, START_S, FLOW_REJECTED);
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_PORTS), 45);
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_FAILED_PERCENT), 85);
}
END_TEST

/* nmap takes several hosts at once, and their ports at random. */
START_TEST(test_ports_of_several_hosts_are_counted_together)
{
	for (uint16_t i = 0; i < 60; i++)
		(void)call(TCP, i % 5, (uint16_t)(i / 5 + 1), START_S, FLOW_REJECTED);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_PROBES), 60);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_HOSTS), 5);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_PORTS), 12);
}
END_TEST

/* A peer entity may be a whole network: one host of it that answers does not speak for others. */
START_TEST(test_an_answer_speaks_for_its_host)
{
	for (uint32_t i = 0; i < 40; i++) {
		scene_peer(&scene, 100 + i);
		scene.memory.pair = scene.pairs;
		scene.ev.flow = (struct flow_record){.proto = UDP,
			.port = {40000, 2123},
			.packets = {1, i < 3},
			.state = i < 3 ? FLOW_ESTABLISHED : FLOW_ATTEMPT,
			.first_ns = START_S * NS_PER_S};
		scene.sight.ts_ns = START_S * NS_PER_S;
		scene.sight.kind = SIGHT_END;
		(void)scene_see(&scene);
	}
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_SERVICE_HOSTS), 30);
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_FAILED_PERCENT), 80);
}
END_TEST

START_TEST(test_thousands_are_told_once_a_minute)
{
	uint32_t before;

	for (uint32_t i = 0; i < 64; i++)
		(void)call(TCP, i, 22, START_S, FLOW_ATTEMPT);
	before = scene.said;
	for (uint32_t i = 64; i < 3000; i++)
		(void)call(TCP, i, 22, START_S + i / 50, FLOW_ATTEMPT);
	ck_assert_uint_le(scene.said - before, 20); /* and each quarter more of a day */
	ck_assert_uint_ge(scene.said - before, 1);
}
END_TEST

/* An NMS whose line was cut: everything that it polls is silent at once. */
START_TEST(test_an_outage_is_no_scan)
{
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 100; i++)
			(void)call(UDP, i, 161, START_S + round * 300 + i / 4,
				round ? FLOW_ATTEMPT : FLOW_ESTABLISHED);
	ck_assert_uint_eq(scene.said, 0);
}
END_TEST

START_TEST(test_what_is_answered_weakens_it)
{
	for (uint32_t i = 0; i < 500; i++)
		(void)call(UDP, i, 161, START_S + i / 20, FLOW_ESTABLISHED);
	for (uint32_t i = 500; i < 540; i++)
		(void)call(UDP, i, 161, START_S + 10, FLOW_ATTEMPT);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_HOSTS), 40);
	ck_assert_uint_le(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_FAILED_PERCENT), 10);
}
END_TEST

START_TEST(test_what_is_ordered_is_left_out)
{
	scene.sight.ordered = true;
	sweep(UDP, 161, 100, 0, FLOW_ATTEMPT);
	ck_assert_uint_eq(scene.said, 0);
}
END_TEST

START_TEST(test_who_is_called_scans_nobody)
{
	scene.sight.side = 1;
	sweep(TCP, 22, 100, 0, FLOW_ATTEMPT);
	ck_assert_uint_eq(scene.said, 0);
}
END_TEST

START_TEST(test_groups_are_no_hosts)
{
	scene.sight.peer_is_own = false;
	sweep(UDP, 5353, 100, 0, FLOW_ATTEMPT);
	ck_assert_uint_eq(scene.said, 0);
}
END_TEST

/* Probes of traceroute go to one port after the other. */
START_TEST(test_traceroute_tries_one_port)
{
	for (uint16_t i = 0; i < 90; i++)
		(void)call(UDP, 5, (uint16_t)(33434 + i), START_S, FLOW_ATTEMPT);
	ck_assert_uint_eq(scene.said, 0);
	for (uint16_t i = 0; i < 20; i++)
		(void)call(UDP, 5, (uint16_t)(33535 + i), START_S, FLOW_ATTEMPT);
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_PORTS), 21);
}
END_TEST

START_TEST(test_a_connection_that_was_going_on_is_no_probe)
{
	for (uint32_t i = 0; i < 100; i++) {
		scene_peer(&scene, i);
		scene.ev.flow = (struct flow_record){.proto = TCP,
			.port = {40000, 443},
			.packets = {1, 0},
			.tcp_flags = {TCP_ACK},
			.midstream = true,
			.first_ns = START_S * NS_PER_S};
		scene.sight.kind = SIGHT_END;
		ck_assert(!scene_see(&scene));
	}
	scene.ev.flow.tcp_flags[0] = 0x01; /* FIN alone: nothing but a scan sends it */
	for (uint32_t i = 0; i < 30; i++) {
		scene_peer(&scene, i);
		(void)scene_see(&scene);
	}
	ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_HOSTS), 30);
	ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_FANOUT_PROBE), STR("tcp-odd")));
}
END_TEST

/* What goes out to many without an answer, and asks for none. */
static void send_to_many(struct flow_record r)
{
	for (uint32_t i = 0; i < 50; i++) {
		scene_peer(&scene, i);
		r.first_ns = START_S * NS_PER_S;
		r.port[1] = (uint16_t)(r.port[1] + (r.port[1] >= 32768));
		scene.ev.flow = r;
		scene.sight.kind = SIGHT_END;
		(void)scene_see(&scene);
	}
}

START_TEST(test_what_asks_for_no_answer_is_no_probe)
{
	send_to_many((struct flow_record){.proto = ICMP, .icmp_type = 11, .packets = {1, 0}});
	send_to_many((struct flow_record){.proto = ICMP, .icmp_type = 3, .packets = {1, 0}});
	send_to_many((struct flow_record){.proto = 58, .icmp_type = 1, .packets = {1, 0}});
	send_to_many((struct flow_record){.proto = 47, .packets = {1, 0}});
	send_to_many((struct flow_record){.proto = UDP, .port = {27015, 50000}, .packets = {3, 0}});
	send_to_many((struct flow_record){.proto = UDP, .port = {2152, 2152}, .packets = {17, 0}});
	send_to_many((struct flow_record){
		.proto = UDP, .port = {2152, 2152}, .packets = {1, 0}, .subscriber_tunnel = true});
	ck_assert_uint_eq(scene.said, 0);
	send_to_many((struct flow_record){.proto = UDP, .port = {2152, 2152}, .packets = {16, 0}});
	ck_assert_uint_gt(scene.said, 0);
}
END_TEST

START_TEST(test_what_asks_for_one_is_a_probe)
{
	static const struct {
		struct flow_record flow;
		const char *name;
	} rows[] = {
		{{.proto = ICMP, .icmp_type = 8, .packets = {1, 0}}, "icmp-echo"},
		{{.proto = ICMP, .icmp_type = 13, .packets = {1, 0}}, "icmp"},
		{{.proto = ICMP, .icmp_type = 17, .packets = {1, 0}}, "icmp"},
		{{.proto = 58, .icmp_type = 128, .packets = {1, 0}}, "icmp-echo"},
		{{.proto = UDP, .port = {40000, 50000}, .packets = {1, 0}}, "udp"},
		{{.proto = UDP, .port = {53, 161}, .packets = {1, 0}}, "udp"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		close_scene();
		open_scene();
		send_to_many(rows[i].flow);
		ck_assert_uint_gt(scene.said, 0);
		ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_FANOUT_PROBE),
			str_from(rows[i].name)));
	}
}
END_TEST

/* Answers to forged calls: the victim sends nothing, or resets. */
START_TEST(test_unasked_answers_make_no_caller)
{
	for (uint32_t i = 0; i < 100; i++) {
		scene_peer(&scene, i);
		scene.ev.flow = (struct flow_record){.proto = i % 2 ? TCP : UDP,
			.port = {40000, 443},
			.packets = {i % 4 == 1, 3},
			.tcp_flags = {i % 4 == 1 ? TCP_RST : 0, TCP_SYN | TCP_ACK},
			.first_ns = START_S * NS_PER_S};
		scene.sight.kind = SIGHT_END;
		ck_assert(!scene_see(&scene));
	}
}
END_TEST

/* Partners that are met for the first time and answer; later, the same ones again. */
START_TEST(test_a_sweep_of_signalling_counts_answers)
{
	static const struct {
		uint8_t proto;
		uint16_t port;
		const char *name;
	} rows[] = {{UDP, 2123, "gtp"}, {UDP, 2152, "gtp"}, {UDP, 8805, "pfcp"},
		{SCTP, 38412, "sctp-init"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		close_scene();
		open_scene();
		scene.sight.first = true;
		sweep(rows[i].proto, rows[i].port, 20, 1, FLOW_ESTABLISHED);
		ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_SERVICE_HOSTS), 20);
		ck_assert_uint_eq(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_FAILED_PERCENT), 0);
		ck_assert(str_eq(facts_str(&scene.facts, FIELD_BEHAVIOUR_FANOUT_PROBE),
			str_from(rows[i].name)));
	}
	close_scene();
	open_scene();
	scene.sight.first = true;
	sweep(UDP, 2124, 20, 1, FLOW_ESTABLISHED);
	ck_assert_uint_eq(scene.said, 0);
}
END_TEST

START_TEST(test_known_partners_are_no_sweep)
{
	scene.sight.first = false;
	scene.sight.pair_first_ns = 1;
	sweep(UDP, 2123, 100, 0, FLOW_ESTABLISHED);
	ck_assert_uint_eq(scene.said, 0);
}
END_TEST

START_TEST(test_a_slow_sweep_shows_in_a_day)
{
	sweep(TCP, 22, 100, 600, FLOW_ATTEMPT);
	ck_assert_uint_ge(scene.said, 3);
	/* Told at 32 and then at each quarter more. */
	for (uint32_t i = 100; i < 130; i++)
		if (call(TCP, 100 + i, 22, START_S + (uint64_t)i * 600, FLOW_ATTEMPT))
			break;
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_DAY_PROBES), 90);
	ck_assert_uint_le(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_DAY_PROBES), 135);
	ck_assert_uint_ge(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_DAY_FAILED_PERCENT), 95);
	ck_assert_uint_le(scene_num(&scene, FIELD_BEHAVIOUR_FANOUT_HOSTS), 1);
}
END_TEST

/* What is dead and polled each day is old news. */
START_TEST(test_the_dead_of_yesterday_are_not_counted)
{
	for (uint64_t day = 0; day < 3; day++) {
		const uint32_t before = scene.said;

		for (uint32_t i = 0; i < 60; i++)
			(void)call(UDP, i, 161, START_S + day * DAY_S + (uint64_t)i * 120,
				FLOW_ATTEMPT);
		if (day > 0)
			ck_assert_uint_eq(scene.said, before);
	}
}
END_TEST

/* Where one direction of TCP is all there is, no answer says nothing. */
START_TEST(test_a_mirror_of_one_direction_takes_the_confidence)
{
	for (uint32_t i = 0; i < 20; i++) {
		(void)call(TCP, 1, 443, START_S, FLOW_ESTABLISHED);
		scene.ev.flow.packets[1] = 0;
		(void)scene_see(&scene);
		(void)scene_see(&scene);
		(void)scene_see(&scene);
	}
	for (uint32_t i = 0; i < 60; i++)
		(void)call(UDP, i, 161, START_S, FLOW_ATTEMPT);
	ck_assert_uint_gt(scene.said, 0);
	ck_assert_uint_le(scene_num(&scene, FIELD_BEHAVIOUR_CONFIDENCE), 30);
}
END_TEST

/* What a saved state holds may be anything. */
START_TEST(test_any_memory_will_do)
{
	for (int byte = 1; byte < 256; byte += 127) {
		memset(scene.memory.equipment, byte, behaviour_fanout.equipment_bytes);
		memset(scene.memory.site, byte, behaviour_fanout.site_bytes);
		memset(scene.pairs, 0, FIXTURE_HOSTS * behaviour_fanout.pair_bytes);
		sweep(TCP, 22, 100, 7, FLOW_ATTEMPT);
		sweep(UDP, 2123, 100, 7, FLOW_ESTABLISHED);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, open_scene, close_scene);
	tcase_add_test(tc, test_hosts_of_one_minute_are_counted);
	tcase_add_test(tc, test_each_number_is_told_from_eight_on);
	tcase_add_test(tc, test_a_window_is_a_minute);
	tcase_add_test(tc, test_ports_of_one_host_are_counted);
	tcase_add_test(tc, test_an_answer_to_another_service_hides_no_scan);
	tcase_add_test(tc, test_ports_of_several_hosts_are_counted_together);
	tcase_add_test(tc, test_an_answer_speaks_for_its_host);
	tcase_add_test(tc, test_thousands_are_told_once_a_minute);
	tcase_add_test(tc, test_an_outage_is_no_scan);
	tcase_add_test(tc, test_what_is_answered_weakens_it);
	tcase_add_test(tc, test_what_is_ordered_is_left_out);
	tcase_add_test(tc, test_who_is_called_scans_nobody);
	tcase_add_test(tc, test_groups_are_no_hosts);
	tcase_add_test(tc, test_traceroute_tries_one_port);
	tcase_add_test(tc, test_a_connection_that_was_going_on_is_no_probe);
	tcase_add_test(tc, test_what_asks_for_no_answer_is_no_probe);
	tcase_add_test(tc, test_what_asks_for_one_is_a_probe);
	tcase_add_test(tc, test_unasked_answers_make_no_caller);
	tcase_add_test(tc, test_a_sweep_of_signalling_counts_answers);
	tcase_add_test(tc, test_known_partners_are_no_sweep);
	tcase_add_test(tc, test_a_slow_sweep_shows_in_a_day);
	tcase_add_test(tc, test_the_dead_of_yesterday_are_not_counted);
	tcase_add_test(tc, test_a_mirror_of_one_direction_takes_the_confidence);
	tcase_add_test(tc, test_any_memory_will_do);
}

int main(void)
{
	return suite_main("fanout", add_tests);
}
