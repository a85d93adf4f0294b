#include "capture/decode/layer.h"

enum {
	L2TP_CONTROL = 0x8000,
	L2TP_LENGTH = 0x4000,
	L2TP_SEQUENCE = 0x0800,
	L2TP_OFFSET = 0x0200,
	L2TP_FIXED = 0x34ff, /* reserved bits and the version */
	L2TP_V2 = 0x0002,
	L2TP_V3 = 0x0003,
	L2TP_LEAST_BYTES = 8, /* of a data message with a byte of PPP */
	LINKTYPE_NUM_PPP = 9,
	PROTO_L2TPV3 = 115,
};

/* Address and control, then a protocol number that RFC 1661 §2 allows. What was not captured is no
 * argument against it. */
static bool looks_like_ppp(struct cursor c)
{
	uint16_t protocol;

	if (peek_u8(&c, 0) == 0xff && peek_u8(&c, 1) == 0x03)
		cursor_skip(&c, 2);
	if (cursor_left(&c) < 2 || (peek_u8(&c, 0) & 1))
		return true;
	protocol = cursor_be16(&c);
	return protocol & 1;
}

/* The rest of a version 2 data header, behind the flags; false if it is none. */
static bool l2tp_skip_v2(
	struct cursor *c, const struct packet_layer *l, uint32_t start, uint16_t flags)
{
	uint32_t length = 0;

	if (flags & L2TP_LENGTH)
		length = cursor_be16(c);
	cursor_skip(c, 4); /* tunnel, session */
	if (flags & L2TP_SEQUENCE)
		cursor_skip(c, 4);
	if (flags & L2TP_OFFSET)
		cursor_skip(c, cursor_be16(c));
	if (!cursor_ok(c))
		return true;
	if (flags & L2TP_LENGTH) {
		if (length < c->at - start || (!l->fragment && length > l->payload_bytes))
			return false;
		cursor_limit(c, length - (c->at - start));
	}
	return true;
}

/* On UDP port 1701: data messages of version 2 (RFC 2661 §3.1) hold PPP; those of version 3 (RFC
 * 3931 §4.1.2.1) go on as over IP. Control messages are the equipment's own and payload. What is
 * inside is a subscriber's, so that the outer payload is for no classifier. */
enum decode_result decode_l2tp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	const uint32_t start = c->at;
	struct cursor at_ppp;
	uint16_t flags;

	if (l->payload_bytes < L2TP_LEAST_BYTES)
		return DECODE_NOT_ME;
	flags = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (flags == L2TP_V3) {
		if (cursor_be16(c) != 0)
			return DECODE_NOT_ME;
		*ret_next = (struct next){.ns = NS_IP_PROTO, .number = PROTO_L2TPV3};
		return DECODE_MORE;
	}
	if ((flags & (L2TP_CONTROL | L2TP_FIXED)) != L2TP_V2)
		return DECODE_NOT_ME;
	at_ppp = *c;
	if (!l2tp_skip_v2(&at_ppp, l, start, flags) ||
		(cursor_ok(&at_ppp) && !looks_like_ppp(at_ppp)))
		return DECODE_NOT_ME;
	*c = at_ppp;
	l->opaque = true;
	p->access = true;
	*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_PPP};
	return DECODE_MORE;
}
