#include "analysis/flow/sighting.h"

#include "analysis/flow/direction.h"
#include "analysis/signalling/opening.h"
#include "capture/decode/decode.h"

/* What an inner header hides is hidden in the tunnels around it, too; and what a fragment in them
 * holds is not known before it is whole. */
static bool is_opaque(const struct packet *p, uint32_t layer)
{
	for (uint32_t i = layer; i < p->n_layers; i++) {
		if (p->layers[i].opaque || (i > layer && p->layers[i].fragment))
			return true;
	}
	return false;
}

static uint32_t notes_of(const struct packet *p, uint32_t layer, uint64_t ts_ns)
{
	const struct packet_layer *l = &p->layers[layer];
	const bool innermost = layer + 1u == p->n_layers;
	const bool loss = innermost && decode_reason_is_loss((enum decode_reason)p->reason);

	return (p->has_mac && layer == 0 ? SIGHTING_MAC : 0u) |
	       (l->opaque && !l->encrypted ? SIGHTING_SUBSCRIBER : 0u) |
	       (is_opaque(p, layer) ? SIGHTING_OPAQUE : 0u) | (innermost ? 0u : SIGHTING_TUNNEL) |
	       (l->overlap ? SIGHTING_OVERLAP : 0u) | (loss ? SIGHTING_LOSS : 0u) |
	       (l->wire_packets ? SIGHTING_ASSEMBLED : 0u) |
	       (p->has_inner_dst && innermost ? SIGHTING_REACH : 0u) |
	       (l->tcp_urgent && opening_is_marked_reset(l) ? SIGHTING_MARKED : 0u) |
	       (p->ts_ns < ts_ns ? SIGHTING_LATE : 0u);
}

void sighting_make(struct sighting *ret, const struct frame *frame, const struct packet *p,
	uint32_t layer, uint16_t segment, uint64_t ts_ns, uint64_t hash_key)
{
	const struct packet_layer *l = &p->layers[layer];
	int chunk;

	flow_key_make(&ret->key, l, segment, &ret->src_end);
	ret->hash = (uint32_t)flow_key_hash(&ret->key, hash_key);
	ret->bytes = l->l3_bytes;
	ret->payload_bytes = l->payload_bytes;
	ret->tcp_seq = l->tcp_seq;
	ret->tcp_ack = l->tcp_ack;
	ret->tcp_flags = l->tcp_flags;
	ret->notes = (uint16_t)notes_of(p, layer, ts_ns);
	if (l->proto != IPPROTO_NUM_SCTP || ret->notes & SIGHTING_OPAQUE || l->fragment_tail)
		return;
	chunk = sctp_first_chunk(frame->data + l->payload_offset, l->payload_captured);
	if (chunk < 0)
		return;
	ret->notes |= SIGHTING_CHUNK;
	ret->sctp_chunk = (uint8_t)chunk;
}
