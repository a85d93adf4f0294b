#include "capture/decode/layer.h"

enum { GTPU_HEADER_BYTES = 8, GTPU_VERSION_MASK = 0xf0, GTPU_VERSION_1 = 0x30, GTPU_G_PDU = 255 };

/* A G-PDU (3GPP TS 29.281 §5.1, message type 255) carries a subscriber's packet: the tunnel is
 * named and nothing behind it is read. Its length field decides nothing, so a wrong one does not
 * lay the content open. Other messages (echo, error indication, end marker) are the equipment's own
 * and plain payload. */
enum decode_result decode_gtpu(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	uint8_t flags, type;
	uint32_t teid;

	(void)ret_next;
	if (l->payload_bytes < GTPU_HEADER_BYTES)
		return DECODE_NOT_ME;
	flags = cursor_u8(c);
	type = cursor_u8(c);
	if (cursor_ok(c) && ((flags & GTPU_VERSION_MASK) != GTPU_VERSION_1 || type != GTPU_G_PDU))
		return DECODE_NOT_ME;
	l->opaque = true;
	cursor_skip(c, 2);
	teid = cursor_be32(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	p->has_teid = true;
	p->teid = teid;
	return decode_stop(p, REASON_subscriber_tunnel);
}
