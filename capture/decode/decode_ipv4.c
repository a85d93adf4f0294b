#include "capture/decode/layer.h"

enum { IPV4_FIXED_BYTES = 20, IPV4_MORE_FRAGMENTS = 0x2000, IPV4_OFFSET_MASK = 0x1fff };

enum decode_result decode_ipv4(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint32_t start = c->at;
	const uint32_t wire_bytes = layer_wire_left(p, c);
	const uint8_t version_ihl = cursor_u8(c);
	const uint32_t header_bytes = (version_ihl & 15u) * 4;
	uint32_t total_bytes;
	uint16_t fragment;
	uint8_t proto;
	const uint8_t *src, *dst;
	struct packet_layer *l;

	cursor_skip(c, 1);
	total_bytes = cursor_be16(c);
	cursor_skip(c, 2);
	fragment = cursor_be16(c);
	cursor_skip(c, 1);
	proto = cursor_u8(c);
	cursor_skip(c, 2);
	src = cursor_take(c, 4);
	dst = cursor_take(c, 4);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (total_bytes == 0) /* captured above a network card that does the segmentation */
		total_bytes = wire_bytes;
	if (version_ihl >> 4 != 4 || header_bytes < IPV4_FIXED_BYTES || total_bytes < header_bytes)
		return decode_stop(p, REASON_bad_ipv4);
	l = layer_open(p, start);
	if (!l)
		return decode_stop(p, REASON_too_deep);
	l->ip_version = 4;
	l->src = ip_addr_from_v4(src);
	l->dst = ip_addr_from_v4(dst);
	l->proto = proto;
	l->l3_bytes = total_bytes;
	cursor_limit(c, total_bytes - IPV4_FIXED_BYTES);
	l->l3_captured = c->end - start;
	layer_begin_transport(l, c);
	cursor_skip(c, header_bytes - IPV4_FIXED_BYTES);
	if (!cursor_ok(c))
		return DECODE_STOP;
	l->transport_cut = false;
	layer_set_payload(l, c);
	l->fragment = fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK);
	l->fragment_tail = fragment & IPV4_OFFSET_MASK;
	if (l->fragment_tail)
		return decode_stop(p, REASON_fragment_tail);
	*ret_next = (struct next){.ns = NS_IP_PROTO, .number = proto};
	return DECODE_MORE;
}
