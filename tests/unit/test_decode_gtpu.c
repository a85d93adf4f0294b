/* The border at GTP-U: the tunnel is named, its content is no layer, and of it nothing is read but
 * the destination. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/tunnel_check.h"
#include "tests/unit/suite.h"

static void gtpu_frame(struct builder *b, uint8_t type)
{
	build_inner(b);
	build_gtpu(b, type, 0xdeadbeef);
	build_udp(b, 2152, 2152);
	build_ipv4(b, 1, 2, 17);
}

START_TEST(gtpu_stops_at_the_subscriber)
{
	struct builder b;
	struct packet p;

	gtpu_frame(&b, 255);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "subscriber_tunnel");
	ck_assert_int_eq(p.n_layers, 1);
	ck_assert(p.layers[0].opaque);
	ck_assert(p.has_teid);
	ck_assert_uint_eq(p.teid, 0xdeadbeef);
	ck_assert_int_eq(p.path[p.n_path - 1], DECODER_gtpu);
}
END_TEST

/* Whatever is inside: no layer, no name, no payload of it. */
START_TEST(gtpu_content_opens_nothing)
{
	struct builder b;
	struct packet p;

	gtpu_frame(&b, 255);
	for (unsigned fill = 0; fill < 256; fill++) {
		memset(b.bytes + b.at + 36, (int)fill, BUILDER_BYTES - b.at - 36);
		for (uint8_t options = 0; options < 8; options++) {
			b.bytes[b.at + 28] = 0x30 | options;
			put16(b.bytes + b.at + 30, 12345);
			build_decode(&b, RAW, &p);
			ck_assert_str_eq(reason_name(&p), "subscriber_tunnel");
			ck_assert(p.layers[0].opaque);
			ck_assert_int_eq(p.n_layers, 1);
			ck_assert(!p.has_inner_dst);
		}
	}
}
END_TEST

static void assert_inner_dst(const struct packet *p, const char *dst, int proto, int port)
{
	char text[IP_ADDR_TEXT_BYTES];

	ck_assert_str_eq(reason_name(p), "subscriber_tunnel");
	ck_assert_int_eq(p->n_layers, 1);
	ck_assert(p->layers[0].opaque);
	ck_assert(p->has_inner_dst);
	ck_assert_str_eq(ip_addr_format(&p->inner_dst, text), dst);
	ck_assert_int_eq(p->inner_proto, proto);
	ck_assert_int_eq(p->inner_dport, port);
}

/* FLAGS: 4 extension headers, 2 sequence number, 1 N-PDU number. */
static void gtpu_options(struct builder *b, uint8_t flags, const char *extensions, uint32_t n)
{
	uint32_t len;
	uint8_t *h;

	build_bytes(b, extensions, n);
	if (flags)
		build_front(b, 4)[3] = flags & 4 && n ? 0x85 : 0;
	len = build_len(b);
	h = build_front(b, 8);
	h[0] = 0x30 | flags;
	h[1] = 255;
	put16(h + 2, len);
	put32(h + 4, 0xdeadbeef);
	build_udp(b, 2152, 2152);
	build_ipv4(b, 1, 2, 17);
}

START_TEST(gtpu_inner_destination_behind_every_option)
{
	for (uint8_t flags = 0; flags < 8; flags++) {
		struct builder b;
		struct packet p;

		build_inner(&b);
		gtpu_options(&b, flags, "", 0);
		build_decode(&b, RAW, &p);
		assert_inner_dst(&p, "198.51.100.12", 17, 2000);
		if (!(flags & 4))
			continue;
		build_inner(&b);
		gtpu_options(&b, flags, "\x01\x00\x09\xc0\x02\x00\x00\x00\x00\x00\x00\x00", 12);
		build_decode(&b, RAW, &p);
		assert_inner_dst(&p, "198.51.100.12", 17, 2000);
	}
}
END_TEST

/* Without the flag for it the type of the next extension header says nothing. */
START_TEST(gtpu_type_without_extensions)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	gtpu_options(&b, 2, "", 0);
	b.bytes[b.at + 39] = 0x85;
	build_decode(&b, RAW, &p);
	assert_inner_dst(&p, "198.51.100.12", 17, 2000);
}
END_TEST

START_TEST(gtpu_broken_extensions_stay_closed)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	gtpu_options(&b, 4, "\x00", 1); /* of no length, and IPv4 directly behind that */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "subscriber_tunnel");
	ck_assert(p.layers[0].opaque && p.has_teid && !p.has_inner_dst);

	build_inner(&b);
	gtpu_options(&b, 4, "\x00\x00\x09\x00", 4); /* of no length */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "subscriber_tunnel");
	ck_assert(p.layers[0].opaque && p.has_teid && !p.has_inner_dst);
	b.bytes[b.at + 40] = 200; /* beyond the end */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "subscriber_tunnel");
	ck_assert(p.layers[0].opaque && p.has_teid && !p.has_inner_dst);
}
END_TEST

START_TEST(gtpu_inner_ipv6)
{
	struct builder b;
	struct packet p;
	uint8_t *fragment;

	build_start(&b);
	build_tcp(&b, 1000, 443, TCP_SYN, 0);
	build_ip6ext(&b, 6, 1); /* destination options */
	build_ip6ext(&b, 60, 0);
	build_ipv6(&b, 5, 6, 0);
	gtpu_options(&b, 0, "", 0);
	build_decode(&b, RAW, &p);
	assert_inner_dst(&p, "2001:db8::6", 6, 443);

	build_start(&b);
	build_payload(&b, 40);
	fragment = build_ip6ext(&b, 17, 0);
	put16(fragment + 2, 0x0008);
	build_ipv6(&b, 5, 6, 44);
	gtpu_options(&b, 0, "", 0);
	build_decode(&b, RAW, &p);
	assert_inner_dst(&p, "2001:db8::6", 17, 0);
}
END_TEST

START_TEST(gtpu_inner_without_ports)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_start(&b);
	build_payload(&b, 40);
	h = build_ipv4(&b, 11, 12, 17);
	put16(h + 6, 0x2003); /* a later fragment */
	gtpu_options(&b, 0, "", 0);
	build_decode(&b, RAW, &p);
	assert_inner_dst(&p, "198.51.100.12", 17, 0);
	put16(h + 6, 0);
	h[9] = 1;
	build_decode(&b, RAW, &p);
	assert_inner_dst(&p, "198.51.100.12", 1, 0);
}
END_TEST

/* A frame or garbage that begins like IP is none unless it fits. */
START_TEST(gtpu_inner_that_does_not_fit)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_inner(&b);
	h = b.bytes + b.at;
	gtpu_options(&b, 0, "", 0);
	put16(h + 2, 39);
	build_decode(&b, RAW, &p);
	ck_assert(!p.has_inner_dst);
	put16(h + 2, 19);
	build_decode(&b, RAW, &p);
	ck_assert(!p.has_inner_dst);
	put16(h + 2, 38);
	h[0] = 0x44;
	build_decode(&b, RAW, &p);
	ck_assert(!p.has_inner_dst);
	h[0] = 0x45;
	put16(b.bytes + b.at + 6, 0x2000); /* the outer packet is a fragment: more may follow */
	put16(h + 2, 1400);
	build_decode(&b, RAW, &p);
	assert_inner_dst(&p, "198.51.100.12", 17, 2000);
}
END_TEST

START_TEST(gtpu_cut_inside)
{
	struct builder b;

	build_inner(&b);
	gtpu_options(&b, 4, "\x01\x00\x09\x00", 4);
	for (uint32_t n = 36; n < build_len(&b); n++) {
		struct packet p;

		memset(&p, 0xff, sizeof(p)); /* as another one left it */
		decode_cut(&b, RAW, n, &p);
		ck_assert_str_eq(reason_name(&p), "subscriber_tunnel");
		ck_assert(p.layers[0].opaque);
		ck_assert_int_eq(p.has_inner_dst, n >= 44 + 20);
		if (p.has_inner_dst)
			assert_inner_dst(&p, "198.51.100.12", 17, n >= 44 + 24 ? 2000 : 0);
	}
}
END_TEST

START_TEST(gtpu_other_messages_are_payload)
{
	static const uint8_t types[] = {1, 2, 26, 31, 254};
	struct builder b;
	struct packet p;

	for (size_t i = 0; i < sizeof(types); i++) {
		gtpu_frame(&b, types[i]);
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), "none");
		ck_assert_int_eq(p.n_layers, 1);
		ck_assert(!p.has_teid && !p.layers[0].opaque);
	}
	gtpu_frame(&b, 255);
	b.bytes[b.at + 28] = 0x50; /* version 2 */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	b.bytes[b.at + 28] = 0x20; /* GTP' */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
}
END_TEST

START_TEST(gtpu_cut_before_its_tunnel)
{
	struct builder b;

	gtpu_frame(&b, 255);
	for (uint32_t n = 28; n < 36; n++) {
		struct frame f = build_frame(&b, RAW);
		struct packet p;

		f.caplen = n;
		decode_frame(&f, NULL, &p);
		ck_assert_str_eq(reason_name(&p), "cut_gtpu");
		ck_assert(p.layers[0].opaque);
		ck_assert(!p.has_teid);
	}
}
END_TEST

/* GTP-U inside another tunnel is still a subscriber's. */
START_TEST(gtpu_inside_vxlan)
{
	struct builder b;
	struct packet p;

	gtpu_frame(&b, 255);
	build_ethernet(&b, 0x0800);
	build_vxlan(&b, 5);
	build_udp(&b, 50000, 4789);
	build_ipv4(&b, 3, 4, 17);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "subscriber_tunnel");
	ck_assert_int_eq(p.n_layers, 2);
	ck_assert(!p.layers[0].opaque);
	ck_assert(p.layers[1].opaque);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, gtpu_stops_at_the_subscriber);
	tcase_add_test(t, gtpu_content_opens_nothing);
	tcase_add_test(t, gtpu_inner_destination_behind_every_option);
	tcase_add_test(t, gtpu_type_without_extensions);
	tcase_add_test(t, gtpu_broken_extensions_stay_closed);
	tcase_add_test(t, gtpu_inner_ipv6);
	tcase_add_test(t, gtpu_inner_without_ports);
	tcase_add_test(t, gtpu_inner_that_does_not_fit);
	tcase_add_test(t, gtpu_cut_inside);
	tcase_add_test(t, gtpu_other_messages_are_payload);
	tcase_add_test(t, gtpu_cut_before_its_tunnel);
	tcase_add_test(t, gtpu_inside_vxlan);
}

int main(void)
{
	return suite_main("decode_gtpu", add_tests);
}
