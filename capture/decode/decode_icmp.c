#include "capture/decode/layer.h"

enum { FIXED_BYTES = 4, REST_BYTES = 4 };

/* Both versions begin alike: type, code, checksum. Four more bytes belong to the header of most
 * messages (identifier and sequence number of an echo); a few of ICMPv6 are shorter. */
enum decode_result decode_icmp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);
	const uint8_t *header;

	(void)ret_next;
	layer_begin_transport(l, c);
	header = cursor_take(c, FIXED_BYTES);
	if (!header)
		return DECODE_STOP;
	l->icmp_type = header[0];
	l->icmp_code = header[1];
	if (cursor_left(c) >= REST_BYTES)
		l->icmp_rest = cursor_be32(c);
	else
		cursor_skip(c, cursor_left(c));
	l->transport_cut = false;
	layer_set_payload(l, c);
	return DECODE_DONE;
}
