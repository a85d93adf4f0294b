/* What one test alone kept from being an alert, told once an hour. */
#include "rules/near_miss.h"

#include "common/time_text.h"
#include "tests/unit/sigma_fixture.h"

static const char rule_text[] = RULE_HEAD "detection:\n"
					  "    linked:\n"
					  "        peer.linkage.tier|lte: 2\n"
					  "        network.direction: outbound\n"
					  "        network.protocol: tls\n"
					  "    ordered:\n"
					  "        contract.verdict: allowed\n"
					  "    condition: linked and not ordered\n";

static const char near_text[] = "equipment.name=gnb-1; peer.entity=a.example; peer.linkage.tier=3; "
				"network.direction=outbound; network.protocol=tls";

struct told {
	struct sigma *rules;
	struct near_misses *near;
	struct event *event;
	size_t n;
	char last[8192];
	int answer;
};

static int keep(void *user, struct str json)
{
	struct told *t = user;

	ck_assert_uint_lt(json.len, sizeof(t->last));
	memcpy(t->last, json.data, json.len);
	t->last[json.len] = '\0';
	t->n++;
	return t->answer;
}

static struct told *told_new(void)
{
	struct told *t = calloc(1, sizeof(*t));
	struct error err = {0};

	t->rules = rules_read(rule_text, NULL, &err);
	ck_assert_msg(t->rules != NULL, "%s", err.msg);
	t->near = near_misses_new(t->rules, 1, keep, t);
	t->event = event_new();
	return t;
}

static void told_free(struct told *t)
{
	near_misses_free(t->near);
	event_free(t->event);
	sigma_close(t->rules);
	free(t);
}

static size_t judge(struct told *t, enum rule_category category, const char *facts, uint64_t at_s)
{
	size_t before = t->n;

	event_read(t->event, facts);
	near_misses_judged(t->near, category, &t->event->facts, at_s * NS_PER_S);
	return t->n - before;
}

START_TEST(test_what_is_near)
{
	static const struct {
		const char *facts;
		size_t told;
	} rows[] = {
		{near_text, 1},
		{"peer.linkage.tier=1; network.direction=outbound; network.protocol=tls",
			0}, /* met */
		{"peer.linkage.tier=1; network.direction=outbound; network.protocol=tls; "
		 "contract.verdict=allowed",
			1},
		{"peer.linkage.tier=1; network.direction=inbound; network.protocol=tls", 1},
		{"peer.linkage.tier=3; network.direction=inbound; network.protocol=tls",
			0},                                              /* two */
		{"network.direction=outbound; network.protocol=tls", 0}, /* not there at all */
		{"peer.linkage.tier=1; network.direction=outbound; network.protocol=ssh", 0},
		{"", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told *t = told_new();

		ck_assert_msg(
			judge(t, RULE_FLOW, rows[i].facts, 1) == rows[i].told, "%s", rows[i].facts);
		ck_assert_uint_eq(judge(t, RULE_DNS, rows[i].facts, 1), 0);
		told_free(t);
	}
}
END_TEST

START_TEST(test_a_line_says_what_was_lacking)
{
	struct told *t = told_new();

	ck_assert_uint_eq(judge(t, RULE_FLOW, near_text, 1), 1);
	ck_assert_ptr_nonnull(strstr(t->last, "\"@timestamp\":\"1970-01-01T00:00:01.000000000Z\""));
	ck_assert_ptr_nonnull(
		strstr(t->last, "\"near_miss.lacking\":[\"peer.linkage.tier|lte: 2\"]"));
	ck_assert_ptr_nonnull(
		strstr(t->last, "\"near_miss.found\":[\"peer.linkage.tier 3 not lte 2\"]"));
	ck_assert_ptr_nonnull(strstr(t->last, "\"near_miss.matched\":[\"network.direction is "
					      "outbound\",\"network.protocol is tls\"]"));
	ck_assert_ptr_nonnull(strstr(t->last, "\"peer.linkage.tier\":3"));
	ck_assert_ptr_nonnull(strstr(t->last, "\"equipment.name\":\"gnb-1\""));
	told_free(t);
}
END_TEST

START_TEST(test_told_once_an_hour)
{
	struct told *t = told_new();
	struct near_misses_stats stats;

	ck_assert_uint_eq(judge(t, RULE_FLOW, near_text, 100), 1);
	ck_assert_uint_eq(judge(t, RULE_FLOW, near_text, 100), 0);
	ck_assert_uint_eq(judge(t, RULE_FLOW, near_text, 3699), 0);
	ck_assert_uint_eq(judge(t, RULE_FLOW, near_text, 3700), 1);
	ck_assert_uint_eq(judge(t, RULE_FLOW,
				  "equipment.name=gnb-2; peer.entity=a.example; "
				  "peer.linkage.tier=3; network.direction=outbound; "
				  "network.protocol=tls",
				  3700),
		1);
	near_misses_stats(t->near, &stats);
	ck_assert_uint_eq(stats.found, 5);
	ck_assert_uint_eq(stats.told, 3);
	told_free(t);
}
END_TEST

/* Whoever makes up names fills the table: memory stays, and it is counted. */
START_TEST(test_table_is_bounded)
{
	struct told *t = told_new();
	struct near_misses_stats stats;
	char facts[256];

	for (int i = 0; i < 100000; i++) {
		snprintf(facts, sizeof(facts),
			"equipment.name=e%d; peer.linkage.tier=3; network.direction=outbound; "
			"network.protocol=tls",
			i);
		ck_assert_uint_eq(judge(t, RULE_FLOW, facts, 1), 1);
	}
	near_misses_stats(t->near, &stats);
	ck_assert_uint_gt(stats.forgotten, 30000);
	told_free(t);
}
END_TEST

START_TEST(test_a_failing_reader_ends_it)
{
	struct told *t = told_new();

	t->answer = ERR_SYSTEM;
	ck_assert_uint_eq(judge(t, RULE_FLOW, near_text, 1), 1);
	ck_assert_uint_eq(judge(t, RULE_FLOW, near_text, 10000), 0);
	ck_assert_int_eq(near_misses_status(t->near), ERR_SYSTEM);
	told_free(t);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_what_is_near);
	tcase_add_test(tc, test_a_line_says_what_was_lacking);
	tcase_add_test(tc, test_told_once_an_hour);
	tcase_add_test(tc, test_table_is_bounded);
	tcase_add_test(tc, test_a_failing_reader_ends_it);
}

int main(void)
{
	return suite_main("near_miss", add_tests);
}
