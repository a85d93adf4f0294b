#include "capture/decode/layer.h"

enum { IPV6_FIXED_BYTES = 40, PROTO_HOP_BY_HOP = 0 };

/* A payload length of 0 is no payload, but for a jumbogram, whose length is a hop-by-hop option
 * (RFC 2675), and for what was captured above a network card that does the segmentation. */
static bool length_is_elsewhere(uint8_t proto)
{
	return proto == PROTO_HOP_BY_HOP || proto == IPPROTO_NUM_TCP || proto == IPPROTO_NUM_UDP;
}

enum decode_result decode_ipv6(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint32_t start = c->at;
	const uint32_t wire_bytes = layer_wire_left(p, c);
	const uint32_t version = cursor_be32(c) >> 28;
	const uint32_t payload_bytes = cursor_be16(c);
	const uint8_t proto = cursor_u8(c);
	const uint8_t *src, *dst;
	struct packet_layer *l;

	cursor_skip(c, 1);
	src = cursor_take(c, 16);
	dst = cursor_take(c, 16);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (version != 6)
		return decode_stop(p, REASON_bad_ipv6);
	l = layer_open(p, start);
	if (!l)
		return decode_stop(p, REASON_too_deep);
	l->ip_version = 6;
	l->src = ip_addr_from_v6(src);
	l->dst = ip_addr_from_v6(dst);
	l->proto = proto;
	l->l3_bytes = IPV6_FIXED_BYTES + payload_bytes;
	if (payload_bytes == 0 && wire_bytes > IPV6_FIXED_BYTES && length_is_elsewhere(proto))
		l->l3_bytes = wire_bytes;
	cursor_limit(c, l->l3_bytes - IPV6_FIXED_BYTES);
	l->l3_captured = c->end - start;
	layer_set_payload(l, c);
	*ret_next = (struct next){.ns = NS_IP_PROTO, .number = proto};
	return DECODE_MORE;
}
