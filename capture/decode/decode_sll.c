#include "capture/decode/cooked.h"

enum decode_result decode_sll(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint16_t hardware, protocol;

	cursor_skip(c, 2); /* direction */
	hardware = cursor_be16(c);
	cursor_skip(c, 10); /* link-layer address */
	protocol = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	return cooked_next(p, hardware, protocol, ret_next);
}
