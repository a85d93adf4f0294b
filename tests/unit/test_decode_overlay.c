/* Tunnels over UDP, each found by a port that others may use: they are undone when it is them, and
 * nothing of a tunnel is left when it is not. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/packet_tags.h"
#include "tests/support/tunnel_check.h"
#include "tests/unit/suite.h"

START_TEST(geneve_carries)
{
	static const uint16_t types[] = {0x0800, 0x6558, 0x8847};

	for (uint32_t i = 0; i < 3; i++) {
		for (uint32_t words = 0; words < 64; words += 2) {
			struct builder b;
			struct packet p;

			build_inner(&b);
			if (types[i] == 0x6558)
				build_ethernet(&b, 0x0800);
			if (types[i] == 0x8847)
				build_mpls(&b, 3, 1);
			build_geneve(&b, 0xabcdef, types[i], words);
			build_outer_udp(&b, 6081);
			build_decode(&b, RAW, &p);
			assert_inner(&p, 2);
			ck_assert_ptr_null(packet_tag_last(&p, 0, TAG_VNI));
			ck_assert_uint_eq(packet_tag_last(&p, 1, TAG_VNI)->value, 0xabcdef);
			assert_cut_between(&b, RAW, 28, 36 + words * 4, "geneve");
		}
	}
}
END_TEST

START_TEST(geneve_is_strict)
{
	static const struct {
		uint32_t at;
		uint8_t value;
	} changes[] = {
		{28, 0x42},             /* version 1 */
		{28, 0x01},             /* less room than the option needs */
		{29, 0x01},             /* a reserved bit */
		{35, 0x01}, {30, 0x81}, /* a type that nobody puts there */
		{39, 0x05},             /* an option beyond the others */
		{44, 0x60},             /* no IPv4 */
	};
	struct builder b;
	struct packet p;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		build_inner(&b);
		build_geneve(&b, 5, 0x0800, 2);
		build_outer_udp(&b, 6081);
		build_decode(&b, RAW, &p);
		assert_inner(&p, 2);
		b.bytes[b.at + changes[i].at] = changes[i].value;
		build_decode(&b, RAW, &p);
		assert_payload(&p);
	}
}
END_TEST

/* A reserved bit hides no frame. */
START_TEST(geneve_with_reserved_bits)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	build_ethernet(&b, 0x0800);
	build_geneve(&b, 5, 0x6558, 0);
	build_outer_udp(&b, 6081);
	b.bytes[b.at + 28] = 0x40; /* another version is another protocol */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	b.bytes[b.at + 28] = 0;
	b.bytes[b.at + 29] = 0x81; /* OAM, which is allowed, and one that is not */
	build_decode(&b, RAW, &p);
	assert_inner(&p, 2);
	put16(b.bytes + b.at + 36 + 12, 0x1234);
	build_decode(&b, RAW, &p);
	assert_payload(&p);
}
END_TEST

static void gpe_frame(struct builder *b, uint8_t flags, uint8_t protocol)
{
	uint8_t *h;

	build_inner(b);
	if (protocol == 3 || protocol == 0)
		build_ethernet(b, 0x0800);
	if (protocol == 4)
		memcpy(build_front(b, 8), "\x0f\xc2\x02\x01\x00\x00\x00\x01", 8);
	if (protocol == 5)
		build_mpls(b, 3, 1);
	h = build_front(b, 8);
	h[0] = flags;
	h[3] = protocol;
	put32(h + 4, 0xabcdef00);
	build_outer_udp(b, 4790);
}

START_TEST(vxlan_gpe_by_protocol)
{
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		struct builder b;
		struct packet p;

		if (protocol == 2)
			continue; /* the content is IPv4 */
		gpe_frame(&b, 0x0c, (uint8_t)protocol);
		build_decode(&b, RAW, &p);
		if (protocol == 0 || protocol > 5) {
			assert_payload(&p);
			continue;
		}
		assert_inner(&p, 2);
		ck_assert_uint_eq(packet_tag_last(&p, 1, TAG_VNI)->value, 0xabcdef);
		assert_cut_between(&b, RAW, 28, 36, "vxlan_gpe");
	}
}
END_TEST

START_TEST(vxlan_gpe_by_flags)
{
	for (unsigned flags = 0; flags < 256; flags++) {
		for (uint8_t protocol = 0; protocol < 4; protocol += 3) {
			const bool known = !(flags & 0xf1) && (flags & 0x0c) &&
					   !!(flags & 0x04) == (protocol == 3);
			struct builder b;
			struct packet p;

			gpe_frame(&b, (uint8_t)flags, protocol);
			build_decode(&b, RAW, &p);
			if (known)
				assert_inner(&p, 2);
			else
				assert_payload(&p);
		}
	}
}
END_TEST

START_TEST(vxlan_gpe_reserved_bytes)
{
	static const uint32_t at[] = {29, 30, 35};

	for (int i = 0; i < 3; i++) {
		struct builder b;
		struct packet p;

		gpe_frame(&b, 0x0c, 3);
		b.bytes[b.at + at[i]] = 1;
		build_decode(&b, RAW, &p);
		assert_payload(&p);
	}
}
END_TEST

static void teredo_frame(struct builder *b, uint32_t first)
{
	uint8_t *h;

	build_start(b);
	build_payload(b, 10);
	build_udp(b, 1000, 2000);
	h = build_ipv6(b, 1, 2, 17);
	put32(h + 8, first);
}

static void assert_teredo(const struct packet *p)
{
	ck_assert_str_eq(reason_name(p), "none");
	ck_assert_int_eq(p->n_layers, 2);
	ck_assert_int_eq(p->layers[1].ip_version, 6);
	ck_assert_int_eq(p->layers[1].dport, 2000);
}

START_TEST(teredo_with_every_indicator)
{
	for (unsigned set = 0; set < 8; set++) {
		const bool authentication = set & 1, origin = set & 2, identified = set & 4;
		struct builder b;
		struct packet p;
		uint32_t header;

		teredo_frame(&b, set & 1 ? 0xfe800000 : 0x20010000);
		if (origin)
			build_front(&b, 8);
		if (authentication) {
			uint8_t *h = build_front(&b, identified ? 18 : 13);

			h[1] = 1;
			h[2] = identified ? 3 : 0;
			h[3] = identified ? 2 : 0;
		}
		header = build_len(&b) - 58;
		build_outer_udp(&b, 3544);
		build_decode(&b, RAW, &p);
		assert_teredo(&p);
		assert_cut_between(&b, RAW, 28, 28 + header + 40, "teredo");
	}
}
END_TEST

START_TEST(teredo_is_strict)
{
	struct builder b;
	struct packet p;

	teredo_frame(&b, 0x20010db8); /* neither end is a Teredo client */
	build_outer_udp(&b, 3544);
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	teredo_frame(&b, 0x20010000);
	build_outer_udp(&b, 3544);
	b.bytes[b.at + 28] = 0x50;
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	b.bytes[b.at + 28] = 0x60;
	put16(b.bytes + b.at + 32, 19); /* more than the datagram holds */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	put16(b.bytes + b.at + 32, 18);
	build_decode(&b, RAW, &p);
	assert_teredo(&p);
	/* What one decoder ran out of is nothing to the next one, that of the source port. */
	build_start(&b);
	build_payload(&b, 37);
	build_bytes(&b, "\x00\x01\xc8\x00", 4);
	build_udp(&b, 4789, 3544);
	build_ipv4(&b, 1, 2, 17);
	build_decode(&b, RAW, &p);
	assert_payload(&p);
}
END_TEST

enum { WLAN_NATIVE = 0x100, CAPWAP_F = 0x80, CAPWAP_K = 0x08 };

/* BITS: the flags behind the binding. */
static void capwap_header(struct builder *b, uint32_t words, uint32_t binding, uint32_t bits)
{
	uint8_t *h = build_front(b, words * 4);

	put32(h, words << 19 | binding << 9 | bits);
	build_outer_udp(b, 5247);
}

static void snap(struct builder *b)
{
	build_inner(b);
	build_bytes(b, "\xaa\xaa\x03\x00\x00\x00\x08\x00", 8);
}

START_TEST(capwap_data)
{
	struct builder b;
	struct packet p;

	for (uint32_t words = 2; words < 20; words++) {
		build_inner(&b);
		build_ethernet(&b, 0x0800);
		capwap_header(&b, words, 1, 0);
		build_decode(&b, RAW, &p);
		assert_inner(&p, 2);
		assert_cut_between(&b, RAW, 28, 28 + words * 4, "capwap");
	}
	for (unsigned swapped = 0; swapped < 2; swapped++) {
		snap(&b);
		build_front(&b, 26)[swapped] = 0x88; /* QoS data */
		b.bytes[b.at + !swapped] = 0x01;
		capwap_header(&b, 4, 1, WLAN_NATIVE);
		build_decode(&b, RAW, &p);
		assert_inner(&p, 2);
	}
}
END_TEST

START_TEST(capwap_fragments)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	build_ethernet(&b, 0x0800);
	capwap_header(&b, 2, 1, CAPWAP_F);
	build_decode(&b, RAW, &p);
	assert_inner(&p, 2);
	b.bytes[b.at + 28 + 7] = 0x08;
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "capwap_fragment");
	ck_assert_int_eq(p.n_layers, 1);
}
END_TEST

START_TEST(capwap_is_strict)
{
	static const struct {
		uint32_t words, binding, bits;
	} bad[] = {
		{2, 1, CAPWAP_K},
		{2, 1, 1},
		{2, 1, 2},
		{2, 1, 4},
		{2, 0, WLAN_NATIVE},
		{2, 3, WLAN_NATIVE},
	};
	struct builder b;
	struct packet p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		build_inner(&b);
		build_ethernet(&b, 0x0800);
		capwap_header(&b, bad[i].words, bad[i].binding, bad[i].bits);
		build_decode(&b, RAW, &p);
		assert_payload(&p);
	}
	build_inner(&b);
	build_ethernet(&b, 0x0800);
	capwap_header(&b, 2, 1, 0);
	b.bytes[b.at + 28] = 0x10; /* version */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	b.bytes[b.at + 28] = 0;
	b.bytes[b.at + 29] = 1 << 3; /* shorter than its own fixed part */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	b.bytes[b.at + 29] = 31 << 3; /* longer than the datagram */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	b.bytes[b.at + 29] = 2 << 3;
	put16(b.bytes + b.at + 22, 5246); /* control */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
}
END_TEST

START_TEST(capwap_under_dtls)
{
	static const uint16_t ports[] = {5246, 5247};

	for (int i = 0; i < 2; i++) {
		struct builder b;
		struct packet p;

		build_start(&b);
		build_payload(&b, 40);
		build_bytes(&b, "\x01\x00\x00\x00\x17\xfe\xff", 7);
		build_outer_udp(&b, ports[i]);
		build_decode(&b, RAW, &p);
		ck_assert_str_eq(reason_name(&p), "encrypted_capwap");
		ck_assert(p.layers[0].opaque && p.layers[0].encrypted);
		assert_cut_between(&b, RAW, 28, 34, "capwap");
		b.bytes[b.at + 32] = 0x47;
		build_decode(&b, RAW, &p);
		assert_payload(&p);
	}
}
END_TEST

START_TEST(wlan_frames)
{
	static const struct {
		uint8_t control, flags;
		uint32_t bytes;
		const char *reason;
	} cases[] = {
		{0x08, 0x01, 24, "none"},
		{0x08, 0x03, 30, "none"},
		{0x88, 0x02, 26, "none"},
		{0x88, 0x80, 30, "none"},
		{0x88, 0x83, 36, "none"},
		{0x80, 0x00, 24, "non_ip_wlan"}, /* beacon */
		{0xb4, 0x00, 16, "non_ip_wlan"}, /* request to send */
		{0x48, 0x01, 24, "non_ip_wlan"}, /* no data */
		{0x08, 0x41, 24, "encrypted_wlan"},
	};
	struct builder b;
	struct packet p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snap(&b);
		build_front(&b, cases[i].bytes)[0] = cases[i].control;
		b.bytes[b.at + 1] = cases[i].flags;
		build_decode(&b, 105, &p);
		ck_assert_str_eq(reason_name(&p), cases[i].reason);
		if (strcmp(cases[i].reason, "none") == 0) {
			assert_inner(&p, 1);
			assert_cut_between(&b, 105, 0, cases[i].bytes, "wlan");
		}
	}
	snap(&b);
	memcpy(build_front(&b, 26), "\x88\x01", 2);
	b.bytes[b.at + 24] = 0x80;
	build_decode(&b, 105, &p);
	ck_assert_str_eq(reason_name(&p), "unsupported_wlan_aggregate");
}
END_TEST

static void esp_udp_frame(struct builder *b, const char *first, uint32_t payload)
{
	build_start(b);
	build_payload(b, payload);
	build_bytes(b, first, 4);
	build_outer_udp(b, 4500);
}

START_TEST(esp_in_udp)
{
	struct builder b;
	struct packet p;

	esp_udp_frame(&b, "\x12\x34\x56\x78", 60);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "encrypted_esp");
	ck_assert(p.layers[0].opaque && p.layers[0].encrypted);
	assert_cut_between(&b, RAW, 28, 32, "esp_udp");
	esp_udp_frame(&b, "\x00\x00\x00\x00", 60); /* IKE */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	esp_udp_frame(&b, "\x00\x00\x00\xff", 60); /* a reserved index */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	esp_udp_frame(&b, "\x00\x00\x01\x00", 60);
	build_decode(&b, RAW, &p);
	ck_assert_str_eq(reason_name(&p), "encrypted_esp");
	esp_udp_frame(&b, "\x12\x34\x56\x78", 61); /* not aligned */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	esp_udp_frame(&b, "\x01\x00\x00\x00", 144); /* WireGuard */
	build_decode(&b, RAW, &p);
	assert_payload(&p);
	build_start(&b);
	build_bytes(&b, "\xff", 1); /* a keepalive */
	build_outer_udp(&b, 4500);
	build_decode(&b, RAW, &p);
	assert_payload(&p);
}
END_TEST

START_TEST(mpls_in_udp_and_in_ip)
{
	struct builder b;
	struct packet p;

	build_inner(&b);
	build_mpls(&b, 200, 1);
	build_mpls(&b, 100, 0);
	build_ipv4(&b, 1, 2, 137);
	build_decode(&b, RAW, &p);
	assert_inner(&p, 2);
	for (int labels = 1; labels < 12; labels++) {
		build_inner(&b);
		build_mpls(&b, 200, 1);
		for (int i = 1; i < labels; i++)
			build_mpls(&b, 100, 0);
		build_outer_udp(&b, 6635);
		build_decode(&b, RAW, &p);
		if (labels > 8) {
			assert_payload(&p);
			continue;
		}
		assert_inner(&p, 2);
		ck_assert_uint_eq(packet_tag_last(&p, 1, TAG_MPLS)->value, 200);
		assert_cut_between(&b, RAW, 28, 28 + 4u * (unsigned)labels, "mpls_udp");
		b.bytes[b.at + 31] = 0; /* no time to live */
		build_decode(&b, RAW, &p);
		assert_payload(&p);
	}
	build_start(&b);
	build_payload(&b, 60);
	build_mpls(&b, 200, 1);
	build_outer_udp(&b, 6635);
	build_decode(&b, RAW, &p);
	assert_payload(&p);
}
END_TEST

START_TEST(wccp_in_gre)
{
	for (unsigned version = 1; version < 3; version++) {
		struct builder b;
		struct packet p;

		build_inner(&b);
		if (version == 2)
			build_front(&b, 4)[0] = 0x80;
		build_gre(&b, 0x883e);
		build_ipv4(&b, 1, 2, 47);
		build_decode(&b, RAW, &p);
		assert_inner(&p, 2);
	}
}
END_TEST

START_TEST(netfilter_log)
{
	for (unsigned big_endian = 0; big_endian < 2; big_endian++) {
		struct builder b;
		struct packet p;

		build_inner(&b);
		build_bytes(&b, big_endian ? "\x00\x2a\x00\x09" : "\x2a\x00\x09\x00", 4);
		build_bytes(&b,
			big_endian ? "\x00\x05\x00\x0a\0\0\0\0" : "\x05\x00\x0a\x00\0\0\0\0", 8);
		build_bytes(&b, "\x02\x00\x00\x05", 4);
		build_decode(&b, 239, &p);
		assert_inner(&p, 1);
		assert_cut_between(&b, 239, 0, 16, "nflog");
		b.bytes[b.at + 4 + big_endian] = 3; /* shorter than itself */
		build_decode(&b, 239, &p);
		ck_assert_str_eq(reason_name(&p), "bad_nflog");
		b.bytes[b.at + 1] = 1;
		build_decode(&b, 239, &p);
		ck_assert_str_eq(reason_name(&p), "bad_nflog");
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, geneve_carries);
	tcase_add_test(t, geneve_is_strict);
	tcase_add_test(t, geneve_with_reserved_bits);
	tcase_add_test(t, vxlan_gpe_by_protocol);
	tcase_add_test(t, vxlan_gpe_by_flags);
	tcase_add_test(t, vxlan_gpe_reserved_bytes);
	tcase_add_test(t, teredo_with_every_indicator);
	tcase_add_test(t, teredo_is_strict);
	tcase_add_test(t, capwap_data);
	tcase_add_test(t, capwap_fragments);
	tcase_add_test(t, capwap_is_strict);
	tcase_add_test(t, capwap_under_dtls);
	tcase_add_test(t, wlan_frames);
	tcase_add_test(t, esp_in_udp);
	tcase_add_test(t, mpls_in_udp_and_in_ip);
	tcase_add_test(t, wccp_in_gre);
	tcase_add_test(t, netfilter_log);
}

int main(void)
{
	return suite_main("decode_overlay", add_tests);
}
