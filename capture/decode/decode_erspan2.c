#include "capture/decode/layer.h"

enum {
	LINKTYPE_NUM_ETHERNET = 1,
	ERSPAN2_VERSION = 1,
	ERSPAN2_TAG_REMOVED = 2,
	ERSPAN_SESSION_MASK = 0x3ff,
};

/* Whether the frame behind the header begins with a VLAN tag. */
static bool is_tagged(const struct cursor *c)
{
	const uint32_t type = (uint32_t)peek_u8(c, 12) << 8 | peek_u8(c, 13);

	return type == 0x8100 || type == 0x88a8;
}

/* draft-foschiano-erspan: version (4 bits) and VLAN (12); class (3), what became of the
 * frame's tag (2), truncated (1), session (10); index. A tag that was taken off is put back among
 * the tags; not so where the header says that and the frame has it still, as some switches send it.
 */
enum decode_result decode_erspan2(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint32_t version_and_vlan = cursor_be16(c);
	const uint32_t flags_and_session = cursor_be16(c);

	cursor_skip(c, 4);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (version_and_vlan >> 12 != ERSPAN2_VERSION)
		return decode_stop(p, REASON_bad_erspan);
	packet_add_tag(p, TAG_ERSPAN, flags_and_session & ERSPAN_SESSION_MASK);
	if ((flags_and_session >> 11 & 3) == ERSPAN2_TAG_REMOVED && (version_and_vlan & 0xfff) &&
		!is_tagged(c))
		packet_add_tag(p, TAG_VLAN, version_and_vlan & 0xfff);
	*ret_next = (struct next){
		.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_ETHERNET, .mirror = MIRROR_BY_NATURE};
	return DECODE_MORE;
}
