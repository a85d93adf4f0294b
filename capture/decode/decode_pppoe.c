#include "capture/decode/layer.h"

enum { LINKTYPE_NUM_PPP = 9, PPPOE_VERSION_AND_TYPE = 0x11 };

/* A session's frame (RFC 2516 §4): code 0, session, length, PPP. It is a subscriber's line. */
enum decode_result decode_pppoe(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint8_t version_and_type = cursor_u8(c);
	const uint8_t code = cursor_u8(c);
	uint16_t length;

	cursor_skip(c, 2);
	length = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (version_and_type != PPPOE_VERSION_AND_TYPE || code != 0)
		return decode_stop(p, REASON_bad_pppoe);
	cursor_limit(c, length);
	p->access = true;
	*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_PPP};
	return DECODE_MORE;
}
