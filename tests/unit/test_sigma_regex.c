/* Regular expressions stay within their limits, whatever the text. */
#include <time.h>

#include "rules/sigma/regex.h"
#include "tests/unit/sigma_fixture.h"

static struct regex_runner *run;

static void setup(void)
{
	run = regex_runner_new();
	ck_assert_ptr_nonnull(run);
}

static void teardown(void)
{
	regex_runner_free(run);
}

static struct regex *compile(const char *pattern, unsigned flags)
{
	struct regex_fault fault;
	struct regex *r = regex_new(str_from(pattern), flags, &fault);

	ck_assert_msg(r != NULL, "%s: %s", pattern, fault.text);
	return r;
}

static bool matches(const char *pattern, unsigned flags, struct str text)
{
	struct regex *r = compile(pattern, flags);
	bool result = regex_match(r, run, text);

	regex_free(r);
	return result;
}

START_TEST(meets)
{
	ck_assert(matches("e.il", 0, STR("an evil")));
	ck_assert(!matches("e.il", 0, STR("an EVIL")));
	ck_assert(matches("e.il", REGEX_NO_CASE, STR("an EVIL")));
	ck_assert(!matches("^b", 0, STR("a\nb")));
	ck_assert(matches("^b", REGEX_MULTI_LINE, STR("a\nb")));
	ck_assert(!matches("a.b", 0, STR("a\nb")));
	ck_assert(matches("a.b", REGEX_DOT_ALL, STR("a\nb")));
	ck_assert(matches("a.b", 0, STR("a\0b")));
	ck_assert(matches("a.b", 0,
		STR("a\xff"
		    "b")));
	ck_assert(matches("^.*evil$", 0, STR("\xff\xfe\xc3 evil")));
	ck_assert(matches("^$", 0, (struct str){NULL, 0}));
	ck_assert_uint_eq(regex_limit_hits(run), 0);
}
END_TEST

START_TEST(says_what_is_wrong)
{
	struct regex_fault fault;

	ck_assert_ptr_null(regex_new(STR("ab(c"), 0, &fault));
	ck_assert_str_eq(fault.text, "missing closing parenthesis");
	ck_assert_uint_eq(fault.offset, 4);
	ck_assert_ptr_null(regex_new(STR("\\C"), 0, &fault));
	ck_assert_ptr_null(regex_new(STR("(*UTF)a"), 0, &fault));
	regex_free(NULL);
	regex_runner_free(NULL);
}
END_TEST

/* Each of these takes hours, or all memory, without limits. */
START_TEST(hits_its_limits)
{
	static const char *const patterns[] = {"^(([a-z])+.)+[A-Z]([a-z])+$", "^(a+)+$", "^(a|a)*$",
		"^(a|aa)+$", "(.*)(.*)(.*)(.*)(.*)[0-9]z$", "^(.*?,){12}P", "(a*)*b?$",
		"([a-z]+)*[0-9]$", "^((a+)?)*$", "(?:a?){30}a{30}[0-9]", "((?=(a+))a)*[0-9]$"};
	static const size_t sizes[] = {30, 1000, 65536, 1 << 20};
	char *text = malloc(1 << 20);
	clock_t begin = clock();

	memset(text, 'a', 1 << 20);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		struct regex *r = compile(patterns[i], 0);

		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			char last = text[sizes[j] - 1];

			text[sizes[j] - 1] = '!';
			(void)regex_match(r, run, (struct str){text, (uint32_t)sizes[j]});
			text[sizes[j] - 1] = last;
		}
		regex_free(r);
	}
	ck_assert_uint_ge(regex_limit_hits(run), 12);
	/* two orders of magnitude above what it takes, for sanitizers and busy machines */
	ck_assert_int_lt(clock() - begin, 20 * CLOCKS_PER_SEC);
	free(text);
}
END_TEST

/* Few steps that walk far: each start runs through all that is left. */
START_TEST(counts_how_far_it_walks)
{
	enum { BYTES = 1 << 20 };
	char *text = malloc(BYTES);
	clock_t begin = clock();

	memset(text, 'a', BYTES);
	ck_assert(!matches("a*[bc]", 0, (struct str){text, BYTES}));
	ck_assert_uint_eq(regex_limit_hits(run), 1);
	ck_assert_int_lt(clock() - begin, 2 * CLOCKS_PER_SEC);
	free(text);
}
END_TEST

/* The match limit of PCRE2 counts each start anew: this one stays below it, and takes half a
 * minute. */
START_TEST(counts_over_all_starts)
{
	enum { BYTES = 65536 };
	char *text = malloc(BYTES);
	clock_t begin = clock();

	memset(text, ' ', BYTES);
	text[BYTES - 1] = 'x';
	ck_assert(!matches("\\s+$", 0, (struct str){text, BYTES}));
	ck_assert_uint_eq(regex_limit_hits(run), 1);
	ck_assert_int_lt(clock() - begin, 2 * CLOCKS_PER_SEC);
	/* and the next one has all its steps again */
	ck_assert(matches("x$", 0, (struct str){text, BYTES}));
	ck_assert_uint_eq(regex_limit_hits(run), 1);
	free(text);
}
END_TEST

START_TEST(leaves_room_for_honest_work)
{
	char url[2048];

	memset(url, 'a', sizeof(url));
	memcpy(url + sizeof(url) - 4, "evil", 4);
	ck_assert(matches(".*evil.*", 0, (struct str){url, sizeof(url)}));
	ck_assert(!matches(".*good.*", 0, (struct str){url, sizeof(url)}));
	ck_assert(matches("^([a-z]+)\\1?evil$", 0, (struct str){url, sizeof(url)}));
	ck_assert_uint_eq(regex_limit_hits(run), 0);
}
END_TEST

/* What a rule makes of it: no match, under `neq` a match, and the count. */
START_TEST(a_rule_counts_them)
{
	struct event *e = event_new();
	struct sigma *s = rule_of("  s: {peer.domain|re: '^(a|a)*$'}\n  condition: s", NULL);
	struct sigma_scratch *w = sigma_scratch_new(s);
	struct matches m = {.facts = &e->facts};
	char text[64];

	memset(text, 'a', sizeof(text));
	text[63] = '!';
	facts_set_str(&e->facts, FIELD_PEER_DOMAIN, (struct str){text, sizeof(text)});
	sigma_eval(s, w, RULE_FLOW, &e->facts, keep_match, &m);
	ck_assert_uint_eq(m.n, 0);
	ck_assert_uint_eq(sigma_regex_limit_hits(w), 1);
	text[63] = 'a';
	sigma_eval(s, w, RULE_FLOW, &e->facts, keep_match, &m);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_uint_eq(sigma_regex_limit_hits(w), 1);
	sigma_scratch_free(w);
	sigma_scratch_free(NULL);
	sigma_close(s);
	event_free(e);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, meets);
	tcase_add_test(tc, says_what_is_wrong);
	tcase_add_test(tc, hits_its_limits);
	tcase_add_test(tc, counts_how_far_it_walks);
	tcase_add_test(tc, counts_over_all_starts);
	tcase_add_test(tc, leaves_room_for_honest_work);
	tcase_add_test(tc, a_rule_counts_them);
}

int main(void)
{
	return suite_main("sigma regex", add_tests);
}
