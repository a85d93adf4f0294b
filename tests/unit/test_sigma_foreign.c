/* Detections of rules for other log sources are read whole: what the specification allows is none
 * of a fault, what it does not is one, though none of them is ever run. */
#include "rules/sigma/program.h"
#include "tests/unit/sigma_fixture.h"

#define FOREIGN_HEAD                                                                               \
	"title: T\n"                                                                               \
	"id: 00000000-0000-4000-8000-000000000001\n"                                               \
	"logsource: {product: windows, category: process_creation}\n"                              \
	"level: low\n"

static void check(const char *detection, const char *fault)
{
	char text[2048];
	struct error err = {0};
	const struct left_rule *left;
	struct sigma *s;

	snprintf(text, sizeof(text), FOREIGN_HEAD "detection:\n%s", detection);
	s = rules_read(text, NULL, &err);
	ck_assert_msg(s != NULL, "%s\n%s", err.msg, text);
	ck_assert_uint_eq(sigma_count(s), 0);
	ck_assert_uint_eq(sigma_left_count(s), 1);
	left = sigma_left(s, 0);
	ck_assert_msg(left->why == (fault ? LEFT_FAULTY : LEFT_OTHER_SOURCE), "%s is %s\n%s",
		detection, left_out_name(left->why),
		left->n_messages ? left->messages[0].data : "");
	if (fault)
		ck_assert_msg(strstr(left->messages[0].data, fault) != NULL, "%s\ninstead of %s",
			left->messages[0].data, fault);
	sigma_close(s);
}

static void check_test(const char *test, const char *fault)
{
	char detection[1024];

	snprintf(detection, sizeof(detection), "  s:\n    %s\n  condition: s\n", test);
	check(detection, fault);
}

START_TEST(tests_that_are_good)
{
	static const char *const tests[] = {"EventID: 4625", "EventID: [4624, 4625]",
		"CommandLine|contains|all: [a, b]", "CommandLine|contains|windash: ' -enc'",
		"CommandLine|base64offset|contains: http",
		"CommandLine|wide|base64offset|contains: x1", "CommandLine|utf16le|base64: ab",
		"CommandLine|re: '(?i)a{2,}'", "CommandLine|re|i|m|s: a",
		"CommandLine|contains: ''", "Image: ''", "Image: null", "Image|exists: false",
		"SubjectUserName|fieldref: TargetUserName",
		"SubjectUserName|fieldref|endswith: Other", "User|expand: '%Administrators%'",
		"User|contains|expand: 'x%a%y%b%'", "User|expand: '50%'",
		"User|expand|base64offset|contains: '%a%'",
		"DestinationIp|cidr: [10.0.0.0/8, '::1/128']", "DestinationIp|cidr|expand: '%net%'",
		"Size|gt: -1.5", "Size|lte: 10", "Time|hour|gte: 22", "Time|week: 52",
		"Image|cased|startswith: 'C:\\'", "Image|neq: x", "Image|neq|contains: [x, y]",
		"'Some Field.x-y': 1", "'|all': [a, b]", "'|re': a.c",
		"- a\n    - 7\n    - Image: x"};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		check_test(tests[i], NULL);
}
END_TEST

START_TEST(tests_that_are_faults)
{
	static const struct {
		const char *test, *fault;
	} tests[] = {
		{"Image|contain: x", "unknown modifier \"contain\"; did you mean \"contains\"?"},
		{"Image|all: x", "\"all\" needs a list of two values or more"},
		{"Image|base64: 'a*'", "\"base64\" encodes whole texts, and knows no wildcards"},
		{"Image|contains|base64: a", "write it before \"contains\""},
		{"Image|re: '('", "bad regular expression"},
		{"Image|re|contains: a", "\"re\" and \"contains\" cannot be combined"},
		{"Image|i: a", "\"i\" belongs to a regular expression"},
		{"Image|exists: maybe", "\"exists\" takes true or false"},
		{"Image: [a, null]", "null cannot stand in a list of values"},
		{"Image: []", "an empty list of values"},
		{"Image: {a: b}", "a value or a list of values is wanted here, not a map"},
		{"Image: [[a]]", "a single value is wanted here, not a list"},
		{"Size|gt: many", "\"many\" is no whole number for Size"},
		{"Time|hour: 25", "\"25\" is no hour; write a number from 0 to 23"},
		{"Ip|cidr: 10.0.0.0/40", "\"10.0.0.0/40\" is no network for Ip"},
		{"Ip|fieldref|re: a", "\"fieldref\" and \"re\" cannot be combined"},
		{"- true", "a search looks for texts and whole numbers"},
		{"'|cidr': 10.0.0.0/8", "\"cidr\" needs a fact before the bar"},
	};

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		check_test(tests[i].test, tests[i].fault);
}
END_TEST

START_TEST(conditions)
{
	static const char selections[] = "  s.one: {A: 1}\n  'select_x|endswith': {B: 2}\n";
	static const struct {
		const char *condition, *fault;
	} samples[] = {
		{"s.one", NULL},
		{"1 of select_*", NULL},
		{"s.one and not 1 of sel*", NULL},
		{"s.one | count() by A > 5", "aggregations behind a bar"},
		{"s.one | near select_x", "aggregations behind a bar"},
		{"s.two", "unknown selection \"s.two\""},
		{"1 of filter*", "no selection is meant by \"filter*\""},
		{"s.one AND s.one", "write \"and\" in lower case"},
		{"(s.one", "is never closed"},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char detection[1024];

		snprintf(detection, sizeof(detection), "%s  condition: %s\n", selections,
			samples[i].condition);
		check(detection, samples[i].fault);
	}
	check("  s: {A: 1}\n  timeframe: 5m\n  condition: s\n", "\"timeframe\" belongs to");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, tests_that_are_good);
	tcase_add_test(tc, tests_that_are_faults);
	tcase_add_test(tc, conditions);
}

int main(void)
{
	return suite_main("sigma foreign", add_tests);
}
