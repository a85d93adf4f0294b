#include "capture/decode/layer.h"

enum { WCCP_HEADER_BYTES = 4 };

/* A router's redirection of an IPv4 packet to a web cache. Version 2 of the protocol puts four
 * bytes in front of it, version 1 nothing: the first of them is no 4 in a packet's place
 * (draft-mclaggan-wccp-v2rev1). */
enum decode_result decode_wccp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	(void)p;
	if (peek_u8(c, 0) >> 4 != 4)
		cursor_skip(c, WCCP_HEADER_BYTES);
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = 0x0800};
	return DECODE_MORE;
}
