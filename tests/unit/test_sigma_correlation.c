/* Correlation documents: what is refused, where and with which remedy; what they refer to. */
#include "rules/sigma/correlation.h"
#include "rules/sigma/program.h"
#include "tests/unit/sigma_fixture.h"

#define BASE                                                                                       \
	"title: Base\nid: 00000000-0000-4000-8000-0000000000aa\nname: base\nlevel: low\n"          \
	"logsource: {product: vedette, category: flow}\n"                                          \
	"detection: {s: {network.protocol: ssh}, condition: s}\n"                                  \
	"---\n"
/* The document of the correlation begins in line 8; its section in line 9. */
#define CORRELATION "title: C\ncorrelation:\n"

struct fault {
	const char *section; /* lines of the section */
	const char *message; /* behind the file's name; NULL: good */
};

static void check_text(const char *text, const char *message)
{
	struct error err = {0};
	struct sigma *s = rules_read(text, NULL, &err);

	if (!message) {
		ck_assert_msg(s != NULL, "%s\n%s", text, err.msg);
		sigma_close(s);
		return;
	}
	ck_assert_msg(s == NULL, "%s\nis good", text);
	ck_assert_msg(strncmp(err.msg, "r.yml:", 6) == 0 && strcmp(err.msg + 6, message) == 0,
		"%s\nis told\n%s\ninstead of\n%s", text, err.msg, message);
}

static void check_faults(const struct fault *faults, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[4096];

		snprintf(text, sizeof(text), BASE CORRELATION "%s", faults[i].section);
		check_text(text, faults[i].message);
	}
}

#define CHECK(faults) check_faults(faults, sizeof(faults) / sizeof((faults)[0]))

#define TYPE  "  type: event_count\n"
#define RULES "  rules: [base]\n"
#define BY    "  group-by: [source.ip]\n"
#define SPAN  "  timespan: 1h\n"
#define IF    "  condition: {gte: 2}\n"

START_TEST(what_must_be_there)
{
	static const struct fault faults[] = {
		{TYPE RULES BY SPAN IF, NULL},
		{TYPE RULES "  group-by: []\n" SPAN IF, NULL},
		{RULES BY SPAN IF,
			"10:3: \"type\" is missing; write for example type: event_count"},
		{TYPE BY SPAN IF,
			"10:3: \"rules\" is missing; write for example rules: [name_of_a_rule]"},
		{TYPE RULES SPAN IF, "10:3: \"group-by\" is missing; write for example group-by: "
				     "[source.ip], or [] "
				     "when all events are one group"},
		{TYPE RULES BY IF, "10:3: \"timespan\" is missing; write for example timespan: 1h"},
		{TYPE RULES BY SPAN,
			"10:3: \"condition\" is missing; write for example condition: {gte: 10}"},
		{"  type: value_count\n" RULES BY SPAN, "10:3: \"condition\" is missing; write for "
							"example condition: {field: peer.ip, "
							"gte: 10}"},
		{"  type: value_count\n" RULES BY SPAN IF,
			"14:14: \"field\" is missing; write for example field: peer.ip"},
		{"  type: temporal\n  rules: [base]\n" BY SPAN,
			"11:10: temporal needs two rules or more; to count the matches of one rule "
			"write type: event_count"},
	};

	CHECK(faults);
	check_text(BASE "title: C\ncorrelation: x\n",
		"9:14: \"correlation\" is a map; write type: and the other keys");
	check_text(BASE "correlation: {type: event_count}\n",
		"8:1: \"title\" is missing; write for example title: Equipment reached a listed "
		"network (and 4 more errors)");
}
END_TEST

START_TEST(types_and_times)
{
	static const struct fault faults[] = {
		{"  type: event_cout\n" RULES BY SPAN IF,
			"10:9: unknown type \"event_cout\"; did you mean \"event_count\"?"},
		{"  type: near\n" RULES BY SPAN IF,
			"10:9: unknown type \"near\"; there are: event_count, value_count, "
			"temporal, "
			"temporal_ordered, value_sum, value_avg, value_percentile"},
		{TYPE RULES BY "  timespan: 90m\n" IF, NULL},
		{TYPE RULES BY "  timespan: 366d\n" IF, NULL},
		{TYPE RULES BY "  timespan: 367d\n" IF, "13:13: \"367d\" is no time span; write a "
							"number and s, m, h or d, such as 90m, "
							"at most 366d"},
		{TYPE RULES BY "  timespan: 1H\n" IF, "13:13: \"1H\" is no time span; write a "
						      "number and s, m, h or d, such as 90m, at "
						      "most 366d"},
		{TYPE RULES BY "  timespan: 0s\n" IF, "13:13: \"0s\" is no time span; write a "
						      "number and s, m, h or d, such as 90m, at "
						      "most 366d"},
		{TYPE RULES BY "  timespan: 15\n" IF, "13:13: \"15\" is no time span; write a "
						      "number and s, m, h or d, such as 90m, at "
						      "most 366d"},
		{TYPE RULES BY "  timespan: [1h]\n" IF, "13:13: \"\" is no time span; write a "
							"number and s, m, h or d, such as 90m, at "
							"most 366d"},
		{TYPE RULES BY SPAN IF "  window: 1h\n",
			"15:3: unknown key \"window\"; known here: type, rules, aliases, group-by, "
			"timespan, condition, generate"},
		{TYPE RULES BY SPAN IF "  generate: maybe\n",
			"15:13: \"generate\" is true or false: whether the rules raise alerts of "
			"their "
			"own, too"},
	};

	CHECK(faults);
}
END_TEST

START_TEST(conditions)
{
	static const struct fault faults[] = {
		{TYPE RULES BY SPAN "  condition: {gt: 10, lte: 20}\n", NULL},
		{TYPE RULES BY SPAN "  condition: {gte: 16384}\n", NULL},
		{TYPE RULES BY SPAN "  condition: {gte: 16385}\n",
			"14:14: gte: 16385 is more than the 16384 that can be met"},
		{TYPE RULES BY SPAN "  condition: {gte: -1}\n",
			"14:20: \"gte\" takes a number that is not negative, such as 100 or 99.5, "
			"not "
			"\"-1\""},
		{TYPE RULES BY SPAN "  condition: {gte: '10'}\n",
			"14:20: \"gte\" takes a number that is not negative, such as 100 or 99.5, "
			"not "
			"\"10\""},
		{TYPE RULES BY SPAN "  condition: {gte: ten}\n",
			"14:20: \"gte\" takes a number that is not negative, such as 100 or 99.5, "
			"not "
			"\"ten\""},
		{TYPE RULES BY SPAN "  condition: {ge: 1}\n",
			"14:15: unknown key \"ge\"; did you mean \"gt\"?"},
		{TYPE RULES BY SPAN "  condition: {}\n",
			"14:14: the condition compares with nothing; write for example gte: 10"},
		{TYPE RULES BY SPAN "  condition: gte 10\n",
			"14:14: keys with values are wanted here, not a single value"},
		{TYPE RULES BY SPAN "  condition: {field: peer.ip, gte: 10}\n",
			"14:22: event_count has no field; remove it, or write type: value_count"},
		{TYPE RULES BY SPAN "  condition: {percentile: 5, gte: 10}\n",
			"14:27: \"percentile\" goes with value_percentile alone"},
		{"  type: value_sum\n" RULES BY SPAN
		 "  condition: {field: [network.bytes, source.bytes], gt: 1}\n",
			"14:22: value_sum takes one fact; write field: network.bytes"},
		{"  type: value_sum\n" RULES BY SPAN
		 "  condition: {field: network.protocol, gt: 1}\n",
			"14:22: network.protocol is no number, and value_sum adds numbers up; "
			"write "
			"for example network.bytes"},
		{"  type: value_percentile\n" RULES BY SPAN
		 "  condition: {field: network.bytes, gt: 101}\n",
			NULL},
		{"  type: value_percentile\n" RULES BY SPAN
		 "  condition: {field: network.bytes, percentile: 101, gt: 1}\n",
			"14:49: a percentile is at most 100"},
	};

	CHECK(faults);
}
END_TEST

START_TEST(facts)
{
	static const struct fault faults[] = {
		{TYPE RULES "  group-by: [source.ipp]\n" SPAN IF,
			"12:14: unknown fact \"source.ipp\"; did you mean \"source.ip\"?"},
		{TYPE RULES "  group-by: [User]\n" SPAN IF,
			"12:14: unknown fact \"User\"; docs/fields.md lists them all"},
		{TYPE RULES "  group-by: [rule.id]\n" SPAN IF,
			"12:14: rule.id is written into alerts when the rules have judged; nothing "
			"can "
			"be grouped by it"},
		{TYPE RULES "  group-by: [source.ip, source.ip]\n" SPAN IF,
			"12:25: \"source.ip\" stands twice under \"group-by\"; remove one"},
		{TYPE RULES "  group-by: source.ip\n" SPAN IF,
			"12:13: \"group-by\" is a list; write [first, second]"},
		{TYPE RULES "  group-by: [who]\n" SPAN IF "  aliases: {who: {base: source.ip}}\n",
			NULL},
		{TYPE RULES "  group-by: [who]\n" SPAN IF "  aliases: {who: {base: source.ipp}}\n",
			"15:25: unknown fact \"source.ipp\"; did you mean \"source.ip\"?"},
		{TYPE RULES "  group-by: [who]\n" SPAN IF "  aliases: {who: {bas: source.ip}}\n",
			"15:24: the alias \"who\" names \"bas\", which is none of the rules; write "
			"one "
			"that stands under \"rules\" (and 1 more error)"},
		{TYPE RULES "  group-by: [who]\n" SPAN IF "  aliases: {who: source.ip}\n",
			"15:18: an alias is a map of rules and facts; write who: {name_of_a_rule: "
			"source.ip}"},
		{TYPE RULES "  group-by: [who]\n" SPAN IF "  aliases: [who]\n",
			"15:12: \"aliases\" is a map; write alias: {name_of_a_rule: source.ip}"},
	};

	CHECK(faults);
}
END_TEST

START_TEST(references)
{
	static const struct fault faults[] = {
		{TYPE "  rules: [00000000-0000-4000-8000-0000000000AA]\n" BY SPAN IF, NULL},
		{TYPE "  rules: [bose]\n" BY SPAN IF,
			"11:11: no rule has the id or name \"bose\"; did you mean \"base\"?"},
		{TYPE "  rules: [base, elsewhere]\n" BY SPAN IF,
			"11:17: no rule has the id or name \"elsewhere\"; write one that is in the "
			"folder of the rules"},
		{TYPE "  rules: [base, base]\n" BY SPAN IF,
			"11:17: \"base\" stands twice under \"rules\"; remove one"},
		{TYPE "  rules: []\n" BY SPAN IF, "11:10: no rule is named; write the ids or names "
						  "of the rules whose matches "
						  "count"},
		{TYPE "  rules: base\n" BY SPAN IF,
			"11:10: \"rules\" is a list; write [first, second]"},
		/* of rules of others nothing is known */
		{TYPE "  rules: [53ba33fd-3a50-4468-a5ef-c583635cfa92]\n" BY SPAN IF, NULL},
	};

	CHECK(faults);
}
END_TEST

START_TEST(chains)
{
#define LINK(name, of)                                                                             \
	"title: " name "\nname: " name "\n"                                                        \
	"correlation: {type: event_count, rules: [" of "], group-by: [], timespan: 1h, "           \
	"condition: {gte: 2}}\n---\n"
	check_text(LINK("one", "two") LINK("two", "one") BASE,
		"7:42: \"one\" refers, in the end, to this correlation itself");
	check_text(LINK("one", "one") BASE,
		"3:42: \"one\" refers, in the end, to this correlation itself");
	check_text(LINK("c1", "c2") LINK("c2", "c3") LINK("c3", "c4") LINK("c4", "c5") LINK(
			   "c5", "c6") LINK("c6", "c7") LINK("c7", "c8") LINK("c8", "base") BASE,
		NULL);
	check_text(LINK("c1", "c2") LINK("c2", "c3") LINK("c3", "c4") LINK("c4", "c5")
			   LINK("c5", "c6") LINK("c6", "c7") LINK("c7", "c8") LINK("c8", "c9")
				   LINK("c9", "c10") LINK("c10", "base") BASE,
		"35:42: correlations refer to correlations more than 8 deep");
}
END_TEST

/* Two rules may have one name in two files: that of the same file is meant. */
START_TEST(names_in_several_files)
{
	static const char first[] = BASE LINK("count", "base");
	static const char second[] =
		"title: Base\nid: 00000000-0000-4000-8000-0000000000bb\nname: base\nlevel: low\n"
		"logsource: {product: vedette, category: flow}\n"
		"detection: {s: {network.protocol: ftp}, condition: s}\n";
	static const char third[] = LINK("third", "base");
	struct error err = {0};
	struct sigma *s = sigma_new();

	ck_assert_int_eq(sigma_add(s, NULL, "1.yml", STR("1.yml"), str_from(first), &err), 0);
	ck_assert_int_eq(sigma_add(s, NULL, "2.yml", STR("2.yml"), str_from(second), &err), 0);
	ck_assert_msg(sigma_finish(s, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(sigma_rule(s, 2)->correlation->refs[0].program->rule.id.data,
		"00000000-0000-4000-8000-0000000000aa");
	sigma_close(s);

	s = sigma_new();
	ck_assert_int_eq(sigma_add(s, NULL, "1.yml", STR("1.yml"), str_from(first), &err), 0);
	ck_assert_int_eq(sigma_add(s, NULL, "2.yml", STR("2.yml"), str_from(second), &err), 0);
	ck_assert_int_eq(sigma_add(s, NULL, "3.yml", STR("3.yml"), str_from(third), &err), 0);
	ck_assert_int_lt(sigma_finish(s, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.msg, "3.yml:3:"));
	ck_assert_ptr_nonnull(strstr(err.msg, "several rules are called \"base\""));
	sigma_close(s);
}
END_TEST

/* What belongs to other sensors is left out and listed, be it good or bad. */
START_TEST(of_others)
{
	static const char text[] = BASE
		"title: Theirs\nid: 53ba33fd-3a50-4468-a5ef-c583635cfa92\nname: failed_login\n"
		"logsource: {product: windows, service: security}\n"
		"detection: {s: {EventID: 4625}, condition: s}\n"
		"---\n"
		"title: Many\ncorrelation: {type: event_count, rules: [failed_login], group-by: "
		"[ComputerName], timespan: 1h, condition: {gte: 100}}\n"
		"---\n"
		"title: Bad\ncorrelation: {type: event_cunt, rules: [failed_login], group-by: "
		"[ComputerName], timespan: 1h, condition: {gte: 100}}\n"
		"---\n"
		"title: Unknown\ncorrelation: {type: temporal, rules: [recon_cmd_a, recon_cmd_b], "
		"group-by: [User], timespan: 5m}\n";
	struct error err = {0};
	struct sigma *s = rules_read(text, NULL, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	ck_assert_uint_eq(sigma_count(s), 1);
	ck_assert_uint_eq(sigma_correlations(s), 0);
	ck_assert_uint_eq(sigma_left_count(s), 4);
	ck_assert_str_eq(sigma_left(s, 1)->rule.title.data, "Many");
	ck_assert_int_eq(sigma_left(s, 1)->why, LEFT_OTHER_SOURCE);
	ck_assert_str_eq(sigma_left(s, 1)->messages[0].data,
		"r.yml:15:42: no rule with the id or name \"failed_login\" is loaded");
	ck_assert_int_eq(sigma_left(s, 3)->why, LEFT_OTHER_SOURCE);
	ck_assert_uint_eq(sigma_left(s, 3)->n_messages, 2);
	sigma_close(s);
}
END_TEST

/* Their fields are known under their own names, too. */
START_TEST(of_mapped_rules)
{
	static const char text[] =
		"title: Theirs\nid: 53ba33fd-3a50-4468-a5ef-c583635cfa92\nname: zeek\n"
		"logsource: {product: zeek, service: dns}\n"
		"detection: {s: {query|endswith: '.example'}, condition: s}\n"
		"---\n"
		"title: Many\ncorrelation: {type: value_count, rules: [zeek], group-by: "
		"[id.orig_h], "
		"timespan: 1h, condition: {field: query, gte: 2}}\n";
	struct error err = {0};
	struct sigma *s = rules_read(text, NULL, &err);
	const struct correlation *c;

	ck_assert_msg(s != NULL, "%s", err.msg);
	ck_assert_uint_eq(sigma_correlations(s), 1);
	c = sigma_rule(s, 1)->correlation;
	ck_assert_int_eq(c->keys[0].facts[0], FIELD_SOURCE_IP);
	ck_assert_int_eq(c->fields[0].facts[0], FIELD_DNS_QUESTION_NAME);
	sigma_close(s);
}
END_TEST

/* A rule that raises no alert needs neither id nor level; one that does needs both. */
START_TEST(rules_that_are_only_counted)
{
#define NAKED                                                                                      \
	"title: Naked\nname: naked\nlogsource: {product: vedette, category: flow}\n"               \
	"detection: {s: {network.protocol: ssh}, condition: s}\n"
	check_text(NAKED "---\n" LINK("count", "naked"), NULL);
	check_text(NAKED, "1:1: \"id\" is missing; make a UUID with uuidgen (and 1 more error)");
	check_text(NAKED "---\ngenerate: true\n" LINK("count", "naked"),
		"1:1: \"id\" is missing; make a UUID with uuidgen (and 1 more error)");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, what_must_be_there);
	tcase_add_test(tc, types_and_times);
	tcase_add_test(tc, conditions);
	tcase_add_test(tc, facts);
	tcase_add_test(tc, references);
	tcase_add_test(tc, chains);
	tcase_add_test(tc, names_in_several_files);
	tcase_add_test(tc, of_others);
	tcase_add_test(tc, of_mapped_rules);
	tcase_add_test(tc, rules_that_are_only_counted);
}

int main(void)
{
	return suite_main("sigma correlation", add_tests);
}
