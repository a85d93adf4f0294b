/* IPv4, IPv6 with its extension headers, AH, ESP, fragments. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/frame_builder.h"
#include "tests/unit/suite.h"

enum { RAW = 101 };

static const char *reason_name(const struct packet *p)
{
	return decode_reason_name((enum decode_reason)p->reason);
}

START_TEST(ipv4_options)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_start(&b);
	build_payload(&b, 5);
	build_udp(&b, 1000, 2000);
	memset(build_front(&b, 40), 1, 40);
	h = build_ipv4(&b, 1, 2, 17);
	h[0] = 0x4f;
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].sport, 1000);
	ck_assert_int_eq(p.layers[0].payload_offset, 68);
	ck_assert_int_eq(p.layers[0].payload_bytes, 5);
}
END_TEST

START_TEST(ipv4_impossible_lengths)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_start(&b);
	build_udp(&b, 1000, 2000);
	h = build_ipv4(&b, 1, 2, 17);
	h[0] = 0x44;
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "bad_ipv4");
	ck_assert_int_eq(p.n_layers, 0);
	h[0] = 0x45;
	put16(h + 2, 19);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "bad_ipv4");
	put16(h + 2, 20);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "cut_udp");
	ck_assert_int_eq(p.n_layers, 1);
	ck_assert(p.layers[0].transport_cut);
	h[0] = 0x46; /* options beyond the total length */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "bad_ipv4");
}
END_TEST

/* Total length 0: what was captured above a card that does the segmentation. */
START_TEST(ipv4_segmentation_offload)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_start(&b);
	build_payload(&b, 3000);
	build_tcp(&b, 1, 2, TCP_ACK, 0);
	h = build_ipv4(&b, 1, 2, 6);
	put16(h + 2, 0);
	build_ethernet(&b, 0x0800);
	build_decode(&b, 1, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].l3_bytes, 3040);
	ck_assert_int_eq(p.layers[0].payload_bytes, 3000);
	ck_assert_int_eq(p.layers[0].payload_captured, 3000);
}
END_TEST

/* The header says more than was captured: a snapshot length, or a lie. Both counts are kept. */
START_TEST(ipv4_longer_than_captured)
{
	struct builder b;
	struct packet p;
	struct frame f;

	build_start(&b);
	build_payload(&b, 1000);
	build_udp(&b, 1, 2);
	build_ipv4(&b, 1, 2, 17);
	f = build_frame(&b, RAW);
	f.caplen = 60;
	decode_frame(&f, NULL, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].l3_bytes, 1028);
	ck_assert_int_eq(p.layers[0].l3_captured, 60);
	ck_assert_int_eq(p.layers[0].payload_bytes, 1000);
	ck_assert_int_eq(p.layers[0].payload_captured, 32);
	ck_assert(!p.layers[0].transport_cut);
}
END_TEST

START_TEST(ipv4_fragments)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_start(&b);
	build_payload(&b, 16);
	build_udp(&b, 1000, 2000);
	h = build_ipv4(&b, 1, 2, 17);
	put16(h + 6, 0x4000); /* must not be fragmented, and is not */
	build_decode(&b, RAW, &p);
	ck_assert(!p.layers[0].fragment);
	put16(h + 6, 0x2000); /* the first */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert(p.layers[0].fragment && !p.layers[0].fragment_tail);
	ck_assert_int_eq(p.layers[0].sport, 1000);
	put16(h + 6, 0x2001); /* in the middle */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "fragment_tail");
	ck_assert(p.layers[0].fragment && p.layers[0].fragment_tail);
	ck_assert_int_eq(p.layers[0].sport, 0);
	ck_assert_int_eq(p.layers[0].payload_bytes, 24);
	put16(h + 6, 0x0001); /* the last */
	build_decode(&b, RAW, &p);
	ck_assert(p.layers[0].fragment && p.layers[0].fragment_tail);
	ck_assert(!p.layers[0].transport_cut);
}
END_TEST

START_TEST(unknown_protocol_is_a_layer_without_ports)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	build_payload(&b, 16);
	build_ipv4(&b, 1, 2, 89);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.n_layers, 1);
	ck_assert_int_eq(p.layers[0].proto, 89);
	ck_assert_int_eq(p.layers[0].sport, 0);
	ck_assert_int_eq(p.layers[0].payload_offset, 20);
	ck_assert_int_eq(p.layers[0].payload_bytes, 16);
}
END_TEST

START_TEST(ipv6_extension_headers)
{
	struct builder b;
	struct packet p;
	const struct packet_layer *l = &p.layers[0];

	build_start(&b);
	build_payload(&b, 9);
	build_tcp(&b, 1000, 2000, TCP_SYN, 0);
	build_ip6ext(&b, 6, 0);  /* destination options */
	build_ip6ext(&b, 60, 2); /* routing */
	build_ip6ext(&b, 43, 1); /* destination options */
	build_ip6ext(&b, 60, 0); /* hop by hop */
	build_ipv6(&b, 1, 2, 0);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(l->proto, 6);
	ck_assert_int_eq(l->sport, 1000);
	ck_assert_int_eq(l->tcp_flags, TCP_SYN);
	ck_assert_int_eq(l->payload_offset, 40 + 8 + 16 + 24 + 8 + 20);
	ck_assert_int_eq(l->payload_bytes, 9);
	ck_assert_int_eq(p.n_path, 4); /* raw, ipv6, ip6ext, tcp */
	ck_assert(!l->fragment);
}
END_TEST

START_TEST(ipv6_fragments)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_start(&b);
	build_payload(&b, 9);
	build_udp(&b, 1000, 2000);
	h = build_ip6ext(&b, 17, 0);
	build_ip6ext(&b, 44, 0);
	build_ipv6(&b, 1, 2, 60);
	build_decode(&b, RAW, &p); /* "atomic": the header alone makes no fragment (RFC 6946) */
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert(!p.layers[0].fragment);
	ck_assert_int_eq(p.layers[0].dport, 2000);
	put16(h + 2, 1); /* the first */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert(p.layers[0].fragment && !p.layers[0].fragment_tail);
	ck_assert_int_eq(p.layers[0].dport, 2000);
	put16(h + 2, 8); /* the last */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "fragment_tail");
	ck_assert(p.layers[0].fragment && p.layers[0].fragment_tail);
	ck_assert_int_eq(p.layers[0].proto, 17);
	ck_assert_int_eq(p.layers[0].dport, 0);
	h[0] = 60; /* what a later fragment calls next is not at hand, even if it is an extension */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "fragment_tail");
}
END_TEST

START_TEST(ipv6_extension_loop)
{
	for (int n = 1; n < 40; n++) {
		struct builder b;
		struct packet p;

		build_start(&b);
		build_udp(&b, 1000, 2000);
		build_ip6ext(&b, 17, 0);
		for (int i = 1; i < n; i++)
			build_ip6ext(&b, 60, 0);
		build_ipv6(&b, 1, 2, 60);
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), n <= 16 ? "none" : "too_many_extensions");
		ck_assert_int_eq(p.layers[0].dport, n <= 16 ? 2000 : 0);
		ck_assert(p.layers[0].transport_cut == (n > 16));
	}
}
END_TEST

/* Extension headers and AH in turn: the path ends that. */
START_TEST(ipv6_extension_and_ah_loop)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	for (int i = 0; i < 50; i++) {
		uint8_t *ah;

		build_ip6ext(&b, 51, 0);
		ah = build_front(&b, 12);
		ah[0] = 60;
		ah[1] = 1;
	}
	build_ipv6(&b, 1, 2, 51);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "too_deep");
}
END_TEST

START_TEST(extension_number_in_ipv4_is_payload)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	build_ip6ext(&b, 17, 0);
	build_ipv4(&b, 1, 2, 60);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].proto, 60);
	ck_assert_int_eq(p.layers[0].payload_bytes, 8);
	ck_assert_int_eq(p.n_path, 2); /* raw, ipv4 */
}
END_TEST

START_TEST(ipv6_without_payload_length)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_start(&b);
	build_payload(&b, 2000);
	build_tcp(&b, 1, 2, TCP_ACK, 0);
	h = build_ipv6(&b, 1, 2, 6);
	put16(h + 4, 0);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].l3_bytes, 2060);
	ck_assert_int_eq(p.layers[0].payload_bytes, 2000);
	h[6] = 59; /* no next header: then the bytes behind are padding */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].l3_bytes, 40);
	ck_assert_int_eq(p.layers[0].payload_captured, 0);
	h[0] = 0x40;
	build_decode(&b, 229, &p);
	ck_assert_str_eq(reason_name(&p), "bad_ipv6");
}
END_TEST

START_TEST(authentication_header)
{
	for (int version = 4; version <= 6; version += 2) {
		struct builder b;
		struct packet p;
		uint8_t *ah;

		build_start(&b);
		build_payload(&b, 4);
		build_udp(&b, 1000, 2000);
		ah = build_front(&b, 24);
		ah[0] = 17;
		ah[1] = 4;
		if (version == 4)
			build_ipv4(&b, 1, 2, 51);
		else
			build_ipv6(&b, 1, 2, 51);
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), "none");
		ck_assert_int_eq(p.layers[0].proto, 17);
		ck_assert_int_eq(p.layers[0].dport, 2000);
		ck_assert_int_eq(p.layers[0].payload_bytes, 4);
		ah[1] = 0;
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), "bad_ah");
		ah[1] = 255;
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), "cut_ah");
		ck_assert(p.layers[0].transport_cut);
	}
}
END_TEST

START_TEST(encrypted_payload_is_opaque)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	build_payload(&b, 40);
	build_ipv6(&b, 1, 2, 50);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "encrypted_esp");
	ck_assert(p.layers[0].opaque);
	ck_assert_int_eq(p.layers[0].proto, 50);
	ck_assert_int_eq(p.layers[0].payload_bytes, 32);
}
END_TEST

/* Mobility, HIP and shim6 headers: messages when nothing follows them, else extension headers. */
START_TEST(ipv6_headers_that_are_messages)
{
	static const uint8_t protos[] = {135, 139, 140};

	for (int i = 0; i < 3; i++) {
		struct builder b;
		struct packet p;

		build_start(&b);
		build_ip6ext(&b, 59, 2);
		build_ip6ext(&b, protos[i], 1); /* destination options in front */
		build_ipv6(&b, 1, 2, 60);
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), "none");
		ck_assert_int_eq(p.layers[0].proto, protos[i]);
		ck_assert_int_eq(p.layers[0].payload_bytes, 24);

		build_start(&b);
		build_ip6ext(&b, 59, 2);
		build_ipv6(&b, 1, 2, protos[i]);
		build_decode(&b, RAW, &p);
		ck_assert_int_eq(p.layers[0].proto, protos[i]);
		ck_assert_int_eq(p.n_path, 2);

		build_start(&b);
		build_udp(&b, 1000, 2000);
		build_ip6ext(&b, 17, 2);
		build_ipv6(&b, 1, 2, protos[i]);
		build_decode(&b, RAW, &p);
		ck_assert_int_eq(p.layers[0].proto, 17);
		ck_assert_int_eq(p.layers[0].dport, 2000);
	}
}
END_TEST

/* No next header: what lies behind it is nobody's, and is not read. A routing header leaves the
 * destination as it is on the wire. */
START_TEST(ipv6_no_next_header_and_routing)
{
	static const uint8_t types[] = {0, 2, 4};
	char text[IP_ADDR_TEXT_BYTES];
	struct builder b;
	struct packet p;

	build_start(&b);
	build_payload(&b, 20);
	build_ip6ext(&b, 59, 0);
	build_ipv6(&b, 1, 2, 60);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].proto, 59);
	ck_assert_int_eq(p.layers[0].dport, 0);
	for (int i = 0; i < 3; i++) {
		uint8_t *routing;

		build_start(&b);
		build_udp(&b, 1000, 2000);
		routing = build_ip6ext(&b, 17, 2);
		routing[2] = types[i];
		routing[3] = 1; /* one segment left */
		build_ipv6(&b, 1, 2, 43);
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), "none");
		ck_assert_str_eq(ip_addr_format(&p.layers[0].dst, text), "2001:db8::2");
		ck_assert_int_eq(p.layers[0].dport, 2000);
	}
}
END_TEST

/* RFC 2675: the length stands in a hop-by-hop option, and that of UDP is 0 as well. */
START_TEST(ipv6_jumbogram)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_start(&b);
	build_payload(&b, 3000);
	build_udp(&b, 1000, 2000);
	put16(b.bytes + b.at + 4, 0);
	h = build_ip6ext(&b, 17, 0);
	put16(h + 2, 0xc204);
	put32(h + 4, 3016);
	h = build_ipv6(&b, 1, 2, 0);
	put16(h + 4, 0);
	build_ethernet(&b, 0x86dd);
	build_decode(&b, 1, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].l3_bytes, 40 + 3016);
	ck_assert_int_eq(p.layers[0].dport, 2000);
	ck_assert_int_eq(p.layers[0].payload_bytes, 3000);
	h[6] = 59; /* without options 0 is 0 */
	build_decode(&b, 1, &p);
	ck_assert_int_eq(p.layers[0].l3_bytes, 40);
	ck_assert_int_eq(p.layers[0].payload_captured, 0);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, ipv4_options);
	tcase_add_test(t, ipv4_impossible_lengths);
	tcase_add_test(t, ipv4_segmentation_offload);
	tcase_add_test(t, ipv4_longer_than_captured);
	tcase_add_test(t, ipv4_fragments);
	tcase_add_test(t, unknown_protocol_is_a_layer_without_ports);
	tcase_add_test(t, ipv6_extension_headers);
	tcase_add_test(t, ipv6_fragments);
	tcase_add_test(t, ipv6_extension_loop);
	tcase_add_test(t, ipv6_extension_and_ah_loop);
	tcase_add_test(t, extension_number_in_ipv4_is_payload);
	tcase_add_test(t, ipv6_without_payload_length);
	tcase_add_test(t, authentication_header);
	tcase_add_test(t, encrypted_payload_is_opaque);
	tcase_add_test(t, ipv6_headers_that_are_messages);
	tcase_add_test(t, ipv6_no_next_header_and_routing);
	tcase_add_test(t, ipv6_jumbogram);
}

int main(void)
{
	return suite_main("decode_ip", add_tests);
}
