#include "capture/decode/layer.h"

enum {
	SAP_SNAP = 0xaa,
	OUI_ETHERTYPE = 0x000000,
	OUI_BRIDGE_TUNNEL = 0x0000f8,
	OUI_CISCO = 0x00000c
};

enum decode_result decode_llc(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint8_t dsap = cursor_u8(c);
	const uint8_t ssap = cursor_u8(c);
	uint32_t oui;
	uint16_t pid;

	if (!cursor_ok(c))
		return DECODE_STOP;
	if (dsap != SAP_SNAP || ssap != SAP_SNAP) {
		/* The control field has one byte in unnumbered frames, else two. */
		if ((cursor_u8(c) & 3) != 3)
			cursor_skip(c, 1);
		*ret_next = (struct next){.ns = NS_LLC_SAP, .number = dsap};
		return DECODE_MORE;
	}
	cursor_skip(c, 1);
	oui = cursor_be24(c);
	pid = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	switch (oui) {
	case OUI_ETHERTYPE:
	case OUI_BRIDGE_TUNNEL:
		*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = pid};
		return DECODE_MORE;
	case OUI_CISCO:
		*ret_next = (struct next){.ns = NS_CISCO_SNAP, .number = pid};
		return DECODE_MORE;
	default:
		return decode_stop(p, REASON_unknown_snap);
	}
}
