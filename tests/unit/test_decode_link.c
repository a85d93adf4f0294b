/* Link types and what stands between them and IP. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/frame_builder.h"
#include "tests/support/packet_tags.h"
#include "tests/unit/suite.h"

static void udp_in_ipv4(struct builder *b)
{
	build_start(b);
	build_payload(b, 10);
	build_udp(b, 1000, 2000);
	build_ipv4(b, 1, 2, 17);
}

static void assert_udp(const struct packet *p, uint32_t l3_offset)
{
	ck_assert_str_eq(decode_reason_name(p->reason), "none");
	ck_assert_int_eq(p->n_layers, 1);
	ck_assert_int_eq(p->layers[0].sport, 1000);
	ck_assert_int_eq(p->layers[0].dport, 2000);
	ck_assert_int_eq(p->layers[0].l3_offset, l3_offset);
	ck_assert_int_eq(p->layers[0].payload_offset, l3_offset + 28);
	ck_assert_int_eq(p->layers[0].payload_bytes, 10);
	ck_assert_int_eq(p->layers[0].payload_captured, 10);
}

/* Bytes written by hand, so that the builder is not its own judge. */
START_TEST(ethernet_by_hand)
{
	static const uint8_t bytes[] = {
		0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08,
		0x00,                                                                   /* */
		0x45, 0x00, 0x00, 0x20, 0x12, 0x34, 0x40, 0x00, 0x40, 0x11, 0x00, 0x00, /* */
		0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33, 0x64, 0x02,                         /* */
		0x03, 0xe8, 0x00, 0x35, 0x00, 0x0c, 0x00, 0x00, 'd', 'a', 't', 'a',     /* */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* padding */
	};
	const struct frame f = {.data = bytes,
		.caplen = sizeof(bytes),
		.len = sizeof(bytes),
		.ts_ns = 77,
		.linktype = 1};
	const struct packet_layer *l;
	struct packet p;
	char text[IP_ADDR_TEXT_BYTES];

	decode_frame(&f, NULL, &p);
	l = &p.layers[0];
	ck_assert_uint_eq(p.ts_ns, 77);
	ck_assert_uint_eq(p.frame_bytes, 60);
	ck_assert_int_eq(p.reason, REASON_none);
	ck_assert_int_eq(p.n_layers, 1);
	ck_assert(p.has_mac);
	ck_assert_mem_eq(p.dst_mac, bytes, 6);
	ck_assert_mem_eq(p.src_mac, bytes + 6, 6);
	ck_assert_str_eq(ip_addr_format(&l->src, text), "192.0.2.1");
	ck_assert_str_eq(ip_addr_format(&l->dst, text), "198.51.100.2");
	ck_assert_int_eq(l->ip_version, 4);
	ck_assert_int_eq(l->proto, 17);
	ck_assert_int_eq(l->sport, 1000);
	ck_assert_int_eq(l->dport, 53);
	ck_assert_int_eq(l->l3_bytes, 32);
	ck_assert_int_eq(l->l3_captured, 32);
	ck_assert_int_eq(l->payload_offset, 42);
	ck_assert_int_eq(l->payload_bytes, 4);
	ck_assert_int_eq(l->payload_captured, 4); /* padding is none */
	ck_assert_int_eq(p.n_path, 3);
	ck_assert_int_eq(l->path_len, 1);
	ck_assert_int_eq(p.path[0], DECODER_ethernet);
	ck_assert_int_eq(p.path[1], DECODER_ipv4);
	ck_assert_int_eq(p.path[2], DECODER_udp);
}
END_TEST

START_TEST(vlan_stacks)
{
	static const uint16_t types[] = {0x8100, 0x88a8, 0x9100, 0x9200};

	for (int i = 0; i < 4; i++) {
		struct builder b;
		struct packet p;

		udp_in_ipv4(&b);
		build_vlan(&b, 0x6000 | 300, 0x0800); /* with a priority */
		build_vlan(&b, 200, types[i]);
		build_ethernet(&b, types[i]);
		build_decode(&b, 1, &p);
		assert_udp(&p, 22);
		ck_assert_int_eq(p.n_tags, 2);
		ck_assert_uint_eq(packet_tag_nth(&p, 0, TAG_VLAN, 0)->value, 200);
		ck_assert_uint_eq(packet_tag_nth(&p, 0, TAG_VLAN, 1)->value, 300);
		ck_assert_int_eq(p.layers[0].path_len, 3);
	}
}
END_TEST

START_TEST(vlan_priority_tag_is_no_vlan)
{
	struct builder b;
	struct packet p;

	udp_in_ipv4(&b);
	build_vlan(&b, 0xe000, 0x0800);
	build_ethernet(&b, 0x8100);
	build_decode(&b, 1, &p);
	assert_udp(&p, 18);
	ck_assert_int_eq(p.n_tags, 0);
}
END_TEST

/* More tags than packet.tags holds are followed, and the outermost ones kept. */
START_TEST(vlan_stack_beyond_the_list)
{
	struct builder b;
	struct packet p;

	udp_in_ipv4(&b);
	build_vlan(&b, 16, 0x0800);
	for (uint16_t id = 15; id > 0; id--)
		build_vlan(&b, id, 0x8100);
	build_ethernet(&b, 0x8100);
	build_decode(&b, 1, &p);
	assert_udp(&p, 14 + 16 * 4);
	ck_assert_int_eq(p.n_tags, PACKET_MAX_TAGS);
	for (uint16_t i = 0; i < PACKET_MAX_TAGS; i++)
		ck_assert_uint_eq(p.tags[i].value, i + 1u);
}
END_TEST

/* The path holds 24 entries: Ethernet, 21 tags, IPv4, UDP fit; one tag more does not. */
START_TEST(vlan_stack_to_the_depth_cap)
{
	for (int tags = 20; tags < 60; tags++) {
		struct builder b;
		struct packet p;

		udp_in_ipv4(&b);
		build_vlan(&b, 1, 0x0800);
		for (int i = 1; i < tags; i++)
			build_vlan(&b, 1, 0x8100);
		build_ethernet(&b, 0x8100);
		build_decode(&b, 1, &p);
		ck_assert_str_eq(decode_reason_name(p.reason),
			tags <= PACKET_MAX_PATH - 3 ? "none" : "too_deep");
		ck_assert_int_le(p.n_path, PACKET_MAX_PATH);
	}
}
END_TEST

static const char *reason_of_ethernet(uint16_t type, const void *bytes, uint32_t n)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	build_bytes(&b, bytes, n);
	build_ethernet(&b, type);
	build_decode(&b, 1, &p);
	ck_assert_int_eq(p.n_layers, 0);
	return decode_reason_name(p.reason);
}

START_TEST(frames_without_ip_are_told_apart)
{
	static const struct {
		uint16_t type;
		const char *reason;
	} cases[] = {
		{0x0806, "non_ip_arp"},
		{0x8035, "non_ip_rarp"},
		{0x88cc, "non_ip_lldp"},
		{0x88f7, "non_ip_ptp"},
		{0x8809, "non_ip_lacp"},
		{0x888e, "non_ip_eapol"},
		{0x8863, "non_ip_pppoe"},
		{0x1234, "unknown_ethertype"},
		{1501, "unknown_ethertype"},
		{1535, "unknown_ethertype"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(reason_of_ethernet(cases[i].type, "01234567890123456789", 20),
			cases[i].reason);
}
END_TEST

START_TEST(llc_and_snap)
{
	ck_assert_str_eq(reason_of_ethernet(7, "\x42\x42\x03pppp", 7), "non_ip_stp");
	ck_assert_str_eq(reason_of_ethernet(7, "\xfe\xfe\x03pppp", 7), "non_ip_isis");
	ck_assert_str_eq(reason_of_ethernet(7, "\xe0\xe0\x03pppp", 7), "non_ip_ipx");
	ck_assert_str_eq(reason_of_ethernet(7, "\xff\xffpppp!", 7), "non_ip_ipx");
	ck_assert_str_eq(reason_of_ethernet(7, "\xf0\xf1\x01\x01ppp", 7), "non_ip_netbios");
	ck_assert_str_eq(reason_of_ethernet(7, "\x12\x12\x03pppp", 7), "unknown_sap");
	ck_assert_str_eq(
		reason_of_ethernet(10, "\xaa\xaa\x03\x00\x00\x0c\x20\x00pp", 10), "non_ip_cdp");
	ck_assert_str_eq(
		reason_of_ethernet(10, "\xaa\xaa\x03\x00\x00\x0c\x01\x0bpp", 10), "non_ip_stp");
	ck_assert_str_eq(
		reason_of_ethernet(10, "\xaa\xaa\x03\x00\x00\x0c\x77\x77pp", 10), "unknown_snap");
	ck_assert_str_eq(
		reason_of_ethernet(10, "\xaa\xaa\x03\x00\x12\x34\x08\x00pp", 10), "unknown_snap");
	ck_assert_str_eq(
		reason_of_ethernet(10, "\xaa\xaa\x03\x00\x00\x00\x08\x06pp", 10), "non_ip_arp");
}
END_TEST

START_TEST(llc_length_ends_the_frame)
{
	/* The length leaves three bytes; what looks like SNAP behind them is padding. */
	ck_assert_str_eq(
		reason_of_ethernet(3, "\xaa\xaa\x03\x00\x00\x00\x08\x00pp", 10), "cut_llc");
	ck_assert_str_eq(reason_of_ethernet(0, "\x42\x42\x03", 3), "cut_llc");
}
END_TEST

START_TEST(ipv4_in_snap_and_in_sap)
{
	struct builder b;
	struct packet p;

	udp_in_ipv4(&b);
	build_bytes(&b, "\xaa\xaa\x03\x00\x00\x00\x08\x00", 8);
	build_ethernet(&b, (uint16_t)build_len(&b));
	build_decode(&b, 1, &p);
	assert_udp(&p, 22);

	udp_in_ipv4(&b);
	build_bytes(&b, "\x06\x06\x03", 3);
	build_ethernet(&b, (uint16_t)build_len(&b));
	build_decode(&b, 1, &p);
	assert_udp(&p, 17);

	udp_in_ipv4(&b); /* a length behind a tag */
	build_bytes(&b, "\xaa\xaa\x03\x00\x00\xf8\x08\x00", 8);
	build_vlan(&b, 5, (uint16_t)build_len(&b));
	build_ethernet(&b, 0x8100);
	build_decode(&b, 1, &p);
	assert_udp(&p, 26);
}
END_TEST

START_TEST(linux_cooked)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	udp_in_ipv4(&b);
	h = build_front(&b, 16);
	put16(h + 2, 1);
	put16(h + 14, 0x0800);
	build_decode(&b, 113, &p);
	assert_udp(&p, 16);
	ck_assert(!p.has_mac);
	put16(h + 14, 4);
	build_decode(&b, 113, &p);
	ck_assert_str_eq(decode_reason_name(p.reason), "unknown_sap"); /* 0x45 taken for one */
	put16(h + 14, 1);
	build_decode(&b, 113, &p);
	ck_assert_str_eq(decode_reason_name(p.reason), "non_ip_ipx");
	put16(h + 2, 824);
	build_decode(&b, 113, &p);
	ck_assert_str_eq(decode_reason_name(p.reason), "non_ip_netlink");

	udp_in_ipv4(&b);
	h = build_front(&b, 20);
	put16(h, 0x0800);
	put16(h + 8, 1);
	build_decode(&b, 276, &p);
	assert_udp(&p, 20);
}
END_TEST

START_TEST(bare_ip)
{
	static const uint32_t raw[] = {12, 14, 101};
	struct builder b;
	struct packet p;

	for (int i = 0; i < 3; i++) {
		udp_in_ipv4(&b);
		build_decode(&b, raw[i], &p);
		assert_udp(&p, 0);
		build_start(&b);
		build_udp(&b, 1, 2);
		build_ipv6(&b, 1, 2, 17);
		build_decode(&b, raw[i], &p);
		ck_assert_int_eq(p.reason, REASON_none);
		ck_assert_int_eq(p.layers[0].ip_version, 6);
		b.bytes[b.at] = 0x50;
		build_decode(&b, raw[i], &p);
		ck_assert_str_eq(decode_reason_name(p.reason), "unknown_ip_version");
	}
	udp_in_ipv4(&b);
	build_decode(&b, 228, &p);
	assert_udp(&p, 0);
	build_decode(&b, 229, &p);
	ck_assert_int_eq(p.n_layers, 0);
	build_decode(&b, 147, &p);
	ck_assert_str_eq(decode_reason_name(p.reason), "unknown_linktype");
	build_decode(&b, UINT32_MAX, &p);
	ck_assert_str_eq(decode_reason_name(p.reason), "unknown_linktype");
}
END_TEST

START_TEST(bsd_loopback)
{
	static const uint8_t families6[] = {10, 23, 24, 28, 30};
	struct builder b;
	struct packet p;

	udp_in_ipv4(&b);
	build_bytes(&b, "\x02\x00\x00\x00", 4);
	build_decode(&b, 0, &p);
	assert_udp(&p, 4);
	memcpy(b.bytes + b.at, "\x00\x00\x00\x02", 4);
	build_decode(&b, 0, &p);
	assert_udp(&p, 4);
	build_decode(&b, 108, &p);
	assert_udp(&p, 4);
	memcpy(b.bytes + b.at, "\x00\x08\x00\x00", 4); /* an EtherType */
	build_decode(&b, 0, &p);
	assert_udp(&p, 4);
	memcpy(b.bytes + b.at, "\x00\x00\x00\x07", 4);
	build_decode(&b, 0, &p);
	ck_assert_str_eq(decode_reason_name(p.reason), "unknown_family");
	for (size_t i = 0; i < sizeof(families6); i++) {
		build_start(&b);
		build_udp(&b, 1, 2);
		build_ipv6(&b, 1, 2, 17);
		put32(build_front(&b, 4), families6[i]);
		build_decode(&b, 0, &p);
		ck_assert_int_eq(p.reason, REASON_none);
		ck_assert_int_eq(p.n_layers, 1);
	}
}
END_TEST

START_TEST(mpls_carries_ip)
{
	struct builder b;
	struct packet p;

	udp_in_ipv4(&b);
	build_mpls(&b, 0xfffff, 1);
	build_mpls(&b, 17, 0);
	build_mpls(&b, 16, 0);
	build_ethernet(&b, 0x8847);
	build_decode(&b, 1, &p);
	assert_udp(&p, 26);
	ck_assert_uint_eq(packet_tag_nth(&p, 0, TAG_MPLS, 0)->value, 16);
	ck_assert_uint_eq(packet_tag_last(&p, 0, TAG_MPLS)->value, 0xfffff);

	build_start(&b);
	build_udp(&b, 1, 2);
	build_ipv6(&b, 1, 2, 17);
	build_mpls(&b, 99, 1);
	build_ethernet(&b, 0x8848);
	build_decode(&b, 1, &p);
	ck_assert_int_eq(p.reason, REASON_none);
	ck_assert_int_eq(p.layers[0].ip_version, 6);
}
END_TEST

START_TEST(mpls_carries_ethernet)
{
	for (int control_word = 0; control_word < 2; control_word++) {
		for (int zero = 0; zero < 2; zero++) {
			struct builder b;
			struct packet p;

			udp_in_ipv4(&b);
			build_ethernet(&b, 0x0800);
			/* Without a control word a destination that begins with 0 has to be told
			 * from one. */
			b.bytes[b.at] = zero ? 0x00 : 0x20;
			if (control_word)
				build_bytes(&b, "\x00\x00\x00\x07", 4);
			build_mpls(&b, 99, 1);
			build_ethernet(&b, 0x8847);
			b.bytes[b.at + 5] = 0xee;
			build_decode(&b, 1, &p);
			assert_udp(&p, 32 + 4u * (unsigned)control_word);
			ck_assert_int_eq(p.dst_mac[5], 0xee); /* the outermost */
		}
	}
}
END_TEST

START_TEST(mpls_endless_stack_and_oam)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	for (int i = 0; i < 200; i++)
		build_mpls(&b, 3, 0);
	build_ethernet(&b, 0x8847);
	build_decode(&b, 1, &p);
	ck_assert_str_eq(decode_reason_name(p.reason), "too_deep");

	build_start(&b);
	build_bytes(&b, "\x10\x00\x00\x07\x20\x40\x03\x18", 8);
	build_mpls(&b, 13, 1);
	build_ethernet(&b, 0x8847);
	build_decode(&b, 1, &p);
	ck_assert_str_eq(decode_reason_name(p.reason), "non_ip_mpls_oam");
}
END_TEST

START_TEST(names_are_complete)
{
	for (int i = 0; i < DECODER_COUNT; i++) {
		const char *name = decoder_name((enum decoder_id)i);
		bool has_cut = false;

		for (int r = 0; r < REASON_COUNT; r++) {
			const char *reason = decode_reason_name((enum decode_reason)r);

			has_cut = has_cut || (strncmp(reason, "cut_", 4) == 0 &&
						     strcmp(reason + 4, name) == 0);
		}
		ck_assert_msg(has_cut, "no reason cut_%s", name);
	}
	for (int r = 0; r < REASON_COUNT; r++)
		ck_assert_int_gt(strlen(decode_reason_text((enum decode_reason)r)), 2);
	ck_assert_str_eq(decode_reason_text(REASON_cut_vlan),
		"VLAN tag (IEEE 802.1Q and 802.1ad) cut short");
	ck_assert_str_eq(decode_reason_name((enum decode_reason)REASON_COUNT), "?");
	ck_assert_str_eq(decoder_name(DECODER_COUNT), "?");
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, ethernet_by_hand);
	tcase_add_test(t, vlan_stacks);
	tcase_add_test(t, vlan_priority_tag_is_no_vlan);
	tcase_add_test(t, vlan_stack_beyond_the_list);
	tcase_add_test(t, vlan_stack_to_the_depth_cap);
	tcase_add_test(t, frames_without_ip_are_told_apart);
	tcase_add_test(t, llc_and_snap);
	tcase_add_test(t, llc_length_ends_the_frame);
	tcase_add_test(t, ipv4_in_snap_and_in_sap);
	tcase_add_test(t, linux_cooked);
	tcase_add_test(t, bare_ip);
	tcase_add_test(t, bsd_loopback);
	tcase_add_test(t, mpls_carries_ip);
	tcase_add_test(t, mpls_carries_ethernet);
	tcase_add_test(t, mpls_endless_stack_and_oam);
	tcase_add_test(t, names_are_complete);
}

int main(void)
{
	return suite_main("decode_link", add_tests);
}
