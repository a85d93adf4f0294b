/* Wildcards and escapes as the specification has them. */
#include "rules/sigma/pattern.h"

#include "tests/unit/pattern_fixture.h"
#include "tests/unit/suite.h"

struct sample {
	const char *pattern;
	const char *text;
	bool matches;
};

static bool matches(const char *pattern, struct str text, enum pattern_open open, bool cased)
{
	struct arena *a = arena_new(4096);
	struct pattern p;
	bool result;

	pattern_read(&p, a, pattern, open, cased);
	result = pattern_match(&p, text);
	arena_free(a);
	return result;
}

static void check(const struct sample *samples, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(matches(samples[i].pattern, str_from(samples[i].text), OPEN_NOWHERE,
				      false) == samples[i].matches,
			"%s with %s", samples[i].pattern, samples[i].text);
}

#define CHECK(samples) check(samples, sizeof(samples) / sizeof((samples)[0]))

START_TEST(wildcards)
{
	static const struct sample samples[] = {
		{"prog?.exe", "progA.exe", true},
		{"prog?.exe", "prog.exe", false},
		{"prog?.exe", "progAB.exe", false},
		{"antivirus_V*.exe", "antivirus_V1.exe", true},
		{"antivirus_V*.exe", "antivirus_V21.2.1.exe", true},
		{"antivirus_V*.exe", "antivirus_V.exe", true},
		{"antivirus_V*.exe", "antivirus_V1.exe2", false},
		{"*", "", true},
		{"*", "x", true},
		{"**", "", true},
		{"?", "", false},
		{"?", "x", true},
		{"?", "xy", false},
		{"??", "xy", true},
		{"?*", "", false},
		{"?*", "x", true},
		{"*?", "", false},
		{"*?", "xyz", true},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*", "ab", true},
		{"a*", "ba", false},
		{"*a*", "bab", true},
		{"*a*", "bb", false},
		{"a*a", "a", false},
		{"a*a", "aa", true},
		{"*ab*ab*", "ab", false},
		{"*ab*ab*", "xabyabz", true},
		{"*aab", "aaab", true},
		{"*a?b*", "aaxb", true},
		{"a*b*c", "abbbc", true},
		{"a*b*c", "abbb", false},
		{"A*B", "a-b", true},
		{"", "", true},
		{"", "a", false},
	};

	CHECK(samples);
}
END_TEST

/* "Escape Character" of the specification, line by line. */
START_TEST(escapes)
{
	static const struct sample samples[] = {
		/* a backslash alone, or doubled, is one */
		{"a\\b", "a\\b", true},
		{"a\\\\b", "a\\b", true},
		{"a\\\\b", "a\\\\b", false},
		{"\\", "\\", true},
		{"a\\", "a\\", true},
		{"\\a", "\\a", true},
		/* a wildcard that is escaped is a character */
		{"\\*", "*", true},
		{"\\*", "x", false},
		{"\\?", "?", true},
		{"\\?", "x", false},
		{"a\\*b", "a*b", true},
		{"a\\*b", "axb", false},
		/* a doubled backslash leaves the wildcard its meaning */
		{"\\\\*", "\\anything", true},
		{"\\\\*", "*", false},
		{"\\\\?", "\\x", true},
		{"\\\\?", "\\", false},
		/* three: both are characters */
		{"\\\\\\*", "\\*", true},
		{"\\\\\\*", "\\x", false},
		/* three or four: two backslashes */
		{"\\\\\\a", "\\\\a", true},
		{"\\\\\\\\", "\\\\", true},
		{"\\\\\\\\", "\\", false},
		{"C:\\Windows\\\\*", "c:\\windows\\system32", true},
		{"C:\\Windows\\*", "c:\\windows*", true},
		{"C:\\Windows\\*", "c:\\windows\\x", false},
	};

	CHECK(samples);
}
END_TEST

START_TEST(knows_wildcards)
{
	ck_assert(pattern_has_wildcard(STR("a*")));
	ck_assert(pattern_has_wildcard(STR("?")));
	ck_assert(pattern_has_wildcard(STR("\\\\*")));
	ck_assert(!pattern_has_wildcard(STR("a")));
	ck_assert(!pattern_has_wildcard(STR("a\\*b\\?")));
	ck_assert(!pattern_has_wildcard(STR("\\\\\\*")));
	ck_assert(!pattern_has_wildcard((struct str){NULL, 0}));
}
END_TEST

START_TEST(opens)
{
	ck_assert(matches("b", STR("abc"), OPEN_BOTH, false));
	ck_assert(!matches("b", STR("abc"), OPEN_START, false));
	ck_assert(matches("b", STR("ab"), OPEN_START, false));
	ck_assert(matches("b", STR("bc"), OPEN_END, false));
	ck_assert(!matches("b", STR("ab"), OPEN_END, false));
	ck_assert(matches("b*", STR("xbx"), OPEN_BOTH, false));
	ck_assert(matches("\\*", STR("a*c"), OPEN_BOTH, false));
	ck_assert(!matches("\\*", STR("abc"), OPEN_BOTH, false));
	ck_assert(matches("", STR("abc"), OPEN_BOTH, false));
}
END_TEST

START_TEST(case_matters_when_asked)
{
	ck_assert(matches("AbC", STR("AbC"), OPEN_NOWHERE, true));
	ck_assert(!matches("AbC", STR("abc"), OPEN_NOWHERE, true));
	ck_assert(!matches("b", STR("ABC"), OPEN_BOTH, true));
	ck_assert(matches("B", STR("ABC"), OPEN_BOTH, true));
	ck_assert(!matches("a?c", STR("ABC"), OPEN_NOWHERE, true));
	ck_assert(matches("A?C", STR("ABC"), OPEN_NOWHERE, true));
	ck_assert(!matches("a*", STR("ABC"), OPEN_NOWHERE, true));
	ck_assert(!matches("*c", STR("ABC"), OPEN_NOWHERE, true));
}
END_TEST

START_TEST(one_is_a_character)
{
	ck_assert(matches("?", STR("\xc3\xa9"), OPEN_NOWHERE, false));
	ck_assert(!matches("??", STR("\xc3\xa9"), OPEN_NOWHERE, false));
	ck_assert(!matches("*??", STR("\xc3\xa9"), OPEN_NOWHERE, false));
	ck_assert(matches("*?", STR("\xf0\x9f\x98\x80"), OPEN_NOWHERE, false));
	ck_assert(!matches("*??", STR("\xf0\x9f\x98\x80"), OPEN_NOWHERE, false));
	ck_assert(matches("??", STR("\xff\xfe"), OPEN_NOWHERE, false));
	ck_assert(matches("?", STR("\0"), OPEN_NOWHERE, false));
	ck_assert(matches("*?b",
		STR("\xc3"
		    "b"),
		OPEN_NOWHERE, false));
}
END_TEST

/* What the definition says, slowly: * is every split of the text. */
static bool slow(const char *p, const char *text)
{
	if (*p == '\0')
		return *text == '\0';
	if (*p == '*')
		return slow(p + 1, text) || (*text && slow(p, text + 1));
	return *text && (*p == '?' || *p == *text) && slow(p + 1, text + 1);
}

static void nth(size_t n, const char *letters, char *ret)
{
	size_t base = strlen(letters);

	while (n > 0) {
		*ret++ = letters[--n % base];
		n /= base;
	}
	*ret = '\0';
}

/* All patterns and all texts of up to five letters. */
START_TEST(all_short_ones)
{
	for (size_t i = 0; i < 1365; i++) {
		struct arena *a = arena_new(4096);
		struct pattern p;
		char pattern[8];

		nth(i, "ab*?", pattern);
		pattern_read(&p, a, pattern, OPEN_NOWHERE, false);
		for (size_t j = 0; j < 63; j++) {
			char text[8];

			nth(j, "ab", text);
			ck_assert_msg(pattern_match(&p, str_from(text)) == slow(pattern, text),
				"%s with %s", pattern, text);
		}
		arena_free(a);
	}
}
END_TEST

START_TEST(lower_copies)
{
	char buf[PATTERN_MAX_BYTES];
	char text[PATTERN_MAX_BYTES + 1];

	ck_assert(pattern_lower_copy(buf, STR("aZ\xc3-0")));
	ck_assert_int_eq(memcmp(buf, "az\xc3-0", 5), 0);
	memset(text, 'A', sizeof(text));
	ck_assert(pattern_lower_copy(buf, (struct str){text, PATTERN_MAX_BYTES}));
	ck_assert(!pattern_lower_copy(buf, (struct str){text, PATTERN_MAX_BYTES + 1}));
	ck_assert(pattern_lower_copy(buf, (struct str){NULL, 0}));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, wildcards);
	tcase_add_test(tc, escapes);
	tcase_add_test(tc, knows_wildcards);
	tcase_add_test(tc, opens);
	tcase_add_test(tc, case_matters_when_asked);
	tcase_add_test(tc, one_is_a_character);
	tcase_add_test(tc, all_short_ones);
	tcase_add_test(tc, lower_copies);
}

int main(void)
{
	return suite_main("sigma pattern", add_tests);
}
