/* What both versions of the Linux cooked header share: the special values of the protocol. */
#pragma once

#include "capture/decode/layer.h"

enum { ARPHRD_NUM_NETLINK = 824, COOKED_NOVELL = 1, COOKED_LLC = 4 };

static inline enum decode_result cooked_next(
	struct packet *p, uint16_t hardware, uint16_t protocol, struct next *ret_next)
{
	if (hardware == ARPHRD_NUM_NETLINK)
		return decode_stop(p, REASON_non_ip_netlink);
	if (protocol == COOKED_NOVELL)
		return decode_stop(p, REASON_non_ip_ipx);
	*ret_next = (struct next){.ns = NS_ETHERTYPE, .number = protocol};
	if (protocol == COOKED_LLC)
		ret_next->number = ETHERTYPE_LLC;
	return DECODE_MORE;
}
