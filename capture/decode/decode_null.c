#include "capture/decode/layer.h"

/* The address family is in the byte order of the host that captured (link type 0), or in network
 * order (108). Families are small numbers, so whichever order makes it small is the right one. */
enum decode_result decode_null(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint32_t family = cursor_be32(c);

	(void)p;
	if (family & 0xffff0000)
		family = family >> 24 | (family >> 8 & 0xff00) | (family << 8 & 0xff0000) |
			 family << 24;
	*ret_next = (struct next){.ns = NS_FAMILY, .number = family};
	return DECODE_MORE;
}
