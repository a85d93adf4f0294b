#include "common/text_out.h"

#include <string.h>

#include "tests/unit/suite.h"

START_TEST(test_grows)
{
	struct text_out t = text_out_init();
	size_t n = 0;

	for (int i = 0; i < 3000; i++) {
		text_out_add(&t, "%d,%s", i % 10, "x");
		n += 3;
	}
	text_out_add(&t, "%s", "");
	ck_assert(!t.failed);
	ck_assert_uint_eq(t.len, n);
	ck_assert_uint_eq(strlen(t.data), n);
	ck_assert_str_eq(t.data + n - 6, "8,x9,x");
	text_out_done(&t);
	ck_assert_ptr_null(t.data);
}
END_TEST

__attribute__((format(printf, 4, 5))) static size_t append(
	char *buf, size_t size, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	len = text_append(buf, size, len, fmt, ap);
	va_end(ap);
	return len;
}

START_TEST(test_is_cut_where_the_buffer_ends)
{
	char buf[9] = "????????";
	size_t len = append(buf, 8, 0, "%s", "");

	ck_assert_uint_eq(len, 0);
	ck_assert_str_eq(buf, "");
	len = append(buf, 8, len, "%s%d", "abc", 4);
	ck_assert_uint_eq(len, 4);
	ck_assert_str_eq(buf, "abc4");
	len = append(buf, 8, len, "%s", "efg");
	ck_assert_uint_eq(len, 7);
	ck_assert_str_eq(buf, "abc4efg");
	for (int i = 0; i < 2; i++) {
		len = append(buf, 8, len, "%s", "hi");
		ck_assert_uint_eq(len, 7);
		ck_assert_str_eq(buf, "abc4efg");
	}
	len = append(buf, 8, 5, "%s", "123456");
	ck_assert_uint_eq(len, 7);
	ck_assert_str_eq(buf, "abc4e12");
	ck_assert_int_eq(buf[8], '\0');
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_grows);
	tcase_add_test(tc, test_is_cut_where_the_buffer_ends);
}

int main(void)
{
	return suite_main("text_out", add_tests);
}
