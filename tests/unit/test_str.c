#include "common/str.h"

#include <stdio.h>

#include "tests/unit/suite.h"

static struct str bytes(const char *data, size_t len)
{
	return (struct str){data, (uint32_t)len};
}

START_TEST(test_compares_bytes)
{
	struct str none = {NULL, 0};

	ck_assert(str_eq(STR("abc"), STR("abc")));
	ck_assert(!str_eq(STR("abc"), STR("ab")));
	ck_assert(!str_eq(STR("abc"), STR("abd")));
	ck_assert(str_eq(none, STR("")));
	ck_assert(str_eq(str_from(NULL), none));
	ck_assert(!str_eq(STR("a\0b"), STR("a\0c")));

	ck_assert_int_eq(str_cmp(STR("abc"), STR("abc")), 0);
	ck_assert_int_eq(str_cmp(STR("ab"), STR("abc")), -1);
	ck_assert_int_eq(str_cmp(STR("abc"), STR("ab")), 1);
	ck_assert_int_eq(str_cmp(STR("a"), STR("b")), -1);
	ck_assert_int_eq(str_cmp(STR("\xff"), STR("a")), 1); /* bytes are unsigned */
	ck_assert_int_eq(str_cmp(none, none), 0);
	ck_assert_int_eq(str_cmp(none, STR("a")), -1);
}
END_TEST

/* Texts of LEN bytes of which one is A here and B there, in blocks of their own: nothing beyond
 * them is read. */
static bool agree_but_for(uint32_t len, uint32_t at, uint8_t a, uint8_t b)
{
	char *x = malloc(len);
	char *y = malloc(len);
	bool result;

	memset(x, 'q', len);
	memset(y, 'Q', len);
	x[at] = (char)a;
	y[at] = (char)b;
	result = str_eq_nocase((struct str){x, len}, (struct str){y, len});
	free(x);
	free(y);
	return result;
}

/* What stands beside a letter, and each byte that differs from another by the bit of the case. */
static void check_each_byte(uint32_t len)
{
	for (uint32_t at = 0; at < len; at++) {
		for (unsigned c = 0; c < 256; c++) {
			const uint8_t other = (uint8_t)(c ^ 0x20);
			const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

			ck_assert(agree_but_for(len, at, (uint8_t)c, (uint8_t)c));
			ck_assert(agree_but_for(len, at, (uint8_t)c, other) == is_letter);
		}
	}
}

START_TEST(test_ignores_the_case_of_ascii_letters_alone)
{
	ck_assert(str_eq_nocase(STR("Example.ORG"), STR("eXAMPLE.org")));
	ck_assert(!str_eq_nocase(STR("example.org"), STR("example.orh")));
	ck_assert(!str_eq_nocase(STR("example.org"), STR("example.or")));
	ck_assert(!str_eq_nocase(STR("@"), STR("`"))); /* 0x40 and 0x60 are no letters */
	ck_assert(!str_eq_nocase(STR("["), STR("{")));
	ck_assert(!str_eq_nocase(STR("\xc3\x84"), STR("\xc3\xa4"))); /* Ä, ä */
	for (uint32_t len = 0; len <= 20; len++)
		check_each_byte(len);

	ck_assert(str_ends_with_nocase(STR("a.Example.org"), STR(".example.ORG")));
	ck_assert(str_ends_with_nocase(STR("abc"), STR("abc")));
	ck_assert(str_ends_with_nocase(STR("abc"), STR("")));
	ck_assert(!str_ends_with_nocase(STR("bc"), STR("abc")));
	ck_assert(str_contains_nocase(STR("xaBc"), STR("AbC")));
	ck_assert(str_contains_nocase(STR("abc"), STR("")));
	ck_assert(str_contains_nocase(STR(""), STR("")));
	ck_assert(!str_contains_nocase(STR("ab"), STR("abc")));
	ck_assert(!str_contains_nocase(STR("abab"), STR("ba ")));
	ck_assert_int_eq(hex_digit('0'), 0);
	ck_assert_int_eq(hex_digit('9'), 9);
	ck_assert_int_eq(hex_digit('a'), 10);
	ck_assert_int_eq(hex_digit('F'), 15);
	for (const char *c = "/:@G`g \x10"; *c; c++)
		ck_assert_int_eq(hex_digit(*c), -1);
	ck_assert(!str_ends_with_nocase(STR("abcd"), STR("abc")));
}
END_TEST

static void assert_utf8(const char *data, size_t len, uint32_t want_bytes, uint32_t want_code)
{
	uint32_t code = 0xdead;

	ck_assert_uint_eq(utf8_decode(data, len, &code), want_bytes);
	ck_assert_uint_eq(code, want_bytes ? want_code : 0xdead);
	ck_assert_uint_eq(utf8_decode(data, len, NULL), want_bytes);
}

START_TEST(test_decodes_utf8)
{
	assert_utf8("", 0, 0, 0);
	assert_utf8("\0", 1, 1, 0);
	assert_utf8("\x7f", 1, 1, 0x7f);
	assert_utf8("\x80", 1, 0, 0); /* a continuation alone */
	assert_utf8("\xc2\x80", 2, 2, 0x80);
	assert_utf8("\xdf\xbf", 2, 2, 0x7ff);
	assert_utf8("\xe0\xa0\x80", 3, 3, 0x800);
	assert_utf8("\xef\xbf\xbf", 3, 3, 0xffff);
	assert_utf8("\xf0\x90\x80\x80", 4, 4, 0x10000);
	assert_utf8("\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff);
	assert_utf8("\xf4\x90\x80\x80", 4, 0, 0); /* beyond U+10FFFF */
	assert_utf8("\xf5\x80\x80\x80", 4, 0, 0); /* no such lead */
	assert_utf8("\xc0\xaf", 2, 0, 0);         /* overlong '/' */
	assert_utf8("\xc1\xbf", 2, 0, 0);         /* overlong */
	assert_utf8("\xe0\x9f\xbf", 3, 0, 0);     /* overlong */
	assert_utf8("\xf0\x8f\xbf\xbf", 4, 0, 0); /* overlong */
	assert_utf8("\xed\x9f\xbf", 3, 3, 0xd7ff);
	assert_utf8("\xed\xa0\x80", 3, 0, 0); /* surrogate */
	assert_utf8("\xed\xbf\xbf", 3, 0, 0); /* surrogate */
	assert_utf8("\xee\x80\x80", 3, 3, 0xe000);
	assert_utf8("\xe2\x82(", 3, 0, 0); /* broken off */
	assert_utf8("\xc5"
		    "A",
		2, 0, 0);
}
END_TEST

START_TEST(test_needs_every_byte_of_a_character)
{
	static const char euro_and_clef[] = "\xe2\x82\xac\xf0\x9d\x84\x9e";

	for (size_t len = 0; len < 3; len++)
		assert_utf8(euro_and_clef, len, 0, 0);
	assert_utf8(euro_and_clef, 3, 3, 0x20ac);
	for (size_t len = 0; len < 4; len++)
		assert_utf8(euro_and_clef + 3, len, 0, 0);
	assert_utf8(euro_and_clef + 3, 4, 4, 0x1d11e);
}
END_TEST

/* Every code point comes back from its own encoding, which is written out here by hand. */
START_TEST(test_decodes_every_code_point)
{
	for (uint32_t code = 0x80; code <= 0x10ffff; code++) {
		char text[4];
		uint32_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
		bool surrogate = code >= 0xd800 && code <= 0xdfff;
		uint32_t got = 0;

		for (uint32_t i = n; i-- > 1;)
			text[i] = (char)(0x80 | (code >> 6 * (n - 1 - i) & 0x3f));
		text[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | code >> 6 * (n - 1));
		if (utf8_decode(text, n, &got) != (surrogate ? 0 : n) ||
			(!surrogate && got != code))
			ck_abort_msg("U+%04X was read as U+%04X", code, got);
	}
}
END_TEST

static void assert_printable(struct str text, const char *want)
{
	char buf[256];

	ck_assert_str_eq(str_printable(buf, sizeof(buf), text), want);
}

START_TEST(test_prints_what_is_harmless_as_it_is)
{
	assert_printable(STR(""), "");
	assert_printable((struct str){NULL, 0}, "");
	assert_printable(STR("GET / HTTP/1.1 ~\\\""), "GET / HTTP/1.1 ~\\\"");
	assert_printable(STR("\xc5\x82\xc3\xb3\xc5\xbc \xe2\x82\xac \xf0\x9d\x84\x9e"),
		"\xc5\x82\xc3\xb3\xc5\xbc \xe2\x82\xac \xf0\x9d\x84\x9e");
}
END_TEST

START_TEST(test_escapes_what_a_terminal_would_obey)
{
	assert_printable(STR("a\0b"), "a\\x00b");
	assert_printable(STR("\x1b[2J\a\r\n\t\x7f"), "\\x1b[2J\\x07\\x0d\\x0a\\x09\\x7f");
	assert_printable(STR("\xc2\x9b"
			     "31m"),
		"\\xc2\\x9b31m"); /* CSI in C1 */
	assert_printable(STR("\x9b"
			     "31m"),
		"\\x9b31m");
	assert_printable(STR("\xc2\xa0"), "\xc2\xa0"); /* the first behind C1 */
}
END_TEST

START_TEST(test_escapes_what_is_not_utf8)
{
	assert_printable(STR("\xff\xfe"), "\\xff\\xfe");
	assert_printable(STR("a\xe2\x82"), "a\\xe2\\x82");
	assert_printable(STR("\xc0\xaf"), "\\xc0\\xaf");
	assert_printable(STR("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}
END_TEST

START_TEST(test_escapes_what_turns_or_hides_text)
{
	for (unsigned char last = 0xaa; last <= 0xae; last++) { /* U+202A to U+202E */
		char text[] = {'\xe2', '\x80', (char)last};
		char want[16];

		snprintf(want, sizeof(want), "\\xe2\\x80\\x%02x", last);
		assert_printable(bytes(text, 3), want);
	}
	for (unsigned char last = 0xa6; last <= 0xa9; last++) { /* U+2066 to U+2069 */
		char text[] = {'\xe2', '\x81', (char)last};
		char want[16];

		snprintf(want, sizeof(want), "\\xe2\\x81\\x%02x", last);
		assert_printable(bytes(text, 3), want);
	}
	assert_printable(STR("\xe2\x80\x8b"), "\\xe2\\x80\\x8b");          /* zero width space */
	assert_printable(STR("\xef\xbb\xbf"), "\\xef\\xbb\\xbf");          /* byte order mark */
	assert_printable(STR("\xf3\xa0\x81\x81"), "\\xf3\\xa0\\x81\\x81"); /* tag letter */
	assert_printable(STR("\xe2\x80\x90"), "\xe2\x80\x90");             /* a plain hyphen */
	assert_printable(STR("\xe2\x80\xaf"), "\xe2\x80\xaf");             /* a narrow space */
}
END_TEST

START_TEST(test_cuts_at_the_end_of_a_character)
{
	char buf[16];

	memset(buf, '#', sizeof(buf));
	ck_assert_str_eq(str_printable(buf, 8, STR("1234567")), "1234567");
	ck_assert_int_eq(buf[8], '#');
	ck_assert_str_eq(str_printable(buf, 8, STR("12345678")), "1234...");
	ck_assert_int_eq(buf[8], '#');
	ck_assert_str_eq(str_printable(buf, 8, STR("123\n4")), "123...");
	ck_assert_str_eq(str_printable(buf, 8, STR("12\n")), "12\\x0a");
	ck_assert_str_eq(str_printable(buf, 8, STR("\n\n")), "\\x0a...");
	ck_assert_str_eq(str_printable(buf, 8,
				 STR("123\xe2\x82\xac"
				     "45")),
		"123...");
	ck_assert_str_eq(str_printable(buf, 8,
				 STR("1\xe2\x82\xac"
				     "4567")),
		"1\xe2\x82\xac...");
}
END_TEST

/* Of ASCII with bytes that are not printable among it: byte for byte, as the contract says. */
static void expect_printable(char *want, size_t size, const char *text, size_t len)
{
	size_t at = 0;
	size_t cut = 0;

	for (size_t i = 0; i < len; i++) {
		char piece[8];
		const bool plain = text[i] >= ' ' && text[i] <= '~';
		const size_t n = (size_t)snprintf(
			piece, sizeof(piece), plain ? "%c" : "\\x%02x", (unsigned char)text[i]);

		if (at + n >= size) {
			strcpy(want + cut, "...");
			return;
		}
		memcpy(want + at, piece, n);
		at += n;
		if (at + sizeof("...") <= size)
			cut = at;
	}
	want[at] = '\0';
}

START_TEST(test_prints_texts_of_any_length)
{
	static const char odd[] = {'\0', '\x1f', '\x7f', '\x80', '\xff', ' ', '~'};

	for (size_t round = 0; round < 40 * 41 * sizeof(odd); round++) {
		const size_t len = round % 40 + 1;
		const size_t at = round / 40 % 41; /* behind the end: nowhere */
		char *text = malloc(len);
		char got[48], want[48];

		memset(text, 'a', len);
		if (at < len)
			text[at] = odd[round / (40 * 41)];
		for (size_t size = 8; size <= sizeof(got); size++) {
			expect_printable(want, size, text, len);
			ck_assert_str_eq(str_printable(got, size, bytes(text, len)), want);
		}
		free(text);
	}
}
END_TEST

/* Whatever comes in, what goes out fits, ends, and is UTF-8 without control characters. */
START_TEST(test_survives_any_bytes_at_any_size)
{
	uint32_t seed = 1;

	for (int round = 0; round < 20000; round++) {
		char text[40];
		char buf[64 + 1];
		size_t size = 8 + (size_t)round % (sizeof(buf) - 9);
		size_t len;

		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * 1664525 + 1013904223;
			/* Half of the bytes are leads and continuations. */
			text[i] = (char)(round % 2 ? seed >> 24 : (seed >> 24) | 0x80);
		}
		memset(buf, '#', sizeof(buf));
		buf[sizeof(buf) - 1] = '\0';
		str_printable(buf, size, bytes(text, (size_t)round % sizeof(text)));
		len = strnlen(buf, sizeof(buf));
		ck_assert_uint_lt(len, size);
		ck_assert_uint_eq(size + strspn(buf + size, "#"), sizeof(buf) - 1);
		for (size_t i = 0; i < len;) {
			uint32_t code = 0;
			uint32_t n = utf8_decode(buf + i, len - i, &code);

			if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
				ck_abort_msg("round %d: U+%04X at %zu", round, code, i);
			i += n;
		}
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_compares_bytes);
	tcase_add_test(tc, test_ignores_the_case_of_ascii_letters_alone);
	tcase_add_test(tc, test_decodes_utf8);
	tcase_add_test(tc, test_needs_every_byte_of_a_character);
	tcase_add_test(tc, test_decodes_every_code_point);
	tcase_add_test(tc, test_prints_what_is_harmless_as_it_is);
	tcase_add_test(tc, test_escapes_what_a_terminal_would_obey);
	tcase_add_test(tc, test_escapes_what_is_not_utf8);
	tcase_add_test(tc, test_escapes_what_turns_or_hides_text);
	tcase_add_test(tc, test_cuts_at_the_end_of_a_character);
	tcase_add_test(tc, test_prints_texts_of_any_length);
	tcase_add_test(tc, test_survives_any_bytes_at_any_size);
}

int main(void)
{
	return suite_main("str", add_tests);
}
