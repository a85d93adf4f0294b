#include "common/blob.h"

#include "tests/unit/suite.h"

START_TEST(what_was_put_is_got)
{
	const struct ip_addr ip = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
	struct blob_writer w;
	struct blob_reader r, part;
	struct ip_addr got;
	size_t place;

	blob_init(&w, 1000);
	blob_put_u8(&w, 0xfe);
	blob_put_u16(&w, 0x0102);
	place = blob_reserve_u32(&w);
	blob_put_u32(&w, 0xf0000001U);
	blob_put_u64(&w, UINT64_C(0x8000000000000001));
	blob_put_bool(&w, true);
	blob_put_bool(&w, false);
	blob_put_str(&w, STR("a\0b"));
	blob_put_str(&w, (struct str){NULL, 0});
	blob_put_text(&w, "text");
	blob_put_ip(&w, &ip);
	blob_set_u32(&w, place, 77);
	ck_assert(!w.failed);
	ck_assert_uint_eq(w.data[1], 2); /* little-endian */
	r = blob_reader_init(w.data, w.len);
	ck_assert_uint_eq(blob_u8(&r), 0xfe);
	ck_assert_uint_eq(blob_u16(&r), 0x0102);
	ck_assert_uint_eq(blob_u32_most(&r, 77), 77);
	ck_assert_uint_eq(blob_u32(&r), 0xf0000001U);
	ck_assert_uint_eq(blob_u64(&r), UINT64_C(0x8000000000000001));
	ck_assert(blob_bool(&r));
	ck_assert(!blob_bool(&r));
	ck_assert(str_eq(blob_str(&r, 3), STR("a\0b")));
	ck_assert_uint_eq(blob_str(&r, 0).len, 0);
	part = blob_part(&r);
	ck_assert_mem_eq(blob_bytes(&part, 4), "text", 4);
	ck_assert(blob_at_end(&part));
	ck_assert(!blob_at_end(&r));
	blob_ip(&r, &got);
	ck_assert_int_eq(ip_addr_cmp(&got, &ip), 0);
	ck_assert(blob_at_end(&r));
	blob_done(&w);
}
END_TEST

START_TEST(a_read_that_does_not_fit_moves_nothing)
{
	static const uint8_t bytes[7] = {5, 0, 0, 0, 1, 2, 3};
	struct blob_reader r = blob_reader_init(bytes, sizeof(bytes));

	ck_assert_uint_eq(blob_u64(&r), 0);
	ck_assert(!blob_ok(&r));
	ck_assert_uint_eq(r.at, 0);
	ck_assert_uint_eq(blob_u8(&r), 0); /* the flag stays */
	r = blob_reader_init(bytes, sizeof(bytes));
	ck_assert_uint_eq(blob_str(&r, 100).len, 0); /* five bytes, of which there are three */
	ck_assert(!blob_ok(&r));
	r = blob_reader_init(bytes, sizeof(bytes));
	ck_assert_uint_eq(blob_str(&r, 4).len, 0); /* more than allowed */
	ck_assert(!blob_ok(&r));
	r = blob_reader_init(bytes, sizeof(bytes));
	ck_assert(!blob_bool(&r)); /* 5 is no truth */
	ck_assert(!blob_ok(&r));
	r = blob_reader_init(bytes, sizeof(bytes));
	ck_assert(!blob_ok(&(struct blob_reader){.failed = blob_part(&r).failed}));
	ck_assert(!blob_at_end(&r));
	r = blob_reader_init(NULL, 0);
	ck_assert(blob_at_end(&r));
	ck_assert_ptr_null(blob_bytes(&r, 1));
	ck_assert(!blob_at_end(&r));
}
END_TEST

START_TEST(a_count_is_bounded_by_what_is_left)
{
	static const uint8_t bytes[12] = {2, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
	struct blob_reader r = blob_reader_init(bytes, sizeof(bytes));

	ck_assert_uint_eq(blob_count(&r, 2, 4), 2);
	r = blob_reader_init(bytes, sizeof(bytes));
	ck_assert_uint_eq(blob_count(&r, 1, 1), 0);
	ck_assert(!blob_ok(&r));
	r = blob_reader_init(bytes, sizeof(bytes));
	ck_assert_uint_eq(blob_count(&r, 100, 5), 0);
	ck_assert(!blob_ok(&r));
}
END_TEST

START_TEST(a_writer_stops_at_its_bound)
{
	struct blob_writer w;

	blob_init(&w, 10);
	blob_put_u64(&w, 1);
	ck_assert(!w.failed);
	blob_put_u32(&w, 1);
	ck_assert(w.failed);
	ck_assert_uint_eq(w.len, 8);
	blob_put_u8(&w, 1); /* would fit, but something is missing in front of it */
	ck_assert_uint_eq(w.len, 8);
	blob_clear(&w);
	blob_put_u8(&w, 1);
	ck_assert(!w.failed);
	blob_done(&w);
	blob_init(&w, 1 << 20);
	for (int i = 0; i < 100000; i++)
		blob_put_u8(&w, (uint8_t)i);
	ck_assert(!w.failed);
	ck_assert_uint_eq(w.len, 100000);
	ck_assert_uint_eq(w.data[99999], (uint8_t)99999);
	blob_done(&w);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, what_was_put_is_got);
	tcase_add_test(tc, a_read_that_does_not_fit_moves_nothing);
	tcase_add_test(tc, a_count_is_bounded_by_what_is_left);
	tcase_add_test(tc, a_writer_stops_at_its_bound);
}

int main(void)
{
	return suite_main("blob", add_tests);
}
