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

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, bytes);
	tcase_add_test(tc, durations);
}

int main(void)
{
	return suite_main("quantity", add_tests);
}
