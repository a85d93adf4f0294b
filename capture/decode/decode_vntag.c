#include "capture/decode/layer.h"

/* Cisco's forerunner of IEEE 802.1BR: direction and two virtual interfaces in four bytes. */
enum decode_result decode_vntag(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint16_t type;

	(void)p;
	cursor_skip(c, 4);
	type = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	*ret_next = next_ethertype(c, type);
	return DECODE_MORE;
}
