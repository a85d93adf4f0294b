/* What is refused: file, line, column and remedy, word for word. */
#include "tests/unit/sigma_fixture.h"

struct refusal {
	const char *text;
	const char *message; /* behind "r.yml:" */
};

static void check_text(const char *text, const struct lists *lists, const char *message)
{
	struct error err = {0};
	char wanted[sizeof(err.msg)];
	struct sigma *s = rules_read(text, lists, &err);

	ck_assert_msg(s == NULL, "this was not refused:\n%s", text);
	snprintf(wanted, sizeof(wanted), "r.yml:%s", message);
	ck_assert_msg(strcmp(err.msg, wanted) == 0, "%s\n is told\n%s\n instead of\n%s", text,
		err.msg, wanted);
	ck_assert_int_eq(err.code, ERR_CONFIG);
}

/* BEFORE and AFTER stand around the text of each. */
static void check(const struct refusal *refusals, size_t n, const char *before, const char *after)
{
	for (size_t i = 0; i < n; i++) {
		char text[4096];

		snprintf(text, sizeof(text), "%s%s%s", before, refusals[i].text, after);
		check_text(text, NULL, refusals[i].message);
	}
}

#define CHECK(refusals, before, after)                                                             \
	check(refusals, sizeof(refusals) / sizeof((refusals)[0]), before, after)

START_TEST(items)
{
	static const struct refusal refusals[] = {
		{"destination.prot: 22", "7:5: unknown fact \"destination.prot\"; did you mean "
					 "\"destination.port\"?"},
		{"rule.name: x", "7:5: rule.name is written into alerts when the rules have "
				 "judged; no rule can test it"},
		{"event.severity|gt: 3", "7:5: event.severity is written into alerts when the "
					 "rules have judged; no rule can "
					 "test it"},
		{"nonsense: 22", "7:5: unknown fact \"nonsense\"; docs/fields.md lists them all"},
		{"peer.domain|contain: x",
			"7:17: unknown modifier \"contain\"; did you mean \"contains\"?"},
		{"peer.domain|fieldref: x",
			"7:27: unknown fact \"x\"; docs/fields.md lists them all"},
		{"peer.domain|fieldref: ''", "7:27: \"fieldref\" takes the name of a fact"},
		{"peer.domain|fieldref: rule.name",
			"7:27: rule.name is written into alerts when the rules have judged; no "
			"rule can test it"},
		{"peer.domain|fieldref: peer.domain",
			"7:27: a fact compared with itself says nothing; name another one, or "
			"exists: true"},
		{"event.start|fieldref: peer.domain",
			"7:27: peer.domain is a text, which does not compare with event.start"},
		{"source.bytes|fieldref|gt: peer.domain",
			"7:31: peer.domain is a text, which does not compare with source.bytes"},
		{"peer.domain|fieldref|re: x",
			"7:26: \"fieldref\" and \"re\" cannot be combined; write two selections"},
		{"peer.domain|base64|re: x",
			"7:24: \"base64\" and \"re\" cannot be combined; write two selections"},
		{"peer.domain|wide|utf16: x",
			"7:22: \"wide\" and \"utf16\" cannot be combined; write two selections"},
		{"peer.domain|contains|base64: x",
			"7:26: \"base64\" encodes what stands before it; write it before "
			"\"contains\""},
		{"peer.domain|base64|expand: '%x%'",
			"7:24: \"base64\" would change the placeholder; write \"expand\" before "
			"it"},
		{"peer.domain|base64: 'a*'",
			"7:25: \"base64\" encodes whole texts, and knows no wildcards; write \\* "
			"or "
			"\\? for the plain characters, and contains behind it for a part"},
		{"peer.domain|base64offset: a",
			"7:31: \"base64offset\" needs two characters or more; of one nothing is "
			"left that could be recognised"},
		{"peer.domain|windash|base64: '-----'",
			"7:33: 5 dashes of five kinds make too many values to encode; at most 4 "
			"are allowed"},
		{"peer.ip|base64: x",
			"7:13: \"base64\" does not fit peer.ip, which is an address; what fits: "
			"contains, startswith, endswith, re, cidr, exists, expand, all, neq, i, "
			"m, s, fieldref"},
		{"event.start|hour: 24", "7:23: \"24\" is no hour; write a number from 0 to 23"},
		{"event.start|minute: -1",
			"7:25: \"-1\" is no minute; write a number from 0 to 59"},
		{"event.start|day: 0", "7:22: \"0\" is no day; write a number from 1 to 31"},
		{"event.start|week: 54", "7:23: \"54\" is no week; write a number from 1 to 53"},
		{"event.start|month: 13", "7:24: \"13\" is no month; write a number from 1 to 12"},
		{"event.start|year: x", "7:23: \"x\" is no year; write a number from 1970 to 2554"},
		{"event.start|hour|day: 1",
			"7:22: \"hour\" and \"day\" cannot be combined; write two selections"},
		{"event.start: 2026-01-01",
			"7:18: event.start is a moment, which nothing equals; compare with gte "
			"and lt, or a part of it: hour, day"},
		{"peer.domain|: x",
			"7:17: unknown modifier \"\"; there are: contains, startswith, endswith, "
			"re, cidr, gt, gte, lt, lte, exists, expand, all, cased, neq, i, m, s, "
			"fieldref, windash, wide, utf16le, utf16be, utf16, base64, base64offset, "
			"minute, hour, day, week, month, year"},
		{"peer.domain|frobnicate: x",
			"7:17: unknown modifier \"frobnicate\"; there are: contains, startswith, "
			"endswith, re, cidr, gt, gte, lt, lte, exists, expand, all, cased, neq, i, "
			"m, s, fieldref, windash, wide, utf16le, utf16be, utf16, base64, "
			"base64offset, minute, hour, day, week, month, year"},
		{"network.protocol|gt: 3",
			"7:22: \"gt\" does not fit network.protocol, which is a text; what fits: "
			"contains, startswith, endswith, re, exists, expand, all, cased, neq, i, "
			"m, s, fieldref, windash, wide, utf16le, utf16be, utf16, base64, "
			"base64offset"},
		{"network.protocol|cidr: 10.0.0.0/8",
			"7:22: \"cidr\" does not fit network.protocol, which is a text; what fits: "
			"contains, startswith, endswith, re, exists, expand, all, cased, neq, i, "
			"m, s, fieldref, windash, wide, utf16le, utf16be, utf16, base64, "
			"base64offset"},
		{"equipment.declared|gt: 1", "7:24: \"gt\" does not fit equipment.declared, which "
					     "is true or false; what fits: exists, neq, fieldref"},
		{"tls.server.not_after|expand: '%x%'",
			"7:26: \"expand\" does not fit tls.server.not_after, which is a date; what "
			"fits: gt, gte, lt, lte, exists, neq, fieldref, minute, hour, day, week, "
			"month, year"},
		{"destination.port|cased: 2",
			"7:22: \"cased\" does not fit destination.port, which is a number; what "
			"fits: contains, startswith, endswith, re, gt, gte, lt, lte, exists, "
			"expand, all, neq, i, m, s, fieldref"},
		{"peer.domain|contains|startswith: x",
			"7:26: \"contains\" and \"startswith\" cannot be combined; write two "
			"selections"},
		{"peer.domain|re|contains: x",
			"7:20: \"re\" and \"contains\" cannot be combined; write two selections"},
		{"peer.domain|contains|contains: x",
			"7:26: \"contains\" stands here twice; remove one"},
		{"peer.domain|i: x",
			"7:17: \"i\" belongs to a regular expression; write it behind \"re\""},
		{"peer.domain|contains|i: x",
			"7:26: \"i\" belongs to a regular expression; write it behind \"re\""},
		{"peer.domain|re|cased: x",
			"7:5: \"cased\" does not go with \"re\"; remove it: regular "
			"expressions are case-sensitive"},
		{"peer.domain|exists|neq: true",
			"7:5: \"exists\" stands alone; remove the other modifiers"},
		{"'|neq': x", "7:7: \"neq\" needs a fact before the bar; a search in all texts "
			      "takes: contains, startswith, endswith, re, expand, all, cased, i, "
			      "m, s, windash, wide, utf16le, utf16be, utf16, base64, base64offset"},
		{"peer.domain|all: x",
			"7:22: \"all\" needs a list of two values or more; remove it"},
		{"peer.domain|contains|all: [x]",
			"7:31: \"all\" needs a list of two values or more; remove it"},
		{"peer.domain|all: [x, y]",
			"7:22: peer.domain holds one value, which cannot equal all of these; "
			"remove \"all\""},
		{"destination.port|all: [1, 2]",
			"7:27: destination.port holds one value, which cannot equal all of "
			"these; remove \"all\""},
		{"peer.domain: [a, null]",
			"7:22: null cannot stand in a list of values; make it a selection of "
			"its own"},
		{"peer.domain|contains: null",
			"7:27: null says that a fact is absent, and takes no modifier but neq; "
			"to search for the word write 'null'"},
		{"peer.domain|contains: ''",
			"7:27: an empty value is part of every text; write what to look for, "
			"or exists: true"},
		{"peer.domain|re: ''",
			"7:21: an empty regular expression matches every text; write one, or "
			"exists: true"},
		{"peer.domain: {a: b}",
			"7:18: a value or a list of values is wanted here, not a map"},
		{"peer.domain: []",
			"7:18: an empty list of values meets nothing; write one or more"},
		{"peer.domain: [[a]]", "7:19: a single value is wanted here, not a list"},
		{"peer.domain: [{a: b}]", "7:19: a single value is wanted here, not a map"},
		{"peer.domain|exists: yes", "7:25: \"exists\" takes true or false"},
		{"peer.domain|exists: [true]", "7:25: \"exists\" takes true or false, not a list"},
		{"destination.port: ssh",
			"7:23: \"ssh\" is no whole number for destination.port; write digits, "
			"several as a list, a range with gte and lte"},
		{"destination.port: '022'",
			"7:23: \"022\" is no whole number for destination.port; write digits, "
			"several as a list, a range with gte and lte"},
		{"destination.port: -1",
			"7:23: \"-1\" is no whole number for destination.port; write digits, "
			"several as a list, a range with gte and lte"},
		{"destination.port: 1.5",
			"7:23: \"1.5\" is no whole number for destination.port; write digits, "
			"several as a list, a range with gte and lte"},
		{"network.bytes|gt: many",
			"7:23: \"many\" is no whole number for network.bytes; write digits, "
			"several as a list, a range with gte and lte"},
		{"equipment.declared: yes",
			"7:25: \"yes\" is no value for equipment.declared; write true or false"},
		{"equipment.declared: 1",
			"7:25: \"1\" is no value for equipment.declared; write true or false"},
		{"tls.server.not_after: 2026-11-22",
			"7:27: tls.server.not_after is a moment, which nothing equals; compare "
			"with gte and lt, or a part of it: hour, day"},
		{"tls.server.not_after|lt: tomorrow",
			"7:30: \"tomorrow\" is no date for tls.server.not_after; write "
			"2026-11-22 or 2026-11-22T12:34:56Z"},
		{"tls.server.not_after|lt: 2026-02-30",
			"7:30: \"2026-02-30\" is no date for tls.server.not_after; write "
			"2026-11-22 or 2026-11-22T12:34:56Z"},
		{"tls.server.not_after|lt: 2026-02-20T25:00:00Z",
			"7:30: \"2026-02-20T25:00:00Z\" is no date for tls.server.not_after; "
			"write 2026-11-22 or 2026-11-22T12:34:56Z"},
		{"peer.ip: 10.0.0",
			"7:14: \"10.0.0\" is no address for peer.ip; for networks write |cidr "
			"behind the fact"},
		{"peer.ip: 10.0.0.0/8",
			"7:14: \"10.0.0.0/8\" is no address for peer.ip; for networks write "
			"|cidr behind the fact"},
		{"peer.ip|cidr: 10.0.0.0/33",
			"7:19: \"10.0.0.0/33\" is no network for peer.ip; write 192.0.2.0/24 "
			"or 2001:db8::/32"},
		{"peer.ip|cidr: 10.0.0.1/8",
			"7:19: \"10.0.0.1/8\" is an address inside a network, not the network; "
			"write 10.0.0.0/8"},
		{"peer.ip|cidr: 2001:db8::1/32",
			"7:19: \"2001:db8::1/32\" is an address inside a network, not the "
			"network; write 2001:db8::/32"},
		{"peer.ip|cidr: x", "7:19: \"x\" is no network for peer.ip; write 192.0.2.0/24 or "
				    "2001:db8::/32"},
		{"peer.domain|re: '(a'",
			"7:21: bad regular expression: missing closing parenthesis, at "
			"character 3 of it; write \\ before what is meant as it stands"},
		{"peer.domain|re: '[z-a]'",
			"7:21: bad regular expression: range out of order in character class, "
			"at character 4 of it; write \\ before what is meant as it stands"},
		{"peer.domain|re: 'a**'",
			"7:21: bad regular expression: quantifier does not follow a repeatable "
			"item, at character 3 of it; write \\ before what is meant as it stands"},
		{"peer.domain|re: '(*UTF)a'",
			"7:21: bad regular expression: using UTF is disabled by the "
			"application, at character 7 of it; write \\ before what is meant as "
			"it stands"},
		{"peer.domain|re: '(?:(?:a{1000}){1000}){1000}'",
			"7:21: bad regular expression: regular expression is too large, at "
			"character 28 of it; write \\ before what is meant as it stands"},
		{"peer.ip|expand: '%nothing%'",
			"7:21: there is no list \"nothing\", and no other list was loaded"},
		{"peer.ip|expand: nothing",
			"7:21: \"expand\" takes the name of one list between percent signs, "
			"and nothing around it: '%name%'"},
		{"peer.ip|expand: 'a%x%'",
			"7:21: \"expand\" takes the name of one list between percent signs, "
			"and nothing around it: '%name%'"},
		{"peer.ip|expand: '%%'",
			"7:21: \"expand\" takes the name of one list between percent signs, "
			"and nothing around it: '%name%'"},
		{"peer.ip|expand: '%a%b%'",
			"7:21: \"expand\" takes the name of one list between percent signs, "
			"and nothing around it: '%name%'"},
	};

	CHECK(refusals, RULE_HEAD "detection:\n  s:\n    ", "\n  condition: s\n");
}
END_TEST

START_TEST(conditions)
{
	static const struct refusal refusals[] = {
		{"''", "10:14: the condition is empty; write for example selection"},
		{"a and", "10:14: the condition ends where a selection is wanted"},
		{"and a", "10:14: \"and\" at character 1 of the condition, where a selection is "
			  "wanted"},
		{"a b_1", "10:14: \"b_1\" at character 3 of the condition, where \"and\" or "
			  "\"or\" is wanted"},
		{"a AND b_1", "10:14: \"AND\" at character 3 of the condition; write \"and\" in "
			      "lower case"},
		{"NOT a", "10:14: \"NOT\" at character 1 of the condition; write \"not\" in "
			  "lower case"},
		{"(a or b_1",
			"10:14: the parenthesis at character 1 of the condition is never closed"},
		{"a)", "10:14: the parenthesis at character 2 of the condition closes nothing"},
		{"()", "10:14: \")\" at character 2 of the condition, where a selection is "
		       "wanted"},
		{"a or (b_1 and (b_2)",
			"10:14: the parenthesis at character 6 of the condition is never closed"},
		{"x", "10:14: unknown selection \"x\" at character 1 of the condition; "
		      "define it under \"detection\""},
		{"b_3", "10:14: unknown selection \"b_3\" at character 1 of the condition; did "
			"you mean \"b_1\"?"},
		{"1 of", "10:14: the condition ends where \"them\" or a pattern of selections "
			 "is wanted"},
		{"1 of c*",
			"10:14: no selection is meant by \"c*\" at character 6 of the condition"},
		{"all of x*",
			"10:14: no selection is meant by \"x*\" at character 8 of the condition"},
		{"2 of them", "10:14: \"2 of\" in the condition; Sigma knows \"1 of\", \"any of\" "
			      "and \"all of\""},
		{"some of them",
			"10:14: \"some of\" in the condition; Sigma knows \"1 of\", \"any of\" "
			"and \"all of\""},
		{"1 of (a)", "10:14: \"(\" at character 6 of the condition, where \"them\" or a "
			     "pattern of selections is wanted"},
		{"a | count() > 5",
			"10:14: aggregations behind a bar (character 3) were removed from "
			"Sigma; remove the bar and what follows, and count in a correlation "
			"rule (docs/rules.md)"},
		{"a and not", "10:14: the condition ends where a selection is wanted"},
		{"not", "10:14: the condition ends where a selection is wanted"},
		{"a of b_1", "10:14: \"a of\" in the condition; Sigma knows \"1 of\", \"any of\" "
			     "and \"all of\""},
		{"[]", "10:14: the list of conditions is empty; write one"},
		{"{a: b}", "10:14: a condition is a text, or a list of texts"},
		{"[a, '']", "10:18: the condition is empty; write for example selection"},
		{"[a, [b_1]]", "10:18: a condition is a text, or a list of texts"},
		{"b_1 or b_2", "6:3: the condition never uses \"a\"; use it, delete it, or name it "
			       "\"_a\" to keep it aside"},
	};

	CHECK(refusals,
		RULE_HEAD "detection:\n"
			  "  a: {network.protocol: ssh}\n"
			  "  b_1: {network.protocol: tls}\n"
			  "  b_2: {network.protocol: http}\n"
			  "  _x: {network.protocol: ntp}\n"
			  "  condition: ",
		"\n");
}
END_TEST

START_TEST(detections)
{
	static const struct refusal refusals[] = {
		{"detection: []", "5:12: \"detection\" is a map of selections and a condition"},
		{"detection: {condition: s}",
			"5:12: \"detection\" has no selection; write for example selection: "
			"{network.protocol: ssh}"},
		{"detection: {s: {network.protocol: ssh}}",
			"5:12: \"detection\" has no condition; write for example condition: "
			"selection"},
		{"detection: {s: x, condition: s}",
			"5:16: a selection is a map of facts or a list; write \"fact: value\" "
			"below it, or \"- text\""},
		{"detection: {s: [], condition: s}",
			"5:16: an empty list meets nothing; write texts or maps of facts"},
		{"detection: {s: {}, condition: s}",
			"5:16: an empty map meets everything; write fact: value"},
		{"detection: {s: [[a]], condition: s}",
			"5:17: a list in a list is not Sigma; write texts or maps of facts here"},
		{"detection: {s: [''], condition: s}",
			"5:17: an empty value is part of every text; write what to look for, "
			"or exists: true"},
		{"detection: {s: [null], condition: s}",
			"5:17: a value is missing: write what to look for"},
		{"detection: {s: [true], condition: s}",
			"5:17: a search looks for texts and whole numbers; write 'true' in quotes"},
		{"detection: {s: [a, -1.5], condition: s}",
			"5:20: a search looks for texts and whole numbers; write '-1.5' in quotes"},
		{"detection: {s: {network.protocol: ssh}, timeframe: 5m, condition: s}",
			"5:52: \"timeframe\" belongs to aggregations, which were removed from "
			"Sigma; remove it, and write a correlation rule with a timespan "
			"(docs/rules.md)"},
		{"detection: {s t: {network.protocol: ssh}, condition: s}",
			"5:13: \"s t\" cannot name a selection; use letters, digits, "
			"points, _ and -"},
		{"detection: {not: {network.protocol: ssh}, condition: not}",
			"5:13: \"not\" is a word of the condition's language; name the "
			"selection otherwise"},
		{"detection: {s: {'': ssh}, condition: s}",
			"5:17: the name of a fact is missing before the colon"},
		{"detection: {s: {network.protocol: ssh}, condition: null}",
			"5:52: the condition is empty; write for example selection"},
		{"detection: {s: {network.protocol: ssh}, t: {network.protocol: ssh}, "
		 "condition: s}",
			"5:41: the condition never uses \"t\"; use it, delete it, or name it "
			"\"_t\" to keep it aside"},
	};

	CHECK(refusals, RULE_HEAD, "\n");
}
END_TEST

/* A rule in which the line that begins with KEY is replaced by LINE (NULL: left out), or LINE comes
 * last (KEY empty). */
struct change {
	const char *key;
	const char *line;
	const char *message;
};

static void check_change(const struct change *c)
{
	static const char *const lines[] = {"title: T", "id: 00000000-0000-4000-8000-000000000001",
		"logsource: {product: vedette, category: flow}", "level: low",
		"detection: {s: {network.protocol: ssh}, condition: s}"};
	char text[4096];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		bool changed = *c->key && strncmp(lines[i], c->key, strlen(c->key)) == 0;
		const char *line = changed ? c->line : lines[i];

		if (line)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", line);
	}
	if (*c->key == '\0')
		snprintf(text + len, sizeof(text) - len, "%s\n", c->line);
	check_text(text, NULL, c->message);
}

START_TEST(other_keys)
{
	static const struct change changes[] = {
		{"title", NULL,
			"1:1: \"title\" is missing; write for example title: Equipment reached "
			"a listed network"},
		{"title", "title: ''", "1:8: \"title\" is empty; say what the rule finds"},
		{"title", "title: [a]", "1:8: \"title\" is a single text, not a list"},
		{"id", NULL, "1:1: \"id\" is missing; make a UUID with uuidgen"},
		{"id", "id: 1234", "2:5: \"1234\" is no UUID; make one with uuidgen"},
		{"id", "id: 00000000-0000-4000-8000-00000000000g",
			"2:5: \"00000000-0000-4000-8000-00000000000g\" is no UUID; make one "
			"with uuidgen"},
		{"level", NULL, "1:1: \"level\" is missing; write for example level: medium"},
		{"level", "level: severe",
			"4:8: level \"severe\"; there are: informational, low, medium, high, "
			"critical"},
		{"level", "level: HIGH",
			"4:8: level \"HIGH\"; there are: informational, low, medium, high, "
			"critical"},
		{"logsource", NULL,
			"1:1: \"logsource\" is missing; write for example logsource: {product: "
			"vedette, category: flow}"},
		{"logsource", "logsorce: {product: vedette, category: flow}",
			"3:1: unknown key \"logsorce\"; did you mean \"logsource\"?"},
		{"logsource", "logsource: vedette",
			"3:12: \"logsource\" is a map; write for example {product: vedette, "
			"category: flow}"},
		{"logsource", "logsource: {product: vedette}",
			"3:12: logsource has no category; there are: flow, dns, signalling, "
			"behaviour, equipment, sensor"},
		{"logsource", "logsource: {product: vedette, category: flows}",
			"3:41: unknown category \"flows\"; did you mean \"flow\"?"},
		{"logsource", "logsource: {product: vedette, category: process_creation}",
			"3:41: unknown category \"process_creation\"; there are: flow, dns, "
			"signalling, behaviour, equipment, sensor"},
		{"logsource", "logsource: {product: Vedete, category: flow}",
			"3:22: product \"Vedete\"; did you mean \"vedette\"?"},
		{"logsource", "logsource: {category: flow}",
			"3:12: logsource has no product; write product: vedette beside the "
			"category"},
		{"logsource", "logsource: {product: vedette, category: [flow]}",
			"3:41: the category of a log source is a text, such as flow"},
		{"logsource", "logsource: {product: [vedette], category: flow}",
			"3:22: the product of a log source is a text, such as vedette"},
		{"logsource", "logsource: {product: vedette, category: flow, service: x}",
			"3:47: unknown key \"service\"; known here: product, category, "
			"definition"},
		{"detection", NULL,
			"1:1: \"detection\" is missing; write for example detection: "
			"{selection: {network.protocol: ssh}, condition: selection}"},
		{"detection", "detecton: {s: {network.protocol: ssh}, condition: s}",
			"5:1: unknown key \"detecton\"; did you mean \"detection\"?"},
		{"", "simulation: x",
			"6:1: unknown key \"simulation\"; known here: title, id, name, "
			"related, taxonomy, status, description, license, author, references, "
			"date, modified, tags, logsource, detection, fields, falsepositives, "
			"level, scope, custom"},
		{"", "tags: [a.b, a.b]",
			"6:13: \"a.b\" stands twice under \"tags\", first in line 6; remove one"},
		{"", "title: 5",
			"6:1: the key \"title\" stands twice, first in line 1; remove one"},
		{"", "author: 5", "6:9: \"author\" is a text; put it in quotes"},
		{"", "author:", "6:8: \"author\" says nothing; write a text, or delete it"},
		{"", "falsepositives: [x]",
			"6:18: \"x\" is too short for \"falsepositives\"; write 2 characters or "
			"more"},
		{"", "references: [1.5e3]",
			"6:14: \"references\" is a list of texts; put this in quotes"},
		{"", "related: [{id: 1, type: derived}]",
			"6:16: \"1\" is no UUID; write the id of the other rule"},
		{"", "related: [{id: 00000000-0000-4000-8000-000000000002, type: father}]",
			"6:60: type \"father\"; there are: derived, obsolete, merged, renamed, "
			"similar"},
		{"", "status: stabel",
			"6:9: status \"stabel\"; there are: stable, test, experimental, "
			"deprecated, unsupported"},
		{"", "date: 2026-02-30",
			"6:7: \"2026-02-30\" is no date under \"date\"; write for example "
			"2026-11-22"},
		{"", "modified: 2026/02/03",
			"6:11: \"2026/02/03\" is no date under \"modified\"; write for example "
			"2026-11-22"},
		{"", "tags: attack.t1071", "6:7: \"tags\" is a list; write [first, second]"},
		{"", "tags: [T1071]",
			"6:8: \"T1071\" is no tag; write namespace.name in lower case, such as "
			"attack.t1071"},
		{"", "tags: [attack.t107]",
			"6:8: \"attack.t107\" is no ATT&CK technique; write attack.t1071 or "
			"attack.t1071.001"},
		{"", "tags: [attack.t1071.01]",
			"6:8: \"attack.t1071.01\" is no ATT&CK technique; write attack.t1071 "
			"or attack.t1071.001"},
		{"", "falsepositives: none",
			"6:17: \"falsepositives\" is a list; write [first, second]"},
		{"", "falsepositives: [{a: b}]", "6:18: \"falsepositives\" is a list of texts"},
		{"", "related: x", "6:10: \"related\" is a list of {id: UUID, type: derived}"},
		{"", "references: x", "6:13: \"references\" is a list; write [first, second]"},
		{"", "author: [x]", "6:9: \"author\" is a single text, not a list"},
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		check_change(&changes[i]);
}
END_TEST

START_TEST(documents)
{
	check_text("- a\n", NULL, "1:1: a rule is a map; write title: and the other keys");
	check_text("x\n", NULL, "1:1: a rule is a map; write title: and the other keys");
}
END_TEST

START_TEST(the_same_id_twice)
{
	static const char body[] = "logsource: {product: vedette, category: flow}\n"
				   "level: low\n"
				   "detection: {s: {network.protocol: ssh}, condition: s}\n";
	static const char ids[5][40] = {"aaaaaaaa-0000-4000-8000-000000000001",
		"bbbbbbbb-0000-4000-8000-000000000001", "cccccccc-0000-4000-8000-000000000001",
		"AAAAAAAA-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000001"};
	static const char *const names[5] = {"1.yml", "2.yml", "3.yml", "4.yml", "5.yml"};
	struct sigma *s = sigma_new();
	struct error err = {0};

	for (int i = 0; i < 5; i++) {
		char text[512];

		snprintf(text, sizeof(text), "title: T\nid: %s\n%s", ids[i], body);
		ck_assert_int_eq(sigma_add(s, NULL, names[i], STR("f"), str_from(text), &err), 0);
	}
	ck_assert_int_eq(sigma_finish(s, &err), ERR_CONFIG);
	ck_assert_str_eq(err.msg,
		"4.yml:2:5: the id AAAAAAAA-0000-4000-8000-000000000001 is also that of "
		"1.yml:2:5; make another with uuidgen (and 1 more error)");
	ck_assert_uint_eq(error_list_total(sigma_faults(s)), 2);
	ck_assert_str_eq(sigma_faults(s)->items[1].msg,
		"5.yml:2:5: the id bbbbbbbb-0000-4000-8000-000000000001 is also that of "
		"2.yml:2:5; make another with uuidgen");
	sigma_close(s);
}
END_TEST

static char *repeated(const char *head, const char *part, size_t times, const char *tail)
{
	size_t size = strlen(head) + strlen(part) * times + strlen(tail) + 1;
	char *text = malloc(size);
	char *at = text + sprintf(text, "%s", head);

	for (size_t i = 0; i < times; i++)
		at += sprintf(at, "%s", part);
	strcpy(at, tail);
	return text;
}

static void check_repeated(
	const char *head, const char *part, size_t times, const char *tail, const char *message)
{
	char *text = repeated(head, part, times, tail);

	if (message) {
		check_text(text, NULL, message);
	} else {
		struct error err = {0};
		struct sigma *s = rules_read(text, NULL, &err);

		ck_assert_msg(s != NULL, "%s", err.msg);
		sigma_close(s);
	}
	free(text);
}

#define ONE "detection:\n  s: {network.protocol: ssh}\n  condition: "

/* At each limit, and one beyond it. */
START_TEST(limits)
{
	check_repeated(RULE_HEAD ONE "'", "(", 31, "s)))))))))))))))))))))))))))))))'\n", NULL);
	check_repeated(RULE_HEAD ONE "'", "(", 32, "s))))))))))))))))))))))))))))))))'\n",
		"7:14: the condition nests deeper than 32; split it into several selections");
	check_repeated(RULE_HEAD ONE "'", "not ", 31, "s'\n", NULL);
	check_repeated(RULE_HEAD ONE "'", "not ", 100000, "s'\n",
		"7:14: the condition nests deeper than 32; split it into several selections");
	check_repeated(RULE_HEAD ONE, "s or ", 511, "s\n", NULL);
	check_repeated(RULE_HEAD ONE, "s or ", 512, "s\n",
		"7:14: the condition has more than 1024 parts; make it several rules");
	check_repeated(RULE_HEAD "detection:\n  s:\n", "    - {peer.domain: x}\n", 4096,
		"  condition: s\n", NULL);
	check_repeated(RULE_HEAD "detection:\n  s:\n", "    - {peer.domain: x}\n", 4097,
		"  condition: s\n",
		"7:5: 4097 alternatives, at most 4096 are allowed; make it several rules");
	check_repeated(RULE_HEAD "detection:\n  s:\n", "    - {peer.domain: x, peer.port: 1}\n",
		2049, "  condition: s\n",
		"2055:8: the rule has more than 4096 tests; make it several rules");
	check_repeated(RULE_HEAD "detection:\n  s:\n    peer.port: [", "1,", 65535,
		"1]\n  condition: s\n", NULL);
	check_repeated(RULE_HEAD "detection:\n  s:\n    peer.port: [", "1,", 65536,
		"1]\n  condition: s\n",
		"7:16: 65537 values, at most 65536 are allowed; make them a list (docs/lists.md) "
		"and name it with expand");
	check_repeated(RULE_HEAD "detection:\n  s:\n    peer.domain: ", "x", 1024,
		"\n  condition: s\n", NULL);
	check_repeated(RULE_HEAD "detection:\n  s:\n    peer.domain: ", "x", 1025,
		"\n  condition: s\n",
		"7:18: a value of 1025 bytes; at most 1024 are allowed: look for its distinctive "
		"part with contains");
	check_repeated("title: ", "x", 257,
		"\nid: 00000000-0000-4000-8000-000000000001\n"
		"logsource: {product: vedette, category: flow}\nlevel: low\n" ONE "s\n",
		"1:8: \"title\" has 257 characters; at most 256 are allowed");
}
END_TEST

/* N selections s0, s1, ... under CONDITION; refused with MESSAGE unless that is NULL. */
static void check_selections(int n, const char *condition, const char *message)
{
	char text[32768];
	size_t len = (size_t)snprintf(text, sizeof(text), RULE_HEAD "detection:\n");

	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "  s%d: {peer.port: 1}\n", i);
	snprintf(text + len, sizeof(text) - len, "  condition: ");
	check_repeated(text, condition, 1, "\n", message);
}

START_TEST(many_selections)
{
	check_selections(256, "1 of them", NULL);
	check_selections(257, "1 of them",
		"6:3: 257 selections, at most 256 are allowed; make it several rules");
	check_selections(256, "1 of s* or all of s*", NULL);
	check_selections(256, "1 of s* or all of s* or 1 of them",
		"262:14: the condition has more than 1024 parts; make it several rules");
	check_selections(1, "[s0, s0 | count() > 1]",
		"7:19: aggregations behind a bar (character 4) were removed from Sigma; remove the "
		"bar and what follows, and count in a correlation rule (docs/rules.md)");
}
END_TEST

/* Bytes that would disturb a terminal do not reach it. */
START_TEST(hostile_names)
{
	check_text(RULE_HEAD "detection:\n  s: {\"a\\e[2J\\u202e\": x}\n  condition: s\n", NULL,
		"6:7: unknown fact \"a\\x1b[2J\\xe2\\x80\\xae\"; docs/fields.md lists them all");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, items);
	tcase_add_test(tc, conditions);
	tcase_add_test(tc, detections);
	tcase_add_test(tc, other_keys);
	tcase_add_test(tc, documents);
	tcase_add_test(tc, the_same_id_twice);
	tcase_add_test(tc, limits);
	tcase_add_test(tc, many_selections);
	tcase_add_test(tc, hostile_names);
}

int main(void)
{
	return suite_main("sigma errors", add_tests);
}
