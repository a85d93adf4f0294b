#include "capture/decode/layer.h"

enum { UDP_HEADER_BYTES = 8 };

enum decode_result decode_udp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	const uint16_t sport = cursor_be16(c);
	const uint16_t dport = cursor_be16(c);
	uint32_t length;

	layer_begin_transport(l, c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	l->sport = sport;
	l->dport = dport;
	length = cursor_be16(c);
	cursor_skip(c, 2);
	if (!cursor_ok(c))
		return DECODE_STOP;
	/* 0 is a jumbogram, or a packet captured above a network card that fills it in. */
	if (length && length < UDP_HEADER_BYTES)
		return decode_stop(p, REASON_bad_udp);
	l->transport_cut = false;
	if (length)
		cursor_limit(c, length - UDP_HEADER_BYTES);
	layer_set_payload(l, c);
	if (length && l->payload_bytes > length - UDP_HEADER_BYTES)
		l->payload_bytes = length - UDP_HEADER_BYTES;
	*ret_next = (struct next){.ns = NS_UDP_PORT, .number = dport, .number_other = sport};
	return DECODE_MORE;
}
