#include "capture/decode/layer.h"

enum { LINKTYPE_NUM_ETHERNET = 1, CONTROL_WORD_BYTES = 4 };

/* Nothing behind the last label says what the stack carries. IP is told by its version (RFC 4928
 * keeps pseudowires out of 4 and 6), an associated channel by 1 (RFC 5586), a pseudowire with a
 * control word by 0 (RFC 4385). What remains is taken for an Ethernet pseudowire without a control
 * word; so is a 0 that is the start of a MAC address, told by where the type stands. */
static enum decode_result mpls_guess(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct cursor ahead = *c;
	const uint8_t first = cursor_u8(&ahead);

	if (!cursor_ok(&ahead)) {
		c->failed = true;
		return DECODE_STOP;
	}
	switch (first >> 4) {
	case 4:
		*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = 0x0800};
		return DECODE_MORE;
	case 6:
		*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = 0x86dd};
		return DECODE_MORE;
	case 1:
		return decode_stop(p, REASON_non_ip_mpls_oam);
	case 0:
		if (looks_like_ethernet(c, CONTROL_WORD_BYTES) || !looks_like_ethernet(c, 0))
			cursor_skip(c, CONTROL_WORD_BYTES);
		break;
	default:
		break;
	}
	*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_ETHERNET};
	return DECODE_MORE;
}

/* One entry of the stack; the path bounds how many there can be. */
enum decode_result decode_mpls(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint32_t entry = cursor_be32(c);

	if (!cursor_ok(c))
		return DECODE_STOP;
	packet_add_tag(p, TAG_MPLS, entry >> 12);
	if (entry & 0x100)
		return mpls_guess(c, p, ret_next);
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = 0x8847};
	return DECODE_MORE;
}
