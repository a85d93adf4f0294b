#include <check.h>
#include <stdlib.h>

#include "capture/filter.h"
#include "tests/support/frame_builder.h"
#include "tests/unit/suite.h"

static void udp4(struct builder *b)
{
	build_start(b);
	build_payload(b, 4);
	build_udp(b, 1000, 2000);
	build_ipv4(b, 1, 2, 17);
}

static bool passes(struct filter *f, const struct builder *b, uint32_t linktype)
{
	const struct frame frame = build_frame(b, linktype);

	return filter_passes(f, &frame);
}

/* One expression on every link type that it has a meaning on. */
START_TEST(link_types)
{
	struct error err;
	struct filter *f = filter_new("udp port 2000", 1, &err);
	struct builder b;

	ck_assert_ptr_nonnull(f);
	udp4(&b);
	ck_assert(passes(f, &b, 101));
	ck_assert(passes(f, &b, 12));
	ck_assert(passes(f, &b, 14));
	ck_assert(passes(f, &b, 228));
	build_ethernet(&b, 0x0800);
	ck_assert(passes(f, &b, 1));
	udp4(&b);
	build_bytes(&b, "\x02\x00\x00\x00", 4);
	ck_assert(passes(f, &b, 0));
	memcpy(b.bytes + b.at, "\x00\x00\x00\x02",
		4); /* captured on a host of the other byte order */
	ck_assert(passes(f, &b, 0));
	ck_assert(passes(f, &b, 108));
	udp4(&b);
	put16(build_front(&b, 16) + 14, 0x0800);
	ck_assert(passes(f, &b, 113));
	udp4(&b);
	put16(build_front(&b, 20), 0x0800);
	ck_assert(passes(f, &b, 276));
	ck_assert(!passes(f, &b, 1));
	filter_free(f);
	filter_free(NULL);
}
END_TEST

START_TEST(types_without_a_meaning_are_refused)
{
	struct error err;
	struct filter *f = filter_new("ether host 02:00:00:00:00:01", 1, &err);
	struct builder b;

	ck_assert_ptr_nonnull(f);
	udp4(&b);
	ck_assert(!passes(f, &b, 101));
	ck_assert(!passes(f, &b, 101));
	build_ethernet(&b, 0x0800);
	ck_assert(passes(f, &b, 1));
	for (uint32_t linktype = 1000; linktype < 1100; linktype++) /* more than are remembered */
		ck_assert(!passes(f, &b, linktype));
	ck_assert(passes(f, &b, 1));
	filter_free(f);
	ck_assert_ptr_null(filter_new("ether host 02:00:00:00:00:01", 101, &err));
	ck_assert_int_eq(err.code, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.msg, "link type 101"));
}
END_TEST

/* Decided by the captured bytes alone, as in tcpdump. */
START_TEST(cut_frames)
{
	struct error err;
	struct filter *f = filter_new("udp port 2000", 1, &err);
	struct builder b;

	udp4(&b);
	build_ethernet(&b, 0x0800);
	for (uint32_t n = 0; n <= build_len(&b); n++) {
		struct frame frame = build_frame(&b, 1);
		uint8_t *copy = malloc(n + 1);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, frame.data, n);
		frame.data = copy;
		frame.caplen = n;
		ck_assert_int_eq(filter_passes(f, &frame), n >= 38);
		free(copy);
	}
	filter_free(f);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, link_types);
	tcase_add_test(t, types_without_a_meaning_are_refused);
	tcase_add_test(t, cut_frames);
}

int main(void)
{
	return suite_main("filter", add_tests);
}
