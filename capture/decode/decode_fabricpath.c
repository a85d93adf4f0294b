#include "capture/decode/layer.h"

enum { LINKTYPE_NUM_ETHERNET = 1 };

/* Behind the switch addresses and the type: forwarding tag (10 bits), hops left (6), the frame. */
enum decode_result decode_fabricpath(struct cursor *c, struct packet *p, struct next *ret_next)
{
	(void)p;
	cursor_skip(c, 2);
	*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_ETHERNET};
	return DECODE_MORE;
}
