#include "common/hash/hash.h"

#include <string.h>

#include "tests/unit/suite.h"

static void assert_digest(const char *text, const char *want)
{
	struct digest d = digest128(text, strlen(text));
	char buf[DIGEST_TEXT_BYTES];

	ck_assert_ptr_eq(digest_format(&d, buf), buf);
	ck_assert_str_eq(buf, want);
}

/* The text names alerts for ever: these are the values of the XXH3 specification. */
START_TEST(test_digests_have_known_text)
{
	assert_digest("", "99aa06d3014798d86001c324468d497f");
	assert_digest("abc", "06b05ab6733a618578af5f94892f3950");
}
END_TEST

START_TEST(test_hash_has_known_values)
{
	ck_assert_uint_eq(hash64("", 0, 0), 0x2d06800538d394c2U);
	ck_assert_uint_eq(hash64("abc", 3, 0), 0x78af5f94892f3950U);
	ck_assert_uint_eq(hash64(NULL, 0, 0), 0x2d06800538d394c2U);
}
END_TEST

START_TEST(test_the_key_decides)
{
	ck_assert_uint_ne(hash64("abc", 3, 1), hash64("abc", 3, 0));
	ck_assert_uint_ne(hash64("abc", 3, 1), hash64("abc", 3, 2));
	ck_assert_uint_eq(hash64("abc", 3, 1), hash64("abc", 3, 1));
	ck_assert_uint_ne(hash64("", 0, 1), hash64("", 0, 2));
}
END_TEST

/* The hash takes other paths at 3, 8, 16, 128 and 240 bytes; each must look at each byte, and not
 * where the data lies. */
START_TEST(test_every_byte_counts)
{
	uint8_t data[300 + 1];
	uint8_t moved[300 + 1];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31);
	for (size_t len = 1; len <= 300; len++) {
		uint64_t hash = hash64(data, len, 9);
		struct digest digest = digest128(data, len);

		memcpy(moved + 1, data, len);
		ck_assert_uint_eq(hash64(moved + 1, len, 9), hash);
		for (size_t i = 0; i < len; i += len / 3 + 1) {
			struct digest other;

			data[i] ^= 1;
			other = digest128(data, len);
			ck_assert_uint_ne(hash64(data, len, 9), hash);
			ck_assert_mem_ne(&other, &digest, sizeof(digest));
			data[i] ^= 1;
		}
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_digests_have_known_text);
	tcase_add_test(tc, test_hash_has_known_values);
	tcase_add_test(tc, test_the_key_decides);
	tcase_add_test(tc, test_every_byte_counts);
}

int main(void)
{
	return suite_main("hash", add_tests);
}
