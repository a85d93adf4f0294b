#include "capture/decode/layer.h"

/* The common header; the chunks behind it are payload. */
enum decode_result decode_sctp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	const uint16_t sport = cursor_be16(c);
	const uint16_t dport = cursor_be16(c);

	(void)ret_next;
	layer_begin_transport(l, c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	l->sport = sport;
	l->dport = dport;
	l->sctp_tag = cursor_be32(c);
	cursor_skip(c, 4); /* checksum */
	if (!cursor_ok(c)) {
		l->sctp_tag = 0;
		return DECODE_STOP;
	}
	l->transport_cut = false;
	layer_set_payload(l, c);
	return DECODE_DONE;
}
