#include "capture/decode/layer.h"

enum {
	WLAN_VERSION_MASK = 0x03,
	WLAN_TYPE_MASK = 0x0c,
	WLAN_TYPE_DATA = 0x08,
	WLAN_NO_DATA = 0x40, /* of the subtype */
	WLAN_QOS = 0x80,
	WLAN_BOTH_DS = 0x03, /* of the flags: a fourth address */
	WLAN_PROTECTED = 0x40,
	WLAN_ORDER = 0x80,
	WLAN_QOS_AGGREGATE = 0x80,
	WLAN_FIXED_BYTES = 24,
};

/* IEEE 802.11 §9.2 and §9.3.2: what follows the frame control, by its bits. */
static uint32_t wlan_header_bytes(uint8_t control, uint8_t flags)
{
	uint32_t bytes = WLAN_FIXED_BYTES;

	if ((flags & WLAN_BOTH_DS) == WLAN_BOTH_DS)
		bytes += 6;
	if (control & WLAN_QOS)
		bytes += flags & WLAN_ORDER ? 6 : 2;
	return bytes;
}

static bool is_snap_behind(const struct cursor *c, uint8_t control, uint8_t flags)
{
	const uint32_t at = wlan_header_bytes(control, flags);

	return (control & (WLAN_VERSION_MASK | WLAN_TYPE_MASK)) == WLAN_TYPE_DATA &&
	       peek_u8(c, at) == 0xaa && peek_u8(c, at + 1) == 0xaa && peek_u8(c, at + 2) == 0x03;
}

/* Data frames hold LLC. Some controllers put the two bytes of the frame control into CAPWAP in the
 * wrong order: it is taken so when that alone makes sense of what follows. */
enum decode_result decode_wlan(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint8_t control = peek_u8(c, 0);
	uint8_t flags = peek_u8(c, 1);
	uint32_t bytes;
	bool aggregate;

	if (!is_snap_behind(c, control, flags) &&
		(is_snap_behind(c, flags, control) || (control & WLAN_VERSION_MASK))) {
		control = peek_u8(c, 1);
		flags = peek_u8(c, 0);
	}
	if (cursor_left(c) < 2) {
		c->failed = true;
		return DECODE_STOP;
	}
	if ((control & WLAN_VERSION_MASK) || (control & WLAN_TYPE_MASK) != WLAN_TYPE_DATA ||
		(control & WLAN_NO_DATA))
		return decode_stop(p, REASON_non_ip_wlan);
	bytes = wlan_header_bytes(control, flags);
	aggregate = (control & WLAN_QOS) &&
		    (peek_u8(c, flags & WLAN_ORDER ? bytes - 6 : bytes - 2) & WLAN_QOS_AGGREGATE);
	cursor_skip(c, bytes);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (flags & WLAN_PROTECTED)
		return decode_stop(p, REASON_encrypted_wlan);
	if (aggregate)
		return decode_stop(p, REASON_unsupported_wlan_aggregate);
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = ETHERTYPE_LLC};
	return DECODE_MORE;
}
