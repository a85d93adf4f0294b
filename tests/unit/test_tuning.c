/* What a tuning file says, whom a suppression hides, and every mistake in one. */
#include "tests/unit/tuning_fixture.h"

#define HEAD "schema: 1\nsuppressions:\n"

START_TEST(no_file_tunes_nothing)
{
	struct error err = {0};
	struct tuning *t = tuning_open(NULL, NULL, NULL, &err);
	struct tuned_rule tuned;

	ck_assert_ptr_nonnull(t);
	ck_assert(!tuning_is_given(t));
	ck_assert_str_eq(tuning_path(t), "");
	tuning_rule(t, STR(RULE_1), &tuned);
	ck_assert_uint_eq(tuned.window_ns + tuned.repeat_ns + tuned.matches, 0);
	ck_assert_uint_eq(tuning_suppression_count(t), 0);
	tuning_close(t);
	tuning_close(NULL);
}
END_TEST

START_TEST(windows_and_thresholds_are_by_rule)
{
	struct tuned t =
		tuned_from("schema: 1\n"
			   "windows:\n"
			   "  - {rule: " RULE_1 ", window: 7d, repeat: 1h}\n"
			   "  - {rule: any, window: 30m}\n"
			   "thresholds:\n"
			   "  - {rule: ['Calls out', " RULE_2 "], matches: 5, within: 10m}\n");
	struct tuning_counts n;
	struct tuned_rule r;

	tuning_counts(t.tuning, &n);
	ck_assert_uint_eq(n.windows, 2);
	ck_assert_uint_eq(n.thresholds, 1);
	tuning_rule(t.tuning, STR(RULE_1), &r);
	ck_assert_uint_eq(r.window_ns, 7 * NS_PER_DAY);
	ck_assert_uint_eq(r.repeat_ns, 3600 * NS_PER_S);
	ck_assert_uint_eq(r.matches, 5);
	ck_assert_uint_eq(r.within_ns, 600 * NS_PER_S);
	ck_assert(str_eq(r.within, STR("10m")));
	tuning_rule(t.tuning, STR(RULE_3), &r);
	ck_assert_uint_eq(r.window_ns, 1800 * NS_PER_S);
	ck_assert_uint_eq(r.repeat_ns, 0);
	ck_assert_uint_eq(r.matches, 0);
	tuned_end(&t);
}
END_TEST

START_TEST(a_suppression_ends_with_its_last_day_at_the_site)
{
	struct tuned t = tuned_from(HEAD "  - {name: a, rule: " RULE_1
					 ", from: 2026-07-01, until: 2026-07-31, owner: o, "
					 "because: 'ticket 1', expect: 3, per: day}\n");
	const struct suppression *s = tuning_suppression(t.tuning, 0);

	ck_assert_uint_eq(s->from_ns, utc("2026-06-30", 22, 0, 0));
	ck_assert_uint_eq(s->until_ns, utc("2026-07-31", 22, 0, 0));
	ck_assert_uint_eq(s->expected, 3);
	ck_assert(s->per_day);
	ck_assert_str_eq(s->where, "tuning.yaml:3");
	ck_assert_str_eq(s->text.data, "rule " RULE_1);
	ck_assert_str_eq(s->because.data, "ticket 1");
	tuned_end(&t);
}
END_TEST

/* A conversation that each part of a scope is held against. */
#define EVENT                                                                                      \
	"equipment.name=gnb-1; equipment.ip=10.1.0.1; peer.ip=198.51.100.7; "                      \
	"peer.domain=fw.update.example; peer.entity=fw.update.example; peer.groups=ems,x; "        \
	"peer.as.number=64500; peer.equipment.name=amf-1; network.protocol=tls; "                  \
	"network.application=teamviewer; network.transport=tcp; destination.port=443; "            \
	"flow.segment=oam"

static const struct {
	const char *scope;
	bool hides;
} scopes[] = {
	{"rule: " RULE_1, true},
	{"rule: " RULE_2, false},
	{"rule: [" RULE_2 ", " RULE_1 "]", true},
	{"rule: Calls out", true},
	{"rule: calls", true},
	{"equipment: gnb-1", true},
	{"equipment: GNB-1", true},
	{"equipment: gnb-2", false},
	{"equipment: 'gnb-*'", true},
	{"equipment: '?nb-?'", true},
	{"equipment: 'amf-*'", false},
	{"equipment: 10.1.0.0/24", true},
	{"equipment: 10.1.0.1", true},
	{"equipment: 10.2.0.0/24", false},
	{"equipment: [amf-1, gnb-1]", true},
	{"peer: 198.51.100.7", true},
	{"peer: 198.51.100.0/24", true},
	{"peer: 198.51.100.8", false},
	{"peer: 'domain:update.example'", true},
	{"peer: 'domain:UPDATE.example'", true},
	{"peer: 'domain:date.example'", false},
	{"peer: 'domain:fw.update.example'", true},
	{"peer: 'entity:fw.update.example'", true},
	{"peer: 'entity:update.example'", false},
	{"peer: 'group:ems'", true},
	{"peer: 'as:64500'", true},
	{"peer: 'as:64501'", false},
	{"peer: 'equipment:amf-1'", true},
	{"peer: 'equipment:gnb-1'", false},
	{"peer: [192.0.2.1, 'as:64500']", true},
	{"rule: " RULE_1 ", app: TLS", true},
	{"rule: " RULE_1 ", app: TeamViewer", true},
	{"rule: " RULE_1 ", app: SSH", false},
	{"rule: " RULE_1 ", app: [SSH, TLS]", true},
	{"rule: " RULE_1 ", port: 443", true},
	{"rule: " RULE_1 ", port: tcp/443", true},
	{"rule: " RULE_1 ", port: udp/443", false},
	{"rule: " RULE_1 ", port: tcp/400-443", true},
	{"rule: " RULE_1 ", port: tcp/444-500", false},
	{"rule: " RULE_1 ", port: icmp", false},
	{"rule: " RULE_1 ", port: [22, 443]", true},
	{"rule: " RULE_1 ", segment: oam", true},
	{"rule: " RULE_1
	 ", equipment: gnb-1, peer: 198.51.100.7, app: TLS, port: 443, segment: oam",
		true},
	{"rule: " RULE_1
	 ", equipment: gnb-2, peer: 198.51.100.7, app: TLS, port: 443, segment: oam",
		false},
};

START_TEST(each_part_of_a_scope)
{
	char text[1024];
	struct event *e = event_new();
	struct tuned t;

	snprintf(text, sizeof(text),
		HEAD "  - {name: a, %s, until: 2027-03-01, owner: o, because: b, expect: 1}\n",
		scopes[_i].scope);
	t = tuned_from(text);
	event_read(e, EVENT);
	ck_assert_msg((tuning_find(t.tuning, tuned_rule_of(&t, RULE_1), &e->facts,
			       utc("2026-11-27", 0, 0, 0)) == 0) == scopes[_i].hides,
		"%s", scopes[_i].scope);
	event_free(e);
	tuned_end(&t);
}
END_TEST

static uint32_t find(struct tuned *t, struct event *e, const char *rule, uint64_t ts_ns)
{
	return tuning_find(t->tuning, tuned_rule_of(t, rule), &e->facts, ts_ns);
}

START_TEST(the_first_of_the_file_hides)
{
	struct tuned t = tuned_from(HEAD SUPPRESSION("peer", "peer: 198.51.100.7", "expect: 1")
			SUPPRESSION("rule", "rule: " RULE_1, "expect: 1")
				SUPPRESSION("other", "equipment: gnb-1", "expect: 1"));
	struct event *e = event_new();
	const uint64_t end_ns = utc("2027-03-01", 23, 0, 0); /* Warsaw is an hour ahead */

	event_read(e, EVENT);
	ck_assert_uint_eq(find(&t, e, RULE_1, end_ns - 1), 0);
	ck_assert_uint_eq(find(&t, e, RULE_1, end_ns), NO_SUPPRESSION);
	event_read(e, "equipment.name=gnb-1; peer.ip=192.0.2.1");
	ck_assert_uint_eq(find(&t, e, RULE_1, end_ns - 1), 1);
	ck_assert_uint_eq(find(&t, e, RULE_2, end_ns - 1), 2);
	event_read(e, "equipment.name=gnb-2; peer.ip=192.0.2.1");
	ck_assert_uint_eq(find(&t, e, RULE_2, end_ns - 1), NO_SUPPRESSION);
	event_free(e);
	tuned_end(&t);
}
END_TEST

START_TEST(the_sensor_is_hidden_by_name_alone)
{
	struct tuned t = tuned_from(HEAD SUPPRESSION("gnb", "equipment: gnb-1", "expect: 1")
			SUPPRESSION("blind", "rule: " RULE_BLIND, "expect: 1"));
	struct event *e = event_new();

	event_read(e, "equipment.name=gnb-1");
	ck_assert_uint_eq(find(&t, e, RULE_BLIND, utc("2026-11-27", 0, 0, 0)), 1);
	ck_assert(!tuning_spares(&e->facts));
	event_read(e, "suppression.name=gnb");
	ck_assert(tuning_spares(&e->facts));
	event_read(e, "equipment.name=vedette-canary");
	ck_assert(tuning_spares(&e->facts));
	event_free(e);
	tuned_end(&t);
}
END_TEST

/* MISTAKE is part of line 3 where it is one of a suppression. */
#define WITH(scope) HEAD SUPPRESSION("a", scope, "expect: 1")

static const struct {
	const char *text, *where, *says;
} mistakes[] = {
	{"", ":1:1:", "empty"},
	{"[1]\n", ":1:1:", "no map"},
	{"windows: []\n", ":1:1:", "add `schema: 1`"},
	{"schema: 2\n", ":1:9:", "write `schema: 1`"},
	{"schema: 1\nsupressions: []\n", ":2:1:", "did you mean \"suppressions\"?"},
	{"schema: 1\nsuppressions: {a: b}\n", ":2:15:", "no list"},
	{"schema: 1\nwindows: {a: b}\n", ":2:10:", "no list"},
	{"schema: 1\nwindows: [{rule: x, window: 10m}]\n", ":2:18:", "no loaded rule"},
	{"schema: 1\nwindows: [{rule: Calls ot, window: 10m}]\n",
		":2:18:", "did you mean \"Calls out\"?"},
	{"schema: 1\nwindows: [{rule: Called in, window: 10m}]\n", ":2:18:",
		"several rules are called \"Called in\"; write the id of one: " RULE_2
		" or " RULE_3},
	{"schema: 1\nwindows: [{rule: Counted, window: 10m}]\n",
		":2:18:", "raises no alert of its own"},
	{"schema: 1\nwindows: [{window: 10m}]\n", ":2:11:", "add `rule: ID`"},
	{"schema: 1\nwindows: [{rule: any}]\n", ":2:11:", "neither window nor repeat"},
	{"schema: 1\nwindows: [{rule: any, window: 10}]\n", ":2:31:", "write such as 90s"},
	{"schema: 1\nwindows: [{rule: any, window: 8d}]\n", ":2:31:", "seven days"},
	{"schema: 1\nwindows: [{rule: any, repeat: 0}]\n", ":2:31:", "one second"},
	{"schema: 1\nwindows: [{rule: any, window: 1h}, {rule: any, window: 2h}]\n",
		":2:43:", "line 2 has a window for any rule already"},
	{"schema: 1\nwindows:\n- {rule: " RULE_1 ", window: 1h}\n- {rule: Calls out, window: 2h}\n",
		":4:10:", "line 3 has a window for this rule already"},
	{"schema: 1\nthresholds: [{rule: any, matches: 2, within: 1m}]\n",
		":2:21:", "a threshold for every rule would silence"},
	{"schema: 1\nthresholds: [{rule: " RULE_1 ", within: 1m}]\n", ":2:14:", "add `matches: 5`"},
	{"schema: 1\nthresholds: [{rule: " RULE_1 ", matches: 1, within: 1m}]\n",
		":2:68:", "from 2 to 1000"},
	{"schema: 1\nthresholds: [{rule: " RULE_1 ", matches: 2}]\n",
		":2:14:", "add `within: 10m`"},
	{"schema: 1\nthresholds:\n- {rule: " RULE_1 ", matches: 2, within: 1m}\n- {rule: " RULE_1
	 ", matches: 2, within: 1m}\n",
		":4:10:", "line 3 has a threshold for this rule already"},
	/* suppressions */
	{HEAD "  - {rule: " RULE_1 "}\n", ":3:5:", "add `name: "},
	{HEAD "  - {name: a, rule: " RULE_1 ", owner: o, because: b, expect: 1}\n",
		":3:5:", "nothing is hidden for ever"},
	{HEAD "  - {name: a, rule: " RULE_1 ", until: never, owner: o}\n",
		":3:66:", "until is no date"},
	{HEAD "  - {name: a, rule: " RULE_1 ", until: 2027-02-30, owner: o}\n",
		":3:66:", "no date of the calendar"},
	{HEAD "  - {name: a, rule: " RULE_1 ", from: 2027-03-02, until: 2027-03-01}\n",
		":3:65:", "begins behind its end"},
	{HEAD "  - {name: a, rule: " RULE_1 ", until: 2027-03-01, because: b, expect: 1}\n",
		":3:5:", "add `owner: "},
	{HEAD "  - {name: a, rule: " RULE_1 ", until: 2027-03-01, owner: o, expect: 1}\n",
		":3:5:", "add `because: "},
	{HEAD "  - {name: a, rule: " RULE_1 ", until: 2027-03-01, owner: o, because: b}\n",
		":3:5:", "how many alerts it is written for"},
	{HEAD SUPPRESSION("a", "rule: " RULE_1, "expect: 0"), ":3:108:", "from 1 to 1000000"},
	{HEAD SUPPRESSION("a", "rule: " RULE_1, "expect: 1, per: week"),
		":3:116:", "write `per: day`"},
	{HEAD SUPPRESSION("a", "rule: " RULE_1, "expect: 1")
			SUPPRESSION("a", "rule: " RULE_2, "expect: 1"),
		":4:12:", "tuning.yaml:3 has the name \"a\" already"},
	{WITH("rule: any"), ":3:21:", "leave it out"},
	{WITH("rule: []"), ":3:21:", "an empty list"},
	{WITH("rule: {a: b}"), ":3:21:", "a map"},
	{WITH("rule: [" RULE_1 ", Calls out]"), ":3:60:", "twice"},
	{WITH("equipment: gnb-3"), ":3:26:", "did you mean \"gnb-1\"?"},
	{WITH("equipment: 'x*'"), ":3:26:", "no equipment is named"},
	{WITH("equipment: 10.1.0.1/8"), ":3:26:", "the prefix is 10.0.0.0/8"},
	{WITH("peer: update.example"), ":3:21:", "domain:update.example"},
	{WITH("peer: 'group:emss'"), ":3:21:", "no group \"emss\""},
	{WITH("peer: 'as:x'"), ":3:21:", "as:64500"},
	{WITH("peer: 'domain:*.example'"), ":3:21:", "without a wildcard"},
	{WITH("peer: 'equipment:gnb-9'"), ":3:21:", "did you mean \"gnb-1\"?"},
	{WITH("rule: " RULE_1 ", port: tcp"), ":3:65:", "is no port"},
	{WITH("rule: " RULE_1 ", port: 0"), ":3:65:", "is no port"},
	{WITH("rule: " RULE_1 ", port: tcp/65536"), ":3:65:", "is no port"},
	{WITH("rule: " RULE_1 ", port: tcp/9-8"), ":3:65:", "is no port"},
	{WITH("rule: " RULE_1 ", segment: oan"), ":3:68:", "declares no segment \"oan\""},
	{WITH("rule: " RULE_1 ", pear: x"), ":3:59:", "did you mean \"peer\"?"},
};

static void expect_refusal(const char *text, const char *where, const char *says)
{
	struct error err = {0};
	struct tuned t = tuned_read(text, &err);
	const char *at;

	ck_assert_msg(t.tuning == NULL, "this was read: %s", text);
	ck_assert_int_eq(err.code, ERR_CONFIG);
	at = strstr(err.msg, "/tuning.yaml");
	ck_assert_msg(at != NULL, "%s", err.msg);
	ck_assert_msg(strncmp(at + strlen("/tuning.yaml"), where, strlen(where)) == 0,
		"not at %s: %s\n%s", where, err.msg, text);
	ck_assert_msg(strstr(at, says) != NULL, "not \"%s\": %s", says, err.msg);
	tuned_end(&t);
}

START_TEST(each_mistake_is_named_where_it_stands)
{
	expect_refusal(mistakes[_i].text, mistakes[_i].where, mistakes[_i].says);
}
END_TEST

/* What hides everything, in each way that somebody may write it. */
static const struct {
	const char *scope, *says;
} everything[] = {
	{"app: TLS", "whatever any equipment does with anybody there"},
	{"port: tcp/443", "whatever any equipment does with anybody there"},
	{"segment: oam", "whatever any equipment does with anybody there"},
	{"from: 2026-01-01", "it hides everything"},
	{"equipment: '*'", "names all equipment"},
	{"equipment: ['gnb-*', amf-1]", "names all equipment"},
	{"equipment: [gnb-1, gnb-2, amf-1]", "names all equipment"},
	{"equipment: '*', app: TLS", "names all equipment"},
	{"equipment: 10.0.0.0/7", "names all equipment"},
	{"equipment: [10.0.0.0/9, gnb-1, 10.128.0.0/9]", "names all equipment"},
	{"equipment: 0.0.0.0/0", "every address"},
	{"equipment: '::/0'", "every address"},
	{"peer: 0.0.0.0/0", "every address"},
	{"peer: '::/0'", "every address"},
	{"peer: [0.0.0.0/1, 128.0.0.0/1]", "every address"},
	{"peer: ['2000::/4', '3000::/4']", "every address"},
	{"rule: " RULE_1 ", peer: 0.0.0.0/0", "every address"},
	{"rule: [" RULE_1 ", " RULE_2 ", " RULE_3 ", " RULE_BLIND ", " RULE_OFTEN "]",
		"names all rules"},
	{"rule: [" RULE_1 ", " RULE_2 ", " RULE_3 ", " RULE_BLIND ", " RULE_OFTEN
	 "], equipment: '*'",
		"names all rules"},
};

START_TEST(what_hides_everything_is_refused)
{
	char text[1024];

	snprintf(text, sizeof(text),
		HEAD "  - {name: a, %s, until: 2027-03-01, owner: o, because: b, expect: 1}\n",
		everything[_i].scope);
	expect_refusal(text, ":3:", everything[_i].says);
}
END_TEST

START_TEST(one_rule_or_one_name_is_not_everything)
{
	struct tuned t = tuned_from(HEAD SUPPRESSION("a", "rule: " RULE_1, "expect: 1") SUPPRESSION(
		"b", "rule: " RULE_1 ", equipment: '*'", "expect: 1")
			SUPPRESSION("c", "equipment: '*', peer: 192.0.2.1", "expect: 1")
				SUPPRESSION("d", "equipment: 'gnb-*'", "expect: 1")
					SUPPRESSION("e", "equipment: 10.0.0.0/9", "expect: 1"));

	ck_assert_uint_eq(tuning_suppression_count(t.tuning), 5);
	tuned_end(&t);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, no_file_tunes_nothing);
	tcase_add_test(tc, windows_and_thresholds_are_by_rule);
	tcase_add_test(tc, a_suppression_ends_with_its_last_day_at_the_site);
	tcase_add_loop_test(tc, each_part_of_a_scope, 0, COUNT(scopes));
	tcase_add_test(tc, the_first_of_the_file_hides);
	tcase_add_test(tc, the_sensor_is_hidden_by_name_alone);
	tcase_add_loop_test(tc, each_mistake_is_named_where_it_stands, 0, COUNT(mistakes));
	tcase_add_loop_test(tc, what_hides_everything_is_refused, 0, COUNT(everything));
	tcase_add_test(tc, one_rule_or_one_name_is_not_everything);
}

int main(void)
{
	return suite_main("tuning", add_tests);
}
