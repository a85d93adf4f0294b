/* Base64 and UTF-16 of values. What others make of the same texts is in sigma_truth.def. */
#include <stdio.h>

#include "rules/sigma/encode.h"
#include "tests/unit/suite.h"

static void check(struct str made, const char *wanted)
{
	ck_assert_msg(str_eq(made, str_from(wanted)), "%.*s instead of %s", (int)made.len,
		made.data, wanted);
}

/* RFC 4648, section 10 */
START_TEST(base64_of_whole_texts)
{
	char buf[64];

	check(encode_base64(STR(""), buf), "");
	check(encode_base64(STR("f"), buf), "Zg==");
	check(encode_base64(STR("fo"), buf), "Zm8=");
	check(encode_base64(STR("foo"), buf), "Zm9v");
	check(encode_base64(STR("foob"), buf), "Zm9vYg==");
	check(encode_base64(STR("fooba"), buf), "Zm9vYmE=");
	check(encode_base64(STR("foobar"), buf), "Zm9vYmFy");
	check(encode_base64(STR("\xfb\xff\xfe"), buf), "+//+");
}
END_TEST

/* What is found is part of whatever holds the text at that place, and nothing less is. */
START_TEST(base64_inside_of_others)
{
	static const char *const around[] = {"", "\x01", "\xff\xff"};
	struct str text = STR("foobar");
	char inside[64];
	char whole[64];
	char all[32];

	check(encode_base64_inside(text, 0, inside), "Zm9vYmFy");
	check(encode_base64_inside(text, 1, inside), "Zvb2Jhc");
	check(encode_base64_inside(text, 2, inside), "mb29iYX");
	check(encode_base64_inside(STR("a"), 1, inside), "");
	for (uint32_t after = 0; after < 3; after++) {
		struct str part = encode_base64_inside(text, after, inside);

		for (uint32_t behind = 0; behind < 3; behind++) {
			struct str made;
			int n = snprintf(
				all, sizeof(all), "%sfoobar%s", around[after], around[behind]);

			made = encode_base64((struct str){all, (uint32_t)n}, whole);
			ck_assert_ptr_nonnull(memmem(made.data, made.len, part.data, part.len));
		}
	}
}
END_TEST

START_TEST(utf16_of_characters)
{
	uint8_t buf[4];

	ck_assert_uint_eq(encode_utf16('c', false, buf), 2);
	ck_assert_mem_eq(buf, "c\0", 2);
	ck_assert_uint_eq(encode_utf16(0x20ac, true, buf), 2);
	ck_assert_mem_eq(buf, "\x20\xac", 2);
	ck_assert_uint_eq(encode_utf16(0x1f600, true, buf), 4);
	ck_assert_mem_eq(buf, "\xd8\x3d\xde\x00", 4);
	ck_assert_uint_eq(encode_utf16(0x10ffff, false, buf), 4);
	ck_assert_mem_eq(buf, "\xff\xdb\xff\xdf", 4);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, base64_of_whole_texts);
	tcase_add_test(tc, base64_inside_of_others);
	tcase_add_test(tc, utf16_of_characters);
}

int main(void)
{
	return suite_main("sigma encode", add_tests);
}
