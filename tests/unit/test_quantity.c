#include "common/quantity.h"

#include "tests/unit/suite.h"

START_TEST(bytes)
{
	static const char *const bad[] = {"", "x", "-1", "+1", " 1", "1 ", "1k", "1MB", "1.5G", "K",
		"2048T", "99999999999999999999"};
	uint64_t v;

	ck_assert(quantity_bytes("0", &v) && v == 0);
	ck_assert(quantity_bytes("4096", &v) && v == 4096);
	ck_assert(quantity_bytes("64K", &v) && v == 65536);
	ck_assert(quantity_bytes("512M", &v) && v == UINT64_C(512) << 20);
	ck_assert(quantity_bytes("1G", &v) && v == UINT64_C(1) << 30);
	ck_assert(quantity_bytes("1024T", &v) && v == UINT64_C(1) << 50);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!quantity_bytes(bad[i], &v), "\"%s\"", bad[i]);
}
END_TEST

START_TEST(durations)
{
	static const char *const bad[] = {"", "10", "m", "1M", "-1s", "1.5h", "10 m", "36526d"};
	uint64_t v;

	ck_assert(quantity_ms("0", &v) && v == 0);
	ck_assert(quantity_ms("250ms", &v) && v == 250);
	ck_assert(quantity_ms("90s", &v) && v == 90000);
	ck_assert(quantity_ms("10m", &v) && v == 600000);
	ck_assert(quantity_ms("12h", &v) && v == 43200000);
	ck_assert(quantity_ms("36525d", &v) && v == UINT64_C(36525) * 86400000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!quantity_ms(bad[i], &v), "\"%s\"", bad[i]);
}
END_TEST

START_TEST(bytes_as_text)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {{0, "0 bytes"}, {9999, "9999 bytes"}, {10000, "10 kB"}, {9999999, "9999 kB"},
		{10000000, "10 MB"}, {UINT64_C(12345678901), "12 GB"}, {UINT64_MAX, "18446744 TB"}};
	char buf[QUANTITY_TEXT_BYTES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(quantity_bytes_format(cases[i].bytes, buf), cases[i].text);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, bytes);
	tcase_add_test(tc, durations);
	tcase_add_test(tc, bytes_as_text);
}

int main(void)
{
	return suite_main("quantity", add_tests);
}
