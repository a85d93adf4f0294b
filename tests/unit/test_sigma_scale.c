/* Many rules, and many faults: all are told, with their places, in time. */
#include <time.h>

#include "tests/unit/sigma_fixture.h"

enum { RULES = 10000, FAULTS = 1000, RULE_BYTES = 1024, MOST_CPU_MS = 3000 };

#define ID(n) "00000000-0000-4000-8000-%012d", n

static uint64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int put_rule(char *at, int n)
{
	char id[64];

	snprintf(id, sizeof(id), ID(n));
	return sprintf(at,
		"title: Generated rule %d\nid: %s\nstatus: test\nreferences:\n    - "
		"https://example.org/%d\ntags:\n    - attack.t1071\nlogsource:\n    product: "
		"vedette\n    category: flow\ndetection:\n    selection:\n        "
		"peer.domain|endswith:\n            - .gen%d.example\n            - "
		".other%d.example\n        destination.port: %d\n    other:\n        "
		"peer.ip|cidr: 10.%d.%d.0/24\n        network.protocol: [tls, ssh]\n    filter:\n"
		"        contract.verdict: [allowed, exception]\n    condition: (selection or "
		"other) and not filter\nfalsepositives:\n    - Unknown\nlevel: low\n",
		n, id, n, n, n, n % 65535 + 1, n / 256 % 256, n % 256);
}

/* In one file, or each in its own. */
static void check_time(bool one_file)
{
	char *text = malloc((size_t)RULES * RULE_BYTES);
	struct sigma *s = sigma_new();
	struct error err = {0};
	uint64_t began = cpu_ms();
	size_t len = 0;

	for (int i = 0; i < RULES; i++) {
		if (one_file && i > 0)
			len += (size_t)sprintf(text + len, "---\n");
		if (!one_file)
			len = 0;
		len += (size_t)put_rule(text + len, i);
		if (!one_file || i == RULES - 1)
			ck_assert_int_eq(sigma_add(s, NULL, "r.yml", STR("r.yml"),
						 (struct str){text, (uint32_t)len}, &err),
				0);
	}
	ck_assert_msg(sigma_finish(s, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(sigma_count(s), RULES);
	printf("%d rules in %s: %llu ms of CPU time\n", RULES, one_file ? "one file" : "files",
		(unsigned long long)(cpu_ms() - began));
	ck_assert_uint_lt(cpu_ms() - began, MOST_CPU_MS);
	sigma_close(s);
	free(text);
}

START_TEST(ten_thousand_rules)
{
	check_time(true);
	check_time(false);
}
END_TEST

/* TEXT holds FAULTS; the Nth is told of line FIRST + N * STEP, column COLUMN. */
static void check_faults(const char *text, int first, int step, int column, const char *message)
{
	struct sigma *s = sigma_new();
	struct error err = {0};
	const struct error_list *l;

	ck_assert_int_eq(sigma_add(s, NULL, "r.yml", STR("r.yml"), str_from(text), &err), 0);
	ck_assert_int_eq(sigma_finish(s, &err), ERR_CONFIG);
	ck_assert_msg(strstr(err.msg, "(and 999 more errors)"), "%s", err.msg);
	l = sigma_faults(s);
	ck_assert_uint_eq(l->n, FAULTS);
	for (int i = 0; i < FAULTS; i++) {
		char begin[256];

		snprintf(
			begin, sizeof(begin), "r.yml:%d:%d: %s", first + i * step, column, message);
		ck_assert_msg(strncmp(l->items[i].msg, begin, strlen(begin)) == 0, "%s is not %s",
			l->items[i].msg, begin);
	}
	sigma_close(s);
}

/* One rule with a thousand of each kind, and a thousand rules with one. */
START_TEST(a_thousand_faults)
{
	char *text = malloc((size_t)FAULTS * 256);
	size_t len;

	len = (size_t)sprintf(text, RULE_HEAD "detection:\n  s:\n");
	for (int i = 0; i < FAULTS; i++)
		len += (size_t)sprintf(text + len, "    frobnicate%d: x\n", i);
	sprintf(text + len, "  condition: s\n");
	check_faults(text, 7, 1, 5, "unknown fact \"frobnicate");

	len = (size_t)sprintf(text, RULE_HEAD "detection:\n  s:\n    destination.port:\n");
	for (int i = 0; i < FAULTS; i++)
		len += (size_t)sprintf(text + len, "      - many\n");
	sprintf(text + len, "  condition: s\n");
	check_faults(text, 8, 1, 9, "\"many\" is no whole number");

	len = (size_t)sprintf(text, RULE_HEAD);
	for (int i = 0; i < FAULTS; i++)
		len += (size_t)sprintf(text + len, "frobnicate%d: x\n", i);
	sprintf(text + len, "detection: {s: {peer.port: 1}, condition: s}\n");
	check_faults(text, 5, 1, 1, "unknown key \"frobnicate");

	len = 0;
	for (int i = 0; i < FAULTS; i++) {
		char id[64];

		snprintf(id, sizeof(id), ID(i));
		len += (size_t)sprintf(text + len,
			"%stitle: T\nid: %s\nlogsource: {product: vedette, category: flow}\nlevel: "
			"low\ndetection: {s: {peer.port: 1}, condition: t}\n",
			i ? "---\n" : "", id);
	}
	check_faults(text, 5, 6, 43, "unknown selection \"t\"");

	len = 0;
	for (int i = 0; i < FAULTS; i++)
		len += (size_t)sprintf(text + len, "%stitle: ]\n", i ? "---\n" : "");
	check_faults(text, 1, 2, 8, "did not find expected node content");
	free(text);
}
END_TEST

/* Nothing of a file with faults is used, and a good file beside it does not help. */
START_TEST(what_is_kept_is_bounded)
{
	char *text = malloc((size_t)(ERROR_LIST_MAX + 100) * 64);
	struct sigma *s = sigma_new();
	struct error err = {0};
	size_t len = (size_t)sprintf(text, RULE_HEAD "detection:\n  s:\n    peer.port:\n");

	for (int i = 0; i < ERROR_LIST_MAX + 50; i++)
		len += (size_t)sprintf(text + len, "      - x\n");
	sprintf(text + len, "  condition: s\n");
	ck_assert_int_eq(sigma_add(s, NULL, "r.yml", STR("r.yml"), str_from(text), &err), 0);
	ck_assert_int_eq(sigma_finish(s, &err), ERR_CONFIG);
	ck_assert_uint_eq(sigma_faults(s)->n, ERROR_LIST_MAX);
	ck_assert_uint_eq(error_list_total(sigma_faults(s)), ERROR_LIST_MAX + 50);
	ck_assert_uint_eq(sigma_count(s), 0);
	sigma_close(s);
	free(text);
}
END_TEST

/* So are those of rules that are left out, all together; each keeps its first. */
START_TEST(what_rules_of_others_say_is_bounded)
{
	char *text = malloc((size_t)ERROR_LIST_MAX * 64);
	struct sigma *s = sigma_new();
	struct error err = {0};
	size_t len = 0;

	for (int rule = 0; rule < 3; rule++) {
		len += (size_t)sprintf(text + len, "---\ntitle: T\nlogsource: {product: "
						   "x}\ndetection:\n  condition: s\n  s:\n");
		for (int i = 0; i < ERROR_LIST_MAX / 2 + 1; i++)
			len += (size_t)sprintf(text + len, "    a%d|x: 1\n", i);
	}
	ck_assert_int_eq(sigma_add(s, NULL, "r.yml", STR("r.yml"), str_from(text), &err), 0);
	ck_assert_int_eq(sigma_finish(s, &err), 0);
	ck_assert_uint_eq(sigma_left_for(s, LEFT_FAULTY), 3);
	ck_assert_uint_eq(sigma_left(s, 0)->n_messages, ERROR_LIST_MAX / 2 + 1);
	ck_assert_uint_eq(sigma_left(s, 0)->n_unkept, 0);
	ck_assert_uint_eq(sigma_left(s, 1)->n_messages, ERROR_LIST_MAX / 2 - 1);
	ck_assert_uint_eq(sigma_left(s, 1)->n_unkept, 2);
	ck_assert_uint_eq(sigma_left(s, 2)->n_messages, 1);
	ck_assert_uint_eq(sigma_left(s, 2)->n_unkept, ERROR_LIST_MAX / 2);
	sigma_close(s);
	free(text);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, what_rules_of_others_say_is_bounded);
	tcase_add_test(tc, ten_thousand_rules);
	tcase_add_test(tc, a_thousand_faults);
	tcase_add_test(tc, what_is_kept_is_bounded);
}

int main(void)
{
	return suite_main("sigma scale", add_tests);
}
