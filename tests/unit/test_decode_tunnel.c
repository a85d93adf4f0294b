/* Tunnels between hosts. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/frame_builder.h"
#include "tests/support/packet_tags.h"
#include "tests/unit/suite.h"

enum { RAW = 101 };

static const char *reason_name(const struct packet *p)
{
	return decode_reason_name((enum decode_reason)p->reason);
}

static void inner_udp(struct builder *b)
{
	build_start(b);
	build_payload(b, 10);
	build_udp(b, 1000, 2000);
	build_ipv4(b, 11, 12, 17);
}

/* The tunnel's own tuple and the one inside it. */
static void assert_two_layers(const struct packet *p, uint8_t outer_proto)
{
	char text[IP_ADDR_TEXT_BYTES];

	ck_assert_str_eq(reason_name(p), "none");
	ck_assert_int_eq(p->n_layers, 2);
	ck_assert_str_eq(ip_addr_format(&p->layers[0].src, text), "192.0.2.1");
	ck_assert_int_eq(p->layers[0].proto, outer_proto);
	ck_assert_str_eq(ip_addr_format(&p->layers[1].src, text), "192.0.2.11");
	ck_assert_str_eq(ip_addr_format(&p->layers[1].dst, text), "198.51.100.12");
	ck_assert_int_eq(p->layers[1].proto, 17);
	ck_assert_int_eq(p->layers[1].sport, 1000);
	ck_assert_int_eq(p->layers[1].dport, 2000);
	ck_assert_int_eq(p->layers[1].payload_bytes, 10);
	ck_assert_int_eq(p->layers[1].payload_captured, 10);
	ck_assert_int_gt(p->layers[1].path_len, p->layers[0].path_len);
}

START_TEST(ip_in_ip)
{
	struct builder b;
	struct packet p;

	inner_udp(&b);
	build_ipv4(&b, 1, 2, 4);
	build_decode(&b, RAW, &p);
	assert_two_layers(&p, 4);
	ck_assert_int_eq(p.layers[0].payload_bytes, 38);

	inner_udp(&b);
	build_ethernet(&b, 0x0800);
	build_ipv6(&b, 1, 2, 143);
	build_decode(&b, RAW, &p);
	ck_assert_int_eq(p.n_layers, 2);
	ck_assert_int_eq(p.layers[1].dport, 2000);

	build_start(&b);
	build_udp(&b, 1000, 2000);
	build_ipv6(&b, 11, 12, 17);
	build_ipv4(&b, 1, 2, 41);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.n_layers, 2);
	ck_assert_int_eq(p.layers[0].ip_version, 4);
	ck_assert_int_eq(p.layers[1].ip_version, 6);
	ck_assert_int_eq(p.layers[1].dport, 2000);
}
END_TEST

START_TEST(gre_with_every_field)
{
	for (unsigned flags = 0; flags < 8; flags++) {
		struct builder b;
		struct packet p;

		inner_udp(&b);
		if (flags & 1)
			put32(build_front(&b, 4), 77); /* sequence number */
		if (flags & 2)
			put32(build_front(&b, 4), 0xabcdef01);
		if (flags & 4)
			put32(build_front(&b, 4), 0); /* checksum */
		build_gre(&b, 0x0800);
		put16(b.bytes + b.at,
			(flags & 1) * 0x1000 | (flags & 2) * 0x1000 | (flags & 4) * 0x2000);
		build_ipv4(&b, 1, 2, 47);
		build_decode(&b, RAW, &p);
		assert_two_layers(&p, 47);
		ck_assert_ptr_null(packet_tag_last(&p, 0, TAG_GRE_KEY));
		ck_assert_int_eq(p.n_tags, flags & 2 ? 1 : 0);
		if (flags & 2)
			ck_assert_uint_eq(packet_tag_last(&p, 1, TAG_GRE_KEY)->value, 0xabcdef01);
	}
}
END_TEST

START_TEST(gre_source_routes)
{
	struct builder b;
	struct packet p;
	uint8_t *route;

	inner_udp(&b);
	build_front(&b, 4); /* the route that ends the list */
	route = build_front(&b, 8);
	put16(route, 0x0800);
	route[3] = 4;
	build_front(&b, 4); /* checksum and offset come along */
	build_gre(&b, 0x0800);
	put16(b.bytes + b.at, 0x4000);
	build_ipv4(&b, 1, 2, 47);
	build_decode(&b, RAW, &p);
	assert_two_layers(&p, 47);

	build_start(&b);
	for (int i = 0; i < 40; i++) {
		route = build_front(&b, 4);
		put16(route, 0x0800);
	}
	build_front(&b, 4);
	build_gre(&b, 0x0800);
	put16(b.bytes + b.at, 0x4000);
	build_ipv4(&b, 1, 2, 47);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "bad_gre");
}
END_TEST

START_TEST(gre_versions)
{
	for (uint8_t version = 2; version < 8; version++) {
		struct builder b;
		struct packet p;

		inner_udp(&b);
		build_gre(&b, 0x0800);
		b.bytes[b.at + 1] = version;
		build_ipv4(&b, 1, 2, 47);
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), "bad_gre");
		ck_assert_int_eq(p.n_layers, 1);
	}
}
END_TEST

START_TEST(gre_carries_frames)
{
	struct builder b;
	struct packet p;

	inner_udp(&b);
	build_vlan(&b, 42, 0x0800);
	build_ethernet(&b, 0x8100);
	build_gre(&b, 0x6558);
	build_ipv4(&b, 1, 2, 47);
	build_decode(&b, RAW, &p);
	assert_two_layers(&p, 47);
	ck_assert_ptr_null(packet_tag_last(&p, 0, TAG_VLAN));
	ck_assert_uint_eq(packet_tag_last(&p, 1, TAG_VLAN)->value, 42);
}
END_TEST

static void vxlan_frame(struct builder *b, uint16_t sport, uint16_t dport)
{
	inner_udp(b);
	build_ethernet(b, 0x0800);
	build_vxlan(b, 0xabcdef);
	build_udp(b, sport, dport);
	build_ipv4(b, 1, 2, 17);
}

START_TEST(vxlan_by_its_ports)
{
	static const uint16_t ports[] = {4789, 8472};
	struct builder b;
	struct packet p;

	for (int i = 0; i < 2; i++) {
		vxlan_frame(&b, 50000, ports[i]);
		build_decode(&b, RAW, &p);
		assert_two_layers(&p, 17);
		ck_assert_int_eq(p.layers[0].dport, ports[i]);
		ck_assert_uint_eq(packet_tag_last(&p, 1, TAG_VNI)->value, 0xabcdef);
		vxlan_frame(&b, ports[i],
			50000); /* found by the source port when the other leads nowhere */
		build_decode(&b, RAW, &p);
		assert_two_layers(&p, 17);
	}
	vxlan_frame(&b, 50000, 4791);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "none");
	ck_assert_int_eq(p.n_layers, 1);
}
END_TEST

/* One changed bit: a reserved one is another protocol's unless a frame follows, and leaves nothing
 * of a tunnel in the packet. */
START_TEST(vxlan_header_is_strict)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		for (int frame_follows = 0; frame_follows < 2; frame_follows++) {
			struct builder b;
			struct packet p;
			const bool has_vni = bit != 4;
			const bool reserved = bit < 32 || bit >= 56;
			const bool tunnel = has_vni && (!reserved || frame_follows);

			vxlan_frame(&b, 4789, 4789);
			b.bytes[b.at + 28 + bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			if (!frame_follows)
				put16(b.bytes + b.at + 28 + 8 + 12, 0x88cc);
			build_decode(&b, RAW, &p);
			ck_assert_int_eq(packet_tag_last(&p, 1, TAG_VNI) != NULL, tunnel);
			ck_assert_int_eq(p.n_layers, tunnel && frame_follows ? 2 : 1);
			ck_assert_str_eq(
				reason_name(&p), tunnel && !frame_follows ? "non_ip_lldp" : "none");
			if (!tunnel) {
				ck_assert_int_eq(p.n_path, 3);
				ck_assert_int_eq(p.layers[0].payload_offset, 28);
				ck_assert_int_eq(
					p.layers[0].payload_captured, p.layers[0].payload_bytes);
			}
		}
	}
}
END_TEST

START_TEST(layers_to_the_cap)
{
	for (int n = 1; n < 30; n++) {
		struct builder b;
		struct packet p;

		build_start(&b);
		build_udp(&b, 1000, 2000);
		build_ipv4(&b, 1, 2, 17);
		for (int i = 1; i < n; i++)
			build_ipv4(&b, 1, 2, 4);
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), n <= PACKET_MAX_LAYERS ? "none" : "too_deep");
		ck_assert_int_eq(p.n_layers, n <= PACKET_MAX_LAYERS ? n : PACKET_MAX_LAYERS);
	}
}
END_TEST

/* An inner header cannot reach beyond the outer one, and says what it says. */
START_TEST(inner_longer_than_outer)
{
	struct builder b;
	struct packet p;
	uint8_t *inner;

	inner_udp(&b);
	inner = b.bytes + b.at;
	build_ipv4(&b, 1, 2, 4);
	put16(inner + 2, 5000);
	build_decode(&b, RAW, &p);
	ck_assert_int_eq(p.n_layers, 2);
	ck_assert_int_eq(p.layers[1].l3_bytes, 5000);
	ck_assert_int_eq(p.layers[1].l3_captured, 38);
	put16(inner + 2, 0); /* of unknown length: to the end of the outer one */
	build_decode(&b, RAW, &p);
	ck_assert_int_eq(p.layers[1].l3_bytes, 38);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, ip_in_ip);
	tcase_add_test(t, gre_with_every_field);
	tcase_add_test(t, gre_source_routes);
	tcase_add_test(t, gre_versions);
	tcase_add_test(t, gre_carries_frames);
	tcase_add_test(t, vxlan_by_its_ports);
	tcase_add_test(t, vxlan_header_is_strict);
	tcase_add_test(t, layers_to_the_cap);
	tcase_add_test(t, inner_longer_than_outer);
}

int main(void)
{
	return suite_main("decode_tunnel", add_tests);
}
