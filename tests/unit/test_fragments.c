#include "capture/fragments.h"

#include "tests/support/frame_builder.h"
#include "tests/support/packet_check.h"
#include "tests/support/packet_tags.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1795305600) * NS_PER_S)

enum { RAW = 101, ID = 0x1234, MAX_OUT = 64, OUT_BYTES = 70000 };

static const struct fragments_config small = {
	.hash_key = 7, .max_datagrams = 8, .max_bytes = 256 * 1024};

/* What came out, decoded. */
struct out {
	struct datagram d;
	uint8_t bytes[OUT_BYTES];
	struct frame frame;
	struct packet packet;
};

struct rig {
	struct fragments *f;
	uint64_t now_ns;
	unsigned n;
	struct out out[MAX_OUT];
};

static struct rig *rig_new(const struct fragments_config *cfg)
{
	struct rig *r = calloc(1, sizeof(*r));

	r->f = fragments_new(cfg);
	r->now_ns = T0;
	ck_assert_ptr_nonnull(r->f);
	return r;
}

static void rig_free(struct rig *r)
{
	fragments_free(r->f);
	free(r);
}

static struct fragments_stats stats(const struct rig *r)
{
	struct fragments_stats s;

	fragments_stats(r->f, &s);
	return s;
}

static void drain(struct rig *r)
{
	struct datagram d;

	ck_assert_int_eq(fragments_any_due(r->f), fragments_due(r->f, &d));
	while (fragments_due(r->f, &d)) {
		struct out *o = &r->out[r->n++ % MAX_OUT];
		uint8_t *exact = malloc(d.bytes); /* of exactly its size, for the sanitizer */

		fragments_copy(r->f, exact);
		memcpy(o->bytes, exact, d.bytes);
		free(exact);
		o->d = d;
		o->frame = (struct frame){
			.data = o->bytes, .caplen = d.bytes, .len = d.wire_len, .linktype = RAW};
		ck_assert_uint_le(d.bytes, d.wire_len);
		(void)decode_datagram(&o->frame, NULL, d.around, d.layer, &o->packet);
		ck_assert_msg(!packet_problem(&o->frame, &o->packet), "%s",
			packet_problem(&o->frame, &o->packet));
		fragments_pop(r->f);
	}
	ck_assert(!fragments_any_due(r->f));
}

static bool add_frame(struct rig *r, const struct frame *f)
{
	struct packet p;
	bool taken;

	decode_frame(f, NULL, &p);
	ck_assert_uint_ge(p.n_layers, 1);
	ck_assert(p.layers[0].fragment);
	taken = fragments_add(r->f, f, &p, 0, 0, 1, r->now_ns);
	drain(r);
	return taken;
}

/* The bytes of a datagram: a UDP header, then a pattern. */
static void pattern(uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	put16(bytes, 1000);
	put16(bytes + 2, 2000);
	put16(bytes + 4, n);
}

struct spec {
	uint32_t at, n;
	bool more;
};

/* A fragment of DATA in IPv4 or IPv6, of which the last CUT bytes were not captured. */
static struct frame fragment(
	struct builder *b, int version, const uint8_t *data, struct spec s, uint32_t cut)
{
	struct frame f;
	uint8_t *h;

	build_start(b);
	build_bytes(b, data + s.at, s.n);
	if (version == 6) {
		h = build_ip6ext(b, 17, 0);
		put16(h + 2, s.at | s.more);
		put32(h + 4, ID);
		build_ipv6(b, 1, 2, 44);
	} else {
		h = build_ipv4(b, 1, 2, 17);
		put16(h + 4, ID);
		put16(h + 6, (s.more ? 0x2000u : 0) | s.at / 8);
	}
	f = build_frame(b, RAW);
	f.caplen -= cut;
	return f;
}

static bool add(struct rig *r, int version, const uint8_t *data, uint32_t at, uint32_t n, bool more)
{
	struct builder b;
	const struct frame f = fragment(&b, version, data, (struct spec){at, n, more}, 0);

	return add_frame(r, &f);
}

static uint32_t header_bytes(int version)
{
	return version == 6 ? 40 : 20;
}

static void check_whole(
	const struct rig *r, unsigned i, int version, const uint8_t *data, uint32_t n)
{
	const struct out *o = &r->out[i];
	const uint32_t h = header_bytes(version);
	const struct packet_layer *l = &o->packet.layers[0];

	ck_assert(o->d.complete);
	ck_assert_uint_eq(o->d.bytes, h + n);
	ck_assert_uint_eq(o->d.wire_len, h + n);
	ck_assert_mem_eq(o->bytes + h, data, n);
	ck_assert_uint_eq(l->sport, 1000);
	ck_assert_uint_eq(l->dport, 2000);
	ck_assert_uint_eq(l->l3_bytes, h + n);
	ck_assert_uint_eq(l->payload_bytes, n - 8);
	ck_assert(!l->fragment);
}

/* All orders of N pieces, by counting in the factorial number system. */
static void permutation(unsigned number, unsigned n, unsigned *ret)
{
	unsigned left[8];

	for (unsigned i = 0; i < n; i++)
		left[i] = i;
	for (unsigned i = 0; i < n; i++) {
		const unsigned k = number % (n - i);

		number /= n - i;
		ret[i] = left[k];
		memmove(left + k, left + k + 1, (n - i - 1 - k) * sizeof(*left));
	}
}

START_TEST(every_order_gives_the_same_datagram)
{
	static const struct spec pieces[] = {
		{0, 24, true}, {24, 8, true}, {32, 1000, true}, {1032, 68, false}};
	uint8_t data[1100];

	pattern(data, sizeof(data));
	for (int version = 4; version <= 6; version += 2) {
		for (unsigned number = 0; number < 24; number++) {
			struct rig *r = rig_new(&small);
			unsigned order[4];

			permutation(number, 4, order);
			for (int i = 0; i < 4; i++) {
				const struct spec s = pieces[order[i]];

				ck_assert_uint_eq(r->n, 0);
				ck_assert(add(r, version, data, s.at, s.n, s.more));
			}
			ck_assert_uint_eq(r->n, 1);
			check_whole(r, 0, version, data, sizeof(data));
			ck_assert_uint_eq(r->out[0].d.wire_packets, 4);
			ck_assert_uint_eq(r->out[0].d.frames, 4);
			ck_assert_uint_eq(r->out[0].d.wire_bytes,
				1100 + 4 * (header_bytes(version) + (version == 6 ? 8 : 0)));
			ck_assert(!r->out[0].d.overlap);
			ck_assert_uint_eq(stats(r).completed, 1);
			ck_assert_uint_eq(stats(r).fragments, 4);
			ck_assert_uint_eq(stats(r).held, 0);
			ck_assert_uint_eq(stats(r).held_bytes, 0);
			rig_free(r);
		}
	}
}
END_TEST

/* Each fragment twice, in every order of the six. */
START_TEST(exact_duplicates_are_tolerated)
{
	static const struct spec pieces[] = {{0, 400, true}, {400, 200, true}, {600, 33, false}};
	uint8_t data[633];

	pattern(data, sizeof(data));
	for (int version = 4; version <= 6; version += 2) {
		for (unsigned number = 0; number < 720; number++) {
			struct rig *r = rig_new(&small);
			unsigned order[6];

			permutation(number, 6, order);
			for (int i = 0; i < 6; i++) {
				const struct spec s = pieces[order[i] % 3];

				ck_assert(add(r, version, data, s.at, s.n, s.more));
			}
			ck_assert_uint_ge(r->n, 1);
			check_whole(r, 0, version, data, sizeof(data));
			ck_assert(!r->out[0].d.overlap);
			ck_assert_uint_eq(stats(r).overlaps_different, 0);
			rig_free(r);
		}
	}
}
END_TEST

START_TEST(the_header_is_that_of_a_whole_packet)
{
	struct rig *r = rig_new(&small);
	uint8_t data[100];
	uint32_t sum = 0;

	pattern(data, sizeof(data));
	add(r, 4, data, 64, 36, false);
	add(r, 4, data, 0, 64, true);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)r->out[0].bytes[i] << 8 | r->out[0].bytes[i + 1];
	ck_assert_uint_eq((sum & 0xffff) + (sum >> 16), 0xffff);
	ck_assert_uint_eq(r->out[0].bytes[6] << 8 | r->out[0].bytes[7], 0);
	ck_assert_uint_eq(r->out[0].bytes[4] << 8 | r->out[0].bytes[5], ID);
	rig_free(r);
}
END_TEST

START_TEST(overlap_with_other_bytes_in_ipv4_is_reported)
{
	uint8_t data[600];
	uint8_t other[600];
	struct rig *r = rig_new(&small);

	pattern(data, sizeof(data));
	memcpy(other, data, sizeof(data));
	other[399] ^= 1;
	add(r, 4, data, 0, 400, true);
	add(r, 4, other, 392, 16, true); /* its last but one bytes differ; the latest counts */
	ck_assert_uint_eq(stats(r).overlaps_different, 1);
	add(r, 4, data, 408, 192, false);
	ck_assert_uint_eq(r->n, 1);
	check_whole(r, 0, 4, other, sizeof(other));
	ck_assert(r->out[0].d.overlap);
	rig_free(r);
}
END_TEST

START_TEST(overlap_with_equal_bytes_in_ipv4_is_tolerated)
{
	uint8_t data[600];
	struct rig *r = rig_new(&small);

	pattern(data, sizeof(data));
	add(r, 4, data, 0, 400, true);
	add(r, 4, data, 200, 304, true);
	add(r, 4, data, 504, 96, false);
	ck_assert_uint_eq(r->n, 1);
	check_whole(r, 0, 4, data, sizeof(data));
	ck_assert(!r->out[0].d.overlap);
	ck_assert_uint_eq(stats(r).overlaps_equal, 1);
	ck_assert_uint_eq(stats(r).overlaps_different, 0);
	rig_free(r);
}
END_TEST

/* RFC 5722: the datagram is dead, and so is what comes later for it. */
START_TEST(any_overlap_in_ipv6_ends_the_datagram)
{
	uint8_t data[600];
	struct rig *r = rig_new(&small);

	pattern(data, sizeof(data));
	add(r, 6, data, 400, 200, false);
	add(r, 6, data, 200, 208, true); /* the same bytes, but no exact duplicate */
	add(r, 6, data, 0, 200, true);
	add(r, 6, data, 0, 200, true);
	ck_assert_uint_eq(r->n, 0);
	r->now_ns += FRAGMENTS_TIMEOUT_NS;
	fragments_expire(r->f, r->now_ns);
	drain(r);
	ck_assert_uint_eq(r->n, 1);
	ck_assert(!r->out[0].d.complete);
	ck_assert(r->out[0].d.overlap);
	ck_assert_uint_eq(r->out[0].d.wire_packets, 4);
	ck_assert_uint_eq(r->out[0].packet.layers[0].dport, 2000);
	ck_assert(r->out[0].packet.layers[0].fragment);
	ck_assert(!r->out[0].packet.layers[0].fragment_tail);
	rig_free(r);
}
END_TEST

START_TEST(timeout_exactly_at_the_threshold)
{
	uint8_t data[600];
	struct rig *r = rig_new(&small);

	pattern(data, sizeof(data));
	add(r, 4, data, 0, 400, true);
	r->now_ns += NS_PER_S; /* a later fragment does not renew it */
	add(r, 4, data, 408, 192, false);
	fragments_expire(r->f, T0 + FRAGMENTS_TIMEOUT_NS - 1);
	drain(r);
	ck_assert_uint_eq(r->n, 0);
	fragments_expire(r->f, T0 + FRAGMENTS_TIMEOUT_NS);
	drain(r);
	ck_assert_uint_eq(r->n, 1);
	ck_assert_uint_eq(stats(r).timed_out, 1);
	ck_assert_uint_eq(stats(r).without_first, 0);
	/* what was there without a gap, and how much the wire showed in all */
	ck_assert(!r->out[0].d.complete);
	ck_assert_uint_eq(r->out[0].d.bytes, 20 + 400);
	ck_assert_uint_eq(r->out[0].d.wire_len, 20 + 592);
	ck_assert_uint_eq(r->out[0].d.wire_bytes, 20 + 400 + 20 + 192);
	ck_assert_uint_eq(r->out[0].packet.layers[0].sport, 1000);
	ck_assert(r->out[0].packet.layers[0].fragment);
	/* the missing one comes late: it is a datagram of its own */
	r->now_ns = T0 + FRAGMENTS_TIMEOUT_NS;
	add(r, 4, data, 400, 8, true);
	fragments_finish(r->f);
	drain(r);
	ck_assert_uint_eq(r->n, 2);
	ck_assert_uint_eq(stats(r).unfinished, 1);
	ck_assert_uint_eq(stats(r).without_first, 1);
	rig_free(r);
}
END_TEST

START_TEST(without_the_first_there_are_no_ports)
{
	uint8_t data[600];

	pattern(data, sizeof(data));
	for (int version = 4; version <= 6; version += 2) {
		struct rig *r = rig_new(&small);
		const struct packet_layer *l = &r->out[0].packet.layers[0];

		add(r, version, data, 400, 200, false);
		add(r, version, data, 8, 96, true);
		fragments_finish(r->f);
		drain(r);
		ck_assert_uint_eq(r->n, 1);
		ck_assert(l->fragment_tail);
		ck_assert_uint_eq(l->dport, 0);
		ck_assert_uint_eq(l->proto, 17);
		ck_assert_uint_eq(l->payload_bytes, 296);
		ck_assert_uint_eq(l->payload_captured, 0);
		ck_assert_uint_eq(r->out[0].d.wire_packets, 2);
		rig_free(r);
	}
}
END_TEST

START_TEST(fragments_cut_by_the_capture)
{
	uint8_t data[600];

	pattern(data, sizeof(data));
	for (int version = 4; version <= 6; version += 2) {
		struct rig *r = rig_new(&small);
		const uint32_t h = header_bytes(version);
		struct builder b;
		struct frame f;

		f = fragment(&b, version, data, (struct spec){400, 200, false}, 0);
		add_frame(r, &f);
		f = fragment(&b, version, data, (struct spec){0, 400, true}, 300);
		add_frame(r, &f);
		ck_assert_uint_eq(r->n, 1);
		ck_assert(r->out[0].d.complete);
		ck_assert_uint_eq(r->out[0].d.bytes, h + 100);
		ck_assert_uint_eq(r->out[0].d.wire_len, h + 600);
		ck_assert_uint_eq(r->out[0].packet.layers[0].l3_captured, h + 100);
		ck_assert_uint_eq(r->out[0].packet.layers[0].l3_bytes, h + 600);
		ck_assert_uint_eq(r->out[0].packet.layers[0].dport, 2000);
		ck_assert_uint_eq(stats(r).completed_cut, 1);
		rig_free(r);
	}
}
END_TEST

/* A duplicate that was captured further fills what the first copy lacks. */
START_TEST(a_longer_copy_fills_a_cut_one)
{
	struct rig *r = rig_new(&small);
	uint8_t data[600];
	struct builder b;
	struct frame f;

	pattern(data, sizeof(data));
	f = fragment(&b, 4, data, (struct spec){0, 400, true}, 300);
	add_frame(r, &f);
	add(r, 4, data, 0, 400, true);
	add(r, 4, data, 400, 200, false);
	check_whole(r, 0, 4, data, sizeof(data));
	ck_assert_uint_eq(stats(r).completed_cut, 0);
	rig_free(r);
}
END_TEST

START_TEST(the_oldest_is_evicted)
{
	struct rig *r = rig_new(&small);
	uint8_t data[600];

	pattern(data, sizeof(data));
	for (uint32_t i = 0; i < 20; i++) {
		struct builder b;
		struct frame f = fragment(&b, 4, data, (struct spec){0, 400, true}, 0);

		b.bytes[b.at + 5] = (uint8_t)i; /* the identification */
		r->now_ns += NS_PER_MS;
		ck_assert(add_frame(r, &f));
		ck_assert_uint_lt(stats(r).held, small.max_datagrams);
	}
	ck_assert_uint_eq(stats(r).evicted, 20 - 7);
	for (uint32_t i = 0; i < r->n; i++)
		ck_assert_uint_eq(r->out[i].bytes[5], i);
	rig_free(r);
}
END_TEST

/* Bytes far apart take whole pages: the byte cap evicts before the number of datagrams does. */
START_TEST(bytes_are_capped)
{
	const struct fragments_config many = {
		.hash_key = 1, .max_datagrams = 4096, .max_bytes = 256 * 1024};
	struct rig *r = rig_new(&many);
	uint8_t data[8] = {0};

	for (uint32_t i = 0; i < 1000; i++) {
		struct builder b;
		struct frame f;
		uint8_t *h;

		build_start(&b);
		build_bytes(&b, data, sizeof(data));
		h = build_ipv4(&b, 1, 2, 17);
		put16(h + 4, i / 30);
		put16(h + 6, 0x2000 | (i % 30 + 1) * 256);
		f = build_frame(&b, RAW);
		ck_assert(add_frame(r, &f));
		ck_assert_uint_le(stats(r).held_bytes, many.max_bytes - 65536);
	}
	ck_assert_uint_gt(stats(r).evicted, 20);
	ck_assert_uint_eq(stats(r).faults[FRAGMENT_FAULT_no_room], 0);
	rig_free(r);
}
END_TEST

START_TEST(hostile_lengths_are_refused)
{
	static const struct {
		uint16_t field; /* flags and offset of IPv4 */
		uint32_t n;
		enum fragment_fault fault;
	} cases[] = {
		{0x2000, 0, FRAGMENT_FAULT_empty},
		{0x0001, 0, FRAGMENT_FAULT_empty},
		{0x2000, 12, FRAGMENT_FAULT_unaligned},
		{0x2001, 7, FRAGMENT_FAULT_unaligned},
		{0x1fff, 8, FRAGMENT_FAULT_too_long},
		{0x1ffd, 0x18, FRAGMENT_FAULT_too_long},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig *r = rig_new(&small);
		struct builder b;
		struct frame f;

		build_start(&b);
		build_payload(&b, cases[i].n);
		put16(build_ipv4(&b, 1, 2, 17) + 6, cases[i].field);
		f = build_frame(&b, RAW);
		ck_assert(!add_frame(r, &f));
		ck_assert_uint_eq(stats(r).faults[cases[i].fault], 1);
		ck_assert_uint_eq(stats(r).held, 0);
		rig_free(r);
	}
}
END_TEST

/* 65,535 bytes are the most: in IPv4 with the header, in IPv6 without it. */
START_TEST(the_longest_datagram)
{
	static uint8_t data[65535];

	pattern(data, sizeof(data));
	for (int version = 4; version <= 6; version += 2) {
		struct rig *r = rig_new(&small);
		const uint32_t n = version == 4 ? 65515 : 65535;
		uint32_t at = 0;

		for (; n - at > 2000; at += 2000)
			ck_assert(add(r, version, data, at, 2000, true));
		ck_assert(add(r, version, data, at, n - at, false));
		ck_assert_uint_eq(r->n, 1);
		ck_assert_uint_eq(r->out[0].d.wire_len, header_bytes(version) + n);
		ck_assert_mem_eq(r->out[0].bytes + header_bytes(version) + 8, data + 8, n - 8);
		rig_free(r);
	}
}
END_TEST

/* Whichever comes first. */
START_TEST(two_ends_spoil_the_datagram)
{
	static const struct spec first[] = {
		{400, 200, false}, {400, 200, false}, {400, 200, true}, {400, 192, false}};
	static const struct spec second[] = {
		{400, 192, false}, {600, 8, true}, {400, 200, false}, {592, 8, true}};
	uint8_t data[700];

	pattern(data, sizeof(data));
	for (int swap = 0; swap < 2; swap++) {
		for (size_t i = 0; i < 4; i++) {
			struct rig *r = rig_new(&small);
			const struct spec a = swap ? second[i] : first[i];
			const struct spec b = swap ? first[i] : second[i];

			ck_assert(add(r, 4, data, a.at, a.n, a.more));
			ck_assert(add(r, 4, data, b.at, b.n, b.more));
			ck_assert_uint_eq(stats(r).faults[FRAGMENT_FAULT_other_end], 1);
			ck_assert(add(r, 4, data, 0, 400, true));
			ck_assert_uint_eq(r->n, 0);
			fragments_finish(r->f);
			drain(r);
			ck_assert(!r->out[0].d.complete);
			ck_assert_uint_eq(r->out[0].packet.layers[0].dport, 2000);
			ck_assert_uint_eq(r->out[0].d.wire_packets, 3);
			rig_free(r);
		}
	}
}
END_TEST

START_TEST(pieces_are_bounded)
{
	struct rig *r = rig_new(&small);
	uint8_t data[8 * (FRAGMENTS_MAX_PIECES + 1)];

	pattern(data, sizeof(data));
	for (uint32_t i = 0; i < FRAGMENTS_MAX_PIECES; i++)
		ck_assert(add(r, 4, data, 8 * i, 8, true));
	ck_assert_uint_eq(stats(r).faults[FRAGMENT_FAULT_too_many], 0);
	ck_assert(add(r, 4, data, 8 * FRAGMENTS_MAX_PIECES, 8, false));
	ck_assert_uint_eq(stats(r).faults[FRAGMENT_FAULT_too_many], 1);
	ck_assert_uint_eq(r->n, 0);
	fragments_finish(r->f);
	drain(r);
	ck_assert_uint_eq(r->out[0].d.wire_packets, FRAGMENTS_MAX_PIECES + 1);
	rig_free(r);
}
END_TEST

START_TEST(a_tiny_first_fragment_is_counted)
{
	struct rig *r = rig_new(&small);
	uint8_t data[64];
	struct builder b;
	struct frame f;

	pattern(data, sizeof(data));
	add(r, 4, data, 0, 8, true); /* holds all of a UDP header */
	ck_assert_uint_eq(stats(r).tiny_first, 0);
	f = fragment(&b, 4, data, (struct spec){0, 16, true}, 0);
	b.bytes[b.at + 9] = 6;
	add_frame(r, &f);
	ck_assert_uint_eq(stats(r).tiny_first, 1);
	rig_free(r);
}
END_TEST

/* Hop-by-hop and routing headers in front stay, the fragment header goes; the protocol is what the
 * first fragment says. */
START_TEST(ipv6_headers_in_front_stay)
{
	struct rig *r = rig_new(&small);
	uint8_t data[100];

	pattern(data, sizeof(data));
	for (int second = 1; second >= 0; second--) {
		struct builder b;
		struct frame f;
		uint8_t *h;

		build_start(&b);
		build_bytes(&b, data + (second ? 64 : 0), second ? 36 : 64);
		h = build_ip6ext(&b, second ? 99 : 17, 0);
		put16(h + 2, second ? 64 : 1);
		put32(h + 4, ID);
		build_ip6ext(&b, 44, 2);
		build_ip6ext(&b, 43, 0);
		build_ipv6(&b, 1, 2, 0);
		f = build_frame(&b, RAW);
		ck_assert(add_frame(r, &f));
	}
	ck_assert_uint_eq(r->n, 1);
	ck_assert(r->out[0].d.complete);
	ck_assert_uint_eq(r->out[0].d.bytes, 40 + 8 + 24 + 100);
	ck_assert_uint_eq(r->out[0].packet.layers[0].proto, 17);
	ck_assert_uint_eq(r->out[0].packet.layers[0].dport, 2000);
	ck_assert_mem_eq(r->out[0].bytes + 72, data, 100);
	rig_free(r);
}
END_TEST

START_TEST(ipv6_headers_that_no_host_sends_are_refused)
{
	struct rig *r = rig_new(&small);
	uint8_t data[64];
	struct builder b;
	struct frame f;
	uint8_t *h;

	pattern(data, sizeof(data));
	build_start(&b);
	build_bytes(&b, data, sizeof(data));
	h = build_ip6ext(&b, 17, 0);
	put16(h + 2, 1);
	build_ip6ext(&b, 44, 30); /* 248 bytes */
	build_ipv6(&b, 1, 2, 60);
	f = build_frame(&b, RAW);
	ck_assert(!add_frame(r, &f));
	ck_assert_uint_eq(stats(r).faults[FRAGMENT_FAULT_headers], 1);
	rig_free(r);
}
END_TEST

/* The first fragment is decoded through an authentication header, the others are not. */
START_TEST(an_authentication_header_is_carried)
{
	struct rig *r = rig_new(&small);
	uint8_t data[12 + 100] = {17, 1};

	pattern(data + 12, 100);
	for (int second = 1; second >= 0; second--) {
		struct builder b;
		struct frame f;
		uint8_t *h;

		build_start(&b);
		build_bytes(&b, data + (second ? 64 : 0), second ? 48 : 64);
		h = build_ipv4(&b, 1, 2, 51);
		put16(h + 6, second ? 8 : 0x2000);
		f = build_frame(&b, RAW);
		ck_assert(add_frame(r, &f));
	}
	ck_assert_uint_eq(r->n, 1);
	ck_assert(r->out[0].d.complete);
	ck_assert_uint_eq(r->out[0].packet.layers[0].proto, 17);
	ck_assert_uint_eq(r->out[0].packet.layers[0].dport, 2000);
	rig_free(r);
}
END_TEST

/* What tells datagrams apart: identification, addresses, protocol (IPv4), version, segment. */
START_TEST(datagrams_are_told_apart)
{
	static const uint32_t change_at[] = {5, 9, 15, 19};
	uint8_t data[100];
	struct builder b;
	struct packet p;
	struct frame f;

	pattern(data, sizeof(data));
	for (size_t i = 0; i < sizeof(change_at) / sizeof(change_at[0]); i++) {
		struct rig *r = rig_new(&small);

		add(r, 4, data, 0, 64, true);
		f = fragment(&b, 4, data, (struct spec){64, 36, false}, 0);
		b.bytes[b.at + change_at[i]] ^= 1;
		add_frame(r, &f);
		ck_assert_uint_eq(r->n, 0);
		ck_assert_uint_eq(stats(r).held, 2);
		rig_free(r);
	}
	struct rig *r = rig_new(&small);

	add(r, 4, data, 0, 64, true);
	f = fragment(&b, 4, data, (struct spec){64, 36, false}, 0);
	decode_frame(&f, NULL, &p);
	ck_assert(fragments_add(r->f, &f, &p, 0, 5, 1, T0));
	ck_assert_uint_eq(stats(r).held, 2);
	rig_free(r);
}
END_TEST

/* Link headers, tags and outer layers are those of the first fragment. */
START_TEST(surroundings_are_kept)
{
	struct rig *r = rig_new(&small);
	uint8_t data[100];
	const struct packet *p = &r->out[0].packet;

	pattern(data, sizeof(data));
	for (int second = 1; second >= 0; second--) {
		struct packet whole;
		struct builder b;
		struct frame f;
		uint8_t *h;

		build_start(&b);
		build_bytes(&b, data + (second ? 64 : 0), second ? 36 : 64);
		h = build_ipv4(&b, 1, 2, 17);
		put16(h + 6, second ? 8 : 0x2000);
		build_gre(&b, 0x0800);
		build_ipv4(&b, 9, 9, 47);
		build_vlan(&b, second ? 7 : 8, 0x0800);
		build_ethernet(&b, 0x8100);
		f = build_frame(&b, 1);
		decode_frame(&f, NULL, &whole);
		ck_assert_uint_eq(whole.n_layers, 2);
		ck_assert(fragments_add(r->f, &f, &whole, 1, 0, 1, T0));
	}
	struct datagram d;

	ck_assert(fragments_due(r->f, &d));
	fragments_copy(r->f, r->out[0].bytes);
	r->out[0].frame =
		(struct frame){.data = r->out[0].bytes, .caplen = d.bytes, .len = d.wire_len};
	ck_assert_uint_eq(
		decode_datagram(&r->out[0].frame, NULL, d.around, d.layer, &r->out[0].packet), 1);
	fragments_pop(r->f);
	ck_assert_uint_eq(p->n_layers, 2);
	ck_assert_uint_eq(p->layers[0].proto, 47);
	ck_assert_uint_eq(p->layers[1].dport, 2000);
	ck_assert_uint_eq(p->layers[1].l3_offset, 0);
	ck_assert_uint_eq(p->layers[1].path_len, 4); /* ethernet vlan ipv4 gre */
	ck_assert_uint_eq(p->n_path, 6);
	ck_assert(p->has_mac);
	ck_assert_uint_eq(packet_tag_nth(p, 1, TAG_VLAN, 0)->value, 8);
	rig_free(r);
}
END_TEST

/* Two fragments, one of them captured to every length: nothing is read beyond it, and what comes
 * out has no more bytes than came in. */
START_TEST(every_truncation)
{
	uint8_t data[200];

	pattern(data, sizeof(data));
	for (int version = 4; version <= 6; version += 2) {
		for (uint32_t cut = 0; cut < 100 + 48; cut++) {
			struct builder b;
			struct packet p;
			struct frame f =
				fragment(&b, version, data, (struct spec){0, 104, true}, 0);
			struct rig *r;
			uint8_t *exact;

			if (cut >= f.caplen)
				break;
			r = rig_new(&small);
			f.caplen -= cut;
			exact = malloc(f.caplen);
			memcpy(exact, f.data, f.caplen);
			f.data = exact;
			decode_frame(&f, NULL, &p);
			if (p.n_layers > 0 && p.layers[0].fragment) {
				add_frame(r, &f);
				add(r, version, data, 104, 96, false);
				ck_assert_uint_eq(r->n, 1);
				ck_assert(r->out[0].d.complete);
				ck_assert_uint_eq(r->out[0].d.bytes,
					header_bytes(version) + (cut ? 104 - cut : 200));
			}
			free(exact);
			rig_free(r);
		}
	}
}
END_TEST

START_TEST(faults_have_names)
{
	ck_assert_str_eq(fragment_fault_name(FRAGMENT_FAULT_too_long), "too_long");
	ck_assert_str_eq(fragment_fault_name(FRAGMENT_FAULT_COUNT), "?");
	for (int i = 0; i < FRAGMENT_FAULT_COUNT; i++)
		ck_assert_uint_gt(strlen(fragment_fault_text((enum fragment_fault)i)), 10);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, every_order_gives_the_same_datagram);
	tcase_add_test(tc, exact_duplicates_are_tolerated);
	tcase_add_test(tc, the_header_is_that_of_a_whole_packet);
	tcase_add_test(tc, overlap_with_other_bytes_in_ipv4_is_reported);
	tcase_add_test(tc, overlap_with_equal_bytes_in_ipv4_is_tolerated);
	tcase_add_test(tc, any_overlap_in_ipv6_ends_the_datagram);
	tcase_add_test(tc, timeout_exactly_at_the_threshold);
	tcase_add_test(tc, without_the_first_there_are_no_ports);
	tcase_add_test(tc, fragments_cut_by_the_capture);
	tcase_add_test(tc, a_longer_copy_fills_a_cut_one);
	tcase_add_test(tc, the_oldest_is_evicted);
	tcase_add_test(tc, bytes_are_capped);
	tcase_add_test(tc, hostile_lengths_are_refused);
	tcase_add_test(tc, the_longest_datagram);
	tcase_add_test(tc, two_ends_spoil_the_datagram);
	tcase_add_test(tc, pieces_are_bounded);
	tcase_add_test(tc, a_tiny_first_fragment_is_counted);
	tcase_add_test(tc, ipv6_headers_in_front_stay);
	tcase_add_test(tc, ipv6_headers_that_no_host_sends_are_refused);
	tcase_add_test(tc, an_authentication_header_is_carried);
	tcase_add_test(tc, datagrams_are_told_apart);
	tcase_add_test(tc, surroundings_are_kept);
	tcase_add_test(tc, every_truncation);
	tcase_add_test(tc, faults_have_names);
}

int main(void)
{
	return suite_main("fragments", add_tests);
}
