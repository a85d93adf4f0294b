#include "capture/decode/layer.h"

enum {
	LINKTYPE_NUM_ETHERNET = 1,
	LINKTYPE_NUM_RAW = 101,
	ERSPAN3_VERSION = 2,
	ERSPAN3_FRAME_ETHERNET = 0,
	ERSPAN3_FRAME_IP = 2,
	ERSPAN3_SUBHEADER = 1,
	ERSPAN_SESSION_MASK = 0x3ff,
};

/* draft-foschiano-erspan: as type II, then time stamp, security group, and in the last two
 * bytes a flag (1 bit), the type of the frame (5), the hardware (6), direction (1), granularity
 * (2), and whether a subheader of 8 bytes follows. */
enum decode_result decode_erspan3(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint16_t version_and_vlan = cursor_be16(c);
	const uint16_t flags_and_session = cursor_be16(c);
	uint16_t last;

	cursor_skip(c, 6); /* time stamp, security group */
	last = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (version_and_vlan >> 12 != ERSPAN3_VERSION)
		return decode_stop(p, REASON_bad_erspan);
	if (last & ERSPAN3_SUBHEADER)
		cursor_skip(c, 8);
	if (!cursor_ok(c))
		return DECODE_STOP;
	packet_add_tag(p, TAG_ERSPAN, flags_and_session & ERSPAN_SESSION_MASK);
	switch (last >> 10 & 31) {
	case ERSPAN3_FRAME_ETHERNET:
		*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_ETHERNET};
		break;
	case ERSPAN3_FRAME_IP:
		*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_RAW};
		break;
	default:
		return decode_stop(p, REASON_unknown_erspan);
	}
	ret_next->mirror = MIRROR_BY_NATURE;
	return DECODE_MORE;
}
