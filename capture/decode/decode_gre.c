#include "capture/decode/layer.h"

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_V1_ACK = 0x0080,
	GRE_V1_ZERO = 0xcf78, /* checksum, routing, strict, recursion, other flags */
	GRE_VERSION_MASK = 7,
	GRE_MAX_ROUTES = 16,
	GRE_TYPE_PPP = 0x880b,
	GRE_TYPE_ERSPAN = 0x88be,
};

/* RFC 1701's source routes: address family, offset, length and so many bytes, until both family and
 * length are 0. */
static bool gre_skip_routes(struct cursor *c)
{
	for (int i = 0; i < GRE_MAX_ROUTES; i++) {
		const uint16_t family = cursor_be16(c);
		uint8_t length;

		cursor_skip(c, 1);
		length = cursor_u8(c);
		cursor_skip(c, length);
		if (!cursor_ok(c) || (family == 0 && length == 0))
			return true;
	}
	return false;
}

/* PPP in GRE is a subscriber's line: PPTP's, or a packet data node's (3GPP2 A.S0017). */
static void gre_begin_access(struct packet *p)
{
	layer_top(p)->opaque = true;
	p->access = true;
}

/* RFC 2637 §4.1: length and call number stand where the key would; a packet without a sequence
 * number acknowledges others and is empty. */
static enum decode_result gre_v1(
	struct cursor *c, struct packet *p, uint16_t flags, uint16_t type, struct next *ret_next)
{
	uint16_t length;

	if (flags & GRE_V1_ZERO || !(flags & GRE_KEY) || type != GRE_TYPE_PPP)
		return decode_stop(p, REASON_bad_gre);
	length = cursor_be16(c);
	cursor_skip(c, 2);
	if (flags & GRE_SEQUENCE)
		cursor_skip(c, 4);
	if (flags & GRE_V1_ACK)
		cursor_skip(c, 4);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (!(flags & GRE_SEQUENCE) || length == 0)
		return DECODE_DONE;
	gre_begin_access(p);
	cursor_limit(c, length);
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = GRE_TYPE_PPP};
	return DECODE_MORE;
}

enum decode_result decode_gre(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint16_t flags = cursor_be16(c);
	const uint16_t type = cursor_be16(c);
	uint32_t key = 0;

	if (!cursor_ok(c))
		return DECODE_STOP;
	if ((flags & GRE_VERSION_MASK) == 1)
		return gre_v1(c, p, flags, type, ret_next);
	if (flags & GRE_VERSION_MASK)
		return decode_stop(p, REASON_bad_gre);
	if (flags & (GRE_CHECKSUM | GRE_ROUTING))
		cursor_skip(c, 4); /* checksum, offset: present when either is */
	if (flags & GRE_KEY)
		key = cursor_be32(c);
	if (flags & GRE_SEQUENCE)
		cursor_skip(c, 4);
	if ((flags & GRE_ROUTING) && !gre_skip_routes(c))
		return decode_stop(p, REASON_bad_gre);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (flags & GRE_KEY)
		packet_add_tag(p, TAG_GRE_KEY, key);
	if (type == GRE_TYPE_PPP)
		gre_begin_access(p);
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = type, .mirror = MIRROR_BY_ADDRESS};
	if (type == GRE_TYPE_ERSPAN && !(flags & GRE_SEQUENCE))
		ret_next->number = ETHERTYPE_ERSPAN1;
	return DECODE_MORE;
}
