#include <check.h>
#include <stdlib.h>

#include "capture/filter.h"
#include "capture/live/live_filter.h"
#include "tests/support/frame_builder.h"
#include "tests/unit/suite.h"

enum { MAX_PREFIXES = 8 };

struct prefixes {
	struct ip_prefix all[MAX_PREFIXES];
	size_t n;
};

static void add(struct prefixes *p, const char *text)
{
	ck_assert(ip_prefix_parse(str_from(text), &p->all[p->n++], NULL));
}

static struct filter *compile(const struct live_filter *f, bool without_drop)
{
	char *text = live_filter_text(f, without_drop);
	struct error err;
	struct filter *filter;

	ck_assert_ptr_nonnull(text);
	filter = filter_new(text, 1, &err);
	ck_assert_msg(filter != NULL, "%s", err.msg);
	free(text);
	return filter;
}

/* The subscribers: 192.0.2.0/25, 198.51.100.128/25, 2001:db8::/127 and 2001:db8::40/128. */
static struct filter *subscribers(bool one_ended, const char *keep, const char *expression)
{
	struct prefixes drop = {.n = 0}, kept = {.n = 0};
	struct live_filter f = {.expression = expression, .drop_one_ended = one_ended};

	add(&drop, "192.0.2.0/25");
	add(&drop, "198.51.100.128/25");
	add(&drop, "2001:db8::/127");
	add(&drop, "2001:db8::40");
	if (keep)
		add(&kept, keep);
	f.drop = drop.all;
	f.n_drop = drop.n;
	f.keep = kept.all;
	f.n_keep = kept.n;
	return compile(&f, false);
}

static void ip4(struct builder *b, uint8_t src, uint8_t dst)
{
	build_start(b);
	build_payload(b, 20);
	build_udp(b, 1000, 2000);
	build_ipv4(b, src, dst, 17); /* 192.0.2.SRC to 198.51.100.DST */
}

static void ip6(struct builder *b, uint8_t src, uint8_t dst)
{
	build_start(b);
	build_payload(b, 20);
	build_udp(b, 1000, 2000);
	build_ipv6(b, src, dst, 17); /* 2001:db8::SRC to 2001:db8::DST */
}

static bool passes(struct filter *f, const struct builder *b)
{
	const struct frame frame = build_frame(b, 1);

	return filter_passes(f, &frame);
}

static bool passes4(struct filter *f, uint8_t src, uint8_t dst)
{
	struct builder b;

	ip4(&b, src, dst);
	build_ethernet(&b, 0x0800);
	return passes(f, &b);
}

static bool passes6(struct filter *f, uint8_t src, uint8_t dst)
{
	struct builder b;

	ip6(&b, src, dst);
	build_ethernet(&b, 0x86dd);
	return passes(f, &b);
}

START_TEST(both_ends)
{
	struct filter *f = subscribers(false, NULL, NULL);

	ck_assert(!passes4(f, 1, 200));
	ck_assert(!passes4(f, 127, 128)); /* the last and the first address */
	ck_assert(passes4(f, 128, 128));
	ck_assert(passes4(f, 127, 127));
	ck_assert(passes4(f, 200, 1));
	ck_assert(!passes6(f, 0, 1));
	ck_assert(!passes6(f, 0x40, 1));
	ck_assert(passes6(f, 0, 2));
	ck_assert(passes6(f, 0x41, 0));
	filter_free(f);
}
END_TEST

START_TEST(one_end)
{
	struct filter *f = subscribers(true, "198.51.100.0/29", NULL);

	ck_assert(!passes4(f, 1, 200));
	ck_assert(!passes4(f, 1, 8)); /* subscriber to the world */
	ck_assert(passes4(f, 1, 7));  /* subscriber to infrastructure */
	ck_assert(passes4(f, 200, 8));
	ck_assert(!passes6(f, 1, 0x99));
	ck_assert(passes6(f, 0x98, 0x99));
	filter_free(f);
}
END_TEST

/* Equipment that has an address inside subscriber space. */
START_TEST(kept)
{
	struct filter *f = subscribers(false, "192.0.2.5", NULL);

	ck_assert(passes4(f, 5, 200));
	ck_assert(!passes4(f, 4, 200));
	filter_free(f);
	f = subscribers(false, "2001:db8::1", NULL);
	ck_assert(passes6(f, 0, 1));
	ck_assert(!passes6(f, 0, 0x40));
	ck_assert(!passes4(f, 5, 200));
	filter_free(f);
}
END_TEST

static void tag(struct builder *b, unsigned n, uint16_t type)
{
	static const uint16_t tags[] = {0x8100, 0x88a8, 0x9100, 0x9200};

	for (unsigned i = 0; i < n; i++) {
		build_vlan(b, (uint16_t)(100 + i), type);
		type = tags[i % 4];
	}
	build_ethernet(b, type);
}

/* Behind up to two tags, besides the one that the kernel takes off; a third one more is let
 * through. */
START_TEST(tags)
{
	struct filter *f = subscribers(false, NULL, NULL);
	struct builder b;

	for (unsigned n = 0; n <= 3; n++) {
		ip4(&b, 1, 200);
		tag(&b, n, 0x0800);
		ck_assert_int_eq(passes(f, &b), n == 3);
		ip6(&b, 1, 0x40);
		tag(&b, n, 0x86dd);
		ck_assert_int_eq(passes(f, &b), n == 3);
		ip4(&b, 1, 1);
		tag(&b, n, 0x0800);
		ck_assert(passes(f, &b));
	}
	filter_free(f);
}
END_TEST

/* What only looks like subscriber traffic, or carries it. */
START_TEST(everything_else_passes)
{
	struct filter *f = subscribers(true, NULL, NULL);
	struct builder b;

	ip4(&b, 1, 200);
	build_ethernet(&b, 0x0806);
	ck_assert(passes(f, &b));
	ip4(&b, 1, 200);
	build_ethernet(&b, 0x86dd); /* not its version */
	ck_assert(passes(f, &b));
	ip4(&b, 1, 200);
	build_gtpu(&b, 255, 1);
	build_udp(&b, 2152, 2152);
	build_ipv4(&b, 200, 100, 17);
	build_ethernet(&b, 0x0800);
	ck_assert(passes(f, &b));
	ip4(&b, 1, 200);
	build_mpls(&b, 16, 1);
	build_ethernet(&b, 0x8847);
	ck_assert(passes(f, &b));
	filter_free(f);
}
END_TEST

/* A frame that ends before its addresses do belongs to nobody, and is not lost. */
START_TEST(short_frames_pass)
{
	struct filter *f = subscribers(false, NULL, NULL);

	for (unsigned v6 = 0; v6 < 2; v6++) {
		for (unsigned n_tags = 0; n_tags <= 2; n_tags++) {
			const uint32_t whole = 14 + n_tags * 4 + (v6 ? 40 : 20);
			struct builder b;
			struct frame frame;

			(v6 ? ip6 : ip4)(&b, 1, v6 ? 0x40 : 200);
			tag(&b, n_tags, v6 ? 0x86dd : 0x0800);
			frame = build_frame(&b, 1);
			for (uint32_t n = 14; n <= whole; n++) {
				frame.caplen = frame.len = n;
				ck_assert_int_eq(filter_passes(f, &frame), n < whole);
			}
		}
	}
	filter_free(f);
}
END_TEST

START_TEST(with_an_expression)
{
	struct filter *f = subscribers(false, NULL, "udp port 2000 or udp port 1");
	struct builder b;

	ck_assert(!passes4(f, 1, 200));
	ck_assert(passes4(f, 1, 1));
	build_start(&b);
	build_payload(&b, 20);
	build_udp(&b, 3, 4);
	build_ipv4(&b, 1, 1, 17);
	build_ethernet(&b, 0x0800);
	ck_assert(!passes(f, &b));
	filter_free(f);

	/* The word vlan moves what comes after it: not ours. */
	f = subscribers(false, NULL, "vlan and udp");
	ip4(&b, 1, 1);
	tag(&b, 1, 0x0800);
	ck_assert(passes(f, &b));
	ip4(&b, 1, 200);
	tag(&b, 1, 0x0800);
	ck_assert(!passes(f, &b));
	filter_free(f);
}
END_TEST

START_TEST(nothing_to_drop)
{
	const struct live_filter none = {.expression = NULL}, user = {.expression = "arp"};
	struct prefixes drop = {.n = 0};
	struct live_filter f = {.drop = drop.all, .n_drop = 2};
	struct filter *filter;

	filter = compile(&none, false);
	ck_assert(passes4(filter, 1, 200));
	filter_free(filter);
	filter = compile(&user, false);
	ck_assert(!passes4(filter, 1, 200));
	filter_free(filter);
	add(&drop, "0.0.0.0/0"); /* all of IPv4, and no IPv6 */
	add(&drop, "2001:db8::/33");
	filter = compile(&f, false);
	ck_assert(!passes4(filter, 1, 200));
	ck_assert(!passes6(filter, 1, 2));
	filter_free(filter);
	filter = compile(&f, true);
	ck_assert(passes4(filter, 1, 200));
	filter_free(filter);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, both_ends);
	tcase_add_test(t, one_end);
	tcase_add_test(t, kept);
	tcase_add_test(t, tags);
	tcase_add_test(t, everything_else_passes);
	tcase_add_test(t, short_frames_pass);
	tcase_add_test(t, with_an_expression);
	tcase_add_test(t, nothing_to_drop);
}

int main(void)
{
	return suite_main("live_filter", add_tests);
}
