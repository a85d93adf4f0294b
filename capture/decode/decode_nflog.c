#include "capture/decode/layer.h"

enum { NFLOG_VERSION = 0, NFLOG_PAYLOAD = 9, NFLOG_ATTRIBUTE_BYTES = 4 };

/* Netfilter's log as LINKTYPE_NFLOG describes it: address family, version, group, then attributes
 * of length, type and value, padded to words and in the byte order of the host. Types are small and
 * not 0, so that one byte of a type is 0 and tells the order. The packet is one of them. */
enum decode_result decode_nflog(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint8_t family = cursor_u8(c);
	const uint8_t version = cursor_u8(c);

	cursor_skip(c, 2);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (version != NFLOG_VERSION)
		return decode_stop(p, REASON_bad_nflog);
	for (;;) {
		const uint8_t *a = cursor_take(c, NFLOG_ATTRIBUTE_BYTES);
		uint32_t length, type;

		if (!cursor_ok(c))
			return DECODE_STOP;
		length = a[3] ? (uint32_t)a[0] << 8 | a[1] : (uint32_t)a[1] << 8 | a[0];
		type = a[3] ? (uint32_t)a[2] << 8 | a[3] : (uint32_t)a[3] << 8 | a[2];
		if (length < NFLOG_ATTRIBUTE_BYTES)
			return decode_stop(p, REASON_bad_nflog);
		length -= NFLOG_ATTRIBUTE_BYTES;
		if (type == NFLOG_PAYLOAD) {
			cursor_limit(c, length);
			break;
		}
		cursor_skip(c, (length + 3) & ~3u);
	}
	*ret_next = (struct next){.ns = NS_FAMILY, .number = family};
	return DECODE_MORE;
}
