/* What bridges and fabrics put between Ethernet and IP, NSH, MACsec. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/packet_tags.h"
#include "tests/support/tunnel_check.h"
#include "tests/unit/suite.h"

START_TEST(pbb_names_the_service)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	build_vlan(&b, 7, 0x0800);
	build_ethernet(&b, 0x8100);
	put32(build_front(&b, 4), 0xe0abcdef); /* priority 7, I-SID */
	build_vlan(&b, 100, 0x88e7);
	build_ethernet(&b, 0x88a8);
	b.bytes[b.at + 5] = 0xbb;
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 1);
	ck_assert_uint_eq(packet_tag_last(&p, 0, TAG_ISID)->value, 0xabcdef);
	ck_assert_uint_eq(packet_tag_nth(&p, 0, TAG_VLAN, 0)->value, 100);
	ck_assert_uint_eq(packet_tag_nth(&p, 0, TAG_VLAN, 1)->value, 7);
	ck_assert_int_eq(p.dst_mac[5], 0xbb); /* the backbone's */
	assert_cut_between(&b, ETHERNET, 18, 22, "pbb");
}
END_TEST

START_TEST(fabricpath_tag)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	build_ethernet(&b, 0x0800);
	put16(build_front(&b, 2), 0x0060);
	build_ethernet(&b, 0x8903);
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 1);
	assert_cut_between(&b, ETHERNET, 14, 16, "fabricpath");
}
END_TEST

START_TEST(trill_with_options)
{
	for (uint32_t words = 0; words < 32; words++) {
		struct builder b;
		struct packet p;

		build_inner(&b);
		build_vlan(&b, 1, 0x0800);
		build_ethernet(&b, 0x8100);
		put16(build_front(&b, 6 + words * 4), 0x0800 | words << 6 | 20);
		build_ethernet(&b, 0x22f3);
		build_decode(&b, ETHERNET, &p);
		assert_inner(&p, 1);
		assert_cut_between(&b, ETHERNET, 14, 20 + words * 4, "trill");
		b.bytes[b.at + 14] |= 0x40;
		build_decode(&b, ETHERNET, &p);
		ck_assert_str_eq(reason_name(&p), "bad_trill");
	}
}
END_TEST

START_TEST(port_tags)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	build_vlan(&b, 9, 0x0800);
	put16(build_front(&b, 8) + 6, 0x8100);
	build_ethernet(&b, 0x893f);
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 1);
	ck_assert_int_eq(p.n_tags, 1);
	assert_cut_between(&b, ETHERNET, 14, 22, "etag");

	build_inner(&b);
	build_vlan(&b, 9, 0x0800);
	put16(build_front(&b, 6) + 4, 0x8100);
	build_ethernet(&b, 0x8926);
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 1);
	ck_assert_int_eq(p.n_tags, 1);
	assert_cut_between(&b, ETHERNET, 14, 20, "vntag");
}
END_TEST

static void macsec_frame(struct builder *b, uint8_t control)
{
	const uint32_t sci_bytes = control & 0x20 ? 8 : 0;

	build_inner(b);
	put16(build_front(b, 2), 0x0800);
	build_front(b, 6 + sci_bytes)[0] = control;
	build_ethernet(b, 0x88e5);
}

START_TEST(macsec_by_its_bits)
{
	for (unsigned control = 0; control < 256; control++) {
		const uint32_t end = 14 + 6 + (control & 0x20 ? 8 : 0);
		struct builder b;
		struct packet p;

		macsec_frame(&b, (uint8_t)control);
		build_decode(&b, ETHERNET, &p);
		if (control & 0x80) {
			ck_assert_str_eq(reason_name(&p), "bad_macsec");
		} else if (control & 0x0c) {
			ck_assert_str_eq(reason_name(&p), "encrypted_macsec");
			ck_assert_int_eq(p.n_layers, 0);
			assert_cut_between(&b, ETHERNET, 14, end, "macsec");
		} else {
			assert_inner(&p, 1);
			assert_cut_between(&b, ETHERNET, 14, end + 2, "macsec");
		}
	}
}
END_TEST

START_TEST(macsec_short_length_ends_the_frame)
{
	struct builder b;
	struct packet p;

	macsec_frame(&b, 0);
	b.bytes[b.at + 15] = 2 + 38;
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 1);
	b.bytes[b.at + 15] = 2 + 19;
	build_decode(&b, ETHERNET, &p);
	ck_assert_str_eq(reason_name(&p), "cut_ipv4");
}
END_TEST

static void nsh_frame(struct builder *b, uint16_t first, uint8_t md, uint8_t protocol)
{
	uint8_t *h = build_front(b, (first & 63u) * 4);

	put16(h, first);
	h[2] = md;
	h[3] = protocol;
	build_ethernet(b, 0x894f);
}

START_TEST(nsh_carries)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	nsh_frame(&b, 0x0fc0 | 6, 1, 1);
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 1);
	assert_cut_between(&b, ETHERNET, 14, 38, "nsh");
	build_inner(&b);
	build_ethernet(&b, 0x0800);
	nsh_frame(&b, 0x2fc0 | 9, 2, 3); /* an OAM packet with metadata of variable length */
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 1);
	build_inner(&b);
	build_mpls(&b, 5, 1);
	nsh_frame(&b, 0x0fc0 | 2, 2, 5);
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 1);
	build_inner(&b);
	nsh_frame(&b, 0x0fc0 | 2, 2, 77);
	build_decode(&b, ETHERNET, &p);
	ck_assert_str_eq(reason_name(&p), "unknown_nsh");
}
END_TEST

START_TEST(nsh_against_the_rules)
{
	static const struct {
		uint16_t first;
		uint8_t md;
	} bad[] = {{0x4002, 2}, {0xc006, 1}, {0x0001, 2}, {0x0000, 2}, {0x0005, 1}, {0x0007, 1}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct builder b;
		struct packet p;

		build_inner(&b);
		build_front(&b, 8);
		nsh_frame(&b, 0x0006, bad[i].md, 1);
		put16(b.bytes + b.at + 14, bad[i].first);
		build_decode(&b, ETHERNET, &p);
		ck_assert_str_eq(reason_name(&p), "bad_nsh");
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, pbb_names_the_service);
	tcase_add_test(t, fabricpath_tag);
	tcase_add_test(t, trill_with_options);
	tcase_add_test(t, port_tags);
	tcase_add_test(t, macsec_by_its_bits);
	tcase_add_test(t, macsec_short_length_ends_the_frame);
	tcase_add_test(t, nsh_carries);
	tcase_add_test(t, nsh_against_the_rules);
}

int main(void)
{
	return suite_main("decode_bridge", add_tests);
}
