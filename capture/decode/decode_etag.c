#include "capture/decode/layer.h"

/* Six bytes name ports of a bridge (IEEE 802.1BR), which say nothing about the network. */
enum decode_result decode_etag(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint16_t type;

	(void)p;
	cursor_skip(c, 6);
	type = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	*ret_next = next_ethertype(c, type);
	return DECODE_MORE;
}
