#include "analysis/signalling/gtp.h"

enum {
	PORT_GTP_C = 2123,
	V1_HEADER_BYTES = 8, /* that the length does not count */
	V2_HEADER_BYTES = 4,
	V2_LEAST = 4, /* sequence number and spare byte */
	V2_TEID_BYTES = 4,
	VERSION_SHIFT = 5,
	FLAG_PROTOCOL_TYPE = 0x10, /* version 1: GTP, not GTP' */
	V2_FLAG_PIGGYBACKED = 0x10,
	V2_FLAG_TEID = 0x08,
	V2_FLAGS_SPARE = 0x03,
	V2_ELEMENT_RECOVERY = 3,
	V2_ELEMENT_NODE_FEATURES = 152,
};

#define MESSAGES(of) of, sizeof(of) / sizeof((of)[0])

/* 3GPP TS 29.060 §7.1, §7.2 */
static const struct gtp_message v1_messages[] = {
	{GTP_ECHO_REQUEST, "echo-request", {GTP_ELEMENT_PRIVATE}},
	{GTP_ECHO_RESPONSE, "echo-response", {GTP_ELEMENT_RECOVERY, GTP_ELEMENT_PRIVATE}},
	{3, "version-not-supported", {0}},
	{26, "error-indication",
		{GTP_ELEMENT_TEID_DATA_1, GTP_ELEMENT_PEER_ADDRESS, GTP_ELEMENT_PRIVATE}},
	{31, "supported-extension-headers", {GTP_ELEMENT_EXTENSION_HEADERS}},
#define GTP_V1(type, name) {type, name, {GTP_ANY_ELEMENT}},
#define GTP_V2(type, name)
#include "analysis/signalling/gtpc_messages.def"
#undef GTP_V1
#undef GTP_V2
};

/* 3GPP TS 29.274 §6.1, §7.1 */
static const struct gtp_message v2_messages[] = {
	{GTP_ECHO_REQUEST, "echo-request",
		{V2_ELEMENT_RECOVERY, V2_ELEMENT_NODE_FEATURES, GTP_ELEMENT_PRIVATE}},
	{GTP_ECHO_RESPONSE, "echo-response",
		{V2_ELEMENT_RECOVERY, V2_ELEMENT_NODE_FEATURES, GTP_ELEMENT_PRIVATE}},
	{3, "version-not-supported", {0}},
#define GTP_V1(type, name)
#define GTP_V2(type, name) {type, name, {GTP_ANY_ELEMENT}},
#include "analysis/signalling/gtpc_messages.def"
#undef GTP_V1
#undef GTP_V2
};

/* Version 1 (TS 29.060 §6, §8.2: the sequence number is always there). */
static bool read_v1(struct cursor c, uint8_t flags, const struct packet_layer *layer,
	struct signalling_message *ret)
{
	const struct gtp_message *m = gtp_find(MESSAGES(v1_messages), cursor_u8(&c));
	const uint32_t end = cursor_be16(&c) + (uint32_t)V1_HEADER_BYTES;
	const uint32_t teid = cursor_be32(&c);
	struct gtp_walk walk = {0};

	if (!m || !cursor_ok(&c) || end > layer->payload_bytes)
		return false;
	cursor_limit(&c, end - V1_HEADER_BYTES);
	if (!gtp_skip_options(&c, flags) || (!cursor_ok(&c) && c.end == end))
		return false; /* they are longer than the message */
	if (cursor_ok(&c))
		walk = gtp_walk_v1(&c, end - c.at, m);
	walk.n_residue += layer->payload_bytes - end;
	gtp_tell(ret, 1, m, layer->payload_bytes, &walk);
	if ((flags & GTP_FLAG_SPARE) || !(flags & GTP_FLAG_SEQUENCE))
		gtp_problem(ret, "flags");
	if (m->type <= GTP_ECHO_RESPONSE && teid != 0)
		gtp_problem(ret, "tunnel");
	return true;
}

/* Version 2 (TS 29.274 §5.1, §5.5.1). A message that is flagged so has another one behind it. */
static bool read_v2(struct cursor c, uint8_t flags, const struct packet_layer *layer,
	struct signalling_message *ret)
{
	const struct gtp_message *m = gtp_find(MESSAGES(v2_messages), cursor_u8(&c));
	const uint32_t length = cursor_be16(&c);
	const uint32_t end = length + V2_HEADER_BYTES;
	const uint32_t least = V2_LEAST + (flags & V2_FLAG_TEID ? V2_TEID_BYTES : 0);
	const bool piggybacked = (flags & V2_FLAG_PIGGYBACKED) && end < layer->payload_bytes;
	struct gtp_walk walk = {0};

	if (!m || !cursor_ok(&c) || length < least || end > layer->payload_bytes)
		return false;
	cursor_limit(&c, length);
	cursor_skip(&c, least);
	if (!cursor_ok(&c))
		return false;
	walk = gtp_walk_v2(&c, length - least, m);
	if (piggybacked)
		ret->next = end;
	else
		walk.n_residue += layer->payload_bytes - end;
	gtp_tell(ret, 2, m, piggybacked ? end : layer->payload_bytes, &walk);
	if (flags & V2_FLAGS_SPARE)
		gtp_problem(ret, "flags");
	if (m->type <= GTP_ECHO_RESPONSE && (flags & V2_FLAG_TEID))
		gtp_problem(ret, "tunnel");
	return true;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t flags = cursor_u8(&c);

	if (layer->proto != IPPROTO_NUM_UDP)
		return false;
	if (flags >> VERSION_SHIFT == 2)
		return read_v2(c, flags, layer, ret);
	if (flags >> VERSION_SHIFT == 1 && (flags & FLAG_PROTOCOL_TYPE) &&
		read_v1(c, flags, layer, ret))
		return true;
	return gtp_read_odd_echo(layer, payload, n, PORT_GTP_C, ret);
}

const struct signalling signalling_gtpc = {
	.name = "GTP_C", .label = "GTP_C", .ports = {PORT_GTP_C}, .message = message};
