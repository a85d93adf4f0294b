/* PPP and what carries it: serial links, PPPoE, L2TP, GRE. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/packet_tags.h"
#include "tests/support/tunnel_check.h"
#include "tests/unit/suite.h"

enum { PPP = 9, PPP_SERIAL = 50, PPP_ETHER = 51, C_HDLC = 104, FRAME_RELAY = 107 };

START_TEST(ppp_with_and_without_what_may_be_left_out)
{
	static const uint32_t linktypes[] = {PPP, PPP_SERIAL};

	for (int i = 0; i < 2; i++) {
		for (unsigned left_out = 0; left_out < 4; left_out++) {
			struct builder b;
			struct packet p;
			uint32_t header;

			build_inner(&b);
			if (left_out & 1)
				build_bytes(&b, "\x21", 1);
			else
				build_ppp(&b, 0x0021);
			if (!(left_out & 2))
				build_bytes(&b, "\xff\x03", 2);
			header = build_len(&b) - 38;
			build_decode(&b, linktypes[i], &p);
			assert_inner(&p, 1);
			ck_assert(!p.layers[0].access);
			assert_cut_between(&b, linktypes[i], 0, header, "ppp");
		}
	}
}
END_TEST

static const char *reason_of_ppp(uint16_t protocol)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	build_payload(&b, 20);
	build_ppp(&b, protocol);
	build_decode(&b, PPP, &p);
	ck_assert_int_eq(p.n_layers, 0);
	return reason_name(&p);
}

START_TEST(ppp_protocols)
{
	static const struct {
		uint16_t protocol;
		const char *reason;
	} cases[] = {
		{0xc021, "non_ip_ppp"},
		{0xc023, "non_ip_ppp"},
		{0x8021, "non_ip_ppp"},
		{0x8057, "non_ip_ppp"},
		{0x80fd, "non_ip_ppp"},
		{0x0023, "non_ip_isis"},
		{0x002b, "non_ip_ipx"},
		{0x002d, "compressed_ppp"},
		{0x00fd, "compressed_ppp"},
		{0x003d, "unsupported_ppp_multilink"},
		{0x0031, "unsupported_ppp_bridge"},
		{0x4025, "unknown_ppp"},
		{0x0020, "bad_ppp"},
		{0xff13, "bad_ppp"}, /* no control byte behind the address */
		{0x8020, "bad_ppp"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(reason_of_ppp(cases[i].protocol), cases[i].reason);
}
END_TEST

START_TEST(ppp_carries_ipv6_and_mpls)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	build_udp(&b, 1, 2);
	build_ipv6(&b, 1, 2, 17);
	build_ppp(&b, 0x0057);
	build_decode(&b, PPP, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].ip_version, 6);
	build_inner(&b);
	build_mpls(&b, 77, 1);
	build_ppp(&b, 0x0281);
	build_decode(&b, PPP, &p);
	assert_inner(&p, 1);
	ck_assert_uint_eq(packet_tag_last(&p, 0, TAG_MPLS)->value, 77);
}
END_TEST

START_TEST(cisco_hdlc)
{
	static const uint32_t linktypes[] = {C_HDLC, PPP, PPP_SERIAL};

	for (int i = 0; i < 3; i++) {
		struct builder b;
		struct packet p;

		build_inner(&b);
		build_bytes(&b, "\x0f\x00\x08\x00", 4);
		build_decode(&b, linktypes[i], &p);
		assert_inner(&p, 1);
		b.bytes[b.at] = 0x8f;
		memcpy(b.bytes + b.at + 2, "\x80\x35", 2);
		build_decode(&b, linktypes[i], &p);
		ck_assert_str_eq(reason_name(&p), "non_ip_slarp");
		memcpy(b.bytes + b.at + 2, "\x20\x00", 2);
		build_decode(&b, linktypes[i], &p);
		ck_assert_str_eq(reason_name(&p), "non_ip_cdp");
		memcpy(b.bytes + b.at + 2, "\xfe\xfe", 2);
		build_decode(&b, linktypes[i], &p);
		ck_assert_str_eq(reason_name(&p), "non_ip_isis");
	}
}
END_TEST

START_TEST(frame_relay)
{
	static const struct {
		const char *bytes;
		uint32_t n;
	} headers[] = {
		{"\x18\x41\x03\xcc", 4},
		{"\x18\x40\x40\x01\x03\x00\xcc", 7}, /* four bytes of address, padding */
		{"\x18\x41\x08\x00", 4},
		{"\x18\x41\x03\x00\x80\x00\x00\x00\x08\x00", 10},
	};
	struct builder b;
	struct packet p;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		build_inner(&b);
		build_bytes(&b, headers[i].bytes, headers[i].n);
		build_decode(&b, FRAME_RELAY, &p);
		assert_inner(&p, 1);
		assert_cut_between(&b, FRAME_RELAY, 0, headers[i].n, "frame_relay");
	}
	build_inner(&b);
	build_ethernet(&b, 0x0800);
	build_bytes(&b, "\x18\x41\x03\x00\x80\x00\x80\xc2\x00\x07", 10);
	build_decode(&b, FRAME_RELAY, &p);
	assert_inner(&p, 1);
	memcpy(b.bytes + b.at, "\x18\x41\x03\x08", 4);
	build_decode(&b, FRAME_RELAY, &p);
	ck_assert_str_eq(reason_name(&p), "non_ip_q933");
	memcpy(b.bytes + b.at, "\x18\x41\x03\x55", 4);
	build_decode(&b, FRAME_RELAY, &p);
	ck_assert_str_eq(reason_name(&p), "unknown_nlpid");
	memcpy(b.bytes + b.at, "\x18\x40\x40\x40", 4);
	build_decode(&b, FRAME_RELAY, &p);
	ck_assert_str_eq(reason_name(&p), "bad_frame_relay");
	b.bytes[b.at] = 0x19;
	build_decode(&b, FRAME_RELAY, &p);
	ck_assert_str_eq(reason_name(&p), "bad_frame_relay");
}
END_TEST

START_TEST(pppoe_session_is_a_subscriber)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	build_ppp(&b, 0x0021);
	build_pppoe(&b);
	build_decode(&b, PPP_ETHER, &p);
	assert_inner(&p, 1);
	ck_assert(p.layers[0].access);
	build_ethernet(&b, 0x8864);
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 1);
	ck_assert(p.layers[0].access);
	assert_cut_between(&b, ETHERNET, 14, 20, "pppoe");
	b.bytes[b.at + 14] = 0x21;
	build_decode(&b, ETHERNET, &p);
	ck_assert_str_eq(reason_name(&p), "bad_pppoe");
	b.bytes[b.at + 14] = 0x11;
	b.bytes[b.at + 15] = 0x09;
	build_decode(&b, ETHERNET, &p);
	ck_assert_str_eq(reason_name(&p), "bad_pppoe");
	b.bytes[b.at + 15] = 0;
	put16(b.bytes + b.at + 18, 2 + 19); /* ends inside of the IP header */
	build_decode(&b, ETHERNET, &p);
	ck_assert_str_eq(reason_name(&p), "cut_ipv4");
}
END_TEST

/* Flags are RFC 2661's: 0x4000 length, 0x0800 sequence, 0x0200 offset. */
static void l2tp_frame(struct builder *b, uint16_t flags)
{
	uint32_t len;
	uint8_t *h;

	build_inner(b);
	build_bytes(b, "\xff\x03\x00\x21", 4);
	if (flags & 0x0200)
		put16(build_front(b, 2 + 3), 3);
	if (flags & 0x0800)
		build_front(b, 4);
	put32(build_front(b, 4), 0x00010002);
	len = build_len(b) + 4;
	if (flags & 0x4000)
		put16(build_front(b, 2), len);
	h = build_front(b, 2);
	put16(h, flags | 2);
	build_outer_udp(b, 1701);
}

START_TEST(l2tp_with_every_field)
{
	static const uint16_t bits[] = {0x4000, 0x0800, 0x0200, 0x0100};

	for (unsigned set = 0; set < 16; set++) {
		struct builder b;
		struct packet p;
		uint16_t flags = 0;

		for (int i = 0; i < 4; i++)
			flags |= set & 1u << i ? bits[i] : 0;
		l2tp_frame(&b, flags);
		build_decode(&b, RAW, &p);
		assert_inner(&p, 2);
		ck_assert(p.layers[0].opaque && !p.layers[0].access);
		ck_assert(p.layers[1].access && !p.layers[1].opaque);
		assert_cut_between(&b, RAW, 28, build_len(&b) - 38 - 4, "l2tp");
	}
}
END_TEST

START_TEST(l2tp_is_strict)
{
	static const uint16_t reserved = 0x34fd; /* and the version, but for its last bit but one */

	for (unsigned bit = 0; bit < 16; bit++) {
		struct builder b;
		struct packet p;

		l2tp_frame(&b, 0x4000);
		b.bytes[b.at + 28 + bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		build_decode(&b, RAW, &p);
		if ((0x8000 >> bit & reserved) || bit == 0 || bit == 14)
			assert_payload(&p);
	}
	for (unsigned length = 0; length < 0x10000; length += 7) {
		struct builder b;
		struct packet p;

		l2tp_frame(&b, 0x4000);
		put16(b.bytes + b.at + 30, length);
		build_decode(&b, RAW, &p);
		if (length < 8 || length > 50)
			assert_payload(&p);
		else
			ck_assert(p.access);
	}
}
END_TEST

START_TEST(l2tp_length_ends_the_packet)
{
	struct builder b;
	struct packet p;

	l2tp_frame(&b, 0x4000);
	put16(b.bytes + b.at + 30, 8 + 4 + 19);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "cut_ipv4");
	ck_assert(p.access && p.layers[0].opaque);
}
END_TEST

START_TEST(l2tp_without_ppp_is_payload)
{
	struct builder b;
	struct packet p;

	l2tp_frame(&b, 0);
	memcpy(b.bytes + b.at + 34, "\x02\x02\x02\x02", 4);
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	build_start(&b);
	build_bytes(&b, "\xc8\x02\x00\x0c\0\0\0\0\0\0\0\0", 12); /* control: ZLB */
	build_outer_udp(&b, 1701);
	build_decode(&b, RAW, &p);
	assert_payload(&p);
}
END_TEST

/* Version 3, over IP and over UDP, with cookies of each length and a sublayer or none. */
START_TEST(l2tpv3_looks_for_its_content)
{
	for (unsigned i = 0; i < 16; i++) {
		const uint32_t extra = i % 4 * 4;
		const bool is_ppp = i & 4, over_udp = i & 8;
		struct builder b;
		struct packet p;

		build_inner(&b);
		if (is_ppp)
			build_bytes(&b, "\xff\x03\x00\x21", 4);
		else
			build_ethernet(&b, 0x0800);
		memset(build_front(&b, extra), 0x77, extra);
		put32(build_front(&b, 4), 0x12345678);
		if (over_udp) {
			put32(build_front(&b, 4), 0x00030000);
			build_outer_udp(&b, 1701);
		} else {
			build_ipv4(&b, 1, 2, 115);
		}
		build_decode(&b, RAW, &p);
		assert_inner(&p, 2);
		ck_assert(p.layers[0].opaque && p.layers[1].access);
	}
}
END_TEST

START_TEST(l2tpv3_stays_closed_when_unsure)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	build_payload(&b, 60);
	put32(build_front(&b, 4), 0x12345678);
	build_ipv4(&b, 1, 2, 115);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "opaque_l2tpv3");
	ck_assert_int_eq(p.n_layers, 1);
	ck_assert(p.layers[0].opaque);
	assert_cut_between(&b, RAW, 20, 24, "l2tpv3");
	put32(b.bytes + b.at + 20, 0); /* a control message */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert(!p.layers[0].opaque && !p.access);
}
END_TEST

static void pptp_frame(struct builder *b, uint16_t flags, uint32_t content_bytes)
{
	uint8_t *h;

	if (flags & 0x0080)
		build_front(b, 4);
	if (flags & 0x1000)
		build_front(b, 4);
	h = build_front(b, 8);
	put16(h, flags | 0x2001);
	put16(h + 2, 0x880b);
	put16(h + 4, content_bytes);
	build_ipv4(b, 1, 2, 47);
}

START_TEST(pptp)
{
	struct builder b;
	struct packet p;

	for (unsigned ack = 0; ack < 2; ack++) {
		build_inner(&b);
		build_bytes(&b, "\xff\x03\x21", 3); /* protocol field compression */
		pptp_frame(&b, (uint16_t)(0x1000 | (ack ? 0x80 : 0)), 41);
		build_decode(&b, RAW, &p);
		assert_inner(&p, 2);
		ck_assert(p.layers[0].opaque && p.layers[1].access);
		assert_cut_between(&b, RAW, 20, build_len(&b) - 41, "gre");
	}
	build_start(&b);
	pptp_frame(&b, 0x0080, 0); /* an acknowledgement */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.n_layers, 1);
	for (unsigned bit = 0; bit < 16; bit++) {
		if (!(0x8000 >> bit & 0xcf78))
			continue;
		build_inner(&b);
		build_ppp(&b, 0x0021);
		pptp_frame(&b, (uint16_t)(0x1000 | 0x8000 >> bit), 40);
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), "bad_gre");
		ck_assert_int_eq(p.n_layers, 1);
	}
}
END_TEST

START_TEST(ppp_in_plain_gre)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	build_ppp(&b, 0x0021);
	build_gre(&b, 0x880b);
	build_ipv4(&b, 1, 2, 47);
	build_decode(&b, RAW, &p);
	assert_inner(&p, 2);
	ck_assert(p.layers[0].opaque && p.layers[1].access);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, ppp_with_and_without_what_may_be_left_out);
	tcase_add_test(t, ppp_protocols);
	tcase_add_test(t, ppp_carries_ipv6_and_mpls);
	tcase_add_test(t, cisco_hdlc);
	tcase_add_test(t, frame_relay);
	tcase_add_test(t, pppoe_session_is_a_subscriber);
	tcase_add_test(t, l2tp_with_every_field);
	tcase_add_test(t, l2tp_is_strict);
	tcase_add_test(t, l2tp_length_ends_the_packet);
	tcase_add_test(t, l2tp_without_ppp_is_payload);
	tcase_add_test(t, l2tpv3_looks_for_its_content);
	tcase_add_test(t, l2tpv3_stays_closed_when_unsure);
	tcase_add_test(t, pptp);
	tcase_add_test(t, ppp_in_plain_gre);
}

int main(void)
{
	return suite_main("decode_ppp", add_tests);
}
