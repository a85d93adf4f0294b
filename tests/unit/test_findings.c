#include "rules/findings.h"

#include <stdio.h>

#include "common/time_text.h"
#include "tests/unit/suite.h"

#define T0     (UINT64_C(1790000000) * NS_PER_S)
#define WINDOW (3600 * NS_PER_S)
#define REPEAT (600 * NS_PER_S)

enum { MAX_SEEN = 256 };

/* What the sink was given. */
struct seen {
	char id[MAX_SEEN][ALERT_ID_BYTES];
	uint32_t revision[MAX_SEEN];
	uint64_t ts_ns[MAX_SEEN];
	char json[MAX_SEEN][2048];
	int n;
	int fail_at; /* the sink refuses this one; 0: none */
};

static int sink(void *user, const struct alert *a)
{
	struct seen *s = user;

	ck_assert_int_lt(s->n, MAX_SEEN);
	if (s->fail_at && s->n + 1 == s->fail_at)
		return ERR_REDIS;
	memcpy(s->id[s->n], a->id, sizeof(a->id));
	s->revision[s->n] = a->revision;
	s->ts_ns[s->n] = a->ts_ns;
	ck_assert_uint_lt(a->json.len, sizeof(s->json[0]));
	memcpy(s->json[s->n], a->json.data, a->json.len);
	s->json[s->n][a->json.len] = '\0';
	s->n++;
	return 0;
}

static const struct rule rule = {
	.id = {"11111111-2222-3333-4444-555555555555", 36},
	.title = {"Test rule", 9},
	.level = LEVEL_HIGH,
};

struct bench {
	struct findings *fs;
	struct seen seen;
	struct facts facts;
};

static struct bench *bench_new(uint32_t max_open)
{
	struct findings_config cfg = {
		.hash_key = 1, .max_open = max_open, .window_ns = WINDOW, .repeat_ns = REPEAT};
	struct bench *b = calloc(1, sizeof(*b));

	b->fs = findings_new(&cfg, sink, &b->seen);
	b->facts.arena = arena_new(4096);
	return b;
}

static void bench_free(struct bench *b)
{
	findings_free(b->fs);
	arena_free(b->facts.arena);
	free(b);
}

/* One match by EQUIPMENT talking to ENTITY at AT_NS. */
static int match(
	struct bench *b, const char *equipment, const char *entity, uint64_t at_ns, bool ended)
{
	struct rule_match m = {.rule = &rule};

	arena_reset(b->facts.arena);
	facts_clear(&b->facts);
	facts_set_text(&b->facts, FIELD_EQUIPMENT_NAME, equipment);
	facts_set_text(&b->facts, FIELD_PEER_ENTITY, entity);
	facts_set_text(&b->facts, FIELD_NETWORK_PROTOCOL, "tls");
	facts_set_num(&b->facts, FIELD_EVENT_START, at_ns);
	facts_set_num(&b->facts, FIELD_EVENT_END, at_ns);
	facts_set_num(&b->facts, FIELD_EQUIPMENT_BYTES, 100);
	facts_set_num(&b->facts, FIELD_PEER_BYTES, 7);
	return findings_match(b->fs, &m, &b->facts, at_ns, ended);
}

START_TEST(one_finding_opens_repeats_and_closes)
{
	struct bench *b = bench_new(8);

	ck_assert_int_eq(match(b, "gnb", "peer", T0, true), 0);
	ck_assert_int_eq(
		match(b, "gnb", "peer", T0 + REPEAT - 1, true), 0); /* too soon for a revision */
	ck_assert_int_eq(match(b, "gnb", "peer", T0 + REPEAT, false), 0); /* exactly due */
	ck_assert_int_eq(findings_tick(b->fs, T0 + REPEAT + WINDOW - 1), 0);
	ck_assert_int_eq(findings_finish(b->fs, T0 + REPEAT + WINDOW), 0);
	ck_assert_int_eq(b->seen.n, 3);
	ck_assert_ptr_nonnull(strstr(b->seen.json[0], "\"event.action\":\"opened\""));
	ck_assert_ptr_nonnull(strstr(b->seen.json[1], "\"event.action\":\"repeated\""));
	ck_assert_ptr_nonnull(strstr(b->seen.json[2], "\"event.action\":\"closed\""));
	ck_assert_ptr_nonnull(strstr(b->seen.json[2], "\"alert.flows_ended\":2"));
	ck_assert_ptr_nonnull(strstr(b->seen.json[2], "\"alert.bytes_sent\":200"));
	ck_assert_ptr_nonnull(strstr(b->seen.json[2], "\"alert.bytes_received\":14"));
	ck_assert_str_eq(b->seen.id[0], b->seen.id[2]);
	ck_assert_uint_eq(b->seen.revision[2], 3);
	bench_free(b);
}
END_TEST

static uint32_t open_now(const struct bench *b)
{
	struct findings_stats st;

	findings_stats(b->fs, &st);
	return st.open_now;
}

static void set_version(struct bench *b, const char *text)
{
	arena_reset(b->facts.arena);
	facts_clear(&b->facts);
	facts_set_text(&b->facts, FIELD_VERSION_RULES, text);
	ck_assert(findings_set_common(b->fs, &b->facts));
}

START_TEST(what_was_loaded_is_told_as_of_the_match)
{
	struct bench *b = bench_new(8);

	set_version(b, "former");
	ck_assert_int_eq(match(b, "gnb", "peer", T0, false), 0);
	ck_assert_int_eq(match(b, "gnb", "other", T0, false), 0);
	set_version(b, "new");
	ck_assert_int_eq(match(b, "gnb", "other", T0 + REPEAT, false), 0);
	ck_assert_int_eq(findings_finish(b->fs, T0 + REPEAT), 0);
	ck_assert_int_eq(b->seen.n, 5);
	for (int i = 0; i < b->seen.n; i++) {
		const bool other = strstr(b->seen.json[i], "\"peer.entity\":\"other\"") != NULL;
		const bool opened = strstr(b->seen.json[i], "\"opened\"") != NULL;

		ck_assert_msg(
			strstr(b->seen.json[i], other && !opened ? "\"version.rules\":\"new\""
								 : "\"version.rules\":\"former\""),
			"%s", b->seen.json[i]);
	}
	bench_free(b);
}
END_TEST

/* Facts of every type outlive the arena that they were in. */
START_TEST(facts_are_kept)
{
	struct bench *b = bench_new(8);
	struct str lists[] = {STR("one"), STR("two")};
	struct ip_addr addr;
	const char *closed;

	ck_assert(ip_addr_parse(STR("192.0.2.1"), &addr));
	set_version(b, "v");
	ck_assert_int_eq(match(b, "gnb", "peer", T0, false), 0);
	facts_set_strs(&b->facts, FIELD_PEER_NAMES,
		memcpy(arena_alloc(b->facts.arena, sizeof(lists)), lists, sizeof(lists)), 2);
	facts_set_ips(&b->facts, FIELD_DNS_RESOLVED_IP,
		memcpy(arena_alloc(b->facts.arena, sizeof(addr)), &addr, sizeof(addr)), 1);
	facts_set_ip(&b->facts, FIELD_PEER_IP, &addr);
	facts_set_bool(&b->facts, FIELD_EQUIPMENT_DECLARED, true);
	facts_set_num(&b->facts, FIELD_TLS_NOT_AFTER, T0);
	ck_assert_int_eq(
		findings_match(b->fs, &(struct rule_match){.rule = &rule}, &b->facts, T0 + 1, true),
		0);
	arena_reset(b->facts.arena);
	memset(arena_alloc(b->facts.arena, 4096), 'x', 4096);
	ck_assert_int_eq(findings_finish(b->fs, T0 + 2), 0);
	closed = b->seen.json[b->seen.n - 1];
	ck_assert_ptr_nonnull(strstr(closed, "\"peer.names\":[\"one\",\"two\"]"));
	ck_assert_ptr_nonnull(strstr(closed, "\"dns.resolved_ip\":[\"192.0.2.1\"]"));
	ck_assert_ptr_nonnull(strstr(closed, "\"peer.ip\":\"192.0.2.1\""));
	ck_assert_ptr_nonnull(strstr(closed, "\"equipment.declared\":true"));
	ck_assert_ptr_nonnull(strstr(closed, "\"tls.server.not_after\":\"20"));
	ck_assert_ptr_nonnull(strstr(closed, "\"rule.id\":\"11111111-"));
	bench_free(b);
}
END_TEST

START_TEST(a_match_after_the_end_waits_for_another_end)
{
	struct bench *b = bench_new(8);

	ck_assert_int_eq(match(b, "gnb", "peer", T0, true), 0);
	ck_assert_int_eq(findings_finish(b->fs, T0), 0);
	ck_assert_int_eq(b->seen.n, 2);
	ck_assert_int_eq(match(b, "gnb", "other", T0 + 5, false), 0);
	ck_assert_int_eq(b->seen.n, 2);
	ck_assert_int_eq(findings_finish(b->fs, T0), 0);
	ck_assert_int_eq(b->seen.n, 4);
	ck_assert_uint_ge(b->seen.ts_ns[2], b->seen.ts_ns[1]);
	bench_free(b);
}
END_TEST

START_TEST(a_match_ahead_of_the_ticks_stays_open)
{
	struct bench *b = bench_new(8);

	ck_assert_int_eq(match(b, "gnb", "peer", T0 + 60 * NS_PER_S, false), 0);
	ck_assert_int_eq(findings_tick(b->fs, T0), 0);
	ck_assert_uint_eq(open_now(b), 1);
	ck_assert_int_eq(findings_tick(b->fs, T0 + 60 * NS_PER_S + WINDOW), 0);
	ck_assert_uint_eq(open_now(b), 0);
	bench_free(b);
}
END_TEST

/* A match by what has the address 10.0.0.1 in SEGMENT. */
static void match_in(
	struct bench *b, const char *segment, bool declared, enum rule_category category)
{
	struct rule r = rule;
	struct rule_match m = {.rule = &r};

	r.category = category;
	arena_reset(b->facts.arena);
	facts_clear(&b->facts);
	facts_set_text(&b->facts, FIELD_EQUIPMENT_NAME, "10.0.0.1");
	facts_set_bool(&b->facts, FIELD_EQUIPMENT_DECLARED, declared);
	facts_set_text(&b->facts, FIELD_PEER_ENTITY, "peer");
	facts_set_text(&b->facts, FIELD_FLOW_SEGMENT, segment);
	ck_assert_int_eq(findings_match(b->fs, &m, &b->facts, T0, false), 0);
}

START_TEST(segments_are_told_apart)
{
	struct bench *b = bench_new(16);

	match_in(b, "", false, RULE_FLOW);
	match_in(b, "oam", false, RULE_FLOW);
	match_in(b, "roaming", false, RULE_FLOW);
	match_in(b, "oam", false, RULE_FLOW);
	ck_assert_uint_eq(open_now(b), 3);
	bench_free(b);

	/* What is not in the inventory is another thing in another segment; what is, the same. */
	b = bench_new(16);
	match_in(b, "oam", false, RULE_EQUIPMENT);
	match_in(b, "roaming", false, RULE_EQUIPMENT);
	ck_assert_uint_eq(open_now(b), 2);
	match_in(b, "oam", true, RULE_EQUIPMENT);
	match_in(b, "roaming", true, RULE_EQUIPMENT);
	ck_assert_uint_eq(open_now(b), 3);
	bench_free(b);
}
END_TEST

/* Outside segments, ids are what they were before there were any. */
START_TEST(id_without_a_segment)
{
	struct bench *b = bench_new(8);

	ck_assert_int_eq(match(b, "gnb", "peer", T0, false), 0);
	ck_assert_int_eq(findings_finish(b->fs, T0), 0);
	ck_assert_str_eq(b->seen.id[0], "d70b585d14757014e3a5009e85825bc5");
	bench_free(b);
}
END_TEST

START_TEST(the_window_closes_exactly_at_its_end)
{
	struct bench *b = bench_new(8);
	struct findings_stats st;

	(void)match(b, "gnb", "peer", T0, false);
	(void)findings_tick(b->fs, T0 + WINDOW - 1);
	findings_stats(b->fs, &st);
	ck_assert_uint_eq(st.open_now, 1);
	(void)findings_tick(b->fs, T0 + WINDOW);
	findings_stats(b->fs, &st);
	ck_assert_uint_eq(st.open_now, 0);
	/* The next match is a new alert with an id of its own. */
	(void)match(b, "gnb", "peer", T0 + WINDOW + 1, false);
	(void)findings_finish(b->fs, T0 + WINDOW + 1);
	ck_assert_int_eq(b->seen.n, 4);
	ck_assert_str_ne(b->seen.id[0], b->seen.id[2]);
	bench_free(b);
}
END_TEST

START_TEST(another_peer_or_equipment_is_another_finding)
{
	struct bench *b = bench_new(8);
	struct findings_stats st;

	(void)match(b, "gnb", "peer", T0, false);
	(void)match(b, "gnb", "other", T0, false);
	(void)match(b, "amf", "peer", T0, false);
	(void)match(b, "am", "fpeer", T0, false); /* the same letters in a row */
	findings_stats(b->fs, &st);
	ck_assert_uint_eq(st.opened, 4);
	bench_free(b);
}
END_TEST

static void match_behaviour(struct bench *b, const char *entity, const char *subject)
{
	struct rule r = rule;
	struct rule_match m = {.rule = &r};

	r.category = RULE_BEHAVIOUR;
	arena_reset(b->facts.arena);
	facts_clear(&b->facts);
	facts_set_text(&b->facts, FIELD_EQUIPMENT_NAME, "gnb");
	facts_set_text(&b->facts, FIELD_PEER_ENTITY, entity);
	facts_set_text(&b->facts, FIELD_NETWORK_PROTOCOL, entity);
	facts_set_text(&b->facts, FIELD_BEHAVIOUR_SUBJECT, subject);
	ck_assert_int_eq(findings_match(b->fs, &m, &b->facts, T0, true), 0);
}

/* A sweep is one finding; services that appeared are one each; a beacon is one per peer. */
START_TEST(a_behaviour_says_what_it_is_about)
{
	struct bench *b = bench_new(8);

	match_behaviour(b, "one", "fan-out");
	match_behaviour(b, "other", "fan-out");
	ck_assert_uint_eq(open_now(b), 1);
	match_behaviour(b, "other", "tcp/8443");
	ck_assert_uint_eq(open_now(b), 2);
	match_behaviour(b, "one", NULL);
	match_behaviour(b, "other", NULL);
	ck_assert_uint_eq(open_now(b), 4);
	bench_free(b);
}
END_TEST

START_TEST(a_full_table_closes_the_longest_silent_and_counts)
{
	struct bench *b = bench_new(2);
	struct findings_stats st;

	(void)match(b, "a", "peer", T0, false);
	(void)match(b, "b", "peer", T0 + 1, false);
	(void)match(b, "a", "peer", T0 + 2, false); /* now b is the longest silent */
	(void)match(b, "c", "peer", T0 + 3, false);
	findings_stats(b->fs, &st);
	ck_assert_uint_eq(st.evicted, 1);
	ck_assert_uint_eq(st.open_now, 2);
	(void)findings_finish(b->fs, T0 + 4);
	ck_assert_int_eq(b->seen.n, 6);
	int closed_b = 0;

	for (int i = 0; i < b->seen.n; i++)
		closed_b += b->seen.ts_ns[i] == T0 + 3 && strstr(b->seen.json[i], "\"closed\"") &&
			    strstr(b->seen.json[i], "\"equipment.name\":\"b\"");
	ck_assert_int_eq(closed_b, 1);
	bench_free(b);
}
END_TEST

START_TEST(alerts_of_one_instant_leave_in_the_order_of_their_ids)
{
	struct bench *b = bench_new(64);
	char name[8];

	for (int i = 0; i < 32; i++) {
		(void)snprintf(name, sizeof(name), "e%d", i);
		(void)match(b, name, "peer", T0, false);
	}
	ck_assert_int_eq(b->seen.n, 0); /* the instant may not be over */
	(void)findings_finish(b->fs, T0 + 1);
	ck_assert_int_eq(b->seen.n, 64);
	for (int i = 1; i < b->seen.n; i++) {
		ck_assert_uint_ge(b->seen.ts_ns[i], b->seen.ts_ns[i - 1]);
		if (b->seen.ts_ns[i] == b->seen.ts_ns[i - 1])
			ck_assert_int_gt(strcmp(b->seen.id[i], b->seen.id[i - 1]), 0);
	}
	bench_free(b);
}
END_TEST

START_TEST(ids_depend_on_nothing_but_the_finding)
{
	struct bench *a = bench_new(8);
	struct bench *b = bench_new(64);

	(void)match(a, "gnb", "peer", T0, false);
	(void)match(b, "zzz", "peer", T0 - 5, false);
	(void)match(b, "gnb", "peer", T0, true);
	(void)findings_finish(a->fs, T0 + 1);
	(void)findings_finish(b->fs, T0 + 1);
	ck_assert_str_eq(a->seen.id[0], b->seen.id[1]);
	bench_free(a);
	bench_free(b);
}
END_TEST

START_TEST(what_the_sink_refuses_reaches_the_caller)
{
	struct bench *b = bench_new(8);

	b->seen.fail_at = 1;
	(void)match(b, "gnb", "peer", T0, false);
	ck_assert_int_eq(findings_finish(b->fs, T0 + 1), ERR_REDIS);
	bench_free(b);
}
END_TEST

/* An alert is held back while another of its instant may come, and no longer. */
START_TEST(settled_alerts_leave)
{
	struct bench *b = bench_new(8);

	ck_assert_int_eq(match(b, "gnb", "peer", T0, false), 0);
	ck_assert_int_eq(findings_settle(b->fs, T0), 0);
	ck_assert_int_eq(b->seen.n, 0);
	ck_assert_int_eq(findings_settle(b->fs, T0 + 1), 0);
	ck_assert_int_eq(b->seen.n, 1);
	ck_assert_int_eq(findings_settle(b->fs, T0 + 2), 0);
	ck_assert_int_eq(b->seen.n, 1);
	ck_assert_int_eq(match(b, "gnb", "other", T0 + 3, false), 0);
	ck_assert_int_eq(findings_tick(b->fs, T0 + 4), 0);
	ck_assert_int_eq(b->seen.n, 2);
	bench_free(b);
}
END_TEST

/* The end of the input is stamped by its last packet, which ticks may have left behind. */
START_TEST(time_does_not_go_back_at_the_end)
{
	struct bench *b = bench_new(8);

	ck_assert_int_eq(match(b, "gnb", "peer", T0 + 10, false), 0);
	ck_assert_int_eq(findings_tick(b->fs, T0 + NS_PER_S), 0);
	ck_assert_int_eq(match(b, "gnb", "peer", T0 + 5, true), 0);
	ck_assert_int_eq(match(b, "gnb", "other", T0 + 5, true), 0);
	ck_assert_int_eq(findings_finish(b->fs, T0 + 5), 0);
	ck_assert_int_eq(b->seen.n, 4);
	for (int i = 1; i < b->seen.n; i++)
		ck_assert_uint_ge(b->seen.ts_ns[i], b->seen.ts_ns[i - 1]);
	ck_assert_uint_gt(b->seen.ts_ns[1], b->seen.ts_ns[0]); /* that instant has left */
	bench_free(b);
}
END_TEST

/* What the sensor says of itself: each match is a revision, one finding for each cause and
 * interface. */
START_TEST(the_sensor_repeats_itself)
{
	static const struct rule blind = {
		.id = {"66666666-2222-3333-4444-555555555555", 36},
		.title = {"Blind", 5},
		.category = RULE_SENSOR,
		.level = LEVEL_MEDIUM,
	};
	struct rule_match m = {.rule = &blind};
	struct bench *b = bench_new(8);
	static const char *const interfaces[] = {"eth0", "eth0", "eth1"};

	for (uint64_t i = 0; i < 3; i++) {
		arena_reset(b->facts.arena);
		facts_clear(&b->facts);
		facts_set_text(&b->facts, FIELD_SENSOR_EVENT, "blind");
		facts_set_text(&b->facts, FIELD_SENSOR_CAUSE, "kernel-drop");
		facts_set_text(&b->facts, FIELD_SENSOR_INTERFACE, interfaces[i]);
		facts_set_text(&b->facts, FIELD_SENSOR_MESSAGE, "12 packets lost");
		ck_assert_int_eq(findings_match(b->fs, &m, &b->facts, T0 + i, false), 0);
	}
	ck_assert_int_eq(findings_settle(b->fs, T0 + 9), 0);
	ck_assert_int_eq(b->seen.n, 3);
	ck_assert_uint_eq(b->seen.revision[1], 2);
	ck_assert_str_eq(b->seen.id[0], b->seen.id[1]);
	ck_assert_str_ne(b->seen.id[0], b->seen.id[2]);
	ck_assert_ptr_nonnull(
		strstr(b->seen.json[0], "\"event.reason\":\"Blind: 12 packets lost\""));
	bench_free(b);
}
END_TEST

/* An answer of DNS has no peer; what was asked for is said instead. */
START_TEST(a_name_was_asked_for)
{
	static const struct rule names = {
		.id = {"77777777-2222-3333-4444-555555555555", 36},
		.title = {"Name", 4},
		.category = RULE_DNS,
		.level = LEVEL_MEDIUM,
	};
	struct rule_match m = {.rule = &names};
	struct bench *b = bench_new(8);

	arena_reset(b->facts.arena);
	facts_clear(&b->facts);
	facts_set_text(&b->facts, FIELD_EQUIPMENT_NAME, "gnb-1");
	facts_set_bool(&b->facts, FIELD_EQUIPMENT_INITIATOR, true);
	facts_set_text(&b->facts, FIELD_NETWORK_PROTOCOL, "dns");
	facts_set_text(&b->facts, FIELD_DNS_QUESTION_NAME, "a.example");
	ck_assert_int_eq(findings_match(b->fs, &m, &b->facts, T0, true), 0);
	ck_assert_int_eq(findings_settle(b->fs, T0 + 9), 0);
	ck_assert_ptr_nonnull(strstr(
		b->seen.json[0], "\"event.reason\":\"gnb-1 asked for a.example (dns): Name\""));
	bench_free(b);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_name_was_asked_for);
	tcase_add_test(tc, settled_alerts_leave);
	tcase_add_test(tc, time_does_not_go_back_at_the_end);
	tcase_add_test(tc, the_sensor_repeats_itself);
	tcase_add_test(tc, segments_are_told_apart);
	tcase_add_test(tc, id_without_a_segment);
	tcase_add_test(tc, one_finding_opens_repeats_and_closes);
	tcase_add_test(tc, what_was_loaded_is_told_as_of_the_match);
	tcase_add_test(tc, facts_are_kept);
	tcase_add_test(tc, a_match_after_the_end_waits_for_another_end);
	tcase_add_test(tc, a_match_ahead_of_the_ticks_stays_open);
	tcase_add_test(tc, the_window_closes_exactly_at_its_end);
	tcase_add_test(tc, another_peer_or_equipment_is_another_finding);
	tcase_add_test(tc, a_behaviour_says_what_it_is_about);
	tcase_add_test(tc, a_full_table_closes_the_longest_silent_and_counts);
	tcase_add_test(tc, alerts_of_one_instant_leave_in_the_order_of_their_ids);
	tcase_add_test(tc, ids_depend_on_nothing_but_the_finding);
	tcase_add_test(tc, what_the_sink_refuses_reaches_the_caller);
}

int main(void)
{
	return suite_main("findings", add_tests);
}
