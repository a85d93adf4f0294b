/* Packets that say something although no protocol is recognised in them: what an unknown
 * conversation opens with, and a reset that is none of a TCP stack's. Not asked by label or port,
 * so not in signalling.def. Pure. */
#pragma once

#include "analysis/signalling/signalling.h"

/* The first payload of a conversation, of which N bytes were captured: "opening". */
bool opening_message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret);

/* A reset with an acknowledgement, nothing else, and an urgent pointer without the flag that says
 * that it is one: no TCP (RFC 9293 §3.10.7) sends that. GTPDOOR answers probes so; what has other
 * flags as well was made up of random numbers. */
static inline bool opening_is_marked_reset(const struct packet_layer *l)
{
	const uint8_t flags = TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK | TCP_URG;

	return l->tcp_urgent && (l->tcp_flags & flags) == (TCP_RST | TCP_ACK) &&
	       l->payload_bytes == 0;
}

/* What such a reset says: "marked-reset". */
void opening_reset(const struct packet_layer *layer, struct signalling_message *ret);

/* Notes the first four octets of PAYLOAD as hexadecimal: signalling.head. */
void message_note_head(struct signalling_message *m, const uint8_t *payload, uint32_t n);
