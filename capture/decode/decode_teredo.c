#include "capture/decode/layer.h"

enum {
	TEREDO_ORIGIN = 0x0000,
	TEREDO_AUTHENTICATION = 0x0001,
	TEREDO_ORIGIN_BYTES = 8,
	IPV6_FIXED_BYTES = 40,
};

/* 2001::/32, or a link-local address while a client asks its server (RFC 4380 §4, §5.2.1). */
static bool is_teredo_address(const uint8_t *a)
{
	return (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0 && a[3] == 0) ||
	       (a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

/* Moves behind the indicators of RFC 4380 §5.1.1, each at most once, authentication first. */
static void teredo_skip_indicators(struct cursor *c)
{
	struct cursor ahead = *c;

	if (cursor_be16(&ahead) == TEREDO_AUTHENTICATION && cursor_ok(&ahead)) {
		uint32_t length = cursor_u8(&ahead);

		length += cursor_u8(&ahead);
		cursor_skip(&ahead, length + 9); /* nonce, confirmation */
		*c = ahead;
	}
	ahead = *c;
	if (cursor_be16(&ahead) == TEREDO_ORIGIN && cursor_ok(&ahead))
		cursor_skip(c, TEREDO_ORIGIN_BYTES);
}

/* IPv6 in UDP. Found by a port that others may use: an IPv6 header must follow that fits into the
 * datagram and has a Teredo address at one end. */
enum decode_result decode_teredo(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const struct packet_layer *l = layer_top(p);
	const uint32_t wire_end = l->payload_offset + l->payload_bytes;
	struct cursor ahead;
	const uint8_t *src, *dst;
	uint8_t version;
	uint32_t length;

	if (l->payload_bytes < IPV6_FIXED_BYTES)
		return DECODE_NOT_ME;
	teredo_skip_indicators(c);
	if (wire_end - c->at < IPV6_FIXED_BYTES)
		return DECODE_NOT_ME;
	ahead = *c;
	version = cursor_u8(&ahead) >> 4;
	cursor_skip(&ahead, 3);
	length = cursor_be16(&ahead);
	cursor_skip(&ahead, 2);
	src = cursor_take(&ahead, 16);
	dst = cursor_take(&ahead, 16);
	if (!cursor_ok(&ahead)) {
		c->failed = true;
		return DECODE_STOP;
	}
	if (version != 6 || (!l->fragment && length > wire_end - c->at - IPV6_FIXED_BYTES) ||
		(!is_teredo_address(src) && !is_teredo_address(dst)))
		return DECODE_NOT_ME;
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = 0x86dd};
	return DECODE_MORE;
}
