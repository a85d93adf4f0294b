#include "capture/decode/layer.h"

enum {
	TCP_FIXED_BYTES = 20,
	URGENT_AT = 18,
	TCP_FLAGS_MASK = TCP_FIN | TCP_SYN | TCP_RST | TCP_PSH | TCP_ACK | TCP_URG
};

enum decode_result decode_tcp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	const uint32_t start = c->at;
	const uint16_t sport = cursor_be16(c);
	const uint16_t dport = cursor_be16(c);
	uint32_t seq, ack, header_bytes;
	uint8_t flags;

	(void)ret_next;
	layer_begin_transport(l, c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	l->sport = sport;
	l->dport = dport;
	seq = cursor_be32(c);
	ack = cursor_be32(c);
	header_bytes = (cursor_u8(c) >> 4) * 4u;
	flags = cursor_u8(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	l->tcp_seq = seq;
	l->tcp_ack = ack;
	l->tcp_flags = flags & TCP_FLAGS_MASK;
	if (header_bytes < TCP_FIXED_BYTES)
		return decode_stop(p, REASON_bad_tcp);
	cursor_skip(c, URGENT_AT - (c->at - start));
	l->tcp_urgent = cursor_be16(c);
	cursor_skip(c, header_bytes - (c->at - start));
	if (cursor_ok(c))
		l->transport_cut = false;
	/* Where the payload begins is known even when the options were not captured. */
	else if (header_bytes < l->l3_bytes - (start - l->l3_offset))
		l->payload_bytes = l->l3_bytes - (start - l->l3_offset) - header_bytes;
	if (!cursor_ok(c))
		return DECODE_STOP;
	layer_set_payload(l, c);
	return DECODE_DONE;
}
