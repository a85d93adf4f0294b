#include "capture/decode/layer.h"

enum {
	LINKTYPE_NUM_ETHERNET = 1,
	LINKTYPE_NUM_PPP = 9,
	L2TPV3_WORD = 4,
	L2TPV3_MOST_EXTRA = 12, /* cookie of 8 bytes, sublayer of 4 */
};

/* A type that frames often have, behind the address of one sender. */
static bool is_frame_at(const struct cursor *c, uint32_t at)
{
	return looks_like_ethernet(c, at) && !(peek_u8(c, at + 6) & 1);
}

static bool is_ppp_at(const struct cursor *c, uint32_t at)
{
	return peek_u8(c, at) == 0xff && peek_u8(c, at + 1) == 0x03 && !(peek_u8(c, at + 2) & 1) &&
	       (peek_u8(c, at + 3) & 1);
}

/* RFC 3931 §4.1: a session number, 0 for control messages. How long the cookie behind it is (0, 4
 * or 8 bytes), whether a sublayer of 4 follows, and what the session carries were agreed on when it
 * was set up: the one place where a frame or PPP begins is looked for, and without it the content
 * stays unread. */
enum decode_result decode_l2tpv3(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	const uint32_t session = cursor_be32(c);

	if (!cursor_ok(c))
		return DECODE_STOP;
	if (session == 0)
		return DECODE_NOT_ME;
	l->opaque = true;
	p->access = true;
	for (uint32_t at = 0; at <= L2TPV3_MOST_EXTRA; at += L2TPV3_WORD) {
		const bool is_frame = is_frame_at(c, at);

		if (!is_frame && !is_ppp_at(c, at))
			continue;
		cursor_skip(c, at);
		*ret_next = (struct next){.ns = NS_LINKTYPE,
			.number = is_frame ? LINKTYPE_NUM_ETHERNET : LINKTYPE_NUM_PPP};
		return DECODE_MORE;
	}
	return decode_stop(p, REASON_opaque_l2tpv3);
}
