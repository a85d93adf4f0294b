#include "capture/decode/layer.h"

enum { LINKTYPE_NUM_ETHERNET = 1 };

/* The I-TAG (IEEE 802.1Q §9.7): priority and flags, 24 bits of service instance, then the
 * customer's own frame from its addresses on. */
enum decode_result decode_pbb(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint32_t isid;

	cursor_skip(c, 1);
	isid = cursor_be24(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	packet_add_tag(p, TAG_ISID, isid);
	*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_ETHERNET};
	return DECODE_MORE;
}
