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
		{"tests:\n  - {name: a, expect: alert, events: [{repeat: 100000}]}\n"
		 "  - {name: b, expect: alert, events: [{repeat: 100000}]}\n"
		 "  - {name: c, expect: alert}\n",
			"4:5: more than 200000 events in one file of tests"},
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

/* A rule that counts matches of another, and what its tests have to say to hold each part of it. */

#define COUNTING                                                                                   \
	"title: Shell\n"                                                                           \
	"id: 00000000-0000-4000-8000-000000000001\n"                                               \
	"name: shell\n"                                                                            \
	"logsource: {product: vedette, category: flow}\n"                                          \
	"detection: {s: {network.protocol: ssh}, condition: s}\n"                                  \
	"level: low\n"                                                                             \
	"---\n"                                                                                    \
	"title: Many shells\n"                                                                     \
	"id: 00000000-0000-4000-8000-000000000002\n"                                               \
	"correlation:\n"                                                                           \
	"    type: event_count\n"                                                                  \
	"    rules: [shell]\n"                                                                     \
	"    group-by: [source.ip]\n"                                                              \
	"    timespan: 10m\n"                                                                      \
	"    condition: {gte: 3}\n"                                                                \
	"level: high\n"

#define COUNTING_TESTS                                                                             \
	"rule: Many shells\n"                                                                      \
	"base: {network.protocol: ssh, source.ip: 192.0.2.1}\n"                                    \
	"tests:\n"                                                                                 \
	"  - {name: three, events: [{at: 0s, repeat: 3, every: 5m}], expect: alert}\n"             \
	"  - {name: two, events: [{at: 0s, repeat: 2, every: 1s}], expect: near-miss}\n"           \
	"  - {name: none, facts: {network.protocol: tls}, expect: silent}\n"

#define APART                                                                                      \
	"  - {name: too far apart, events: [{at: 0s, repeat: 3, every: 301s}], expect: "           \
	"near-miss}\n"

#define OTHERS                                                                                     \
	"  - name: another caller\n"                                                               \
	"    events: [{at: 0s, repeat: 2, every: 1s}, {at: 2s, facts: {source.ip: 192.0.2.2}}]\n"  \
	"    expect: near-miss\n"

#define ONE                                                                                        \
	"  - name: three phases of one conversation\n"                                             \
	"    events: [{at: 0s, repeat: 3, every: 1s, conversation: a}]\n"                          \
	"    expect: near-miss\n"

static const struct trial_rule *counted(struct bench *b, const char *tests)
{
	*b = bench_run(COUNTING, tests, true);
	ck_assert_msg(b->report != NULL, "%s", b->err.msg);
	ck_assert_msg(b->report->n_faults == 0, "%s", b->report->faults[0].data);
	ck_assert_uint_eq(b->report->n, 2);
	return &b->report->rules[1];
}

START_TEST(test_correlations)
{
	struct bench b;
	const struct trial_rule *r = counted(&b, COUNTING_TESTS APART OTHERS ONE);

	for (size_t i = 0; i < r->n; i++)
		ck_assert_msg(
			r->tests[i].passed, "%s: %s", r->tests[i].name.data, r->tests[i].why.data);
	ck_assert_uint_eq(r->mutants, 5);
	for (size_t i = 0; i < r->n_survivors; i++)
		ck_abort_msg("%s", r->survivors[i].text.data);
	ck_assert(trial_rule_is_good(r, true));
	bench_done(&b);
}
END_TEST

/* Without a test the change that it sees is seen by none. */
START_TEST(test_changes_of_correlations)
{
	static const struct {
		const char *tests, *survivor;
	} rows[] = {
		{COUNTING_TESTS OTHERS, "timespan 10m doubled"},
		{COUNTING_TESTS APART, "group-by source.ip left out"},
	};
	struct bench b;
	const struct trial_rule *r;

	for (size_t i = 0; i < 2; i++) {
		r = counted(&b, rows[i].tests);
		ck_assert_uint_eq(r->failed, 0);
		ck_assert_uint_eq(r->n_survivors, 1);
		ck_assert_str_eq(r->survivors[0].text.data, rows[i].survivor);
		ck_assert_uint_gt(r->survivors[0].line, 8);
		bench_done(&b);
	}
	r = counted(&b, "rule: Many shells\n"
			"base: {network.protocol: ssh, source.ip: 192.0.2.1}\n"
			"tests:\n"
			"  - {name: many, events: [{at: 0s, repeat: 9}], expect: alert}\n"
			"  - {name: one, expect: near-miss}\n");
	ck_assert_uint_eq(r->n_survivors, 5);
	ck_assert_str_eq(r->survivors[0].text.data, "condition gte: 3 with gt");
	ck_assert_str_eq(r->survivors[1].text.data, "condition gte: 3 with one less");
	bench_done(&b);
}
END_TEST

START_TEST(test_failing_correlations)
{
	static const char *const rows[][2] = {
		{"{name: t, events: [{repeat: 2}], expect: alert}",
			"the rule was not met; 2 matches of the rules that it counts"},
		{"{name: t, facts: {network.protocol: tls}, expect: near-miss}",
			"is no near miss: no event met a rule that the correlation counts"},
		{"{name: t, events: [{repeat: 2}], expect: near-miss, lacks: source.ip}",
			"is a correlation, which lacks no single fact: remove lacks"},
		{"{name: t, events: [{repeat: 3}], expect: silent}", "the rule was met; "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		struct bench b;
		const struct trial_rule *r;

		snprintf(text, sizeof(text),
			"rule: Many shells\n"
			"base: {network.protocol: ssh, source.ip: 192.0.2.1}\ntests:\n  - %s\n",
			rows[i][0]);
		r = counted(&b, text);
		ck_assert_uint_eq(r->failed, 1);
		ck_assert_msg(strncmp(r->tests[0].why.data, rows[i][1], strlen(rows[i][1])) == 0,
			"%s", r->tests[0].why.data);
		bench_done(&b);
	}
}
END_TEST

/* Each other type, with the tests that hold it. */
START_TEST(test_types_of_correlations)
{
	static const struct {
		const char *correlation, *tests;
		size_t mutants;
	} rows[] = {
		{"type: value_count, rules: [shell], group-by: [source.ip], timespan: 1m, "
		 "condition: {field: destination.port, gte: 2}",
			"  - {name: two, events: [{facts: {destination.port: 1}}, {at: 60s, facts: "
			"{destination.port: 2}}], expect: alert}\n"
			"  - {name: the same, events: [{repeat: 2, facts: {destination.port: 1}}], "
			"expect: near-miss}\n"
			"  - {name: apart, events: [{facts: {destination.port: 1}}, {at: 61s, "
			"facts: {destination.port: 2}}], expect: near-miss}\n"
			"  - {name: others, events: [{facts: {destination.port: 1}}, {facts: "
			"{destination.port: 2, source.ip: 192.0.2.2}}], expect: near-miss}\n",
			6},
		{"type: value_sum, rules: [shell], group-by: [source.ip], timespan: 1m, "
		 "condition: {field: network.bytes, gt: 100}",
			"  - {name: more, events: [{facts: {network.bytes: 100}}, {at: 60s, facts: "
			"{network.bytes: 1}}], expect: alert}\n"
			"  - {name: just, events: [{facts: {network.bytes: 100}}], expect: "
			"near-miss}\n"
			"  - {name: apart, events: [{facts: {network.bytes: 100}}, {at: 61s, "
			"facts: "
			"{network.bytes: 1}}], expect: near-miss}\n"
			"  - {name: others, events: [{facts: {network.bytes: 100}}, {facts: "
			"{network.bytes: 1, source.ip: 192.0.2.2}}], expect: near-miss}\n",
			5},
		{"type: temporal, rules: [shell, other], group-by: [source.ip], timespan: 1m",
			"  - {name: both, events: [{facts: {}}, {at: 60s, facts: "
			"{network.protocol: "
			"tls}}], expect: alert}\n"
			"  - {name: one, events: [{repeat: 2}], expect: near-miss}\n"
			"  - {name: apart, events: [{facts: {}}, {at: 61s, facts: "
			"{network.protocol: "
			"tls}}], expect: near-miss}\n"
			"  - {name: others, events: [{facts: {}}, {facts: {network.protocol: tls, "
			"source.ip: 192.0.2.2}}], expect: near-miss}\n",
			4},
		{"type: temporal_ordered, rules: [shell, other], group-by: [source.ip], timespan: "
		 "1m",
			"  - {name: both, events: [{facts: {}}, {at: 60s, facts: "
			"{network.protocol: "
			"tls}}], expect: alert}\n"
			"  - {name: other order, events: [{facts: {network.protocol: tls}}, {at: "
			"1s}], "
			"expect: near-miss}\n"
			"  - {name: apart, events: [{facts: {}}, {at: 61s, facts: "
			"{network.protocol: "
			"tls}}], expect: near-miss}\n"
			"  - {name: others, events: [{facts: {}}, {facts: {network.protocol: tls, "
			"source.ip: 192.0.2.2}}], expect: near-miss}\n",
			4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char rules[2048], tests[2048];
		struct bench b;
		const struct trial_rule *r;

		snprintf(rules, sizeof(rules),
			"title: Shell\nid: 00000000-0000-4000-8000-000000000001\nname: shell\n"
			"logsource: {product: vedette, category: flow}\n"
			"detection: {s: {network.protocol: ssh}, condition: s}\nlevel: low\n---\n"
			"title: Other\nid: 00000000-0000-4000-8000-000000000003\nname: other\n"
			"logsource: {product: vedette, category: flow}\n"
			"detection: {s: {network.protocol: tls}, condition: s}\nlevel: low\n---\n"
			"title: Correlation\nid: 00000000-0000-4000-8000-000000000002\n"
			"correlation: {%s}\nlevel: high\n",
			rows[i].correlation);
		snprintf(tests, sizeof(tests),
			"rule: Correlation\nbase: {network.protocol: ssh, source.ip: 192.0.2.1}\n"
			"tests:\n%s",
			rows[i].tests);
		b = bench_run(rules, tests, true);
		ck_assert_msg(b.report != NULL, "%s", b.err.msg);
		ck_assert_msg(b.report->n_faults == 0, "%s", b.report->faults[0].data);
		r = &b.report->rules[2];
		for (size_t k = 0; k < r->n; k++)
			ck_assert_msg(r->tests[k].passed, "%s: %s: %s", rows[i].correlation,
				r->tests[k].name.data, r->tests[k].why.data);
		for (size_t k = 0; k < r->n_survivors; k++)
			ck_abort_msg("%s: %s", rows[i].correlation, r->survivors[k].text.data);
		ck_assert_uint_eq(r->mutants, rows[i].mutants);
		bench_done(&b);
	}
}
END_TEST

/* A filter of the site stands behind the rule, and the rule's tests do not have to hold it. */
START_TEST(test_filters_are_no_part_of_a_rule)
{
	static const char filter[] = "---\n"
				     "title: Our scanner\n"
				     "id: 00000000-0000-4000-8000-000000000009\n"
				     "logsource: {product: vedette, category: flow}\n"
				     "filter:\n"
				     "    rules: [any]\n"
				     "    selection: {source.ip: 192.0.2.9}\n"
				     "    condition: not selection\n";
	char rules[2048];
	struct bench b = bench_run(RULE, GOOD_TESTS, true);
	size_t mutants = b.report->rules[0].mutants;

	bench_done(&b);
	snprintf(rules, sizeof(rules), "%s%s", RULE, filter);
	b = bench_run(rules, GOOD_TESTS, true);
	ck_assert_msg(b.report != NULL, "%s", b.err.msg);
	ck_assert_msg(b.report->n_faults == 0, "%s", b.report->faults[0].data);
	ck_assert_uint_eq(b.report->rules[0].mutants, mutants);
	ck_assert(trial_rule_is_good(&b.report->rules[0], true));
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
	tcase_add_test(tc, test_correlations);
	tcase_add_test(tc, test_changes_of_correlations);
	tcase_add_test(tc, test_failing_correlations);
	tcase_add_test(tc, test_types_of_correlations);
	tcase_add_test(tc, test_filters_are_no_part_of_a_rule);
}

int main(void)
{
	return suite_main("trial", add_tests);
}
