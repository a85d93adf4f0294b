/* What must hold for every packet that decode_frame gives, whatever the bytes. */
#pragma once

#include <stddef.h>
#include <string.h>

#include "capture/decode/decode.h"

static inline const char *layer_problem(const struct frame *f, const struct packet *p, int i)
{
	const struct packet_layer *l = &p->layers[i];

	if (l->ip_version != 4 && l->ip_version != 6)
		return "IP version";
	if (l->l3_captured > l->l3_bytes || (uint64_t)l->l3_offset + l->l3_captured > f->caplen)
		return "IP packet beyond the captured bytes";
	if (l->payload_captured > l->payload_bytes ||
		(uint64_t)l->payload_offset + l->payload_captured > f->caplen)
		return "payload beyond the captured bytes";
	if (l->payload_offset < l->l3_offset + 20)
		return "payload inside of the IP header";
	if (l->transport_cut && l->payload_captured)
		return "payload behind a header that was not read";
	if (l->fragment_tail && (!l->fragment || l->sport || l->dport))
		return "ports of a later fragment";
	if (l->encrypted && !l->opaque)
		return "encrypted and yet to be shown";
	if (l->access && !p->access)
		return "behind a subscriber's line that is not there";
	if (i > 0 && p->layers[i - 1].access && !l->access)
		return "in front of a subscriber's line again";
	if (l->path_len >= p->n_path || (i > 0 && l->path_len <= p->layers[i - 1].path_len))
		return "path length";
	return NULL;
}

/* The short cut and the loop give the same packet. */
static inline bool short_cut_differs(const struct frame *f)
{
	struct packet a, b;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	decode_frame(f, NULL, &a);
	decode_frame_by_header(f, NULL, &b);
	if (memcmp(&a, &b, offsetof(struct packet, layers)) != 0 ||
		memcmp(a.layers, b.layers, a.n_layers * sizeof(*a.layers)) != 0 ||
		memcmp(a.path, b.path, a.n_path) != 0)
		return true;
	for (int i = 0; i < a.n_tags; i++) {
		if (a.tags[i].value != b.tags[i].value || a.tags[i].kind != b.tags[i].kind ||
			a.tags[i].layer != b.tags[i].layer)
			return true;
	}
	return false;
}

/* NULL, or what is wrong. */
static inline const char *packet_problem(const struct frame *f, const struct packet *p)
{
	if (p->reason >= REASON_COUNT || !decode_reason_name((enum decode_reason)p->reason))
		return "reason";
	if (p->n_layers > PACKET_MAX_LAYERS || p->n_path > PACKET_MAX_PATH ||
		p->n_tags > PACKET_MAX_TAGS)
		return "counts";
	if (short_cut_differs(f))
		return "another packet than header by header";
	if (p->has_teid && !p->layers[p->n_layers - 1].opaque)
		return "GTP-U laid open";
	if (p->has_inner_dst && !p->has_teid)
		return "an inner destination without a tunnel";
	for (int i = 0; i < p->n_path; i++) {
		if (p->path[i] >= DECODER_COUNT)
			return "path";
	}
	for (int i = 0; i < p->n_layers; i++) {
		const char *problem = layer_problem(f, p, i);

		if (problem)
			return problem;
	}
	return NULL;
}
