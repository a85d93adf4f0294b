/* Fragments in any order, overlapping, repeated, cut, too late: what is put together is what a
 * plain model of RFC 791 and RFC 8200 makes of the same fragments, and is put together when that
 * has all of it. Each fragment is RECORD_BYTES of the input:
 *   0  family, which of four identifications, whether more follow, cut, step in time
 *   1  offset in units of 8 bytes
 *   2  length in units of 8 bytes, and whether it has a few bytes more
 *   3  protocol, and what is in it: fragments with the same pattern agree where they overlap */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture/fragments.h"
#include "tests/support/frame_builder.h"
#include "tests/support/packet_check.h"

enum {
	RECORD_BYTES = 4,
	KEYS = 16,
	MODEL_BYTES = 256 * 8 + 64 * 8 + 8,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	FRAGMENT_HEADER_BYTES = 8,
	MAX_BYTES = 256 * 1024,
	LINKTYPE_NUM_RAW = 101,
	OTHER_PROTO = 253,
	CUT_BYTES = 5,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A datagram as RFC 791 and RFC 8200 would see it. */
struct model {
	uint8_t bytes[MODEL_BYTES];
	bool seen[MODEL_BYTES];
	uint64_t first_ns;
	uint32_t total;       /* 0: the last fragment did not come yet */
	uint32_t end_of_more; /* furthest end of those that are not the last */
	uint32_t pieces;      /* that came, copies as well */
	bool live;
	bool never;  /* its fragments disagree about its end: it is not put together */
	bool unsure; /* whether it is put together the model cannot tell */
	bool cut;    /* some bytes were not captured */
};

struct fragment {
	uint32_t key;
	uint32_t start, bytes;
	bool v6, more, cut;
	uint8_t proto, pattern;
};

static uint8_t content(const struct fragment *g, uint32_t at)
{
	return (uint8_t)(at * 7 + at / 256 + g->pattern);
}

static struct fragment fragment_from(const uint8_t *record)
{
	struct fragment g = {
		.v6 = record[0] & 1,
		.more = record[0] & 8,
		.cut = record[0] & 16,
		.start = record[1] * 8u,
		.bytes = record[2] % 64 * 8u + (record[2] & 0x80 ? 3 : 0),
		.proto = record[3] & 1 ? OTHER_PROTO : IPPROTO_NUM_UDP,
		.pattern = record[3] >> 1,
	};

	/* In IPv6 the protocol is no part of what makes fragments one datagram. */
	g.key = (uint32_t)(g.v6 ? 8 : 0) + (record[0] >> 1 & 3u) + (!g.v6 && record[3] & 1 ? 4 : 0);
	return g;
}

/* The packet that carries it, in B. */
static void build(struct builder *b, const struct fragment *g)
{
	const uint32_t offset_field = g->start / 8;
	uint8_t *p;

	build_start(b);
	p = build_front(b, g->bytes);
	for (uint32_t i = 0; i < g->bytes; i++)
		p[i] = content(g, g->start + i);
	if (g->v6) {
		p = build_front(b, FRAGMENT_HEADER_BYTES);
		memset(p, 0, FRAGMENT_HEADER_BYTES);
		p[0] = g->proto;
		put16(p + 2, offset_field << 3 | g->more);
		put32(p + 4, g->key);
		build_ipv6(b, (uint8_t)g->key, 1, 44);
	} else {
		p = build_ipv4(b, (uint8_t)g->key, 1, g->proto);
		put16(p + 4, g->key);
		put16(p + 6, (uint32_t)g->more << 13 | offset_field);
	}
}

/* Whether G and what came before disagree about the end. */
static bool model_contradicts(const struct model *m, const struct fragment *g)
{
	const uint32_t end = g->start + g->bytes;

	if (g->more)
		return m->total > 0 && end >= m->total;
	return m->end_of_more >= end || (m->total > 0 && m->total != end);
}

/* In IPv6 an overlap ends a datagram, but for an exact copy, which the model does not tell from
 * other overlaps. */
static bool model_doubts(const struct model *m, const struct fragment *g)
{
	for (uint32_t i = g->start; g->v6 && i < g->start + g->bytes; i++) {
		if (m->seen[i])
			return true;
	}
	return m->pieces >= FRAGMENTS_MAX_PIECES;
}

static void model_add(struct model *m, const struct fragment *g, uint64_t now_ns)
{
	const uint32_t end = g->start + g->bytes;

	if (!m->live)
		*m = (struct model){.live = true, .first_ns = now_ns};
	m->never = m->never || model_contradicts(m, g);
	m->unsure = m->unsure || model_doubts(m, g);
	m->pieces++;
	m->cut = m->cut || g->cut;
	if (!g->more)
		m->total = end;
	else if (end > m->end_of_more)
		m->end_of_more = end;
	for (uint32_t i = g->start; i < end; i++) {
		m->bytes[i] = content(g, i);
		m->seen[i] = true;
	}
}

static bool model_is_whole(const struct model *m)
{
	for (uint32_t i = 0; i < m->total; i++) {
		if (!m->seen[i])
			return false;
	}
	return m->live && m->total > 0 && !m->never && !m->unsure;
}

static void check_datagram(const struct fragments *f, const struct datagram *d, struct model *m)
{
	const uint32_t header =
		d->around->layers[d->layer].ip_version == 4 ? IPV4_BYTES : IPV6_BYTES;
	uint8_t *buf = malloc(d->bytes ? d->bytes : 1);

	assert(buf && m->live && d->bytes >= header && d->bytes <= d->wire_len);
	fragments_copy(f, buf);
	if (d->complete) {
		assert(m->total > 0 && d->wire_len == header + m->total);
		assert(!m->never && (m->unsure || model_is_whole(m)));
		assert(d->bytes == d->wire_len || m->cut);
		if (!m->cut)
			assert(m->unsure || memcmp(buf + header, m->bytes, m->total) == 0);
	}
	free(buf);
	m->live = false;
}

static void drain(struct fragments *f, struct model *models, uint64_t now_ns, bool finished)
{
	struct datagram d;

	while (fragments_due(f, &d)) {
		const struct packet_layer *l = &d.around->layers[d.layer];
		struct model *m = &models[l->src.bytes[15]];

		assert(l->src.bytes[15] < KEYS);
		if (!d.complete)
			assert(finished || now_ns - m->first_ns >= FRAGMENTS_TIMEOUT_NS);
		check_datagram(f, &d, m);
		fragments_pop(f);
	}
	for (int i = 0; i < KEYS; i++)
		assert(!model_is_whole(&models[i]) && (!finished || !models[i].live));
}

/* Gives G to F as a captured packet. */
static void give(
	struct fragments *f, struct model *models, const struct fragment *g, uint64_t now_ns)
{
	struct builder b;
	struct frame frame;
	struct packet p;
	struct fragment taken = *g;
	uint8_t *copy;

	build(&b, g);
	frame = build_frame(&b, LINKTYPE_NUM_RAW);
	taken.cut = g->cut && g->bytes > CUT_BYTES;
	if (taken.cut)
		frame.caplen -= CUT_BYTES;
	copy = malloc(frame.caplen);
	assert(copy);
	memcpy(copy, frame.data, frame.caplen);
	frame.data = copy;
	decode_frame(&frame, NULL, &p);
	assert(p.n_layers > 0 && !packet_problem(&frame, &p));
	if (p.layers[0].fragment && fragments_add(f, &frame, &p, 0, 0, 1, now_ns))
		model_add(&models[g->key], &taken, now_ns);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t steps_ns[] = {0, 0, 0, 0, 0, NS_PER_MS, 5 * NS_PER_S, 31 * NS_PER_S};
	static const struct fragments_config cfg = {
		.hash_key = 1, .max_datagrams = 2 * KEYS, .max_bytes = MAX_BYTES};
	struct fragments *f = fragments_new(&cfg);
	struct model *models = calloc(KEYS, sizeof(*models));
	struct fragments_stats stats;
	uint64_t now_ns = NS_PER_S;

	assert(f && models);
	for (; size >= RECORD_BYTES; data += RECORD_BYTES, size -= RECORD_BYTES) {
		const struct fragment g = fragment_from(data);

		now_ns += steps_ns[data[0] >> 5];
		fragments_expire(f, now_ns);
		drain(f, models, now_ns, false);
		give(f, models, &g, now_ns);
		drain(f, models, now_ns, false);
	}
	fragments_finish(f);
	drain(f, models, now_ns, true);
	fragments_stats(f, &stats);
	assert(stats.held == 0 && stats.held_bytes == 0 && stats.evicted == 0);
	fragments_free(f);
	free(models);
	return 0;
}
