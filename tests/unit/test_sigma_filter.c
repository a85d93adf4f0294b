/* Filters: what they take out of which rules, and what of them is refused. Collections. */
#include "rules/sigma/program.h"
#include "tests/unit/sigma_fixture.h"

#define RULE(n, name, category, detection)                                                         \
	"title: Rule " n "\nid: 00000000-0000-4000-8000-00000000000" n "\nname: " name             \
	"\nlevel: low\nlogsource: {product: vedette, category: " category "}\n"                    \
	"detection: {" detection "}\n---\n"
#define SSH RULE("1", "ssh", "flow", "s: {network.protocol: ssh}, condition: s")
#define ANY_PORT                                                                                   \
	RULE("2", "port", "flow", "s: {destination.port: 22}, t: {peer.port: 1}, condition: s or t")
#define FILTER(rest)                                                                               \
	"title: Site scanner\nlogsource: {product: vedette, category: flow}\nfilter:\n" rest

static struct sigma *load(const char *text)
{
	struct error err = {0};
	struct sigma *s = rules_read(text, NULL, &err);

	ck_assert_msg(s != NULL, "%s\n%s", err.msg, text);
	return s;
}

static size_t count(const char *text, const char *facts)
{
	struct sigma *s = load(text);
	struct event *e = event_new();
	struct matches m;

	event_read(e, facts);
	evaluate(s, &e->facts, &m);
	event_free(e);
	sigma_close(s);
	return m.n;
}

START_TEST(what_is_taken_out)
{
	static const struct {
		const char *filter;
		size_t without, with; /* matches of what is not the filter's, and of what is */
	} rows[] = {
		/* as the specification's example has it, and as converters want it */
		{"  rules: [ssh]\n  selection: {peer.ip: 192.0.2.1}\n  condition: selection\n", 1,
			0},
		{"  rules: [ssh]\n  selection: {peer.ip: 192.0.2.1}\n  condition: not selection\n",
			1, 0},
		{"  rules: [00000000-0000-4000-8000-000000000001]\n  selection: {peer.ip: "
		 "192.0.2.1}\n  condition: selection\n",
			1, 0},
		{"  rules: any\n  selection: {peer.ip: 192.0.2.1}\n  condition: selection\n", 1, 0},
		{"  rules: [any]\n  selection: {peer.ip: 192.0.2.1}\n  condition: selection\n", 1,
			0},
		{"  rules: [port]\n  selection: {peer.ip: 192.0.2.1}\n  condition: selection\n", 1,
			1},
		{"  rules: [ssh]\n  selection: {peer.ip: 192.0.2.1}\n  other: {peer.port: 7}\n"
		 "  condition: selection or other\n",
			1, 0},
		{"  rules: [ssh]\n  selection: {peer.ip: 192.0.2.1}\n  other: {peer.port: 7}\n"
		 "  condition: selection and not other\n",
			1, 0},
		{"  rules: [ssh]\n  selection: {peer.ip: 192.0.2.1}\n  other: {peer.port: 7}\n"
		 "  condition: selection and other\n",
			1, 1},
		{"  rules: [ssh]\n  selection: {peer.ip: 192.0.2.1}\n  other: {peer.port: 7}\n"
		 "  condition: not 1 of them\n",
			1, 0},
		{"  rules: [ssh]\n  selection:\n    - peer.ip: 192.0.2.1\n    - peer.port: 7\n"
		 "  condition: selection\n",
			1, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[4096];

		snprintf(text, sizeof(text), SSH ANY_PORT FILTER("%s"), rows[i].filter);
		ck_assert_uint_eq(
			count(text, "network.protocol=ssh;peer.ip=192.0.2.9"), rows[i].without);
		ck_assert_msg(count(text, "network.protocol=ssh;peer.ip=192.0.2.1") == rows[i].with,
			"%s", rows[i].filter);
	}
}
END_TEST

/* The whole condition of the rule is meant, and the filter may stand before the rule. */
START_TEST(the_whole_condition)
{
	static const char text[] = FILTER("  rules: [port]\n  selection: {peer.ip: 192.0.2.1}\n  "
					  "condition: selection\n") "---\n" ANY_PORT;

	ck_assert_uint_eq(count(text, "destination.port=22;peer.ip=192.0.2.9"), 1);
	ck_assert_uint_eq(count(text, "destination.port=22;peer.ip=192.0.2.1"), 0);
	ck_assert_uint_eq(count(text, "peer.port=1;peer.ip=192.0.2.1"), 0);
	ck_assert_uint_eq(count(text, "peer.port=1"), 1);
}
END_TEST

START_TEST(several_filters)
{
	static const char text[] =
		SSH FILTER("  rules: [ssh]\n  selection: {peer.ip: 192.0.2.1}\n "
			   " condition: selection\n") "---\n" FILTER("  rules: [ssh]\n  selection: "
								     "{peer.ip: 192.0.2.2}\n  "
								     "condition: not selection\n");
	struct sigma *s = load(text);

	ck_assert_uint_eq(sigma_filters(s), 2);
	ck_assert_uint_eq(sigma_count(s), 1);
	sigma_close(s);
	ck_assert_uint_eq(count(text, "network.protocol=ssh;peer.ip=192.0.2.1"), 0);
	ck_assert_uint_eq(count(text, "network.protocol=ssh;peer.ip=192.0.2.2"), 0);
	ck_assert_uint_eq(count(text, "network.protocol=ssh;peer.ip=192.0.2.3"), 1);
	ck_assert_uint_eq(count(text, "peer.ip=192.0.2.3"), 0);
}
END_TEST

/* An alert says what did not filter it. */
START_TEST(explanations)
{
	struct sigma *s = load(SSH FILTER(
		"  rules: [ssh]\n  selection: {peer.ip: 192.0.2.1}\n  condition: selection\n"));
	struct event *e = event_new();
	struct matches m;

	event_read(e, "network.protocol=ssh;peer.ip=192.0.2.9");
	evaluate(s, &e->facts, &m);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_uint_eq(m.reasons[0].n, 2);
	ck_assert_str_eq(m.reasons[0].items[0].data, "selection s: network.protocol is ssh");
	ck_assert_str_eq(m.reasons[0].items[1].data,
		"not Site scanner.selection: peer.ip 192.0.2.9 is none of 192.0.2.1");
	event_free(e);
	sigma_close(s);
}
END_TEST

/* Rules of one log source alone. */
START_TEST(log_sources)
{
#define DNS RULE("3", "dns", "dns", "s: {dns.question.name: a}, condition: s")
#define OF(logsource, rules)                                                                       \
	"title: F\nlogsource: {" logsource "}\nfilter: {rules: " rules                             \
	", selection: {source.ip: 192.0.2.1}, condition: selection}\n"
	struct error err = {0};
	struct sigma *s = load(SSH DNS OF("product: vedette, category: dns", "any"));

	ck_assert_uint_eq(((const struct program *)sigma_rule(s, 0))->n_selections, 1);
	ck_assert_uint_eq(((const struct program *)sigma_rule(s, 1))->n_selections, 2);
	sigma_close(s);
	s = load(SSH DNS OF("product: vedette", "any"));
	ck_assert_uint_eq(((const struct program *)sigma_rule(s, 0))->n_selections, 2);
	ck_assert_uint_eq(((const struct program *)sigma_rule(s, 1))->n_selections, 2);
	sigma_close(s);
	s = rules_read(SSH DNS OF("product: vedette, category: dns", "[dns, ssh]"), NULL, &err);
	ck_assert_ptr_null(s);
	ck_assert_str_eq(err.msg, "r.yml:17:23: \"ssh\" is a rule for another log source than the "
				  "filter's; write the "
				  "one that the rule has");
	/* of others */
	s = load(SSH OF("product: windows", "[6f3e2987-db24-4c78-a860-b4f4095a7095]"));
	ck_assert_uint_eq(sigma_filters(s), 0);
	ck_assert_uint_eq(sigma_left_count(s), 1);
	ck_assert_int_eq(sigma_left(s, 0)->why, LEFT_OTHER_SOURCE);
	sigma_close(s);
	s = load(SSH "title: F\nlogsource: {product: windows}\nfilter: {rules: [a1], selection: "
		     "{User: x}}\n");
	ck_assert_int_eq(sigma_left(s, 0)->why, LEFT_FAULTY);
	sigma_close(s);
	/* mapped: it calls facts as the rule does */
	s = load("title: Theirs\nid: 53ba33fd-3a50-4468-a5ef-c583635cfa92\n"
		 "logsource: {product: zeek, service: dns}\n"
		 "detection: {s: {query: a}, condition: s}\n---\n"
		 "title: F\nlogsource: {product: zeek, service: dns}\nfilter: {rules: any, "
		 "selection: "
		 "{id.orig_h: 192.0.2.1}, condition: selection}\n");
	ck_assert_uint_eq(sigma_filters(s), 1);
	ck_assert_uint_ge(((const struct program *)sigma_rule(s, 0))->n_selections, 2);
	sigma_close(s);
}
END_TEST

static void check_fault(const char *rest, const char *message)
{
	char text[4096];
	struct error err = {0};
	struct sigma *s;

	snprintf(text, sizeof(text),
		SSH "title: F\nlogsource: {product: vedette, category: flow}\n%s", rest);
	s = rules_read(text, NULL, &err);
	ck_assert_msg(s == NULL, "%s is good", text);
	ck_assert_msg(strcmp(err.msg, message) == 0, "%s\nis told\n%s\ninstead of\n%s", text,
		err.msg, message);
}

START_TEST(faults)
{
	check_fault("filter: x\n",
		"r.yml:10:9: \"filter\" is a map of rules, a selection and a condition");
	check_fault("filter: {selection: {peer.port: 1}, condition: selection}\n",
		"r.yml:10:9: \"rules\" is missing; write the ids or names of rules, or [any]");
	check_fault("filter: {rules: [ssh], condition: selection}\n",
		"r.yml:10:9: \"selection\" is missing; write what is to be taken out under that "
		"name");
	check_fault("filter: {rules: [ssh], selection: {peer.port: 1}}\n",
		"r.yml:10:9: a filter has one condition, a text; write condition: selection");
	check_fault("filter: {rules: [ssh], selection: {peer.port: 1}, condition: [selection]}\n",
		"r.yml:10:62: a filter has one condition, a text; write condition: selection");
	check_fault("filter: {rules: [ssh], selection: {peer.prt: 1}, condition: selection}\n",
		"r.yml:10:36: unknown fact \"peer.prt\"; did you mean \"peer.port\"?");
	check_fault("filter: {rules: ssh, selection: {peer.port: 1}, condition: selection}\n",
		"r.yml:10:17: \"rules\" is a list of ids or names of rules; write [any] for all of "
		"the "
		"log source");
	check_fault("filter: {rules: [], selection: {peer.port: 1}, condition: selection}\n",
		"r.yml:10:17: \"rules\" is a list of ids or names of rules; write [any] for all of "
		"the "
		"log source");
	check_fault(
		"filter: {rules: [any, ssh], selection: {peer.port: 1}, condition: selection}\n",
		"r.yml:10:17: \"any\" is every rule: remove the others");
	check_fault(
		"filter: {rules: [ssh, ssh], selection: {peer.port: 1}, condition: selection}\n",
		"r.yml:10:23: a rule stands twice; remove one");
	check_fault("filter: {rules: [shs], selection: {peer.port: 1}, condition: selection}\n",
		"r.yml:10:18: no rule has the id or name \"shs\"; did you mean \"ssh\"?");
	/* It would silence everything, or nothing. */
	check_fault("filter: {rules: [ssh], selection: {peer.port: 1}, condition: selection or not "
		    "selection}\n",
		"r.yml:10:62: the condition comes out the same whatever the selections say; write "
		"for "
		"example condition: selection");
	check_fault("level: low\ndetection: {}\n"
		    "filter: {rules: [ssh], selection: {peer.port: 1}, condition: selection}\n",
		"r.yml:11:1: unknown key \"detection\"; known here: title, id, name, related, "
		"taxonomy, status, description, license, author, references, date, modified, tags, "
		"logsource, filter, fields, falsepositives, level, scope, custom");
}
END_TEST

START_TEST(a_filter_cannot_filter_correlations)
{
	struct error err = {0};

	ck_assert_ptr_null(rules_read(SSH
		"title: C\nname: many\ncorrelation: {type: event_count, rules: [ssh], group-by: "
		"[], timespan: 1h, condition: {gte: 2}}\n---\n" FILTER(
			"  rules: [many]\n  selection: {peer.port: 1}\n  condition: selection\n"),
		NULL, &err));
	ck_assert_str_eq(err.msg, "r.yml:15:11: \"many\" is a correlation, and a filter acts on "
				  "the rules that it counts; "
				  "name those");
}
END_TEST

/* collections */

START_TEST(global_and_reset)
{
	static const char text[] =
		"action: global\n"
		"title: Common\n"
		"level: high\n"
		"logsource: {product: vedette, category: flow}\n"
		"detection: {condition: s and not filter, filter: {peer.port: 7}}\n"
		"---\n"
		"id: 00000000-0000-4000-8000-000000000001\n"
		"detection: {s: {network.protocol: ssh}}\n"
		"---\n"
		"id: 00000000-0000-4000-8000-000000000002\n"
		"level: low\n"
		"detection: {s: {network.protocol: telnet}}\n"
		"---\n"
		"action: reset\n"
		"---\n"
		"title: Alone\nid: 00000000-0000-4000-8000-000000000003\nlevel: medium\n"
		"logsource: {product: vedette, category: flow}\n"
		"detection: {s: {network.protocol: ftp}, condition: s}\n";
	struct sigma *s = load(text);

	ck_assert_uint_eq(sigma_count(s), 3);
	ck_assert_str_eq(sigma_rule(s, 0)->title.data, "Common");
	ck_assert_int_eq(sigma_rule(s, 0)->level, LEVEL_HIGH);
	ck_assert_str_eq(sigma_rule(s, 1)->title.data, "Common");
	ck_assert_int_eq(sigma_rule(s, 1)->level, LEVEL_LOW);
	ck_assert_str_eq(sigma_rule(s, 2)->title.data, "Alone");
	sigma_close(s);
	ck_assert_uint_eq(count(text, "network.protocol=ssh"), 1);
	ck_assert_uint_eq(count(text, "network.protocol=telnet"), 1);
	ck_assert_uint_eq(count(text, "network.protocol=ftp;peer.port=7"), 1);
	ck_assert_uint_eq(count(text, "network.protocol=ssh;peer.port=7"), 0);
}
END_TEST

START_TEST(repeat)
{
	static const char text[] = SSH "action: repeat\n"
				       "id: 00000000-0000-4000-8000-000000000004\nname: another\n"
				       "detection: {s: {network.protocol: telnet}}\n";
	struct sigma *s = load(text);

	ck_assert_uint_eq(sigma_count(s), 2);
	ck_assert_str_eq(sigma_rule(s, 1)->title.data, "Rule 1");
	sigma_close(s);
	/* Selections are merged key by key: the value of the same fact is another. */
	ck_assert_uint_eq(count(text, "network.protocol=ssh"), 1);
	ck_assert_uint_eq(count(text, "network.protocol=telnet"), 1);
}
END_TEST

START_TEST(actions_that_are_none)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{"action: globl\ntitle: T\n", "r.yml:1:9: an action is global, repeat or reset"},
		{"action: [global]\ntitle: T\n", "r.yml:1:9: an action is global, repeat or reset"},
		{"action: repeat\ntitle: T\n",
			"r.yml:1:9: there is no rule before this one in the file to be repeated"},
		/* where the fault stands, not where it comes out */
		{"action: global\nlevel: hgh\n---\n" SSH,
			NULL}, /* each rule has a level of its own */
		{"action: global\ndetection: {s: {peer.prt: 1}}\n---\n"
		 "title: T\nid: 00000000-0000-4000-8000-000000000001\nlevel: low\n"
		 "logsource: {product: vedette, category: flow}\ndetection: {condition: s}\n",
			"r.yml:2:17: unknown fact \"peer.prt\"; did you mean \"peer.port\"?"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error err = {0};
		struct sigma *s = rules_read(rows[i].text, NULL, &err);

		ck_assert_msg(
			(s != NULL) == (rows[i].message == NULL), "%s %s", rows[i].text, err.msg);
		if (rows[i].message)
			ck_assert_str_eq(err.msg, rows[i].message);
		sigma_close(s);
	}
}
END_TEST

/* What would silence everything is refused; what is wide, but about something, is not. */
START_TEST(filters_that_leave_nothing)
{
	static const char *const refused[] = {
		"source.ip: '*'",
		"source.ip|cidr: 0.0.0.0/0",
		"peer.ip|cidr: [192.0.2.0/24, '::/0']",
		"equipment.name|contains: '*'",
		"network.bytes|gte: 0",
		"flow.phase|exists: true",
		"source.ip: '*', contract.verdict: '**'",
	};
	static const char *const kept[] = {
		"source.ip: '*', destination.port: 22",
		"peer.supplier: '*'",
		"peer.ip|cidr|neq: 0.0.0.0/0",
		"peer.ip|cidr: 0.0.0.0/1",
		"network.bytes|gte: 1",
		"equipment.name: '*-lab'",
		"url.full|exists: true",
	};
	char text[512];

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		snprintf(text, sizeof(text),
			"filter: {rules: [ssh], selection: {%s}, condition: selection}\n",
			refused[i]);
		check_fault(text,
			"r.yml:10:35: \"selection\" meets every event, so that the filter would "
			"silence its rules; write what is harmless, or remove the rules from the "
			"folder");
	}
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		snprintf(text, sizeof(text),
			SSH FILTER(
				"  rules: [any]\n  selection: {%s}\n  condition: not selection\n"),
			kept[i]);
		sigma_close(load(text));
	}
	/* beside another that narrows it */
	sigma_close(load(SSH FILTER("  rules: [any]\n  selection: {source.ip: '*'}\n"
				    "  port: {peer.port: 1}\n  condition: selection and port\n")));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, filters_that_leave_nothing);
	tcase_add_test(tc, what_is_taken_out);
	tcase_add_test(tc, the_whole_condition);
	tcase_add_test(tc, several_filters);
	tcase_add_test(tc, explanations);
	tcase_add_test(tc, log_sources);
	tcase_add_test(tc, faults);
	tcase_add_test(tc, a_filter_cannot_filter_correlations);
	tcase_add_test(tc, global_and_reset);
	tcase_add_test(tc, repeat);
	tcase_add_test(tc, actions_that_are_none);
}

int main(void)
{
	return suite_main("sigma filter", add_tests);
}
