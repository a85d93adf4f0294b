#include "common/cursor.h"

#include "tests/unit/suite.h"

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0xf9, 0xfa, 0xfb,
	0xfc, 0xfd, 0xfe, 0xff, 0x80};

START_TEST(test_reads_network_order)
{
	struct cursor c = cursor_init(bytes, sizeof(bytes));

	ck_assert_uint_eq(cursor_u8(&c), 0x01);
	ck_assert_uint_eq(cursor_be16(&c), 0x0203);
	ck_assert_uint_eq(cursor_be24(&c), 0x040506);
	ck_assert_uint_eq(cursor_be32(&c), 0x0708f9fa);
	ck_assert_uint_eq(cursor_left(&c), 6);
	ck_assert(cursor_ok(&c));
	c = cursor_init(bytes + 8, 8);
	ck_assert_uint_eq(cursor_be64(&c), 0xf9fafbfcfdfeff80U); /* no sign creeps in */
	ck_assert_uint_eq(cursor_left(&c), 0);
	ck_assert(cursor_ok(&c));
	c = cursor_init(bytes + 8, 8);
	ck_assert_uint_eq(cursor_be32(&c), 0xf9fafbfcU);
	ck_assert_uint_eq(cursor_be24(&c), 0xfdfeffU);
	ck_assert_uint_eq(cursor_u8(&c), 0x80);
}
END_TEST

/* Each read, with every number of bytes that is too small for it: 0, nothing moves, the flag stays.
 */
START_TEST(test_a_read_that_does_not_fit_moves_nothing)
{
	for (uint32_t len = 0; len < 8; len++) {
		struct cursor c = cursor_init(bytes, len);

		ck_assert_uint_eq(cursor_be64(&c), 0);
		ck_assert(!cursor_ok(&c));
		ck_assert_uint_eq(c.at, 0);
		if (len < 4) {
			ck_assert_uint_eq(cursor_be32(&c), 0);
			ck_assert_uint_eq(c.at, 0);
		}
		if (len < 3)
			ck_assert_uint_eq(cursor_be24(&c), 0);
		if (len < 2)
			ck_assert_uint_eq(cursor_be16(&c), 0);
		if (len < 1)
			ck_assert_uint_eq(cursor_u8(&c), 0);
		ck_assert_uint_eq(c.at, 0);
		if (len > 0)
			ck_assert_uint_eq(cursor_u8(&c), 1); /* what fits is still read */
		ck_assert(!cursor_ok(&c));
	}
}
END_TEST

START_TEST(test_takes_and_skips)
{
	struct cursor c = cursor_init(bytes, 4);

	ck_assert_ptr_eq(cursor_take(&c, 0), bytes);
	ck_assert_ptr_eq(cursor_take(&c, 3), bytes);
	ck_assert_ptr_null(cursor_take(&c, 2));
	ck_assert_uint_eq(cursor_left(&c), 1);
	ck_assert(!cursor_ok(&c));

	c = cursor_init(bytes, 4);
	cursor_skip(&c, 4);
	ck_assert(cursor_ok(&c));
	ck_assert_uint_eq(cursor_left(&c), 0);
	cursor_skip(&c, 1);
	ck_assert(!cursor_ok(&c));
}
END_TEST

START_TEST(test_huge_lengths_do_not_wrap)
{
	struct cursor c = cursor_init(bytes, 4);

	cursor_skip(&c, 2);
	ck_assert_ptr_null(cursor_take(&c, UINT32_MAX));
	ck_assert_ptr_null(cursor_take(&c, UINT32_MAX - 1)); /* 2 + this is 0 in 32 bits */
	ck_assert_uint_eq(c.at, 2);
	cursor_limit(&c, UINT32_MAX - 1);
	ck_assert_uint_eq(c.end, 4);
}
END_TEST

START_TEST(test_limits)
{
	struct cursor c = cursor_init(bytes, 8);

	cursor_skip(&c, 2);
	cursor_limit(&c, 10); /* more than was captured: as it was */
	ck_assert_uint_eq(cursor_left(&c), 6);
	cursor_limit(&c, 3);
	ck_assert_uint_eq(cursor_left(&c), 3);
	ck_assert_uint_eq(cursor_be24(&c), 0x030405);
	ck_assert(cursor_ok(&c));
	ck_assert_uint_eq(cursor_u8(&c), 0);
	ck_assert(!cursor_ok(&c));
	c = cursor_init(bytes, 8);
	cursor_limit(&c, 0);
	ck_assert_uint_eq(cursor_left(&c), 0);
	ck_assert(cursor_ok(&c));
}
END_TEST

START_TEST(test_nothing_at_all)
{
	struct cursor c = cursor_init(NULL, 0);

	ck_assert_uint_eq(cursor_left(&c), 0);
	ck_assert_uint_eq(cursor_u8(&c), 0);
	ck_assert(!cursor_ok(&c));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_reads_network_order);
	tcase_add_test(tc, test_a_read_that_does_not_fit_moves_nothing);
	tcase_add_test(tc, test_takes_and_skips);
	tcase_add_test(tc, test_huge_lengths_do_not_wrap);
	tcase_add_test(tc, test_limits);
	tcase_add_test(tc, test_nothing_at_all);
}

int main(void)
{
	return suite_main("cursor", add_tests);
}
