#include "capture/decode/layer.h"

enum { LINKTYPE_NUM_ETHERNET = 1, VXLAN_HEADER_BYTES = 8, VXLAN_HAS_VNI = 0x08000000 };

/* Found by a port that others may use. A header with every reserved bit as RFC 7348 §5 says is
 * VXLAN; receivers ignore those bits, and extensions (group policy) and evaders set them, so one
 * with other bits is VXLAN when a frame follows it. */
enum decode_result decode_vxlan(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint32_t flags, vni, reserved;

	if (layer_top(p)->payload_bytes < VXLAN_HEADER_BYTES)
		return DECODE_NOT_ME;
	flags = cursor_be32(c);
	vni = cursor_be24(c);
	reserved = cursor_u8(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (!(flags & VXLAN_HAS_VNI))
		return DECODE_NOT_ME;
	if ((flags != VXLAN_HAS_VNI || reserved) && !looks_like_ethernet(c, 0))
		return DECODE_NOT_ME;
	packet_add_tag(p, TAG_VNI, vni);
	*ret_next = (struct next){
		.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_ETHERNET, .mirror = MIRROR_BY_ADDRESS};
	return DECODE_MORE;
}
