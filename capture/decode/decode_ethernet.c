#include "capture/decode/layer.h"

enum decode_result decode_ethernet(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint8_t *dst = cursor_take(c, 6);
	const uint8_t *src = cursor_take(c, 6);
	const uint16_t type = cursor_be16(c);

	if (!cursor_ok(c))
		return DECODE_STOP;
	if (!p->has_mac) {
		p->has_mac = true;
		memcpy(p->dst_mac, dst, sizeof(p->dst_mac));
		memcpy(p->src_mac, src, sizeof(p->src_mac));
	}
	*ret_next = next_ethertype(c, type);
	return DECODE_MORE;
}
