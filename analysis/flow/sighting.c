#include "analysis/flow/sighting.h"

#include "analysis/flow/direction.h"
#include "analysis/signalling/opening.h"
#include "capture/decode/decode.h"

/* What an inner header hides is hidden in the tunnels around it, too; and what a fragment in them
 * holds is not known before it is whole. */
static bool hides(const struct packet *p, uint32_t layer)
{
	for (uint32_t i = layer + 1; i < p->n_layers; i++) {
		if (p->layers[i].opaque || p->layers[i].fragment)
			return true;
	}
	return false;
}

/* Of a layer that has another one inside, and of the innermost. */
static uint32_t notes_of_place(const struct packet *p, uint32_t layer)
{
	uint32_t notes = 0;

	if (layer + 1u < p->n_layers)
		return SIGHTING_TUNNEL | (hides(p, layer) ? SIGHTING_OPAQUE : 0u);
	if (p->reason != REASON_none && decode_reason_is_loss((enum decode_reason)p->reason))
		notes |= SIGHTING_LOSS;
	if (p->has_inner_dst)
		notes |= SIGHTING_REACH;
	return notes;
}

/* Most of it is rare: each costs no more than to ask. */
static uint32_t notes_of(const struct packet *p, uint32_t layer, uint64_t ts_ns)
{
	const struct packet_layer *l = &p->layers[layer];
	uint32_t notes = notes_of_place(p, layer);

	if (layer == 0 && p->has_mac)
		notes |= SIGHTING_MAC;
	if (l->opaque)
		notes |= SIGHTING_OPAQUE | (l->encrypted ? 0u : SIGHTING_SUBSCRIBER);
	if (l->overlap)
		notes |= SIGHTING_OVERLAP;
	if (l->wire_packets)
		notes |= SIGHTING_ASSEMBLED;
	if (l->tcp_urgent && opening_is_marked_reset(l))
		notes |= SIGHTING_MARKED;
	if (p->ts_ns < ts_ns)
		notes |= SIGHTING_LATE;
	return notes;
}

uint64_t sighting_make(struct sighting *ret, const struct frame *frame, const struct packet *p,
	uint32_t layer, uint16_t segment, uint64_t ts_ns, uint64_t hash_key)
{
	const struct packet_layer *l = &p->layers[layer];
	uint64_t hosts;
	int chunk;

	flow_key_make(&ret->key, l, segment, &ret->src_end);
	hosts = flow_key_hash_hosts(&ret->key, hash_key);
	ret->hash = (uint32_t)flow_key_hash_among(&ret->key, hosts);
	ret->bytes = l->l3_bytes;
	ret->payload_bytes = l->payload_bytes;
	ret->tcp_seq = l->tcp_seq;
	ret->tcp_ack = l->tcp_ack;
	ret->tcp_flags = l->tcp_flags;
	ret->notes = (uint16_t)notes_of(p, layer, ts_ns);
	if (l->proto != IPPROTO_NUM_SCTP || ret->notes & SIGHTING_OPAQUE || l->fragment_tail)
		return hosts;
	chunk = sctp_first_chunk(frame->data + l->payload_offset, l->payload_captured);
	if (chunk < 0)
		return hosts;
	ret->notes |= SIGHTING_CHUNK;
	ret->sctp_chunk = (uint8_t)chunk;
	return hosts;
}
