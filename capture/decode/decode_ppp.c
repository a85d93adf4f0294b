#include "capture/decode/layer.h"

enum {
	LINKTYPE_NUM_C_HDLC = 104,
	CHDLC_ADDRESS = 0x0f, /* 0x8f to all */
	PPP_ADDRESS = 0xff,   /* no protocol: 0x00ff is reserved so that it is none */
	PPP_CONTROL = 0x03,
	PPP_FIRST_CONTROL_PROTOCOL = 0x8000
};

/* Address and control (RFC 1662 §3.1) may be left out, and so may the first byte of the protocol
 * when it is 0: the last byte of the number is odd and its first one even (RFC 1661 §2, §6.5,
 * §6.6). On serial links Cisco's own framing stands in the same place. */
enum decode_result decode_ppp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint32_t protocol;

	if ((peek_u8(c, 0) & 0x7f) == CHDLC_ADDRESS) {
		*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_C_HDLC};
		return DECODE_MORE;
	}
	if (peek_u8(c, 0) == PPP_ADDRESS) {
		cursor_skip(c, 1);
		if (cursor_u8(c) != PPP_CONTROL && cursor_ok(c))
			return decode_stop(p, REASON_bad_ppp);
	}
	protocol = cursor_u8(c);
	if (!(protocol & 1))
		protocol = protocol << 8 | cursor_u8(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (!(protocol & 1))
		return decode_stop(p, REASON_bad_ppp);
	if (protocol >= PPP_FIRST_CONTROL_PROTOCOL)
		return decode_stop(p, REASON_non_ip_ppp);
	*ret_next = (struct next){.ns = NS_PPP, .number = protocol};
	return DECODE_MORE;
}
