/* The identifier of IEEE 802's subnetwork access protocol, wherever it stands. */
#pragma once

#include "capture/decode/layer.h"

enum {
	OUI_ETHERTYPE = 0x000000,
	OUI_BRIDGE_TUNNEL = 0x0000f8,
	OUI_CISCO = 0x00000c,
	OUI_BRIDGED = 0x0080c2, /* RFC 2427 §4.2, RFC 2684 §5.2 */
	BRIDGED_ETHERNET_FCS = 1,
	BRIDGED_ETHERNET = 7,
	LINKTYPE_NUM_BRIDGED = 1,
};

/* Organisation and protocol, at the cursor. */
static inline enum decode_result snap_next(
	struct cursor *c, struct packet *p, struct next *ret_next)
{
	const uint32_t oui = cursor_be24(c);
	const uint16_t pid = cursor_be16(c);

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
	case OUI_BRIDGED:
		if (pid != BRIDGED_ETHERNET && pid != BRIDGED_ETHERNET_FCS)
			break;
		*ret_next = (struct next){.ns = NS_LINKTYPE, .number = LINKTYPE_NUM_BRIDGED};
		return DECODE_MORE;
	default:
		break;
	}
	return decode_stop(p, REASON_unknown_snap);
}
