#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	RECORD_HANDSHAKE = 22,
	MAJOR_VERSION = 3,
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	MAX_RECORD_BYTES = 1 << 14,
	MIN_HELLO_BYTES = 34, /* version and random */
	READ_PACKETS = 8,
};

/* RFC 8446 §5.1 and §4. */
static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t type = cursor_u8(&c);
	const uint8_t major = cursor_u8(&c);
	uint16_t record;
	uint8_t handshake;
	uint32_t length;

	cursor_skip(&c, 1);
	record = cursor_be16(&c);
	handshake = cursor_u8(&c);
	length = cursor_be24(&c);
	if (layer->proto != IPPROTO_NUM_TCP || !cursor_ok(&c) || type != RECORD_HANDSHAKE ||
		major != MAJOR_VERSION || record > MAX_RECORD_BYTES || length < MIN_HELLO_BYTES)
		return false;
	if (handshake != CLIENT_HELLO && handshake != SERVER_HELLO)
		return false;
	ret->name = handshake == CLIENT_HELLO ? "client-hello" : "server-hello";
	return true;
}

/* Who is the client of a TLS connection. In NETCONF call home (RFC 8071) and in tools that work
 * backwards it is not who opened it. */
const struct signalling signalling_tls = {
	.name = "TLS", .label = "TLS", .most_packets = READ_PACKETS, .message = message};
