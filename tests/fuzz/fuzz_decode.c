/* Bytes to packet, under every link type of edges.def. The first bytes choose the link type, the
 * options, how many bytes the wire had more than were captured, and where the frame is cut for a
 * second look. */
#include <stdlib.h>
#include <string.h>

#include "tests/support/packet_check.h"

enum { CONTROL_BYTES = 4, COLLECTORS_BIT = 1, ALL_COLLECT_BIT = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t choose_linktype(uint8_t choice)
{
	static const struct {
		enum next_namespace ns;
		uint32_t number;
	} edges[] = {
#define EDGE(ns, number, decoder) {ns, number},
#define STOP(ns, number, reason)  {ns, number},
#include "capture/decode/edges.def"
#undef EDGE
#undef STOP
	};
	uint32_t linktypes[sizeof(edges) / sizeof(edges[0])];
	uint32_t n = 0;

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
		if (edges[i].ns == NS_LINKTYPE)
			linktypes[n++] = edges[i].number;
	}
	return linktypes[choice % n];
}

static void set_options(struct decode_options *o, struct ip_prefix prefixes[2], uint8_t bits)
{
	static const uint8_t v4[4] = {10, 0, 0, 0};
	static const uint8_t v6[16] = {0x20, 1, 0x0d, 0xb8};

	prefixes[0] = (struct ip_prefix){ip_addr_from_v4(v4), bits & ALL_COLLECT_BIT ? 96 : 104};
	prefixes[1] = (struct ip_prefix){ip_addr_from_v6(v6), bits & ALL_COLLECT_BIT ? 0 : 32};
	if (bits & ALL_COLLECT_BIT)
		memset(prefixes, 0, sizeof(prefixes[0].addr));
	o->collectors = prefixes;
	o->n_collectors = bits & COLLECTORS_BIT ? 2 : 0;
	o->own = prefixes;
	o->n_own = bits & COLLECTORS_BIT ? 0 : 2;
}

static void decode(const struct frame *f, const struct decode_options *o, struct packet *ret)
{
	memset(ret, 0xa5, sizeof(*ret));
	decode_frame(f, o, ret);
	if (packet_problem(f, ret))
		abort();
}

/* The same bytes give the same packet, whatever lay in its memory before. */
static void check_repeats(
	const struct frame *f, const struct decode_options *o, const struct packet *p)
{
	struct packet again;

	memset(&again, 0x5a, sizeof(again));
	decode_frame(f, o, &again);
	if (again.n_layers != p->n_layers || again.n_path != p->n_path ||
		again.n_tags != p->n_tags || again.reason != p->reason ||
		memcmp(again.path, p->path, p->n_path) != 0)
		abort();
	for (int i = 0; i < p->n_layers; i++) {
		const struct packet_layer *a = &again.layers[i], *b = &p->layers[i];

		if (ip_addr_cmp(&a->src, &b->src) != 0 || ip_addr_cmp(&a->dst, &b->dst) != 0 ||
			a->proto != b->proto || a->sport != b->sport || a->dport != b->dport ||
			a->payload_offset != b->payload_offset ||
			a->payload_captured != b->payload_captured ||
			a->tcp_flags != b->tcp_flags || a->tcp_seq != b->tcp_seq)
			abort();
	}
}

/* Less of a frame tells less of it: no IP header is there that the whole frame does not have, and
 * what is around it is the same. Behind the last one a header may be taken for what it is not,
 * since the bytes that would show it are missing. */
static void check_cut(const struct frame *f, const struct decode_options *o, const struct packet *p,
	uint32_t caplen)
{
	struct frame cut = *f;
	struct packet less;
	uint8_t *copy = malloc(caplen ? caplen : 1);

	if (!copy)
		return;
	memcpy(copy, f->data, caplen);
	cut.data = copy;
	cut.caplen = caplen;
	decode(&cut, o, &less);
	free(copy);
	if (less.mirrored || p->mirrored) /* what was around a copy is forgotten */
		return;
	if (less.n_layers > p->n_layers)
		abort();
	for (int i = 0; i < less.n_layers; i++) {
		const struct packet_layer *a = &less.layers[i], *b = &p->layers[i];

		if (ip_addr_cmp(&a->src, &b->src) != 0 || ip_addr_cmp(&a->dst, &b->dst) != 0 ||
			a->l3_offset != b->l3_offset || a->l3_captured > b->l3_captured ||
			a->path_len != b->path_len || memcmp(less.path, p->path, a->path_len) != 0)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f = {.ts_ns = 1};
	struct ip_prefix collectors[2];
	struct decode_options o = {0};
	struct packet p;

	if (size < CONTROL_BYTES || size > FRAME_MAX_BYTES)
		return 0;
	f.linktype = choose_linktype(data[0]);
	f.data = data + CONTROL_BYTES;
	f.caplen = (uint32_t)size - CONTROL_BYTES;
	f.len = f.caplen + data[2];
	set_options(&o, collectors, data[1]);
	decode(&f, &o, &p);
	check_repeats(&f, &o, &p);
	check_cut(&f, &o, &p, (uint32_t)((uint64_t)f.caplen * data[3] / 256));
	return 0;
}
