/* Mirrors: ERSPAN and TZSP vanish by nature, others when they are addressed to a collector. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/packet_tags.h"
#include "tests/support/tunnel_check.h"
#include "tests/unit/suite.h"

static void mirrored_frame(struct builder *b)
{
	build_inner(b);
	build_ethernet(b, 0x0800);
	b->bytes[b->at + 5] = 0x42;
}

/* GRE with a sequence number, in IPv4 and Ethernet. */
static void gre_around(struct builder *b, uint16_t flags, uint16_t type)
{
	if (flags & 0x1000)
		put32(build_front(b, 4), 77);
	build_gre(b, type);
	put16(b->bytes + b->at, flags);
	build_ipv4(b, 1, 2, 47);
	build_vlan(b, 900, 0x0800);
	build_ethernet(b, 0x8100);
}

/* What is told is the copied frame's; the mirror stands in the path alone. */
static void assert_mirrored(const struct packet *p)
{
	assert_inner(p, 1);
	ck_assert(p->mirrored);
	ck_assert(p->has_mac);
	ck_assert_int_eq(p->dst_mac[5], 0x42);
	ck_assert_ptr_null(packet_tag_last(p, 0, TAG_VLAN));
}

START_TEST(erspan_type_1)
{
	struct builder b;
	struct packet p;

	mirrored_frame(&b);
	gre_around(&b, 0, 0x88be);
	build_decode(&b, ETHERNET, &p);
	assert_mirrored(&p);
	ck_assert_int_eq(p.n_tags, 0);
	ck_assert_int_eq(p.path[4], DECODER_erspan1);
}
END_TEST

/* A switch that says that it took the tag off and did not. */
START_TEST(erspan_type_2_with_its_tag)
{
	static const uint16_t types[] = {0x8100, 0x88a8};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct builder b;
		struct packet p;

		build_start(&b);
		build_udp(&b, 1000, 2000);
		build_ipv4(&b, 11, 12, 17);
		build_vlan(&b, 0x64, 0x0800);
		build_ethernet(&b, types[i]);
		put32(build_front(&b, 4), 0);
		put32(build_front(&b, 4), 0x10640000 | 2 << 11 | 0x2a5);
		gre_around(&b, 0x1000, 0x88be);
		build_decode(&b, ETHERNET, &p);
		ck_assert_uint_eq(packet_tag_nth(&p, 0, TAG_VLAN, 0)->value, 0x64);
		ck_assert_ptr_null(packet_tag_nth(&p, 0, TAG_VLAN, 1));
	}
}
END_TEST

START_TEST(erspan_type_2)
{
	for (unsigned removed = 0; removed < 4; removed++) {
		struct builder b;
		struct packet p;

		mirrored_frame(&b);
		put32(build_front(&b, 4), 0x00012345);
		put32(build_front(&b, 4), 0x1064e000 | removed << 11 | 0x2a5);
		gre_around(&b, 0x1000, 0x88be);
		build_decode(&b, ETHERNET, &p);
		if (removed == 2) {
			assert_inner(&p, 1);
			ck_assert_uint_eq(packet_tag_last(&p, 0, TAG_VLAN)->value, 0x64);
		} else {
			assert_mirrored(&p);
		}
		ck_assert_uint_eq(packet_tag_last(&p, 0, TAG_ERSPAN)->value, 0x2a5);
		assert_cut_between(&b, ETHERNET, 46, 54, "erspan2");
		b.bytes[b.at + 46] = 0x20;
		build_decode(&b, ETHERNET, &p);
		ck_assert_str_eq(reason_name(&p), "bad_erspan");
		ck_assert_int_eq(p.n_layers, 1);
		ck_assert(!p.mirrored);
	}
}
END_TEST

static void erspan3_frame(struct builder *b, uint32_t frame_type, uint32_t subheader)
{
	if (frame_type == 2)
		build_inner(b);
	else
		mirrored_frame(b);
	if (subheader)
		build_front(b, 8);
	put32(build_front(b, 4), 0x00010000 | frame_type << 10 | subheader);
	put32(build_front(b, 4), 0xdeadbeef);
	put32(build_front(b, 4), 0x200a0000 | 0x123);
	gre_around(b, 0x1000, 0x22eb);
}

START_TEST(erspan_type_3)
{
	for (uint32_t subheader = 0; subheader < 2; subheader++) {
		struct builder b;
		struct packet p;

		erspan3_frame(&b, 0, subheader);
		build_decode(&b, ETHERNET, &p);
		assert_mirrored(&p);
		ck_assert_uint_eq(packet_tag_last(&p, 0, TAG_ERSPAN)->value, 0x123);
		assert_cut_between(&b, ETHERNET, 46, 58 + 8 * subheader, "erspan3");
		erspan3_frame(&b, 2, subheader);
		build_decode(&b, ETHERNET, &p);
		assert_inner(&p, 1);
		ck_assert(p.mirrored && !p.has_mac);
		erspan3_frame(&b, 1, subheader);
		build_decode(&b, ETHERNET, &p);
		ck_assert_str_eq(reason_name(&p), "unknown_erspan");
		erspan3_frame(&b, 0, subheader);
		b.bytes[b.at + 46] = 0x10;
		build_decode(&b, ETHERNET, &p);
		ck_assert_str_eq(reason_name(&p), "bad_erspan");
	}
}
END_TEST

static void tzsp_frame(struct builder *b, const char *header, uint32_t n)
{
	mirrored_frame(b);
	build_bytes(b, header, n);
	build_outer_udp(b, 37008);
}

START_TEST(tzsp)
{
	static const struct {
		const char *bytes;
		uint32_t n;
	} good[] = {
		{"\x01\x00\x00\x01\x01", 5},
		{"\x01\x01\x00\x01\x00\x00\x0a\x01\x3c\x0d\x02xx\x01", 14},
	};
	struct builder b;
	struct packet p;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		tzsp_frame(&b, good[i].bytes, good[i].n);
		build_decode(&b, RAW, &p);
		assert_mirrored(&p);
		assert_cut_between(&b, RAW, 28, 28 + good[i].n, "tzsp");
	}
}
END_TEST

START_TEST(tzsp_is_strict)
{
	static const struct {
		const char *bytes;
		uint32_t n;
	} bad[] = {
		{"\x02\x00\x00\x01\x01", 5},         /* version */
		{"\x01\x04\x00\x00\x01", 5},         /* keepalive */
		{"\x01\x00\x00\x77\x01", 5},         /* Prism header */
		{"\x01\x00\x00\x01\x0a\xff\x01", 7}, /* a tag beyond the datagram */
	};
	struct builder b;
	struct packet p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tzsp_frame(&b, bad[i].bytes, bad[i].n);
		build_decode(&b, RAW, &p);
		assert_payload(&p);
	}
}
END_TEST

static void decode_with_collector(const struct builder *b, const char *prefix, struct packet *ret)
{
	const struct frame f = build_frame(b, RAW);
	struct ip_prefix collector;
	const struct decode_options o = {.collectors = &collector, .n_collectors = 1};

	ck_assert(ip_prefix_parse(str_from(prefix), &collector, NULL));
	decode_frame(&f, &o, ret);
}

static void vxlan_to_collector(struct builder *b)
{
	mirrored_frame(b);
	build_vxlan(b, 5);
	build_outer_udp(b, 4789);
}

static void gpe_to_collector(struct builder *b)
{
	mirrored_frame(b);
	build_bytes(b, "\x0c\x00\x00\x03\x00\x00\x05\x00", 8);
	build_outer_udp(b, 4790);
}

static void geneve_to_collector(struct builder *b)
{
	mirrored_frame(b);
	build_geneve(b, 5, 0x6558, 0);
	build_outer_udp(b, 6081);
}

static void gre_to_collector(struct builder *b)
{
	mirrored_frame(b);
	put32(build_front(b, 4), 5);
	build_gre(b, 0x6558);
	put16(b->bytes + b->at, 0x2000);
	build_ipv4(b, 1, 2, 47);
}

static void tzsp_to_collector(struct builder *b)
{
	tzsp_frame(b, "\x01\x00\x00\x01\x01", 5);
}

/* Without collectors only ERSPAN and TZSP are mirrors; with some, what is addressed to one of them
 * and nothing else. */
START_TEST(collectors_decide)
{
	static const struct {
		void (*build)(struct builder *b);
		bool by_nature;
		enum packet_tag_kind kept;
	} kinds[] = {
		{vxlan_to_collector, false, TAG_VNI},
		{gpe_to_collector, false, TAG_VNI},
		{geneve_to_collector, false, TAG_VNI},
		{gre_to_collector, false, TAG_GRE_KEY},
		{tzsp_to_collector, true, TAG_VLAN},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct builder b;
		struct packet p;

		kinds[i].build(&b);
		build_decode(&b, RAW, &p);
		assert_inner(&p, kinds[i].by_nature ? 1 : 2);
		ck_assert_int_eq(p.mirrored, kinds[i].by_nature);
		decode_with_collector(&b, "198.51.100.2/32", &p);
		assert_mirrored(&p);
		if (!kinds[i].by_nature)
			ck_assert_uint_eq(packet_tag_last(&p, 0, kinds[i].kept)->value, 5);
		decode_with_collector(&b, "198.51.100.3/32", &p);
		assert_inner(&p, 2);
		ck_assert(!p.mirrored);
	}
}
END_TEST

static void decode_with_own(const char *const own[2], struct packet *ret)
{
	struct builder b;
	struct ip_prefix prefixes[2];
	const struct decode_options o = {.own = prefixes, .n_own = 2};
	struct frame f;

	for (int i = 0; i < 2; i++)
		ck_assert(ip_prefix_parse(str_from(own[i]), &prefixes[i], NULL));
	tzsp_to_collector(&b); /* 192.0.2.1 to 198.51.100.2 */
	f = build_frame(&b, RAW);
	decode_frame(&f, &o, ret);
}

/* Whoever gets what leaves the operator's network, it is not this sensor. */
START_TEST(mirror_to_the_outside)
{
	struct packet p;

	decode_with_own((const char *const[]){"192.0.2.0/24", "10.0.0.0/8"}, &p);
	assert_inner(&p, 2);
	ck_assert(!p.mirrored);
	decode_with_own((const char *const[]){"192.0.2.0/24", "198.51.100.0/24"}, &p);
	assert_mirrored(&p);
	decode_with_own((const char *const[]){"10.0.0.0/8", "172.16.0.0/12"}, &p);
	assert_mirrored(&p);
	decode_with_own((const char *const[]){"10.0.0.0/8", "198.51.100.0/24"}, &p);
	assert_mirrored(&p);
}
END_TEST

/* A tunnel between hosts that was itself mirrored stays a tunnel. */
START_TEST(mirrored_tunnel)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	build_ipv4(&b, 3, 4, 4);
	build_ethernet(&b, 0x0800);
	gre_around(&b, 0, 0x88be);
	build_decode(&b, ETHERNET, &p);
	assert_inner(&p, 2);
	ck_assert(p.mirrored);
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, erspan_type_1);
	tcase_add_test(t, erspan_type_2);
	tcase_add_test(t, erspan_type_2_with_its_tag);
	tcase_add_test(t, erspan_type_3);
	tcase_add_test(t, tzsp);
	tcase_add_test(t, tzsp_is_strict);
	tcase_add_test(t, collectors_decide);
	tcase_add_test(t, mirror_to_the_outside);
	tcase_add_test(t, mirrored_tunnel);
}

int main(void)
{
	return suite_main("decode_mirror", add_tests);
}
