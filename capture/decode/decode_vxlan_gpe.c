#include "capture/decode/layer.h"

enum {
	GPE_HEADER_BYTES = 8,
	GPE_KNOWN_FLAGS = 0x0f, /* instance, next protocol, broadcast, OAM */
	GPE_HAS_VNI = 0x08,
	GPE_HAS_NEXT = 0x04,
	GPE_OAM = 0x01,
	GPE_ETHERNET = 3,
	GPE_MAX_NEXT = 5,
};

/* draft-ietf-nvo3-vxlan-gpe §3: VXLAN with a protocol number, which shares the values of NSH;
 * without the flag for it the content is a frame. Found by a port that others may use, so every
 * reserved bit must be 0. */
enum decode_result decode_vxlan_gpe(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint8_t flags, protocol, reserved;
	uint16_t reserved_too;
	uint32_t vni;

	if (layer_top(p)->payload_bytes <= GPE_HEADER_BYTES)
		return DECODE_NOT_ME;
	flags = cursor_u8(c);
	reserved_too = cursor_be16(c);
	protocol = cursor_u8(c);
	vni = cursor_be24(c);
	reserved = cursor_u8(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (flags & ~GPE_KNOWN_FLAGS || !(flags & (GPE_HAS_VNI | GPE_HAS_NEXT)) ||
		flags & GPE_OAM || reserved || reserved_too)
		return DECODE_NOT_ME;
	if (!(flags & GPE_HAS_NEXT) && protocol == 0)
		protocol = GPE_ETHERNET;
	else if (!(flags & GPE_HAS_NEXT) || protocol == 0 || protocol > GPE_MAX_NEXT)
		return DECODE_NOT_ME;
	if (flags & GPE_HAS_VNI)
		packet_add_tag(p, TAG_VNI, vni);
	*ret_next = (struct next){.ns = NS_NSH, .number = protocol, .mirror = MIRROR_BY_ADDRESS};
	return DECODE_MORE;
}
