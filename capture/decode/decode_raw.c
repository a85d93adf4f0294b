#include "capture/decode/layer.h"

/* A header of no bytes: the version in the first nibble of the IP header is all there is. */
enum decode_result decode_raw(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct cursor ahead = *c;
	const uint8_t version = cursor_u8(&ahead) >> 4;

	if (!cursor_ok(&ahead)) {
		c->failed = true;
		return DECODE_STOP;
	}
	if (version != 4 && version != 6)
		return decode_stop(p, REASON_unknown_ip_version);
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = version == 4 ? 0x0800 : 0x86dd};
	return DECODE_MORE;
}
