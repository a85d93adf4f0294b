/* What windows, thresholds and suppressions do to findings, at their edges. */
#include "rules/findings.h"
#include "tests/unit/tuning_fixture.h"

#define T0     (UINT64_C(1790000000) * NS_PER_S) /* 2026-09-21T14:13:20Z */
#define MINUTE (60 * NS_PER_S)
#define WINDOW (60 * MINUTE)
#define REPEAT (10 * MINUTE)
#define HEAD   "schema: 1\nsuppressions:\n"

enum { MAX_TOLD = 128, ALERT_TEXT_BYTES = 2048 };

/* A stage of findings behind a tuning. */
struct stage {
	struct tuned tuned;
	struct noise *noise;
	struct findings *findings;
	struct event *event;
	char told[MAX_TOLD][ALERT_TEXT_BYTES];
	int n;
	const char *rule;
};

static int take(void *user, const struct alert *a)
{
	struct stage *s = user;

	ck_assert_int_lt(s->n, MAX_TOLD);
	ck_assert_uint_lt(a->json.len, ALERT_TEXT_BYTES);
	memcpy(s->told[s->n], a->json.data, a->json.len);
	s->told[s->n++][a->json.len] = '\0';
	return 0;
}

static void make(struct stage *s, uint32_t max)
{
	const struct findings_config fc = {1, 64, WINDOW, REPEAT};
	const struct noise_config nc = {1, max, max, 4 * max, WINDOW, REPEAT};

	s->noise = noise_new(&nc);
	s->findings = findings_new(&fc, take, s);
	ck_assert(s->noise && s->findings);
	noise_use(s->noise, s->tuned.tuning);
	findings_set_noise(s->findings, s->noise);
}

static struct stage *stage_new(const char *text)
{
	struct stage *s = calloc(1, sizeof(*s));

	s->tuned = tuned_from(text);
	s->event = event_new();
	s->rule = RULE_1;
	make(s, 8);
	return s;
}

static void stage_free(struct stage *s)
{
	findings_free(s->findings);
	noise_free(s->noise);
	event_free(s->event);
	tuned_end(&s->tuned);
	free(s);
}

/* Conversation number PORT of EQUIPMENT with PEER, which began at BEGAN_NS, meets the rule. */
static void meet(struct stage *s, const char *equipment, const char *peer, unsigned port,
	uint64_t began_ns, uint64_t ts_ns, bool ended)
{
	struct rule_match m = {.rule = tuned_rule_of(&s->tuned, s->rule)};
	char text[512];

	snprintf(text, sizeof(text),
		"equipment.name=%s; equipment.ip=10.1.0.1; peer.entity=%s; peer.ip=198.51.100.7; "
		"network.protocol=tls; source.ip=10.1.0.1; source.port=%u; "
		"destination.ip=198.51.100.7; destination.port=443; network.transport=tcp; "
		"flow.phase=%s; event.start=%llu; event.end=%llu; equipment.bytes=100; "
		"peer.bytes=7",
		equipment, peer, port, ended ? "end" : "classified", (unsigned long long)began_ns,
		(unsigned long long)ts_ns);
	event_read(s->event, text);
	/* As the pipeline does: ticks reach what comes. */
	ck_assert_int_eq(
		findings_tick(s->findings, ts_ns / (100 * NS_PER_MS) * 100 * NS_PER_MS), 0);
	ck_assert_int_eq(findings_match(s->findings, &m, &s->event->facts, ts_ns, ended), 0);
}

/* A conversation of its own, met once. */
static void met(struct stage *s, const char *peer, uint64_t ts_ns)
{
	static unsigned port = 10000;

	meet(s, "gnb-1", peer, ++port, ts_ns, ts_ns, true);
}

static int count(const struct stage *s, const char *text)
{
	int n = 0;

	for (int i = 0; i < s->n; i++)
		n += strstr(s->told[i], text) != NULL;
	return n;
}

static void finish(struct stage *s, uint64_t ts_ns)
{
	ck_assert_int_eq(findings_finish(s->findings, ts_ns), 0);
}

#define OPENED "\"event.action\":\"opened\""

/* ---- windows ---- */

START_TEST(a_rule_has_its_own_window)
{
	struct stage *s = stage_new("schema: 1\nwindows:\n"
				    "  - {rule: " RULE_1 ", window: 5m, repeat: 2m}\n");

	met(s, "a", T0);
	met(s, "a", T0 + 2 * MINUTE - 1); /* too soon for a revision */
	met(s, "a", T0 + 2 * MINUTE);     /* due */
	met(s, "a", T0 + 7 * MINUTE - 1); /* within the window, and due */
	met(s, "a", T0 + 12 * MINUTE);    /* a new alert */
	s->rule = RULE_2;
	met(s, "a", T0 + 12 * MINUTE);
	met(s, "a", T0 + 71 * MINUTE); /* the other rule has the usual hour */
	finish(s, T0 + 72 * MINUTE);
	ck_assert_int_eq(count(s, OPENED), 3);
	ck_assert_int_eq(count(s, "repeated"), 3);
	ck_assert_int_eq(count(s, "closed"), 3);
	ck_assert_int_eq(count(s, "\"alert.matches\":4,"), 1 + 1); /* repeated, closed */
	stage_free(s);
}
END_TEST

START_TEST(a_window_of_a_day_needs_no_tick)
{
	struct stage *s = stage_new("schema: 1\nwindows:\n"
				    "  - {rule: " RULE_1 ", window: 1d}\n");
	struct rule_match m = {.rule = tuned_rule_of(&s->tuned, RULE_1)};

	met(s, "a", T0);
	met(s, "a", T0 + NS_PER_DAY - NS_PER_S);
	/* Behind a long silence there are no ticks. */
	ck_assert_int_eq(findings_match(s->findings, &m, &s->event->facts,
				 T0 + 2 * NS_PER_DAY - NS_PER_S, true),
		0);
	finish(s, T0 + 3 * NS_PER_DAY);
	ck_assert_int_eq(count(s, OPENED), 2);
	ck_assert_int_eq(count(s, "closed"), 2);
	stage_free(s);
}
END_TEST

START_TEST(the_longest_silent_one_is_closed_whatever_its_window)
{
	struct stage *s = stage_new("schema: 1\nwindows:\n"
				    "  - {rule: " RULE_1 ", window: 1d}\n");
	struct findings_stats st;
	char peer[16];

	for (int i = 0; i < 65; i++) {
		s->rule = i % 2 ? RULE_2 : RULE_1;
		snprintf(peer, sizeof(peer), "peer-%d", i);
		met(s, peer, T0 + (uint64_t)i * NS_PER_S);
		s->n = 0;
	}
	findings_stats(s->findings, &st);
	ck_assert_uint_eq(st.evicted, 1);
	ck_assert_uint_eq(st.open_now, 64);
	ck_assert_int_eq(findings_tick(s->findings, T0 + 65 * NS_PER_S), 0);
	ck_assert_int_eq(count(s, "closed"), 1);
	ck_assert_int_eq(count(s, "\"peer-0\""), 1);
	stage_free(s);
}
END_TEST

/* ---- thresholds ---- */

#define THRESHOLD "schema: 1\nthresholds:\n  - {rule: " RULE_1 ", matches: 3, within: 10m}\n"

START_TEST(below_the_threshold_there_is_no_alert)
{
	struct stage *s = stage_new(THRESHOLD);
	struct noise_stats st;

	met(s, "a", T0);
	met(s, "a", T0 + MINUTE);
	met(s, "b", T0 + 2 * MINUTE); /* of another finding */
	finish(s, T0 + 2 * MINUTE);
	ck_assert_int_eq(s->n, 0);
	noise_stats(s->noise, &st);
	ck_assert_uint_eq(st.withheld_matches, 3);
	stage_free(s);
}
END_TEST

START_TEST(at_the_threshold_the_alert_tells_all_of_them)
{
	struct stage *s = stage_new(THRESHOLD);

	met(s, "a", T0);
	met(s, "a", T0 + MINUTE);
	met(s, "a", T0 + 10 * MINUTE); /* ten minutes are within ten minutes */
	met(s, "a", T0 + 30 * MINUTE); /* on the same alert */
	finish(s, T0 + 30 * MINUTE);
	ck_assert_int_eq(count(s, OPENED), 1);
	ck_assert_ptr_nonnull(strstr(s->told[0], "\"alert.matches\":3,\"alert.flows_ended\":3,"
						 "\"alert.bytes_sent\":300,"
						 "\"alert.bytes_received\":21,"
						 "\"alert.first_seen\":\"2026-09-21T14:13:20."));
	ck_assert_ptr_nonnull(strstr(s->told[0], "\"alert.threshold\":\"3 within 10m\""));
	ck_assert_int_eq(count(s, "\"alert.matches\":4,"), 2);
	stage_free(s);
}
END_TEST

START_TEST(what_is_older_than_the_span_does_not_count)
{
	struct stage *s = stage_new(THRESHOLD);

	met(s, "a", T0);
	met(s, "a", T0 + MINUTE);
	met(s, "a", T0 + 10 * MINUTE + 1);
	finish(s, T0 + 20 * MINUTE);
	ck_assert_int_eq(s->n, 0);
	met(s, "a", T0 + 11 * MINUTE);
	finish(s, T0 + 20 * MINUTE);
	ck_assert_int_eq(count(s, OPENED), 1);
	ck_assert_ptr_nonnull(strstr(s->told[0], "\"alert.first_seen\":\"2026-09-21T14:14:20."));
	stage_free(s);
}
END_TEST

START_TEST(a_conversation_counts_once)
{
	struct stage *s = stage_new(THRESHOLD);

	for (int phase = 0; phase < 5; phase++)
		meet(s, "gnb-1", "a", 5000, T0, T0 + (uint64_t)phase * MINUTE, phase == 4);
	meet(s, "gnb-1", "a", 5001, T0, T0 + 5 * MINUTE, false);
	finish(s, T0 + 5 * MINUTE);
	ck_assert_int_eq(s->n, 0);
	meet(s, "gnb-1", "a", 5002, T0, T0 + 6 * MINUTE, false);
	finish(s, T0 + 6 * MINUTE);
	ck_assert_int_eq(count(s, OPENED), 1);
	/* Seven times it was met, one of the three conversations has ended. */
	ck_assert_ptr_nonnull(strstr(s->told[0], "\"alert.matches\":7,\"alert.flows_ended\":1,"));
	stage_free(s);
}
END_TEST

START_TEST(events_without_a_conversation_count_each)
{
	struct stage *s = stage_new("schema: 1\nthresholds:\n"
				    "  - {rule: " RULE_3 ", matches: 3, within: 1m}\n");
	struct rule_match m = {.rule = tuned_rule_of(&s->tuned, RULE_3)};

	for (int i = 0; i < 3; i++) {
		event_read(s->event, "equipment.name=gnb-1; peer.entity=a; source.ip=10.1.0.1; "
				     "destination.ip=10.0.0.53; network.protocol=dns");
		ck_assert_int_eq(
			findings_match(s->findings, &m, &s->event->facts, T0 + (uint64_t)i, false),
			0);
	}
	finish(s, T0 + MINUTE);
	ck_assert_int_eq(count(s, OPENED), 1);
	stage_free(s);
}
END_TEST

START_TEST(what_waits_is_bounded)
{
	struct stage *s = stage_new(THRESHOLD);
	struct noise_stats st;
	char peer[16];

	for (int i = 0; i < 20; i++) {
		snprintf(peer, sizeof(peer), "peer-%d", i);
		met(s, peer, T0 + (uint64_t)i * NS_PER_S);
	}
	noise_stats(s->noise, &st);
	ck_assert_uint_eq(st.withheld_matches, 20);
	ck_assert_uint_eq(st.pending_evicted, 12);
	/* Those that are over anyway are no loss. */
	met(s, "late", T0 + WINDOW);
	noise_stats(s->noise, &st);
	ck_assert_uint_eq(st.pending_evicted, 12);
	stage_free(s);
}
END_TEST

/* ---- suppressions ---- */

#define ONE HEAD SUPPRESSION("s", "rule: " RULE_1 ", equipment: gnb-1", "expect: 2")

static struct noise_count counted(const struct stage *s, uint32_t i)
{
	struct noise_count c;

	noise_at(s->noise, i, &c);
	return c;
}

START_TEST(hidden_alerts_are_counted_as_they_would_have_been)
{
	struct stage *s = stage_new(ONE), *open = stage_new("schema: 1\n");
	const uint64_t at_ns[] = {0, 1, 59 * MINUTE, 120 * MINUTE, 200 * MINUTE};
	const char *const peers[] = {"a", "b", "a", "b", "a"};

	for (int i = 0; i < 5; i++) {
		met(s, peers[i], T0 + at_ns[i]);
		met(open, peers[i], T0 + at_ns[i]);
	}
	finish(s, T0 + 300 * MINUTE);
	finish(open, T0 + 300 * MINUTE);
	ck_assert_int_eq(s->n, 0);
	ck_assert_int_eq(count(open, OPENED), 4);
	ck_assert_uint_eq(counted(s, 0).alerts, 4);
	ck_assert_uint_eq(counted(s, 0).matches, 5);
	ck_assert_uint_eq(counted(s, 0).bytes, 5 * 107);
	ck_assert_uint_eq(counted(s, 0).last_ns, T0 + 200 * MINUTE);
	stage_free(s);
	stage_free(open);
}
END_TEST

START_TEST(what_is_not_meant_is_told)
{
	struct stage *s = stage_new(ONE);

	meet(s, "gnb-2", "a", 1, T0, T0, true);
	s->rule = RULE_2;
	met(s, "a", T0);
	finish(s, T0);
	ck_assert_int_eq(count(s, OPENED), 2);
	ck_assert_uint_eq(counted(s, 0).alerts, 0);
	stage_free(s);
}
END_TEST

START_TEST(the_alert_returns_when_the_end_has_passed)
{
	struct stage *s = stage_new(
		HEAD "  - {name: s, rule: " RULE_1
		     ", from: 2026-09-21, until: 2026-09-21, owner: o, because: b, expect: 9}\n");
	const uint64_t end_ns = utc("2026-09-21", 22, 0, 0);

	met(s, "a", end_ns - NS_PER_DAY - 1); /* its time is yet to come */
	met(s, "b", end_ns - NS_PER_DAY);
	met(s, "a", end_ns - 1);
	met(s, "a", end_ns);
	finish(s, end_ns + MINUTE);
	ck_assert_int_eq(count(s, OPENED), 2);
	ck_assert_ptr_nonnull(strstr(s->told[2], "\"@timestamp\":\"2026-09-21T22:00:00."));
	ck_assert_uint_eq(counted(s, 0).alerts, 2);
	stage_free(s);
}
END_TEST

START_TEST(hidden_alerts_wait_for_their_threshold_too)
{
	struct stage *s = stage_new("schema: 1\nthresholds:\n  - {rule: " RULE_1
				    ", matches: 3, within: 10m}\nsuppressions:\n" SUPPRESSION(
					    "s", "rule: " RULE_1, "expect: 1"));

	met(s, "a", T0);
	met(s, "a", T0 + 1);
	ck_assert_uint_eq(counted(s, 0).alerts, 0);
	ck_assert_uint_eq(counted(s, 0).matches, 2);
	met(s, "a", T0 + 2);
	ck_assert_uint_eq(counted(s, 0).alerts, 1);
	finish(s, T0 + 3);
	ck_assert_int_eq(s->n, 0);
	stage_free(s);
}
END_TEST

START_TEST(more_than_expected_is_news_once)
{
	struct stage *s = stage_new(ONE);
	struct noise_news news;

	met(s, "a", T0);
	met(s, "b", T0);
	ck_assert(!noise_take_news(s->noise, T0, &news)); /* two were expected */
	met(s, "c", T0 + 1);
	met(s, "d", T0 + 2);
	ck_assert(noise_take_news(s->noise, T0 + 2, &news));
	ck_assert_int_eq(news.kind, NOISE_EXCEEDED);
	ck_assert_uint_eq(news.suppression, 0);
	ck_assert(str_eq(news.last, STR("\"Calls out\", of gnb-1 with c")));
	ck_assert(!noise_take_news(s->noise, T0 + 2, &news));
	noise_end_period(s->noise);
	met(s, "e", T0 + 3);
	ck_assert(!noise_take_news(s->noise, T0 + 3, &news));
	ck_assert_uint_eq(counted(s, 0).exceeded, 1);
	ck_assert_uint_eq(counted(s, 0).day_alerts, 1);
	ck_assert_uint_eq(counted(s, 0).alerts, 5);
	stage_free(s);
}
END_TEST

START_TEST(more_than_expected_a_day_is_news_each_day)
{
	struct stage *s = stage_new(HEAD SUPPRESSION("s", "rule: " RULE_1, "expect: 1, per: day"));
	struct noise_news news;

	for (uint64_t day = 0; day < 3; day++) {
		const uint64_t at_ns = T0 + day * NS_PER_DAY;

		met(s, "a", at_ns);
		ck_assert(!noise_take_news(s->noise, at_ns, &news));
		if (day == 1) { /* a quiet one */
			noise_end_period(s->noise);
			continue;
		}
		met(s, "b", at_ns);
		ck_assert(noise_take_news(s->noise, at_ns, &news));
		noise_end_period(s->noise);
	}
	ck_assert_uint_eq(counted(s, 0).exceeded, 2);
	stage_free(s);
}
END_TEST

START_TEST(an_end_is_news_once_and_only_to_who_saw_it_in_force)
{
	struct stage *s = stage_new(ONE);
	const uint64_t end_ns = utc("2027-03-01", 23, 0, 0);
	struct noise_news news;

	ck_assert(!noise_take_news(s->noise, T0, &news));
	ck_assert(!noise_take_news(s->noise, end_ns - 1, &news));
	ck_assert(!counted(s, 0).has_ended);
	ck_assert(noise_take_news(s->noise, end_ns, &news));
	ck_assert_int_eq(news.kind, NOISE_ENDED);
	ck_assert(counted(s, 0).has_ended);
	ck_assert(!noise_take_news(s->noise, end_ns + 1, &news));
	noise_free(s->noise);
	findings_free(s->findings);
	make(s, 8);
	ck_assert(!noise_take_news(s->noise, end_ns, &news));
	stage_free(s);
}
END_TEST

START_TEST(a_reload_keeps_the_counts_of_a_name)
{
	struct stage *s = stage_new(HEAD SUPPRESSION("x", "rule: " RULE_2, "expect: 1")
			SUPPRESSION("s", "rule: " RULE_1, "expect: 1"));
	struct tuned other = tuned_from(HEAD SUPPRESSION("s", "rule: " RULE_1, "expect: 5")
			SUPPRESSION("y", "rule: " RULE_2, "expect: 1"));
	struct noise_news news;

	met(s, "a", T0);
	met(s, "b", T0);
	noise_use(s->noise, other.tuning);
	ck_assert(!noise_take_news(s->noise, T0, &news)); /* five are expected now */
	ck_assert_uint_eq(noise_suppressions(s->noise), 2);
	ck_assert_uint_eq(counted(s, 0).alerts, 2);
	ck_assert_uint_eq(counted(s, 1).alerts, 0);
	met(s, "a", T0 + MINUTE); /* hidden already */
	ck_assert_uint_eq(counted(s, 0).alerts, 2);
	ck_assert_uint_eq(counted(s, 0).matches, 3);
	noise_use(s->noise, s->tuned.tuning);
	tuned_end(&other);
	stage_free(s);
}
END_TEST

START_TEST(hidden_alerts_are_bounded)
{
	struct stage *s = stage_new(ONE);
	struct noise_stats st;
	char peer[16];

	for (int i = 0; i < 20; i++) {
		snprintf(peer, sizeof(peer), "peer-%d", i);
		met(s, peer, T0 + (uint64_t)i);
	}
	noise_stats(s->noise, &st);
	ck_assert_uint_eq(st.hidden_alerts, 20);
	ck_assert_uint_eq(st.hidden_evicted, 12);
	met(s, "late", T0 + 2 * WINDOW);
	noise_stats(s->noise, &st);
	ck_assert_uint_eq(st.hidden_evicted, 12);
	stage_free(s);
}
END_TEST

/* ---- over a restart ---- */

#define ALL                                                                                        \
	"schema: 1\nwindows:\n  - {rule: " RULE_2 ", window: 3m}\nthresholds:\n  - {rule: " RULE_2 \
	", matches: 2, within: 10m}\nsuppressions:\n" SUPPRESSION(                                 \
		"s", "rule: " RULE_1, "expect: 2")

/* Saves what S has, and goes on with what was read back. */
static void restart(struct stage *s)
{
	struct blob_writer noise, findings;
	struct blob_reader r;

	blob_init(&noise, 1 << 20);
	blob_init(&findings, 1 << 20);
	noise_save(s->noise, &noise);
	findings_save(s->findings, true, &findings);
	noise_free(s->noise);
	findings_free(s->findings);
	make(s, 8);
	r = blob_reader_init(noise.data, noise.len);
	ck_assert(noise_load(s->noise, &r));
	ck_assert(blob_at_end(&r));
	r = blob_reader_init(findings.data, findings.len);
	ck_assert(findings_load(s->findings, &r, &s->event->facts));
	blob_done(&noise);
	blob_done(&findings);
}

static void day(struct stage *s, int cut)
{
	static const char *const rules[] = {RULE_1, RULE_2};
	struct noise_news news;

	for (int i = 0; i < 24; i++) {
		const uint64_t at_ns = T0 + (uint64_t)i * 2 * MINUTE;

		if (i == cut)
			restart(s);
		s->rule = rules[i % 2];
		meet(s, "gnb-1", i % 3 ? "a" : "b", 1000u + (unsigned)i / 4, T0, at_ns, i % 5 == 0);
		(void)noise_take_news(s->noise, at_ns, &news);
	}
	finish(s, T0 + 100 * MINUTE);
}

START_TEST(two_parts_are_the_whole)
{
	struct stage *whole = stage_new(ALL), *parts = stage_new(ALL);
	const struct noise_count *a, *b;
	struct noise_count ca, cb;

	day(whole, -1);
	day(parts, _i);
	ck_assert_int_gt(whole->n, 3);
	ck_assert_int_eq(whole->n, parts->n);
	for (int i = 0; i < whole->n; i++)
		ck_assert_str_eq(whole->told[i], parts->told[i]);
	ca = counted(whole, 0);
	cb = counted(parts, 0);
	a = &ca;
	b = &cb;
	ck_assert_uint_ge(a->alerts, 2);
	ck_assert_uint_eq(a->alerts, b->alerts);
	ck_assert_uint_eq(a->matches, b->matches);
	ck_assert_uint_eq(a->bytes, b->bytes);
	ck_assert_uint_eq(a->day_alerts, b->day_alerts);
	ck_assert_uint_eq(a->day_matches, b->day_matches);
	ck_assert_uint_eq(a->last_ns, b->last_ns);
	ck_assert_uint_eq(a->exceeded, b->exceeded);
	stage_free(whole);
	stage_free(parts);
}
END_TEST

START_TEST(what_is_read_back_is_hostile)
{
	struct stage *s = stage_new(ALL);
	struct blob_writer w;
	struct blob_reader r;

	s->rule = RULE_2;
	met(s, "a", T0);
	s->rule = RULE_1;
	met(s, "a", T0);
	blob_init(&w, 1 << 20);
	noise_save(s->noise, &w);
	for (size_t len = 1; len < w.len; len++) {
		noise_free(s->noise);
		findings_free(s->findings);
		make(s, 8);
		r = blob_reader_init(w.data, len);
		ck_assert_msg(!noise_load(s->noise, &r), "%zu of %zu bytes", len, w.len);
	}
	noise_free(s->noise);
	findings_free(s->findings);
	make(s, 8);
	r = blob_reader_init(w.data, 0); /* of a release that knew nothing of it */
	ck_assert(noise_load(s->noise, &r));
	blob_done(&w);
	stage_free(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_rule_has_its_own_window);
	tcase_add_test(tc, a_window_of_a_day_needs_no_tick);
	tcase_add_test(tc, the_longest_silent_one_is_closed_whatever_its_window);
	tcase_add_test(tc, below_the_threshold_there_is_no_alert);
	tcase_add_test(tc, at_the_threshold_the_alert_tells_all_of_them);
	tcase_add_test(tc, what_is_older_than_the_span_does_not_count);
	tcase_add_test(tc, a_conversation_counts_once);
	tcase_add_test(tc, events_without_a_conversation_count_each);
	tcase_add_test(tc, what_waits_is_bounded);
	tcase_add_test(tc, hidden_alerts_are_counted_as_they_would_have_been);
	tcase_add_test(tc, what_is_not_meant_is_told);
	tcase_add_test(tc, the_alert_returns_when_the_end_has_passed);
	tcase_add_test(tc, hidden_alerts_wait_for_their_threshold_too);
	tcase_add_test(tc, more_than_expected_is_news_once);
	tcase_add_test(tc, more_than_expected_a_day_is_news_each_day);
	tcase_add_test(tc, an_end_is_news_once_and_only_to_who_saw_it_in_force);
	tcase_add_test(tc, a_reload_keeps_the_counts_of_a_name);
	tcase_add_test(tc, hidden_alerts_are_bounded);
	tcase_add_loop_test(tc, two_parts_are_the_whole, 0, 24);
	tcase_add_test(tc, what_is_read_back_is_hostile);
}

int main(void)
{
	return suite_main("noise", add_tests);
}
