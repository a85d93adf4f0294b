#include "capture/decode/layer.h"

enum { CHDLC_SLARP = 0x8035 };

/* Cisco's framing of serial links: address, control, and an EtherType; what would be RARP is the
 * link's own keepalive. */
enum decode_result decode_chdlc(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint16_t type;

	cursor_skip(c, 2);
	type = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (type == CHDLC_SLARP)
		return decode_stop(p, REASON_non_ip_slarp);
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = type};
	return DECODE_MORE;
}
