#include "common/error.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/suite.h"

START_TEST(test_returns_its_code_and_fills_the_message)
{
	struct error err = {0};

	ck_assert_int_eq(error_set(&err, ERR_INPUT, "%s: packet %d", "a.pcap", 7), ERR_INPUT);
	ck_assert_int_eq(err.code, ERR_INPUT);
	ck_assert_str_eq(err.msg, "a.pcap: packet 7");
	ck_assert_int_eq(error_set(NULL, ERR_REDIS, "%s", "nobody listens"), ERR_REDIS);
}
END_TEST

START_TEST(test_appends_the_reason_of_the_system)
{
	struct error err = {0};

	ck_assert_int_eq(error_set_errno(&err, ERR_SYSTEM, ENOENT, "%s", "site.yaml"), ERR_SYSTEM);
	ck_assert_int_eq(err.code, ERR_SYSTEM);
	ck_assert_str_eq(err.msg, "site.yaml: No such file or directory");
	ck_assert_int_eq(error_set_errno(NULL, ERR_SYSTEM, ENOENT, "x"), ERR_SYSTEM);
}
END_TEST

START_TEST(test_stays_one_line_of_harmless_text)
{
	struct error err;

	error_set(&err, ERR_CONFIG, "%s", "a\nb\x1b[31mred\xff");
	ck_assert_str_eq(err.msg, "a\\x0ab\\x1b[31mred\\xff");
	error_set(&err, ERR_CONFIG, "%s", "za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87");
	ck_assert_str_eq(err.msg, "za\xc5\xbc\xc3\xb3\xc5\x82\xc4\x87");
}
END_TEST

START_TEST(test_cuts_what_is_too_long_and_shows_it)
{
	struct error err;
	char text[4000];

	for (size_t len = sizeof(err.msg) - 3; len < sizeof(text); len += 37) {
		memset(text, 'x', len);
		text[len] = '\0';
		error_set(&err, ERR_CONFIG, "%s", text);
		if (len < sizeof(err.msg)) {
			ck_assert_str_eq(err.msg, text);
			continue;
		}
		ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
		ck_assert_str_eq(err.msg + strlen(err.msg) - 4, "x...");
	}
	/* The reason is lost with what stands before it, but nothing beyond the buffer is touched.
	 */
	error_set_errno(&err, ERR_CONFIG, ENOENT, "%s", text);
	ck_assert_str_eq(err.msg + strlen(err.msg) - 4, "x...");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_returns_its_code_and_fills_the_message);
	tcase_add_test(tc, test_appends_the_reason_of_the_system);
	tcase_add_test(tc, test_stays_one_line_of_harmless_text);
	tcase_add_test(tc, test_cuts_what_is_too_long_and_shows_it);
}

int main(void)
{
	return suite_main("error", add_tests);
}
