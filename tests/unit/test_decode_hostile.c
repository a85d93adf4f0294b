/* Every kind of frame at every length, and with bytes changed: nothing beyond the captured bytes is
 * read (the sanitizers watch: each frame is an allocation of its own), and what is told about a
 * frame holds together. */
#include <check.h>
#include <stdlib.h>

#include "tests/support/frame_builder.h"
#include "tests/support/packet_check.h"
#include "tests/unit/suite.h"

typedef void build_fn(struct builder *b);

static void udp4(struct builder *b)
{
	build_start(b);
	build_payload(b, 12);
	build_udp(b, 1000, 2000);
	build_ipv4(b, 1, 2, 17);
}

static void eth_udp4(struct builder *b)
{
	udp4(b);
	build_ethernet(b, 0x0800);
}

static void eth_tcp6_extensions(struct builder *b)
{
	build_start(b);
	build_payload(b, 12);
	build_tcp(b, 1000, 2000, TCP_SYN, 8);
	build_ip6ext(b, 6, 0);  /* fragment */
	build_ip6ext(b, 44, 1); /* destination options */
	build_ip6ext(b, 60, 2); /* routing */
	build_ip6ext(b, 43, 0); /* hop by hop */
	build_ipv6(b, 1, 2, 0);
	build_ethernet(b, 0x86dd);
}

static void eth_qinq_snap(struct builder *b)
{
	udp4(b);
	build_bytes(b, "\xaa\xaa\x03\x00\x00\x00\x08\x00", 8);
	build_vlan(b, 7, (uint16_t)build_len(b));
	build_vlan(b, 8, 0x8100);
	build_ethernet(b, 0x88a8);
}

static void eth_mpls_pseudowire(struct builder *b)
{
	eth_udp4(b);
	build_bytes(b, "\x00\x00\x00\x00", 4);
	build_mpls(b, 1, 1);
	build_mpls(b, 2, 0);
	build_ethernet(b, 0x8847);
}

static void sll_sctp(struct builder *b)
{
	build_start(b);
	build_payload(b, 16);
	put32(build_front(b, 12), 38412u << 16 | 38412);
	build_ipv4(b, 1, 2, 132);
	put16(build_front(b, 16) + 14, 0x0800);
}

static void sll2_icmp(struct builder *b)
{
	build_start(b);
	build_payload(b, 16);
	build_bytes(b, "\x08\x00\xff\xff", 4);
	build_ipv4(b, 1, 2, 1);
	put16(build_front(b, 20), 0x0800);
}

static void null_ah_gre(struct builder *b)
{
	eth_udp4(b);
	put32(build_front(b, 4), 9);
	put32(build_front(b, 4), 8);
	put32(build_front(b, 4), 7);
	build_gre(b, 0x6558);
	put16(b->bytes + b->at, 0xb000);
	memcpy(build_front(b, 16), "\x2f\x02\x00\x00", 4);
	build_ipv4(b, 1, 2, 51);
	build_bytes(b, "\x02\x00\x00\x00", 4);
}

static void raw_vxlan_in_6in4(struct builder *b)
{
	eth_udp4(b);
	build_vxlan(b, 5);
	build_udp(b, 50000, 4789);
	build_ipv6(b, 1, 2, 17);
	build_ipv4(b, 1, 2, 41);
}

static void eth_gtpu(struct builder *b)
{
	udp4(b);
	build_gtpu(b, 255, 5);
	build_udp(b, 2152, 2152);
	build_ipv4(b, 1, 2, 17);
	build_ethernet(b, 0x0800);
}

static void eth_esp(struct builder *b)
{
	build_start(b);
	build_payload(b, 40);
	build_ipv6(b, 1, 2, 50);
	build_ethernet(b, 0x86dd);
}

static void eth_pppoe_l2tp(struct builder *b)
{
	build_inner(b);
	build_bytes(b, "\xff\x03\x00\x21", 4);
	build_bytes(b, "\x48\x02\x00\x36\x00\x01\x00\x02\x00\x00\x00\x00", 12);
	build_outer_udp(b, 1701);
	build_ppp(b, 0x0021);
	build_pppoe(b);
	build_ethernet(b, 0x8864);
}

static void serial_pptp(struct builder *b)
{
	build_inner(b);
	build_bytes(b, "\x21", 1);
	build_bytes(b, "\x30\x81\x88\x0b\x00\x27\x00\x01\0\0\0\1\0\0\0\1", 16);
	build_ipv4(b, 1, 2, 47);
	build_bytes(b, "\x0f\x00\x08\x00", 4);
}

static void frame_relay_nsh(struct builder *b)
{
	build_inner(b);
	build_bytes(b, "\x0f\xc4\x02\x01\0\0\0\1\0\0\0\0\0\0\0\0", 16);
	build_bytes(b, "\x18\x41\x03\x00\x80\x00\x00\x00\x89\x4f", 10);
}

static void eth_pbb_trill(struct builder *b)
{
	eth_udp4(b);
	build_bytes(b, "\x00\x80\x00\x01\x00\x02\0\0\0\0\0\0\0\0", 14);
	build_ethernet(b, 0x22f3);
	put32(build_front(b, 4), 5);
	build_ethernet(b, 0x88e7);
}

static void eth_port_tag_macsec(struct builder *b)
{
	udp4(b);
	put16(build_front(b, 2), 0x0800);
	build_front(b, 14)[0] = 0x20;
	put16(build_front(b, 8) + 6, 0x88e5);
	put16(build_front(b, 6) + 4, 0x893f);
	build_ethernet(b, 0x8926);
}

static void eth_erspan3(struct builder *b)
{
	eth_udp4(b);
	build_front(b, 8);
	put32(build_front(b, 4), 1);
	build_front(b, 4);
	put32(build_front(b, 4), 0x20000005);
	build_front(b, 4);
	build_gre(b, 0x22eb);
	put16(b->bytes + b->at, 0x1000);
	build_ipv4(b, 1, 2, 47);
	build_ethernet(b, 0x0800);
}

static void raw_tzsp(struct builder *b)
{
	eth_udp4(b);
	build_bytes(b, "\x01\x00\x00\x01\x0a\x02\x00\x00\x01", 9);
	build_outer_udp(b, 37008);
}

static void raw_geneve_in_gpe(struct builder *b)
{
	eth_udp4(b);
	build_geneve(b, 5, 0x6558, 6);
	build_outer_udp(b, 6081);
	build_bytes(b, "\x0c\x00\x00\x01\x00\x00\x05\x00", 8);
	build_outer_udp(b, 4790);
}

static void raw_capwap(struct builder *b)
{
	udp4(b);
	build_bytes(b, "\xaa\xaa\x03\x00\x00\x00\x08\x00", 8);
	put16(build_front(b, 26), 0x8801);
	put32(build_front(b, 16), 4 << 19 | 1 << 9 | 0x100);
	build_outer_udp(b, 5247);
}

static void nflog_teredo(struct builder *b)
{
	build_start(b);
	build_payload(b, 10);
	build_udp(b, 1000, 2000);
	put32(build_ipv6(b, 1, 2, 17) + 8, 0x20010000);
	build_front(b, 8);
	put16(build_front(b, 13), 1);
	build_outer_udp(b, 3544);
	put16(build_front(b, 4), build_len(b) - 4);
	b->bytes[b->at + 3] = 9;
	put32(build_front(b, 4), 0x02000000);
}

static void raw_mpls_udp(struct builder *b)
{
	udp4(b);
	build_mpls(b, 2, 1);
	build_mpls(b, 1, 0);
	build_outer_udp(b, 6635);
}

static void raw_gtpu_extension(struct builder *b)
{
	udp4(b);
	build_bytes(b, "\x00\x00\x00\x85\x01\x00\x09\x00", 8);
	build_gtpu(b, 255, 5);
	b->bytes[b->at] = 0x34;
	build_outer_udp(b, 2152);
}

static const struct {
	build_fn *build;
	uint32_t linktype;
	uint32_t headers_bytes; /* a frame that ends before is cut */
	const char *reason;
	int n_layers;
} samples[] = {
	{eth_udp4, 1, 42, "none", 1},
	{eth_tcp6_extensions, 1, 14 + 40 + 8 + 24 + 16 + 8 + 28, "none", 1},
	{eth_qinq_snap, 1, 14 + 8 + 8 + 28, "none", 1},
	{eth_mpls_pseudowire, 1, 14 + 8 + 4 + 42, "none", 1},
	{sll_sctp, 113, 16 + 32, "none", 1},
	{sll2_icmp, 276, 20 + 24, "none", 1},
	{null_ah_gre, 0, 4 + 20 + 16 + 16 + 42, "none", 2},
	{raw_vxlan_in_6in4, 101, 20 + 40 + 8 + 8 + 42, "none", 3},
	{eth_gtpu, 1, 42 + 8, "subscriber_tunnel", 1},
	{eth_esp, 1, 54 + 8, "encrypted_esp", 1},
	{eth_pppoe_l2tp, 1, 22 + 28 + 12 + 4 + 28, "none", 2},
	{serial_pptp, 50, 4 + 20 + 16 + 1 + 28, "none", 2},
	{frame_relay_nsh, 107, 10 + 16 + 28, "none", 1},
	{eth_pbb_trill, 1, 14 + 4 + 14 + 14 + 42, "none", 1},
	{eth_port_tag_macsec, 1, 14 + 6 + 8 + 14 + 2 + 28, "none", 1},
	{eth_erspan3, 1, 34 + 8 + 20 + 42, "none", 1},
	{raw_tzsp, 101, 28 + 9 + 42, "none", 1},
	{raw_geneve_in_gpe, 101, 28 + 8 + 28 + 32 + 42, "none", 3},
	{raw_capwap, 101, 28 + 16 + 26 + 8 + 28, "none", 2},
	{nflog_teredo, 239, 8 + 28 + 13 + 8 + 48, "none", 2},
	{raw_mpls_udp, 101, 28 + 8 + 28, "none", 2},
	{raw_gtpu_extension, 101, 28 + 8, "subscriber_tunnel", 1},
};

enum { N_SAMPLES = sizeof(samples) / sizeof(samples[0]) };

/* Decodes the first CAPLEN bytes of BYTES from memory that ends right behind them. */
static void decode_exactly(
	const uint8_t *bytes, uint32_t caplen, uint32_t len, uint32_t linktype, struct packet *ret)
{
	uint8_t *copy = malloc(caplen ? caplen : 1);
	const struct frame f = {.data = copy, .caplen = caplen, .len = len, .linktype = linktype};
	const char *problem;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, caplen);
	decode_frame(&f, NULL, ret);
	problem = packet_problem(&f, ret);
	ck_assert_msg(!problem, "%s", problem ? problem : "");
	free(copy);
}

START_TEST(every_truncation)
{
	for (int i = 0; i < N_SAMPLES; i++) {
		struct builder b;
		uint32_t len;

		samples[i].build(&b);
		len = build_len(&b);
		for (uint32_t n = 0; n <= len; n++) {
			struct packet p;
			const char *reason;

			decode_exactly(b.bytes + b.at, n, len, samples[i].linktype, &p);
			reason = decode_reason_name((enum decode_reason)p.reason);
			if (n < samples[i].headers_bytes) {
				ck_assert_msg(strncmp(reason, "cut_", 4) == 0,
					"sample %d at %u: %s", i, n, reason);
				ck_assert_int_le(p.n_layers, samples[i].n_layers);
			} else {
				ck_assert_msg(strcmp(reason, samples[i].reason) == 0,
					"sample %d at %u: %s", i, n, reason);
				ck_assert_int_eq(p.n_layers, samples[i].n_layers);
			}
		}
	}
}
END_TEST

/* The same where the wire, not the capture, ends early: an IP total length or frame that is shorter
 * than what it holds. */
START_TEST(every_truncation_on_the_wire)
{
	for (int i = 0; i < N_SAMPLES; i++) {
		struct builder b;

		samples[i].build(&b);
		for (uint32_t n = 0; n <= build_len(&b); n++) {
			struct packet p;

			decode_exactly(b.bytes + b.at, n, n, samples[i].linktype, &p);
		}
	}
}
END_TEST

/* One generator, one seed: the same frames in every run. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

START_TEST(changed_bytes)
{
	uint32_t seed = 20260801;

	for (int round = 0; round < 40000; round++) {
		const int i = round % N_SAMPLES;
		struct builder b;
		struct packet p;
		uint32_t len, changes;

		samples[i].build(&b);
		len = build_len(&b);
		changes = 1 + next_random(&seed) % 6;
		while (changes--)
			b.bytes[b.at + next_random(&seed) % len] = (uint8_t)next_random(&seed);
		decode_exactly(
			b.bytes + b.at, 1 + next_random(&seed) % len, len, samples[i].linktype, &p);
	}
}
END_TEST

START_TEST(garbage_on_every_link_type)
{
	static const uint32_t linktypes[] = {
		0, 1, 9, 12, 14, 50, 51, 101, 104, 105, 107, 108, 113, 228, 229, 239, 276, 4711};
	uint8_t bytes[200];
	uint32_t seed = 19180219;

	for (int round = 0; round < 20000; round++) {
		struct packet p;

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)next_random(&seed);
		decode_exactly(bytes, next_random(&seed) % sizeof(bytes), sizeof(bytes),
			linktypes[(size_t)round % (sizeof(linktypes) / sizeof(linktypes[0]))], &p);
	}
}
END_TEST

static void add_tests(TCase *t)
{
	tcase_add_test(t, every_truncation);
	tcase_add_test(t, every_truncation_on_the_wire);
	tcase_add_test(t, changed_bytes);
	tcase_add_test(t, garbage_on_every_link_type);
}

int main(void)
{
	return suite_main("decode_hostile", add_tests);
}
