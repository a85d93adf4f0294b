#include "capture/decode/layer.h"

enum {
	EXT_HOP_BY_HOP = 0,
	EXT_ROUTING = 43,
	EXT_FRAGMENT = 44,
	EXT_NO_NEXT = 59,
	EXT_DESTINATION = 60,
	EXT_MOBILITY = 135,
	EXT_HIP = 139,
	EXT_SHIM6 = 140,
	EXT_FIXED_BYTES = 8, /* of which there are no less */
	/* Each may appear once, destination options twice (RFC 8200 §4.1): more is an attack. */
	EXT_MAX = 16,
};

/* Headers in front of a transport header. Three of them (RFC 6275 §6.1, RFC 7401 §5.1, RFC 5533
 * §5.1) are, with nothing behind them, messages in their own right and stay what the packet
 * carries. */
static bool is_extension(uint8_t proto, const struct cursor *c)
{
	switch (proto) {
	case EXT_HOP_BY_HOP:
	case EXT_ROUTING:
	case EXT_FRAGMENT:
	case EXT_DESTINATION:
		return true;
	case EXT_MOBILITY:
	case EXT_HIP:
	case EXT_SHIM6:
		return peek_u8(c, 0) != EXT_NO_NEXT;
	default:
		return false;
	}
}

/* A run of extension headers is one entry of the path. A routing header's later destinations are
 * not read: the layer's address is the one on the wire at this place. */
enum decode_result decode_ip6ext(struct cursor *c, struct packet *p, struct next *ret_next)
{
	struct packet_layer *l = layer_top(p);

	uint32_t n = 0;

	if (l->ip_version != 6 || !is_extension(l->proto, c))
		return DECODE_NOT_ME;
	layer_begin_transport(l, c);
	do {
		const uint8_t *header;

		if (n++ == EXT_MAX)
			return decode_stop(p, REASON_too_many_extensions);
		header = cursor_take(c, EXT_FIXED_BYTES);
		if (!header)
			return DECODE_STOP;
		if (l->proto == EXT_FRAGMENT) {
			const uint32_t fragment = load_be16(header + 2);

			l->fragment = l->fragment || (fragment & 0xfff9);
			l->fragment_tail = fragment & 0xfff8;
		} else if (!cursor_take(c, header[1] * 8u)) {
			return DECODE_STOP;
		}
		l->proto = header[0];
	} while (!l->fragment_tail && is_extension(l->proto, c));
	l->transport_cut = false;
	layer_set_payload(l, c);
	if (l->fragment_tail)
		return decode_stop(p, REASON_fragment_tail);
	*ret_next = (struct next){.ns = NS_IP_PROTO, .number = l->proto};
	return DECODE_MORE;
}
