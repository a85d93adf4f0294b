#include "capture/decode/layer.h"

enum { LENGTH_BYTES = 2, AH_FIXED_BYTES = 12 };

/* Authenticated, not encrypted: what follows can be read. */
enum decode_result decode_ah(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	const uint8_t *header;
	uint32_t header_bytes;

	layer_begin_transport(l, c);
	header = cursor_take(c, LENGTH_BYTES);
	if (!header)
		return DECODE_STOP;
	header_bytes = (header[1] + 2u) * 4;
	if (header_bytes < AH_FIXED_BYTES)
		return decode_stop(p, REASON_bad_ah);
	if (!cursor_take(c, header_bytes - LENGTH_BYTES))
		return DECODE_STOP;
	l->proto = header[0];
	l->transport_cut = false;
	layer_set_payload(l, c);
	*ret_next = (struct next){.ns = NS_IP_PROTO, .number = l->proto};
	return DECODE_MORE;
}
