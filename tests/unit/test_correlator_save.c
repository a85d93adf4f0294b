/* What correlations carry over a restart and a reload: a run in two parts says what one says. */
#include "tests/support/blob_check.h"
#include "tests/unit/correlation_fixture.h"

#define CORRELATION(n, type, rules, rest)                                                          \
	"title: C" n "\nid: 00000000-0000-4000-8000-00000000020" n "\nlevel: high\n"               \
	"correlation: {type: " type ", rules: [" rules                                             \
	"], group-by: [source.ip], timespan: 10s" rest "}\n---\n"
#define BASE(name, test)                                                                           \
	"---\ntitle: " name "\nname: " name "\nlogsource: {product: vedette, category: flow}\n"    \
	"detection: {s: {" test "}, condition: s}\n"

static const char rules[] = CORRELATION(
	"1", "event_count", "ssh", ", condition: {gte: 3}") CORRELATION("2", "value_count", "ssh",
	", condition: {field: destination.port, gte: 2}, generate: false") CORRELATION("3",
	"temporal", "ssh, telnet", "") CORRELATION("4", "temporal_ordered", "ssh, telnet, ftp", "")
	CORRELATION("5", "value_sum", "ssh", ", condition: {field: network.bytes, gte: 100}")
		CORRELATION("6", "event_count", "telnet", ", condition: {lte: 2}") CORRELATION("7",
			"value_percentile", "ssh",
			", condition: {field: "
			"network.bytes, percentile: 50, "
			"gte: 40}") "title: Last\n"
				    "correlation: {type: event_count, rules: "
				    "[00000000-0000-4000-8000-000000000201], group-by: "
				    "[source.ip], timespan: 1h, condition: {gte: 2}}\n" BASE(
					    "ssh", "network.protocol: ssh")
					    BASE("telnet", "network.protocol: telnet")
						    BASE("ftp", "network.protocol: ftp");

#define TELNET(ip) "network.protocol=telnet;source.ip=" ip
#define FTP(ip)    "network.protocol=ftp;source.ip=" ip
#define SSH(ip, port, bytes)                                                                       \
	"network.protocol=ssh;source.ip=" ip ";destination.port=" port ";network.bytes=" bytes

static const char *const lines[] = {
	"0 #1 " SSH("10.0.0.1", "1", "10"),
	"1 #2 " SSH("10.0.0.2", "1", "20"),
	"2 #1 " SSH("10.0.0.1", "1", "60"),
	"3 #3 " TELNET("10.0.0.1"),
	"4 #4 " SSH("10.0.0.1", "2", "50"),
	"5 #5 " FTP("10.0.0.1"),
	"6 #6 " SSH("10.0.0.1", "2", "70"),
	"7 #7 " TELNET("10.0.0.2"),
	"8 tick",
	"9 end #4",
	"12 #8 " SSH("10.0.0.2", "3", "90"),
	"14 tick",
	"14 #1 " SSH("10.0.0.1", "1", "200"),
	"15 #9 " FTP("10.0.0.2"),
	"18 tick",
	"40 tick",
	"41 #1 " SSH("10.0.0.1", "1", "250"),
	"41 #10 " SSH("10.0.0.1", "5", "1"),
	"42 #11 " SSH("10.0.0.1", "6", "2"),
	"43 #12 " SSH("10.0.0.1", "7", "3"),
	"44 #6 " SSH("10.0.0.1", "7", "3"),
	"45 #13 " TELNET("10.0.0.9"),
	"50 finish",
};

enum { LINES = sizeof(lines) / sizeof(lines[0]), MAX_BYTES = 1 << 22 };

static struct blob_writer saved(const struct script *s, bool goes_on)
{
	struct blob_writer w;

	blob_init(&w, MAX_BYTES);
	correlator_save(s->correlator, goes_on, &w);
	ck_assert(!w.failed);
	return w;
}

static void load(struct script *s, const struct blob_writer *w)
{
	struct blob_reader r = blob_reader_init(w->data, w->len);

	correlator_free(s->correlator);
	s->correlator = script_correlator(s, 0, 0);
	ck_assert(correlator_load(s->correlator, &r));
	ck_assert(blob_at_end(&r));
}

static void run(struct script *s, uint32_t from, uint32_t until)
{
	for (uint32_t i = from; i < until; i++)
		script_do(s, lines[i]);
}

START_TEST(two_parts_say_what_one_says)
{
	struct script *whole = script_new(rules);

	run(whole, 0, LINES);
	for (const char *c = "1234567"; *c; c++) {
		const char title[] = {'C', *c, '=', '\0'};

		/* the first is silent: the last counts it */
		ck_assert_msg((strstr(whole->log, title) != NULL) == (*c != '1'), "%s in %s", title,
			whole->log);
	}
	ck_assert_ptr_nonnull(strstr(whole->log, "Last="));
	for (uint32_t cut = 0; cut <= LINES; cut++) {
		struct script *s = script_new(rules);
		struct blob_writer w;

		run(s, 0, cut);
		w = saved(s, true);
		load(s, &w);
		run(s, cut, LINES);
		ck_assert_msg(strcmp(s->log, whole->log) == 0,
			"cut before line %u: %s instead of %s", (unsigned)cut, s->log, whole->log);
		blob_done(&w);
		script_free(s);
	}
	script_free(whole);
}
END_TEST

START_TEST(a_reload_of_the_same_changes_nothing)
{
	struct script *whole = script_new(rules);

	run(whole, 0, LINES);
	for (uint32_t cut = 0; cut <= LINES; cut += 3) {
		struct script *s = script_new(rules);

		run(s, 0, cut);
		ck_assert(correlator_reload(s->correlator, s->rules, s->scratch));
		run(s, cut, LINES);
		ck_assert_str_eq(s->log, whole->log);
		script_free(s);
	}
	script_free(whole);
}
END_TEST

/* Of a correlation that says something else, nothing is left; of the others all is. */
START_TEST(a_changed_rule_begins_anew)
{
#define TWO(limit)                                                                                 \
	CORRELATION("1", "event_count", "ssh", ", condition: {gte: " limit "}")                    \
	CORRELATION("2", "event_count", "ssh", ", condition: {gte: 3}, generate: false")           \
	"title: ssh\nname: ssh\nlogsource: {product: vedette, category: flow}\n"                   \
	"detection: {s: {network.protocol: ssh}, condition: s}\n"
	struct script *s = script_new(TWO("3"));
	struct script *changed = script_new(TWO("2"));
	struct blob_writer w;

	run(s, 0, 5); /* two of 10.0.0.1 */
	w = saved(s, true);
	load(changed, &w);
	script_do(changed, lines[6]);
	ck_assert_str_eq(changed->log, "6:C2=3");
	blob_done(&w);
	script_free(s);
	script_free(changed);
}
END_TEST

/* Without its conversations no name of one means anything any more. */
START_TEST(names_of_conversations_end_with_them)
{
	struct script *s = script_new(rules);
	struct blob_writer w;

	script_do(s, "0 #1 " SSH("10.0.0.1", "1", "1"));
	w = saved(s, false);
	load(s, &w);
	script_do(s, "1 #1 " SSH("10.0.0.1", "2", "1")); /* another one */
	ck_assert_str_eq(s->log, "1:C2=2");
	blob_done(&w);
	script_free(s);
}
END_TEST

static bool round_correlator(void *user, struct blob_reader *r, struct blob_writer *again)
{
	struct script *s = user;
	struct correlator *c = script_correlator(s, 0, 0);
	const bool ok = correlator_load(c, r) && blob_at_end(r);

	if (ok && again)
		correlator_save(c, true, again);
	if (ok) { /* what was read can be used */
		struct correlator *own = s->correlator;

		s->correlator = c;
		run(s, LINES - 4, LINES);
		s->log[0] = '\0';
		s->correlator = own;
	}
	correlator_free(c);
	return ok;
}

START_TEST(whatever_is_changed)
{
	struct script *s = script_new(rules);
	struct blob_writer w = saved(s, true); /* nothing yet */

	blob_check(&w, 7, round_correlator, s);
	blob_done(&w);
	run(s, 0, 11);
	w = saved(s, true);
	blob_check(&w, 5, round_correlator, s);
	blob_done(&w);
	script_free(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, two_parts_say_what_one_says);
	tcase_add_test(tc, a_reload_of_the_same_changes_nothing);
	tcase_add_test(tc, a_changed_rule_begins_anew);
	tcase_add_test(tc, names_of_conversations_end_with_them);
	tcase_add_test(tc, whatever_is_changed);
}

int main(void)
{
	return suite_main("correlator save", add_tests);
}
