#include "capture/duplicates.h"

#include "tests/support/frame_builder.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

static bool check(struct duplicates *d, const struct builder *b, uint64_t now_ns)
{
	struct frame f = build_frame(b, 1);
	uint8_t *exact = malloc(f.caplen); /* of exactly its size, for the sanitizer */
	struct packet p;
	bool copy;

	memcpy(exact, f.data, f.caplen);
	f.data = exact;
	decode_frame(&f, NULL, &p);
	copy = duplicates_check(d, &f, &p, now_ns);
	free(exact);
	return copy;
}

enum transport { TCP4, UDP4, UDP4_NUMBERED, TCP6, UDP6, ECHO4, ECHO6, ERROR6, SCTP6 };

/* A packet with a transport header; its IP header begins at *RET_IP of the builder. */
static void packet(struct builder *b, enum transport kind, uint32_t payload_bytes, uint32_t *ret_ip)
{
	uint8_t *h;

	build_start(b);
	build_payload(b, payload_bytes);
	switch (kind) {
	case TCP4:
	case TCP6:
		build_tcp(b, 1000, 2000, TCP_ACK, 0);
		break;
	case UDP4:
	case UDP4_NUMBERED:
	case UDP6:
		build_udp(b, 1000, 2000);
		break;
	case SCTP6:
		build_front(b, 12);
		break;
	case ECHO4:
		build_front(b, 8)[0] = 8;
		break;
	case ECHO6:
		build_front(b, 8)[0] = 128;
		break;
	case ERROR6:
		build_front(b, 8)[0] = 1;
		break;
	}
	if (kind == TCP4 || kind == UDP4 || kind == UDP4_NUMBERED || kind == ECHO4) {
		h = build_ipv4(b, 1, 2, kind == TCP4 ? 6 : kind == ECHO4 ? 1 : 17);
		put16(h + 4, kind == UDP4_NUMBERED ? 77 : 0);
		*ret_ip = b->at;
		build_ethernet(b, 0x0800);
	} else {
		static const uint8_t protos[] = {
			[TCP6] = 6, [UDP6] = 17, [ECHO6] = 58, [ERROR6] = 58, [SCTP6] = 132};

		build_ipv6(b, 1, 2, protos[kind]);
		*ret_ip = b->at;
		build_ethernet(b, 0x86dd);
	}
}

START_TEST(windows_end_exactly)
{
	static const struct {
		enum transport kind;
		uint64_t window_ns;
	} cases[] = {
		{TCP4, DUPLICATES_WINDOW_NS},
		{TCP6, DUPLICATES_WINDOW_NS},
		{SCTP6, DUPLICATES_WINDOW_NS},
		{ECHO4, DUPLICATES_WINDOW_NS},
		{ECHO6, DUPLICATES_WINDOW_NS},
		{UDP4_NUMBERED, DUPLICATES_WINDOW_NS},
		{UDP4, DUPLICATES_WINDOW_SHORT_NS},
		{UDP6, DUPLICATES_WINDOW_SHORT_NS},
		{ERROR6, DUPLICATES_WINDOW_SHORT_NS},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct duplicates *d = duplicates_new(3);
		struct builder b;
		uint32_t ip;

		packet(&b, cases[i].kind, 100, &ip);
		ck_assert(!check(d, &b, T0));
		ck_assert(check(d, &b, T0));
		ck_assert(check(d, &b, T0 + cases[i].window_ns - 1));
		ck_assert(!check(d, &b, T0 + cases[i].window_ns));
		/* which is a first copy again */
		ck_assert(check(d, &b, T0 + cases[i].window_ns + 1));
		duplicates_free(d);
	}
}
END_TEST

/* Two taps: another hop, another class, other hardware, a VLAN, labels. */
START_TEST(what_routers_and_switches_change_does_not_matter)
{
	for (enum transport kind = TCP4; kind <= TCP6; kind += TCP6 - TCP4) {
		struct duplicates *d = duplicates_new(3);
		struct builder b;
		uint32_t ip;
		uint8_t *h;

		packet(&b, kind, 300, &ip);
		ck_assert(!check(d, &b, T0));
		b.at = ip; /* without the Ethernet header */
		h = b.bytes + ip;
		if (kind == TCP4) {
			h[1] = 0xb8;
			h[8]--;
			put16(h + 10, 0x1234);
		} else {
			h[0] |= 0x0b;
			h[1] |= 0x80;
			h[7]--;
		}
		build_vlan(&b, 7, kind == TCP4 ? 0x0800 : 0x86dd);
		build_vlan(&b, 100, 0x8100);
		build_ethernet(&b, 0x88a8);
		b.bytes[b.at + 5] ^= 0x55;
		ck_assert(check(d, &b, T0 + 1));
		b.at = ip;
		build_mpls(&b, 16, 1);
		build_mpls(&b, 17, 0);
		build_ethernet(&b, 0x8847);
		ck_assert(check(d, &b, T0 + 2));
		duplicates_free(d);
	}
}
END_TEST

/* One bit of anything else makes another packet: the rest of the header and 128 bytes behind. */
START_TEST(near_misses)
{
	for (enum transport kind = TCP4; kind <= SCTP6; kind++) {
		struct builder b;
		uint32_t ip;
		uint32_t header;

		packet(&b, kind, 200, &ip);
		header = (b.bytes[ip] >> 4) == 4 ? 20 : 40;
		for (uint32_t at = 0; at < header + DUPLICATES_PAYLOAD_BYTES; at++) {
			static const uint8_t free4[] = {0, 1, 8, 10, 11};
			static const uint8_t free6[] = {0, 1, 7};
			struct duplicates *d = duplicates_new(3);
			bool free_byte = false;

			for (size_t i = 0; header == 20 && i < sizeof(free4); i++)
				free_byte = free_byte || at == free4[i];
			for (size_t i = 0; header == 40 && i < sizeof(free6); i++)
				free_byte = free_byte || at == free6[i];
			if (!free_byte) {
				ck_assert(!check(d, &b, T0));
				b.bytes[ip + at] ^= 1;
				ck_assert_msg(!check(d, &b, T0), "byte %u of kind %d", at, kind);
				b.bytes[ip + at] ^= 1;
				ck_assert(check(d, &b, T0));
			}
			duplicates_free(d);
		}
	}
}
END_TEST

/* Behind these 128 bytes the checksum of the transport tells. */
START_TEST(a_change_further_on_changes_the_checksum)
{
	struct duplicates *d = duplicates_new(3);
	struct builder b;
	uint32_t ip;

	packet(&b, TCP4, 800, &ip);
	ck_assert(!check(d, &b, T0));
	b.bytes[BUILDER_BYTES - 1] ^= 1;
	put16(b.bytes + ip + 20 + 16, 0xfffe);
	ck_assert(!check(d, &b, T0));
	duplicates_free(d);
}
END_TEST

START_TEST(fragments_are_told_apart)
{
	struct duplicates *d = duplicates_new(3);
	struct builder b;
	uint32_t ip;

	packet(&b, UDP4, 200, &ip);
	for (uint32_t offset = 0; offset < 10; offset++) {
		put16(b.bytes + ip + 6, 0x2000 | offset);
		ck_assert(!check(d, &b, T0));
		ck_assert(check(d, &b, T0 + DUPLICATES_WINDOW_NS - 1));
	}
	duplicates_free(d);
}
END_TEST

START_TEST(what_repeats_for_ever_is_not_dropped_for_ever)
{
	struct duplicates *d = duplicates_new(3);
	struct builder b;
	unsigned kept = 0;
	uint32_t ip;

	packet(&b, TCP4, 10, &ip);
	for (uint64_t ms = 0; ms < 1000; ms += 10)
		kept += !check(d, &b, T0 + ms * NS_PER_MS);
	ck_assert_uint_eq(kept, 20);
	duplicates_free(d);
}
END_TEST

START_TEST(what_was_cut_too_short_is_not_judged)
{
	struct duplicates *d = duplicates_new(3);
	struct builder b;
	struct packet p;
	struct frame f;
	uint32_t ip;

	packet(&b, TCP4, 100, &ip);
	f = build_frame(&b, 1);
	for (uint32_t caplen = 0; caplen <= f.len; caplen++) {
		f.caplen = caplen;
		decode_frame(&f, NULL, &p);
		ck_assert(!duplicates_check(d, &f, &p, T0));
		ck_assert(duplicates_check(d, &f, &p, T0) == (caplen >= 14 + 20 + 20));
	}
	build_start(&b);
	build_payload(&b, 40);
	build_ethernet(&b, 0x0806);
	ck_assert(!check(d, &b, T0));
	ck_assert(!check(d, &b, T0));
	duplicates_free(d);
}
END_TEST

/* Whatever comes, copies that follow at once are found; what is forgotten is counted. */
START_TEST(memory_is_bounded)
{
	struct duplicates *d = duplicates_new(3);
	struct builder b;
	uint32_t ip;

	packet(&b, TCP4, 10, &ip);
	for (uint32_t i = 0; i < 20000; i++) {
		put32(b.bytes + ip + 24, i);
		ck_assert(!check(d, &b, T0));
		ck_assert(check(d, &b, T0));
	}
	ck_assert_uint_lt(duplicates_forgotten(d), 400);
	for (uint32_t i = 20000; i < 200000; i++) {
		put32(b.bytes + ip + 24, i);
		ck_assert(!check(d, &b, T0));
	}
	ck_assert_uint_ge(duplicates_forgotten(d), 200000 - DUPLICATES_SLOTS);
	duplicates_free(d);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, windows_end_exactly);
	tcase_add_test(tc, what_routers_and_switches_change_does_not_matter);
	tcase_add_test(tc, near_misses);
	tcase_add_test(tc, a_change_further_on_changes_the_checksum);
	tcase_add_test(tc, fragments_are_told_apart);
	tcase_add_test(tc, what_repeats_for_ever_is_not_dropped_for_ever);
	tcase_add_test(tc, what_was_cut_too_short_is_not_judged);
	tcase_add_test(tc, memory_is_bounded);
}

int main(void)
{
	return suite_main("duplicates", add_tests);
}
