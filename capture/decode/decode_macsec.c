#include "capture/decode/layer.h"

enum {
	MACSEC_VERSION = 0x80,
	MACSEC_HAS_SCI = 0x20,
	MACSEC_ENCRYPTED = 0x08,
	MACSEC_CHANGED = 0x04,
	MACSEC_LENGTH_MASK = 0x3f,
};

/* IEEE 802.1AE §9.3: control bits, short length, packet number, and the channel identifier when the
 * bits say so. Without the bits E and C the frame is authenticated alone and can be read; behind
 * the header stands the type that the frame had, and at its end the check value, which an IP length
 * leaves out. */
enum decode_result decode_macsec(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint8_t control = cursor_u8(c);
	const uint8_t short_length = cursor_u8(c) & MACSEC_LENGTH_MASK;
	uint16_t type;

	cursor_skip(c, 4);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (control & MACSEC_VERSION)
		return decode_stop(p, REASON_bad_macsec);
	if (control & MACSEC_HAS_SCI)
		cursor_skip(c, 8);
	if (control & (MACSEC_ENCRYPTED | MACSEC_CHANGED))
		return decode_stop(p, REASON_encrypted_macsec);
	if (short_length)
		cursor_limit(c, short_length);
	type = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	*ret_next = next_ethertype(c, type);
	return DECODE_MORE;
}
