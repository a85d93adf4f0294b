#include "capture/decode/snap.h"

enum {
	FR_LAST_ADDRESS_BYTE = 1,
	FR_MOST_ADDRESS_BYTES = 4,
	FR_UNNUMBERED = 0x03,
	NLPID_PADDING = 0x00,
	NLPID_SNAP = 0x80,
};

/* An address of two to four bytes, whose last one is marked. Then control,
 * padding and a protocol identifier (RFC 2427 §3), or, as Cisco has it, an EtherType. */
enum decode_result decode_frame_relay(struct cursor *c, struct packet *p, struct next *ret_next)
{
	uint8_t nlpid;
	int address_bytes = 1;

	while (!(cursor_u8(c) & FR_LAST_ADDRESS_BYTE) && cursor_ok(c)) {
		if (++address_bytes > FR_MOST_ADDRESS_BYTES)
			return decode_stop(p, REASON_bad_frame_relay);
	}
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (address_bytes == 1)
		return decode_stop(p, REASON_bad_frame_relay);
	if (cursor_left(c) && peek_u8(c, 0) != FR_UNNUMBERED) {
		*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = cursor_be16(c)};
		return DECODE_MORE;
	}
	cursor_skip(c, 1);
	nlpid = cursor_u8(c);
	if (nlpid == NLPID_PADDING)
		nlpid = cursor_u8(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (nlpid == NLPID_SNAP)
		return snap_next(c, p, ret_next);
	*ret_next = (struct next){.ns = NS_NLPID, .number = nlpid};
	return DECODE_MORE;
}
