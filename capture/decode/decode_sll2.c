#include "capture/decode/cooked.h"

enum decode_result decode_sll2(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint16_t protocol = cursor_be16(c);
	uint16_t hardware;

	cursor_skip(c, 6); /* reserved, interface index */
	hardware = cursor_be16(c);
	cursor_skip(c, 10); /* direction, link-layer address */
	if (!cursor_ok(c))
		return DECODE_STOP;
	return cooked_next(p, hardware, protocol, ret_next);
}
