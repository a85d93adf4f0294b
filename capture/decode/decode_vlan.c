#include "capture/decode/layer.h"

enum decode_result decode_vlan(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint16_t id = cursor_be16(c) & 0xfff;
	const uint16_t type = cursor_be16(c);

	if (!cursor_ok(c))
		return DECODE_STOP;
	/* Identifier 0 is a priority without a VLAN (IEEE 802.1Q §9.6). */
	if (id)
		packet_add_tag(p, TAG_VLAN, id);
	*ret_next = next_ethertype(c, type);
	return DECODE_MORE;
}
