#include "capture/decode/layer.h"

enum {
	GENEVE_HEADER_BYTES = 8,
	GENEVE_OPTION_BYTES = 4,
	GENEVE_RESERVED = 0xc03f, /* version and reserved bits */
	GENEVE_VERSION = 0xc000,
};

/* RFC 8926 §3.5: class, type, reserved bits and length in words, which must fill the space exactly.
 */
static bool geneve_skip_options(struct cursor *c, uint32_t left)
{
	while (left) {
		uint32_t length;

		cursor_skip(c, 3);
		length = GENEVE_OPTION_BYTES + (cursor_u8(c) & 31u) * 4;
		if (!cursor_ok(c))
			return true;
		if (length > left)
			return false;
		cursor_skip(c, length - GENEVE_OPTION_BYTES);
		left -= length;
	}
	return true;
}

/* Whether what begins here can be of TYPE: of what is in use, and IP of its own version. */
static bool geneve_can_carry(const struct cursor *c, uint16_t type)
{
	const uint8_t version = peek_u8(c, 0) >> 4;

	switch (type) {
	case 0x0800:
		return version == 4 || cursor_left(c) == 0;
	case 0x86dd:
		return version == 6 || cursor_left(c) == 0;
	case 0x0806:
	case 0x6558:
	case 0x8847:
	case 0x8848:
	case 0x894f:
		return true;
	default:
		return false;
	}
}

/* Found by a port that others may use. As with VXLAN, reserved bits are 0 unless a frame follows.
 */
enum decode_result decode_geneve(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint16_t flags, type;
	uint32_t vni;
	uint8_t reserved;

	if (layer_top(p)->payload_bytes <= GENEVE_HEADER_BYTES)
		return DECODE_NOT_ME;
	flags = cursor_be16(c);
	type = cursor_be16(c);
	vni = cursor_be24(c);
	reserved = cursor_u8(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (flags & GENEVE_VERSION || !geneve_skip_options(c, (flags >> 8 & 63u) * 4))
		return DECODE_NOT_ME;
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (!geneve_can_carry(c, type))
		return DECODE_NOT_ME;
	if (((flags & GENEVE_RESERVED) || reserved) &&
		(type != 0x6558 || !looks_like_ethernet(c, 0)))
		return DECODE_NOT_ME;
	packet_add_tag(p, TAG_VNI, vni);
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = type, .mirror = MIRROR_BY_ADDRESS};
	return DECODE_MORE;
}
