/* What an expression needs is in every text that it matches. */
#include "rules/sigma/required.h"

#include <stdio.h>
#include <string.h>

#include "rules/sigma/pattern.h"
#include "rules/sigma/regex.h"
#include "tests/unit/pattern_fixture.h"
#include "tests/unit/suite.h"

static void check(const char *pattern, const char *wanted)
{
	char buf[256];
	struct str got = required_of_regex(str_from(pattern), buf);

	ck_assert_msg(str_eq(got, str_from(wanted)), "%s: \"%.*s\", not \"%s\"", pattern,
		(int)got.len, got.data, wanted);
}

START_TEST(finds_the_longest_part)
{
	check("abc", "abc");
	check("ABC", "abc");
	check("^abc$", "abc");
	check("ab.cde", "cde");
	check("abc.de", "abc");
	check("abc*de", "ab");
	check("abc?", "ab");
	check("abc??d", "ab");
	check("abc+d", "abc");
	check("abc+?", "abc");
	check("abc{0,2}d", "ab");
	check("abc{2}d", "ab");
	check("abc{x}", "ab");
	check("a\\.b\\\\c", "a.b\\c");
	check("a\\.?bc", "bc");
	check("ab\\d+cde", "cde");
	check("ab[cd]efg", "efg");
	check("ab[]cd]efg", "efg");
	check("ab[^]cd]efg", "efg");
	check("ab[c\\]d]efg", "efg");
	check("x(abc|def)yz", "yz");
	check("x(abc)*yz", "yz");
	check("x(a(b|c)[)]d)yz", "yz");
	check("(?i)ABC", "abc");
	check("(?i:xy)abc", "abc");
	check("(?:xy)+abc", "abc");
	check("(?=xyz)abc(?!xyz)", "abc");
	check("(?<=xyz)ab", "ab");
	check("/a b#c", "/a b#c");
	check("/[a-z]+/gate\\.php$", "/gate.php");
}
END_TEST

START_TEST(says_nothing_when_unsure)
{
	static const char *const unsure[] = {"", ".", "a|b", "abc|abd", "abc(d|e)|f", "[abc]", "a*",
		"(abc)", "(?x)a b c", "(?-i)abc", "(?#abc)def", "\\Qa|b\\E", "\\x41bc", "\\101bc",
		"(a)\\1bc", "(*UTF)abc", "abc(*ACCEPT)def", "(?R)?abc", "(?1)abc", "(?P<n>a)bc",
		"(?(1)a|b)cd", "\\p{L}abc", "[[:alpha:]]bc", "a\\Kbc", "ab\\", "(ab", "[ab"};

	for (size_t i = 0; i < sizeof(unsure) / sizeof(unsure[0]); i++)
		check(unsure[i], "");
}
END_TEST

static uint64_t state = 88172645463325252U;

/* xorshift64 */
static uint32_t below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 33) % n;
}

static const char *random_piece(void)
{
	static const char *const pieces[] = {"a", "b", "B", "c", "ab", ".", "*", "?", "+", "{0,1}",
		"{1}", "{,2}", "{", "}", "(", ")", "(?:", "(?i)", "(?=", "(?!", "(?>", "|", "[ab]",
		"[^a]", "[", "]", "\\", "\\.", "\\d", "\\w", "\\b", "\\Q", "\\E", "\\1", "^", "$",
		"(?x)", "(?#", "(*", "(?s:", "\\x61", "-", " ", "#", "[]a]", "(?|", "\\K", "\\h"};

	return pieces[below(sizeof(pieces) / sizeof(pieces[0]))];
}

/* Expressions of pieces, most of which are none; and short texts, of which they match many. */
START_TEST(is_in_whatever_matches)
{
	struct regex_runner *run = regex_runner_new();
	unsigned long matches = 0;
	unsigned long said = 0;

	for (int i = 0; i < 200000; i++) {
		char pattern[128] = "";
		char text[16];
		char buf[128];
		struct regex_fault fault;
		struct str required;
		struct regex *r;
		uint32_t pieces = 1 + below(7);

		while (pieces-- > 0)
			strcat(pattern, random_piece());
		r = regex_new(str_from(pattern), below(2) ? REGEX_NO_CASE : 0, &fault);
		if (!r)
			continue;
		required = required_of_regex(str_from(pattern), buf);
		for (int k = 0; k < 8; k++) {
			uint32_t length = below(8);

			for (uint32_t at = 0; at < length; at++)
				text[at] = "abcABC.1 {|#"[below(12)];
			if (!regex_match(r, run, (struct str){text, length}))
				continue;
			matches++;
			said += required.len > 0;
			ck_assert_msg(pattern_has_part((struct str){text, length}, required),
				"%s matches \"%.*s\" without \"%.*s\"", pattern, (int)length, text,
				(int)required.len, required.data);
		}
		regex_free(r);
	}
	ck_assert_uint_gt(matches, 10000);
	ck_assert_uint_gt(said, 1000);
	regex_runner_free(run);
}
END_TEST

static void check_glob(const char *text, const char *wanted)
{
	struct arena *a = arena_new(4096);
	struct pattern p;
	char buf[PATTERN_MAX_BYTES];

	pattern_read(&p, a, text, OPEN_NOWHERE, false);
	ck_assert_int_eq(p.kind, PATTERN_GLOB);
	ck_assert(str_eq(required_of_glob(&p, buf), str_from(wanted)));
	arena_free(a);
}

START_TEST(of_texts_with_wildcards)
{
	check_glob("aB*Cde", "cde");
	check_glob("abc?de", "abc");
	check_glob("*a?*", "a");
	check_glob("?", "");
	check_glob("a\\*b*c", "a*b");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, finds_the_longest_part);
	tcase_add_test(tc, says_nothing_when_unsure);
	tcase_add_test(tc, is_in_whatever_matches);
	tcase_add_test(tc, of_texts_with_wildcards);
}

int main(void)
{
	return suite_main("sigma required", add_tests);
}
