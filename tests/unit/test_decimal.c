#include "common/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/suite.h"

static void assert_digits(uint64_t v)
{
	char got[DECIMAL_BYTES + 1];
	char want[DECIMAL_BYTES + 1];
	char *end = decimal_put(got, v);

	ck_assert_int_le(end - got, DECIMAL_BYTES);
	*end = '\0';
	snprintf(want, sizeof(want), "%" PRIu64, v);
	ck_assert_str_eq(got, want);
}

START_TEST(test_every_length)
{
	uint64_t power = 1;

	for (int n = 0; n < DECIMAL_BYTES; n++, power *= 10) {
		assert_digits(power - 1);
		assert_digits(power);
		assert_digits(power + 1);
		assert_digits(7 * power);
	}
	for (uint64_t v = 0; v < 1100; v++)
		assert_digits(v);
	assert_digits(UINT64_MAX);
}
END_TEST

START_TEST(test_fixed_width)
{
	char got[] = "##########";

	ck_assert_ptr_eq(decimal_put_fixed(got, 0, 0), got);
	ck_assert_ptr_eq(decimal_put_fixed(got, 7, 1), got + 1);
	ck_assert_str_eq(got, "7#########");
	ck_assert_ptr_eq(decimal_put_fixed(got, 42, 3), got + 3);
	ck_assert_str_eq(got, "042#######");
	ck_assert_ptr_eq(decimal_put_fixed(got, 1070050, 9), got + 9);
	ck_assert_str_eq(got, "001070050#");
	/* what does not fit is left out in front */
	ck_assert_ptr_eq(decimal_put_fixed(got, UINT32_MAX, 2), got + 2);
	ck_assert_str_eq(got, "951070050#");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_every_length);
	tcase_add_test(tc, test_fixed_width);
}

int main(void)
{
	return suite_main("decimal", add_tests);
}
