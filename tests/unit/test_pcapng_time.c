#include <check.h>
#include <stdlib.h>

#include "capture/file/pcapng_time.h"
#include "tests/unit/suite.h"

#define S UINT64_C(1000000000)

START_TEST(decimal_resolutions)
{
	ck_assert_uint_eq(pcapng_time_ns(1700000000, 0, 0), 1700000000 * S);
	ck_assert_uint_eq(pcapng_time_ns(1700000000123456, 6, 0), 1700000000 * S + 123456000);
	ck_assert_uint_eq(pcapng_time_ns(1700000000123456789, 9, 0), 1700000000 * S + 123456789);
	ck_assert_uint_eq(pcapng_time_ns(17000000001234567899u, 10, 0), 1700000000 * S + 123456789);
	ck_assert_uint_eq(pcapng_time_ns(5000000000000000000, 18, 0), 5 * S);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_MAX, 127, 0), 0);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_MAX, 6, 0), UINT64_MAX);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_MAX / 1000, 6, 0), UINT64_MAX / 1000 * 1000);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_MAX / 1000 + 1, 6, 0), UINT64_MAX);
}
END_TEST

START_TEST(binary_resolutions)
{
	ck_assert_uint_eq(pcapng_time_ns(1700000000, 0x80, 0), 1700000000 * S);
	ck_assert_uint_eq(pcapng_time_ns(3, 0x81, 0), S + S / 2);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_C(1700000000) << 32 | 0x80000000, 0x80 | 32, 0),
		1700000000 * S + S / 2);
	ck_assert_uint_eq(
		pcapng_time_ns(UINT64_C(3) << 34 | UINT64_C(1) << 33, 0x80 | 34, 0), 3 * S + S / 2);
	ck_assert_uint_eq(
		pcapng_time_ns(UINT64_C(3) << 60 | UINT64_C(1) << 59, 0x80 | 60, 0), 3 * S + S / 2);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_C(1) << 63, 0x80 | 63, 0), S);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_C(1) << 63, 0x80 | 64, 0), S / 2);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_MAX, 0xff, 0), 0);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_MAX, 0x80, 0), UINT64_MAX);
}
END_TEST

START_TEST(offsets)
{
	ck_assert_uint_eq(pcapng_time_ns(5, 6, 1700000000), 1700000000 * S + 5000);
	ck_assert_uint_eq(pcapng_time_ns(7000000, 6, -2), 5 * S);
	ck_assert_uint_eq(pcapng_time_ns(7000000, 6, -8), 0);
	ck_assert_uint_eq(pcapng_time_ns(0, 6, INT64_MIN), 0);
	ck_assert_uint_eq(pcapng_time_ns(0, 6, INT64_MAX), UINT64_MAX);
	ck_assert_uint_eq(pcapng_time_ns(UINT64_MAX, 9, 1), UINT64_MAX);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, decimal_resolutions);
	tcase_add_test(t, binary_resolutions);
	tcase_add_test(t, offsets);
}

int main(void)
{
	return suite_main("pcapng_time", add_tests);
}
