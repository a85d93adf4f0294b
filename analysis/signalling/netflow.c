#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	VERSION_5 = 5,
	VERSION_9 = 9,
	VERSION_IPFIX = 10,
	HEADER_5_BYTES = 24,
	RECORD_5_BYTES = 48,
	MAX_RECORDS_5 = 30,
	HEADER_9_BYTES = 20,
	HEADER_IPFIX_BYTES = 16,
};

/* Version 5 (Cisco's NetFlow Export Datagram Format), 9 (RFC 3954 §5.1), IPFIX (RFC 7011 §3.1). */
static bool read_header(
	const struct packet_layer *layer, const uint8_t *payload, uint32_t n, uint16_t *ret_version)
{
	struct cursor c = cursor_init(payload, n);
	uint16_t count;

	*ret_version = cursor_be16(&c);
	count = cursor_be16(&c); /* records; of IPFIX bytes */
	if (!cursor_ok(&c) || count == 0)
		return false;
	switch (*ret_version) {
	case VERSION_5:
		return count <= MAX_RECORDS_5 &&
		       layer->payload_bytes == HEADER_5_BYTES + (uint32_t)count * RECORD_5_BYTES;
	case VERSION_9:
		return layer->payload_bytes >= HEADER_9_BYTES;
	case VERSION_IPFIX:
		return layer->payload_bytes == count && count >= HEADER_IPFIX_BYTES;
	default:
		return false;
	}
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	uint16_t version;

	if (layer->proto != IPPROTO_NUM_UDP || !read_header(layer, payload, n, &version))
		return false;
	ret->name = "export";
	message_num(ret, FIELD_NETFLOW_VERSION, version);
	return true;
}

/* Who spoke with whom, as routers report it. The library knows the versions apart from nothing
 * else. */
const struct signalling signalling_netflow = {
	.name = "NetFlow", .label = "NetFlow", .message = message};
