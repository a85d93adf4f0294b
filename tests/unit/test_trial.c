/* Test files beside rules: what they may say, what becomes of it, and what is wrong with them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/time_text.h"
#include "rules/trial/trial.h"
#include "tests/unit/suite.h"

#define RULE                                                                                       \
	"title: Shell to the outside\n"                                                            \
	"id: 00000000-0000-4000-8000-000000000001\n"                                               \
	"logsource: {product: vedette, category: flow}\n"                                          \
	"detection:\n"                                                                             \
	"    shell:\n"                                                                             \
	"        network.protocol: ssh\n"                                                          \
	"        peer.scope: external\n"                                                           \
	"    ordered:\n"                                                                           \
	"        contract.verdict: allowed\n"                                                      \
	"    condition: shell and not ordered\n"                                                   \
	"level: low\n"

#define GOOD_TESTS                                                                                 \
	"rule: r.yml\n"                                                                            \
	"base: {network.protocol: ssh, peer.scope: external}\n"                                    \
	"tests:\n"                                                                                 \
	"    - {name: attack, expect: alert}\n"                                                    \
	"    - {name: another protocol, facts: {network.protocol: tls}, expect: near-miss, "       \
	"lacks: network.protocol}\n"                                                               \
	"    - {name: inside, facts: {peer.scope: own}, expect: near-miss, lacks: [peer.scope]}\n" \
	"    - {name: allowed, facts: {contract.verdict: allowed}, expect: near-miss}\n"           \
	"    - {name: nothing, facts: {network.protocol: null, peer.scope: null}, expect: "        \
	"silent}\n"

struct bench {
	char dir[64];
	struct sigma *rules;
	struct trial_report *report;
	struct error err;
};

static void put(const struct bench *b, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert(fputs(text, f) >= 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void take_away(const struct bench *b, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", b->dir, name);
	(void)unlink(path);
}

/* Facts of a capture that nobody has to read. */
static int pretend(void *user, const struct trial_capture *c, trial_judged_fn *judged,
	void *judged_user, struct error *err)
{
	struct facts f = {.arena = arena_new(4096)};
	int rc = 0;

	(void)user;
	if (str_ends_with_nocase(str_from(c->path), STR("/missing.pcap")))
		rc = error_set(err, ERR_INPUT, "%s: no such file", c->path);
	for (int i = 0; i < 3 && rc == 0; i++) {
		facts_clear(&f);
		facts_set_text(&f, FIELD_NETWORK_PROTOCOL, i == 1 ? "tls" : "ssh");
		facts_set_text(&f, FIELD_PEER_SCOPE, "external");
		facts_set_text(&f, FIELD_EQUIPMENT_NAME, i == 0 ? "gnb-1" : "gnb-2");
		rc = judged(judged_user, RULE_FLOW, &f, (uint64_t)i * NS_PER_S);
		if (rc == 0)
			rc = judged(judged_user, RULE_DNS, &f, (uint64_t)i * NS_PER_S);
	}
	arena_free(f.arena);
	return rc;
}

/* RULE and TESTS (NULL: none), run. */
static struct bench bench_run(const char *rule, const char *tests, bool mutate)
{
	struct bench b = {.dir = "/tmp/test_trial.XXXXXX"};
	struct trial_config cfg = {.dir = b.dir, .mutate = mutate, .capture = pretend};

	ck_assert_ptr_nonnull(mkdtemp(b.dir));
	put(&b, "r.yml", rule);
	if (tests)
		put(&b, "r.test.yml", tests);
	b.rules = sigma_open(b.dir, NULL, NULL, &b.err);
	ck_assert_msg(b.rules != NULL, "%s", b.err.msg);
	cfg.sigma = b.rules;
	b.report = trial_run(&cfg, &b.err);
	take_away(&b, "r.yml");
	take_away(&b, "r.test.yml");
	ck_assert_int_eq(rmdir(b.dir), 0);
	return b;
}

static void bench_done(struct bench *b)
{
	trial_report_free(b->report);
	sigma_close(b->rules);
}

START_TEST(test_good_tests)
{
	struct bench b = bench_run(RULE, GOOD_TESTS, true);
	const struct trial_rule *r;

	ck_assert_msg(b.report != NULL, "%s", b.err.msg);
	ck_assert_uint_eq(b.report->n_faults, 0);
	ck_assert_uint_eq(b.report->n, 1);
	r = &b.report->rules[0];
	ck_assert_uint_eq(r->n, 5);
	ck_assert_uint_eq(r->failed, 0);
	ck_assert_uint_eq(r->expected[TRIAL_ALERT], 1);
	ck_assert_uint_eq(r->expected[TRIAL_NEAR_MISS], 3);
	ck_assert_uint_eq(r->expected[TRIAL_SILENT], 1);
	ck_assert(r->fired && r->is_held);
	ck_assert_uint_gt(r->mutants, 8);
	ck_assert_uint_eq(r->noticed, r->mutants);
	ck_assert(trial_rule_is_good(r, true));
	bench_done(&b);
}
END_TEST

/* Tests that do not come out, and the reason that is told. */
START_TEST(test_failing_tests)
{
	static const char *const rows[][2] = {
		{"{name: t, expect: silent}", "the rule was met; network.protocol is ssh; "
					      "peer.scope is external"},
		{"{name: t, facts: {peer.scope: own}, expect: alert}",
			"the rule was not met; the event lacks 1 of its tests: peer.scope own is "
			"none "
			"of external (wanted peer.scope: external)"},
		{"{name: t, facts: {peer.scope: own, network.protocol: tls}, expect: near-miss}",
			"is no near miss of 1; the event lacks 2 of its tests: network.protocol "
			"tls is "
			"none of ssh (wanted network.protocol: ssh), peer.scope own is none of "
			"external "
			"(wanted peer.scope: external)"},
		{"{name: t, facts: {peer.scope: own}, expect: near-miss, lacks: network.protocol}",
			"does not lack network.protocol; the event lacks 1 of its tests: "
			"peer.scope "
			"own is none of external (wanted peer.scope: external)"},
		{"{name: t, capture: some.pcap, expect: alert, alerts: [{equipment.name: gnb-1}]}",
			"an alert that the list does not hold: gnb-2"},
		{"{name: t, capture: some.pcap, expect: alert, alerts: [{equipment.name: [gnb-1, "
		 "gnb-2]}, {equipment.name: gnb-3}]}",
			"the alert of line 4 was not raised"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		struct bench b;

		snprintf(text, sizeof(text),
			"rule: r.yml\nbase: {network.protocol: ssh, peer.scope: external}\ntests:\n"
			"    - %s\n",
			rows[i][0]);
		b = bench_run(RULE, text, true);
		ck_assert_msg(b.report != NULL, "%s", b.err.msg);
		ck_assert_msg(b.report->n_faults == 0, "%s", b.report->faults[0].data);
		ck_assert_uint_eq(b.report->rules[0].failed, 1);
		ck_assert_str_eq(b.report->rules[0].tests[0].why.data, rows[i][1]);
		ck_assert(!b.report->rules[0].is_held);
		bench_done(&b);
	}
}
END_TEST

START_TEST(test_captures_and_sequences)
{
	static const char tests[] =
		"rule: 00000000-0000-4000-8000-000000000001\n"
		"base: {network.protocol: ssh}\n"
		"site: site.yaml\n"
		"tests:\n"
		"    - {name: capture, capture: some.pcap, expect: alert, alerts: "
		"[{equipment.name: "
		"gnb-1}, {equipment.name: gnb-2, network.protocol: ssh}]}\n"
		"    - name: in the end\n"
		"      events:\n"
		"          - {at: 0s, facts: {peer.scope: own}}\n"
		"          - {at: 90s, repeat: 10, every: 500ms, facts: {peer.scope: multicast}}\n"
		"          - {at: 2m, facts: {peer.scope: external}}\n"
		"      expect: alert\n"
		"    - name: never\n"
		"      events:\n"
		"          - {facts: {peer.scope: own}}\n"
		"          - {category: dns, facts: {peer.scope: external}}\n"
		"      expect: near-miss\n";
	struct bench b = bench_run(RULE, tests, false);

	ck_assert_msg(b.report != NULL, "%s", b.err.msg);
	ck_assert_msg(b.report->n_faults == 0, "%s", b.report->faults[0].data);
	for (size_t i = 0; i < 3; i++)
		ck_assert_msg(b.report->rules[0].tests[i].passed, "%s",
			b.report->rules[0].tests[i].why.data);
	ck_assert(!b.report->rules[0].is_held);
	bench_done(&b);
}
END_TEST

START_TEST(test_what_no_test_holds)
{
	static const char tests[] =
		"tests:\n"
		"    - {name: attack, facts: {network.protocol: ssh, peer.scope: "
		"external}, expect: alert}\n"
		"    - {name: nothing, expect: silent}\n";
	static const char *const wanted[] = {
		"condition: not ordered left out",
		"selection shell: network.protocol: ssh left out",
		"selection shell: peer.scope: external left out",
		"selection ordered never met",
	};
	struct bench b = bench_run(RULE, tests, true);
	const struct trial_rule *r;

	ck_assert_msg(b.report != NULL, "%s", b.err.msg);
	r = &b.report->rules[0];
	ck_assert_uint_eq(r->failed, 0);
	ck_assert_uint_eq(r->n_survivors, 4);
	ck_assert_uint_eq(r->noticed, r->mutants - 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(r->survivors[i].text.data, wanted[i]);
	ck_assert_uint_eq(r->survivors[1].line, 6);
	ck_assert(!trial_rule_is_good(r, true));
	ck_assert(trial_rule_is_good(r, false));
	bench_done(&b);
}
END_TEST

START_TEST(test_accepted_changes)
{
	static const char survives[] = "accepted:\n"
				       "    - change: 'condition: not ordered left out'\n"
				       "      because: the policy of this site orders nothing\n";
	static const char noticed[] = "accepted:\n"
				      "    - {change: 'condition: inverted', because: no reason}\n";
	static const char tests[] =
		"tests:\n"
		"    - {name: attack, facts: {network.protocol: ssh, peer.scope: "
		"external}, expect: alert}\n"
		"    - {name: nothing, expect: silent}\n";
	char text[1024];
	struct bench b;

	snprintf(text, sizeof(text), "%s%s", tests, survives);
	b = bench_run(RULE, text, true);
	ck_assert_msg(b.report != NULL, "%s", b.err.msg);
	ck_assert_uint_eq(b.report->n_faults, 0);
	ck_assert_uint_eq(b.report->rules[0].accepted, 1);
	ck_assert_uint_eq(trial_rule_survivors(&b.report->rules[0]), 3);
	bench_done(&b);
	/* an acceptance that is not needed is told */
	snprintf(text, sizeof(text), "%s%s", tests, noticed);
	b = bench_run(RULE, text, true);
	ck_assert_msg(b.report != NULL, "%s", b.err.msg);
	ck_assert_uint_eq(b.report->n_faults, 1);
	ck_assert_msg(strstr(b.report->faults[0].data, "r.test.yml:5:7: the change \"condition: "
						       "inverted\" is noticed by a test"),
		"%s", b.report->faults[0].data);
	bench_done(&b);
}
END_TEST

START_TEST(test_rules_without_tests)
{
	struct bench b = bench_run(RULE, NULL, true);

	ck_assert_msg(b.report != NULL, "%s", b.err.msg);
	ck_assert_uint_eq(b.report->rules[0].n, 0);
	ck_assert(!trial_rule_is_good(&b.report->rules[0], true));
	ck_assert(!b.report->rules[0].fired);
	bench_done(&b);
	b = bench_run(RULE, "tests: [{name: a, expect: silent}]\n", true);
	ck_assert_msg(b.report != NULL, "%s", b.err.msg);
	ck_assert(!b.report->rules[0].fired && !trial_rule_has_alert(&b.report->rules[0]));
	ck_assert(!trial_rule_is_good(&b.report->rules[0], true));
	bench_done(&b);
}
END_TEST

/* What is wrong with a test file: file, line and column, and what would be right. */
START_TEST(test_faults_of_test_files)
{
	static const char *const rows[][2] = {
		{"tests: []\n", "1:8: a test file needs tests:"},
		{"test: []\n", "1:1: unknown key \"test\""},
		{"tests:\n  - {expect: alert}\n", "2:5: a test needs a name"},
		{"tests:\n  - {name: a}\n", "2:5: expect: is alert, near-miss or silent"},
		{"tests:\n  - {name: a, expect: alarm}\n", "2:23: expect: is alert"},
		{"tests:\n  - {name: a, expects: alert}\n", "2:15: unknown key \"expects\""},
		{"tests:\n  - {name: a, expect: alert, facts: {network.protokol: ssh}}\n",
			"2:38: no fact is named \"network.protokol\"; did you mean "
			"\"network.protocol\"?"},
		{"tests:\n  - {name: a, expect: alert, facts: {destination.port: ssh}}\n",
			"2:56: destination.port is a whole number that is not negative"},
		{"tests:\n  - {name: a, expect: alert, facts: {source.ip: here}}\n",
			"2:49: an address is wanted here"},
		{"tests:\n  - {name: a, expect: alert, facts: {flow.midstream: maybe}}\n",
			"2:54: flow.midstream is true or false"},
		{"tests:\n  - {name: a, expect: alert, facts: {network.protocol: [a, b]}}\n",
			"2:56: network.protocol holds one value, not a list"},
		{"tests:\n  - {name: a, expect: alert, facts: {event.start: yesterday}}\n",
			"2:51: event.start is a date"},
		{"tests:\n  - {name: a, expect: alert, facts: {}, events: []}\n",
			"2:5: a test has facts, or events, or a capture"},
		{"tests:\n  - {name: a, expect: alert, events: []}\n", "2:38: events: is a list"},
		{"tests:\n  - {name: a, expect: alert, events: [{at: soon}]}\n",
			"2:44: a span of time is wanted here"},
		{"tests:\n  - {name: a, expect: alert, events: [{at: 5s}, {at: 4s}]}\n",
			"2:54: the event before this one is later"},
		{"tests:\n  - {name: a, expect: alert, events: [{repeat: 0}]}\n",
			"2:48: repeat: is a number"},
		{"tests:\n  - {name: a, expect: alert, capture: missing.pcap}\n", "2:39: /"},
		{"tests:\n  - {name: a, expect: alert, lacks: network.protocol}\n",
			"2:37: lacks: belongs to expect: near-miss"},
		{"tests:\n  - {name: a, expect: near-miss, lacks: network.protokol}\n",
			"2:41: no fact is named"},
		{"tests:\n  - {name: a, expect: silent, alerts: []}\n",
			"2:39: alerts: belongs to expect: alert"},
		{"tests:\n  - {name: a, expect: alert, alerts: [{peer.name: a}]}\n",
			"2:40: no fact is named \"peer.name\""},
		{"rule: other\ntests:\n  - {name: a, expect: alert}\n",
			"1:7: no rule has the id or title \"other\""},
		{"tests: [{name: a, expect: alert}]\naccepted: [{change: x}]\n",
			"2:12: an accepted change needs change:"},
		{"tests: [{name: a, expect: alert}\n", "2:1: "},
		{"base: [a]\ntests: [{name: a, expect: alert}]\n", "1:7: facts are a map"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bench b = bench_run(RULE, rows[i][0], true);
		const char *at;

		ck_assert_msg(b.report != NULL, "%s", b.err.msg);
		ck_assert_msg(
			b.report->n_faults == 1, "%s: %zu faults", rows[i][0], b.report->n_faults);
		at = strstr(b.report->faults[0].data, "r.test.yml:");
		ck_assert_msg(at && strncmp(at + strlen("r.test.yml:"), rows[i][1],
					    strlen(rows[i][1])) == 0,
			"%s, not %s", b.report->faults[0].data, rows[i][1]);
		bench_done(&b);
	}
}
END_TEST

/* A file with several rules: each test says which it is about. */
START_TEST(test_several_rules_in_a_file)
{
	static const char second[] = "---\n"
				     "title: Second\n"
				     "id: 00000000-0000-4000-8000-000000000002\n"
				     "logsource: {product: vedette, category: dns}\n"
				     "detection:\n"
				     "    s: {dns.question.type: TXT}\n"
				     "    condition: s\n"
				     "level: low\n";
	static const char tests[] =
		"tests:\n"
		"  - {name: a, rule: Second, facts: {dns.question.type: TXT}, expect: alert}\n"
		"  - {name: b, rule: 00000000-0000-4000-8000-000000000002, facts: "
		"{dns.question.type: A}, expect: near-miss}\n"
		"---\n"
		"rule: Shell to the outside\n"
		"tests:\n"
		"  - {name: c, facts: {network.protocol: ssh, peer.scope: external}, expect: "
		"alert}\n";
	char rules[2048];
	struct bench b;

	snprintf(rules, sizeof(rules), "%s%s", RULE, second);
	b = bench_run(rules, tests, true);
	ck_assert_msg(b.report != NULL, "%s", b.err.msg);
	ck_assert_msg(b.report->n_faults == 0, "%s", b.report->faults[0].data);
	ck_assert_uint_eq(b.report->rules[0].n, 1);
	ck_assert_uint_eq(b.report->rules[1].n, 2);
	ck_assert(trial_rule_is_good(&b.report->rules[1], true));
	bench_done(&b);
	b = bench_run(rules, "tests: [{name: a, expect: alert}]\n", true);
	ck_assert_msg(strstr(b.report->faults[0].data, "r.yml holds 2 rules; say in each test"),
		"%s", b.report->faults[0].data);
	bench_done(&b);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_good_tests);
	tcase_add_test(tc, test_failing_tests);
	tcase_add_test(tc, test_captures_and_sequences);
	tcase_add_test(tc, test_what_no_test_holds);
	tcase_add_test(tc, test_accepted_changes);
	tcase_add_test(tc, test_rules_without_tests);
	tcase_add_test(tc, test_faults_of_test_files);
	tcase_add_test(tc, test_several_rules_in_a_file);
}

int main(void)
{
	return suite_main("trial", add_tests);
}
