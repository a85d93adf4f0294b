/* What a rule makes of an event, test by test, and how far the event is from it. */
#include "rules/sigma/trace.h"
#include "tests/unit/sigma_fixture.h"

static const char rule_text[] = RULE_HEAD "detection:\n"
					  "    linked:\n"
					  "        peer.linkage.tier|lte: 2\n"
					  "        network.direction: outbound\n"
					  "    shell:\n"
					  "        - network.protocol: ssh\n"
					  "          destination.port: 22\n"
					  "        - network.protocol: telnet\n"
					  "    ordered:\n"
					  "        contract.verdict: [allowed, exception]\n"
					  "    condition: linked and shell and not ordered\n";

struct traced {
	struct sigma *rules;
	struct sigma_scratch *scratch;
	struct event *event;
	struct rule_trace trace;
};

static struct traced traced_new(const char *text)
{
	struct error err = {0};
	struct traced t = {.rules = rules_read(text, NULL, &err)};

	ck_assert_msg(t.rules != NULL, "%s", err.msg);
	t.scratch = sigma_scratch_new(t.rules);
	t.event = event_new();
	return t;
}

static void traced_free(struct traced *t)
{
	event_free(t->event);
	sigma_scratch_free(t->scratch);
	sigma_close(t->rules);
}

static void trace(struct traced *t, const char *facts)
{
	uint32_t held;

	event_read(t->event, facts);
	ck_assert(sigma_trace(t->rules, 0, &t->event->facts, t->scratch, &t->trace));
	ck_assert_uint_eq(sigma_distance(t->rules, 0, &t->event->facts, t->scratch, &held),
		t->trace.distance);
}

/* Each row: facts, distance, what is lacking in the order of the rule. */
START_TEST(test_distance_and_what_is_lacking)
{
	static const struct {
		const char *facts;
		uint32_t distance;
		const char *lacking[4];
	} rows[] = {
		{"peer.linkage.tier=1; network.direction=outbound; network.protocol=ssh; "
		 "destination.port=22; contract.verdict=violation",
			0, {NULL}},
		{"peer.linkage.tier=2; network.direction=outbound; network.protocol=telnet", 0,
			{NULL}},
		{"peer.linkage.tier=3; network.direction=outbound; network.protocol=telnet", 1,
			{"peer.linkage.tier|lte: 2"}},
		{"network.direction=outbound; network.protocol=telnet", 1,
			{"peer.linkage.tier|lte: 2"}},
		{"peer.linkage.tier=1; network.direction=outbound; network.protocol=telnet; "
		 "contract.verdict=allowed",
			1, {"contract.verdict: [allowed, exception]"}},
		/* the nearer of the two maps */
		{"peer.linkage.tier=1; network.direction=outbound; network.protocol=ssh; "
		 "destination.port=2222",
			1, {"destination.port: 22"}},
		{"peer.linkage.tier=1; network.direction=outbound; network.protocol=http", 1,
			{"network.protocol: telnet"}},
		{"peer.linkage.tier=1; network.direction=inbound; network.protocol=http; "
		 "contract.verdict=exception",
			3,
			{"network.direction: outbound", "network.protocol: telnet",
				"contract.verdict: [allowed, exception]"}},
	};
	struct traced t = traced_new(rule_text);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = 0;

		trace(&t, rows[i].facts);
		ck_assert_msg(t.trace.distance == rows[i].distance, "%s: %u", rows[i].facts,
			(unsigned)t.trace.distance);
		ck_assert_int_eq(t.trace.met, rows[i].distance == 0);
		for (; n < 4 && rows[i].lacking[n]; n++)
			ck_assert_str_eq(t.trace.lacking[n]->wanted.data, rows[i].lacking[n]);
		ck_assert_uint_eq(t.trace.n_lacking, n);
	}
	traced_free(&t);
}
END_TEST

START_TEST(test_each_selection_says_what_was_found)
{
	struct traced t = traced_new(rule_text);
	const struct trace_selection *s;

	trace(&t, "peer.linkage.tier=3; network.direction=outbound; network.protocol=telnet; "
		  "contract.verdict=violation");
	ck_assert_uint_eq(t.trace.n, 3);
	s = &t.trace.selections[0];
	ck_assert_str_eq(s->name.data, "linked");
	ck_assert(!s->holds && s->wanted && s->used);
	ck_assert_str_eq(s->maps[0].tests[0].found.data, "peer.linkage.tier 3 not lte 2");
	ck_assert(!s->maps[0].tests[0].holds && s->maps[0].tests[0].lacking);
	ck_assert_str_eq(s->maps[0].tests[1].found.data, "network.direction is outbound");
	ck_assert(s->maps[0].tests[1].holds && !s->maps[0].tests[1].lacking);
	s = &t.trace.selections[1];
	ck_assert(s->holds && !s->maps[0].holds && s->maps[1].holds);
	s = &t.trace.selections[2];
	ck_assert(!s->holds && !s->wanted && s->used);
	traced_free(&t);
}
END_TEST

/* What kind of event it is cannot be otherwise: such a miss is not near. */
START_TEST(test_phase_is_far)
{
	struct traced t = traced_new(RULE_HEAD "detection:\n"
					       "    s:\n"
					       "        flow.phase: classified\n"
					       "        network.protocol: ssh\n"
					       "    condition: s\n");

	trace(&t, "flow.phase=update; network.protocol=ssh");
	ck_assert_uint_ge(t.trace.distance, TRACE_FAR);
	trace(&t, "flow.phase=classified; network.protocol=telnet");
	ck_assert_uint_eq(t.trace.distance, 1);
	traced_free(&t);
}
END_TEST

START_TEST(test_held_counts_what_is_wanted)
{
	struct traced t = traced_new(rule_text);
	uint32_t held;

	event_read(t.event, "peer.linkage.tier=1; network.direction=outbound; "
			    "contract.verdict=allowed");
	(void)sigma_distance(t.rules, 0, &t.event->facts, t.scratch, &held);
	ck_assert_uint_eq(held, 2);
	traced_free(&t);
}
END_TEST

START_TEST(test_wanted_is_as_written)
{
	static const char *const rows[][2] = {
		{"network.protocol|contains|all: [a, b]", "network.protocol|contains|all: [a, b]"},
		{"peer.as.number: null", "peer.as.number: null"},
		{"network.protocol: ''", "network.protocol: ''"},
		{"peer.domain|exists: true", "peer.domain|exists: true"},
		{"destination.port: [1, 2, 3, 4, 5, 6, 7, 8, 9]",
			"destination.port: [1, 2, 3, 4, 5, 6, 7, 8, ...]"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		struct traced t;

		snprintf(text, sizeof(text), "%sdetection:\n    s:\n        %s\n    condition: s\n",
			RULE_HEAD, rows[i][0]);
		t = traced_new(text);
		trace(&t, "");
		ck_assert_str_eq(t.trace.selections[0].maps[0].tests[0].wanted.data, rows[i][1]);
		traced_free(&t);
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_distance_and_what_is_lacking);
	tcase_add_test(tc, test_each_selection_says_what_was_found);
	tcase_add_test(tc, test_phase_is_far);
	tcase_add_test(tc, test_held_counts_what_is_wanted);
	tcase_add_test(tc, test_wanted_is_as_written);
}

int main(void)
{
	return suite_main("sigma_trace", add_tests);
}
