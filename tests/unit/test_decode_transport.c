/* TCP, UDP, SCTP, ICMP. */
#include <check.h>
#include <stdlib.h>

#include "capture/decode/common.h"
#include "tests/support/frame_builder.h"
#include "tests/unit/suite.h"

enum { RAW = 101 };

static const char *reason_name(const struct packet *p)
{
	return decode_reason_name((enum decode_reason)p->reason);
}

START_TEST(tcp_fields)
{
	struct builder b;
	struct packet p;
	const struct packet_layer *l = &p.layers[0];

	build_start(&b);
	build_payload(&b, 7);
	build_tcp(&b, 1000, 443, 0xd2, 12); /* SYN and ACK besides the two ECN bits */
	build_ipv4(&b, 1, 2, 6);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(l->sport, 1000);
	ck_assert_int_eq(l->dport, 443);
	ck_assert_int_eq(l->tcp_flags, TCP_SYN | TCP_ACK);
	ck_assert_uint_eq(l->tcp_seq, 0x01020304);
	ck_assert_uint_eq(l->tcp_ack, 0x05060708);
	ck_assert_int_eq(l->payload_offset, 52);
	ck_assert_int_eq(l->payload_bytes, 7);
	ck_assert(!l->transport_cut);
}
END_TEST

START_TEST(tcp_header_lengths)
{
	struct builder b;
	struct packet p;
	uint8_t *tcp;

	build_start(&b);
	build_payload(&b, 7);
	build_tcp(&b, 1000, 443, TCP_SYN, 0);
	tcp = b.bytes + b.at;
	build_ipv4(&b, 1, 2, 6);
	tcp[12] = 0x40;
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "bad_tcp");
	ck_assert_int_eq(p.layers[0].dport, 443);
	ck_assert_int_eq(p.layers[0].payload_captured, 0);
	tcp[12] = 0xf0; /* beyond the packet */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "cut_tcp");
	ck_assert_int_eq(p.layers[0].tcp_flags, TCP_SYN);
	ck_assert_int_eq(p.layers[0].payload_bytes, 0);
}
END_TEST

/* Each field that was captured is there; the payload's size is known as soon as the header's is. */
START_TEST(tcp_cut_in_its_header)
{
	struct builder b;

	build_start(&b);
	build_payload(&b, 100);
	build_tcp(&b, 1000, 443, TCP_SYN, 20);
	build_ipv4(&b, 1, 2, 6);
	for (uint32_t n = 20; n < 20 + 40; n++) {
		struct frame f = build_frame(&b, RAW);
		struct packet p;

		f.caplen = n;
		decode_frame(&f, NULL, &p);
		ck_assert_str_eq(reason_name(&p), "cut_tcp");
		ck_assert(p.layers[0].transport_cut);
		ck_assert_int_eq(p.layers[0].sport, n < 24 ? 0 : 1000);
		ck_assert_int_eq(p.layers[0].dport, n < 24 ? 0 : 443);
		ck_assert_int_eq(p.layers[0].tcp_flags, n < 34 ? 0 : TCP_SYN);
		ck_assert_int_eq(p.layers[0].payload_bytes, n < 34 ? 0 : 100);
		ck_assert_int_eq(p.layers[0].payload_captured, 0);
	}
}
END_TEST

START_TEST(udp_lengths)
{
	struct builder b;
	struct packet p;
	uint8_t *udp;

	build_start(&b);
	build_payload(&b, 20);
	build_udp(&b, 1000, 53);
	udp = b.bytes + b.at;
	build_ipv4(&b, 1, 2, 17);
	put16(udp + 4, 7);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "bad_udp");
	ck_assert_int_eq(p.layers[0].dport, 53);
	put16(udp + 4, 8);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].payload_bytes, 0);
	ck_assert_int_eq(p.layers[0].payload_captured, 0);
	put16(udp + 4, 18); /* shorter than the IP packet: the rest is none of it */
	build_decode(&b, RAW, &p);
	ck_assert_int_eq(p.layers[0].payload_bytes, 10);
	ck_assert_int_eq(p.layers[0].payload_captured, 10);
	put16(udp + 4, 60000); /* longer: the IP packet holds what it holds */
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].payload_bytes, 20);
	put16(udp + 4, 0);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].payload_bytes, 20);
}
END_TEST

START_TEST(sctp_ports)
{
	struct builder b;
	struct packet p;
	uint8_t *h;

	build_start(&b);
	build_payload(&b, 16);
	h = build_front(&b, 12);
	put16(h, 38412);
	put16(h + 2, 2905);
	put16(h + 4, 0x1234);
	put16(h + 6, 0x5678);
	build_ipv6(&b, 1, 2, 132);
	build_decode(&b, RAW, &p);
	ck_assert_uint_eq(p.layers[0].sctp_tag, 0x12345678);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].sport, 38412);
	ck_assert_int_eq(p.layers[0].dport, 2905);
	ck_assert_int_eq(p.layers[0].payload_offset, 52);
	ck_assert_int_eq(p.layers[0].payload_bytes, 16);
}
END_TEST

START_TEST(icmp_type_and_code)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	build_payload(&b, 48);
	build_bytes(&b, "\x08\x00\xff\xff\x00\x01\x00\x02", 8);
	build_ipv4(&b, 1, 2, 1);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].icmp_type, 8);
	ck_assert_int_eq(p.layers[0].icmp_code, 0);
	ck_assert_uint_eq(p.layers[0].icmp_rest, 0x00010002);
	ck_assert_int_eq(p.layers[0].sport, 0);
	ck_assert_int_eq(p.layers[0].payload_offset, 28);
	ck_assert_int_eq(p.layers[0].payload_bytes, 48);

	build_start(
		&b); /* an ICMPv6 message with two bytes behind the checksum: RPL's solicitation */
	build_bytes(&b, "\x9b\x01\xff\xff\x00\x00", 6);
	build_ipv6(&b, 1, 2, 58);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.layers[0].icmp_type, 155);
	ck_assert_int_eq(p.layers[0].icmp_code, 1);
	ck_assert_int_eq(p.layers[0].payload_bytes, 0);
	ck_assert_uint_eq(p.layers[0].icmp_rest, 0);
}
END_TEST

/* The pointer is read whatever the flag says, with options and without. */
START_TEST(tcp_urgent_pointer)
{
	for (uint32_t options = 0; options <= 12; options += 12) {
		struct builder b;
		struct packet p;

		build_start(&b);
		build_tcp(&b, 1000, 443, TCP_RST | TCP_ACK, options);
		put16(b.bytes + b.at + 18, 0x0102);
		build_ipv4(&b, 1, 2, 6);
		build_decode(&b, RAW, &p);
		ck_assert_uint_eq(p.layers[0].tcp_urgent, 0x0102);
		ck_assert_int_eq(p.layers[0].tcp_flags, TCP_RST | TCP_ACK);
	}
}
END_TEST

/* The IP packet quoted by an ICMP error is payload: it was not sent by the one it names. */
START_TEST(icmp_error_quotes_no_layer)
{
	struct builder b;
	struct packet p;

	build_start(&b);
	build_udp(&b, 1000, 2000);
	build_ipv4(&b, 9, 8, 17);
	build_bytes(&b, "\x03\x03\xff\xff\x00\x00\x00\x00", 8);
	build_ipv4(&b, 1, 2, 1);
	build_decode(&b, RAW, &p);
	ck_assert_int_eq(p.n_layers, 1);
	ck_assert_int_eq(p.layers[0].icmp_type, 3);
	ck_assert_int_eq(p.layers[0].icmp_code, 3);
}
END_TEST

/* All that edges.def lists; and not those that most packets have. */
START_TEST(ports_that_may_be_listed)
{
	static const uint32_t plain[] = {53, 67, 68, 80, 123, 137, 161, 443, 500, 514, 1812, 2123,
		3868, 5060, 5353, 8805, 38412};
	static const struct {
		enum next_namespace ns;
		uint32_t number;
	} listed[] = {
#define EDGE(ns, number, decoder) {ns, number},
#define STOP(ns, number, reason)
#include "capture/decode/edges.def"
#undef EDGE
#undef STOP
	};

	for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
		if (listed[i].ns == NS_UDP_PORT)
			ck_assert_msg(decode_may_be_listed(listed[i].number), "%u",
				(unsigned)listed[i].number);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		ck_assert_msg(!decode_may_be_listed(plain[i]), "%u", (unsigned)plain[i]);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, tcp_fields);
	tcase_add_test(t, tcp_header_lengths);
	tcase_add_test(t, tcp_cut_in_its_header);
	tcase_add_test(t, udp_lengths);
	tcase_add_test(t, ports_that_may_be_listed);
	tcase_add_test(t, sctp_ports);
	tcase_add_test(t, tcp_urgent_pointer);
	tcase_add_test(t, icmp_type_and_code);
	tcase_add_test(t, icmp_error_quotes_no_layer);
}

int main(void)
{
	return suite_main("decode_transport", add_tests);
}
