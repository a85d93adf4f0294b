#include "capture/decode/layer.h"

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_VERSION_MASK = 7,
	GRE_MAX_ROUTES = 16,
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

enum decode_result decode_gre(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint16_t flags = cursor_be16(c);
	const uint16_t type = cursor_be16(c);
	uint32_t key = 0;

	if (!cursor_ok(c))
		return DECODE_STOP;
	if ((flags & GRE_VERSION_MASK) == 1)
		return decode_stop(p, REASON_unsupported_gre_v1);
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
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = type, .mirror = MIRROR_BY_ADDRESS};
	return DECODE_MORE;
}
