#include "capture/decode/layer.h"

enum { MPLS_ENTRY_BYTES = 4, MPLS_BOTTOM = 0x100, MPLS_TTL_MASK = 0xff, MPLS_MOST_LABELS = 8 };

/* A header of no bytes (RFC 7510 §3): the datagram is a label stack. Found by a port that others
 * may use: a stack that ends, with time to live in each entry, and IP or an Ethernet frame behind
 * it. */
enum decode_result decode_mpls_udp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct cursor ahead = *c;
	uint8_t version;

	if (layer_top(p)->payload_bytes <= MPLS_ENTRY_BYTES)
		return DECODE_NOT_ME;
	for (int i = 0;; i++) {
		const uint32_t entry = cursor_be32(&ahead);

		if (!cursor_ok(&ahead)) {
			c->failed = true;
			return DECODE_STOP;
		}
		if (i == MPLS_MOST_LABELS || !(entry & MPLS_TTL_MASK))
			return DECODE_NOT_ME;
		if (entry & MPLS_BOTTOM)
			break;
	}
	version = peek_u8(&ahead, 0) >> 4;
	if (cursor_left(&ahead) && version != 4 && version != 6 &&
		!looks_like_ethernet(&ahead, 0) && !looks_like_ethernet(&ahead, 4))
		return DECODE_NOT_ME;
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = 0x8847};
	return DECODE_MORE;
}
