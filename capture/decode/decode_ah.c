#include "capture/decode/layer.h"

enum { AH_FIXED_BYTES = 12 };

/* Authenticated, not encrypted: what follows can be read. */
enum decode_result decode_ah(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	const uint8_t next = cursor_u8(c);
	const uint32_t header_bytes = (cursor_u8(c) + 2u) * 4;

	layer_begin_transport(l, c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (header_bytes < AH_FIXED_BYTES)
		return decode_stop(p, REASON_bad_ah);
	cursor_skip(c, header_bytes - 2);
	if (!cursor_ok(c))
		return DECODE_STOP;
	l->proto = next;
	l->transport_cut = false;
	layer_set_payload(l, c);
	*ret_next = (struct next){.ns = NS_IP_PROTO, .number = next};
	return DECODE_MORE;
}
