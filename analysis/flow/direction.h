/* Who began a conversation, judged by one packet. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/packet.h"

struct direction {
	bool from_responder; /* the packet was sent by the one who was called */
	bool certain; /* the packet itself says so (a SYN, an INIT, a query), not its ports */
};

/* PAYLOAD is what was captured behind the transport header, N bytes; none for layers that are
 * opaque. TCP flags, SCTP chunks (RFC 9260 §3.2), the QR bit of DNS (RFC 1035 §4.1.1), the mode of
 * NTP (RFC 5905 §7.3) and ICMP types come first; then a registered port against an ephemeral one;
 * else the packet was the first and came from the initiator. */
struct direction direction_of_first(
	const struct packet_layer *l, const uint8_t *payload, uint32_t n);

/* The type of the reply to ICMP TYPE or of the request it replies to, as community id pairs them;
 * -1 when there is none. */
int icmp_counterpart(uint8_t proto, uint8_t type);

/* Type of the first SCTP chunk behind the common header; -1 when it was not captured. */
int sctp_first_chunk(const uint8_t *payload, uint32_t n);

enum {
	SCTP_INIT = 1,
	SCTP_INIT_ACK = 2,
	SCTP_ABORT = 6,
	SCTP_COOKIE_ECHO = 10,
	SCTP_COOKIE_ACK = 11,
	SCTP_SHUTDOWN_COMPLETE = 14,
};
