#include "capture/decode/snap.h"

enum { SAP_SNAP = 0xaa };

enum decode_result decode_llc(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint8_t dsap = cursor_u8(c);
	const uint8_t ssap = cursor_u8(c);

	if (!cursor_ok(c))
		return DECODE_STOP;
	if (dsap == SAP_SNAP && ssap == SAP_SNAP) {
		cursor_skip(c, 1);
		return snap_next(c, p, ret_next);
	}
	/* The control field has one byte in unnumbered frames, else two. */
	if ((cursor_u8(c) & 3) != 3)
		cursor_skip(c, 1);
	*ret_next = (struct next){.ns = NS_LLC_SAP, .number = dsap};
	return DECODE_MORE;
}
