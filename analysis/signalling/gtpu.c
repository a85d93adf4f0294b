#include "analysis/signalling/signalling.h"

#include "analysis/signalling/gtp.h"
#include "common/cursor.h"

enum {
	PORT_GTP_U = 2152,
	HEADER_BYTES = 8,
	VERSION_AND_PT_MASK = 0xf0,
	VERSION_1_GTP = 0x30, /* version 1, protocol type GTP (not GTP') */
	OPTIONAL_BYTES = 4,
	TYPE_G_PDU = 255, /* a subscriber's packet */
};

/* The messages of the user plane that are no subscriber's packet, and what they may hold (3GPP TS
 * 29.281 §6.1, §7.2, §7.3). */
static const struct gtp_message messages[] = {
	{GTP_ECHO_REQUEST, "echo-request", {GTP_ELEMENT_PRIVATE}},
	{GTP_ECHO_RESPONSE, "echo-response", {GTP_ELEMENT_RECOVERY, GTP_ELEMENT_PRIVATE}},
	{26, "error-indication",
		{GTP_ELEMENT_TEID_DATA_1, GTP_ELEMENT_PEER_ADDRESS, GTP_ELEMENT_RECOVERY_TIME,
			GTP_ELEMENT_PRIVATE}},
	{31, "supported-extension-headers", {GTP_ELEMENT_EXTENSION_HEADERS}},
	{253, "tunnel-status", {GTP_ELEMENT_TUNNEL_STATUS, GTP_ELEMENT_PRIVATE}},
	{254, "end-marker", {GTP_ELEMENT_PRIVATE}},
};

static const struct gtp_message *find(uint8_t type)
{
	return gtp_find(messages, sizeof(messages) / sizeof(messages[0]), type);
}

static bool is_message(uint8_t type)
{
	return type == TYPE_G_PDU || find(type);
}

/* 3GPP TS 29.281 §5.1. Looks at the first 8 bytes alone: what follows them is a subscriber's. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n < HEADER_BYTES ? n : HEADER_BYTES);
	uint8_t flags, type;
	uint16_t length;

	if (layer->sport != PORT_GTP_U && layer->dport != PORT_GTP_U)
		return SIGNALLING_NO;
	flags = cursor_u8(&c);
	type = cursor_u8(&c);
	length = cursor_be16(&c);
	cursor_skip(&c, 4);
	if (!cursor_ok(&c) || (flags & VERSION_AND_PT_MASK) != VERSION_1_GTP || !is_message(type))
		return SIGNALLING_NO;
	/* Some user planes count too little when they add extension headers; none counts what is
	 * not there. */
	if ((uint32_t)length + HEADER_BYTES > layer->payload_bytes ||
		((flags & GTP_OPTIONAL_FIELDS) && length < OPTIONAL_BYTES))
		return SIGNALLING_NO;
	*ret_label = "GTP_U";
	return SIGNALLING_YES;
}

/* Everything that a message of the equipment itself may say wrong. Subscribers' packets never come
 * here. */
static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t flags = cursor_u8(&c);
	const struct gtp_message *m = find(cursor_u8(&c));
	const uint32_t end = cursor_be16(&c) + (uint32_t)HEADER_BYTES;
	const uint32_t teid = cursor_be32(&c);
	struct gtp_walk walk = {0};

	if (layer->proto != IPPROTO_NUM_UDP || !cursor_ok(&c) || !m)
		return false;
	if ((flags & VERSION_AND_PT_MASK) != VERSION_1_GTP || end > layer->payload_bytes ||
		((flags & GTP_OPTIONAL_FIELDS) && end < HEADER_BYTES + OPTIONAL_BYTES))
		return gtp_read_odd_echo(layer, payload, n, PORT_GTP_U, ret);
	cursor_limit(&c, end - HEADER_BYTES);
	if (!gtp_skip_options(&c, flags) || (!cursor_ok(&c) && n >= end))
		return false; /* they are longer than the message */
	if (cursor_ok(&c))
		walk = gtp_walk_v1(&c, end - c.at, m);
	walk.n_residue += layer->payload_bytes - end;
	gtp_tell(ret, 1, m, layer->payload_bytes, &walk);
	if (flags & GTP_FLAG_SPARE)
		gtp_problem(ret, "flags");
	if (m->type <= GTP_ECHO_RESPONSE && teid != 0)
		gtp_problem(ret, "tunnel");
	return true;
}

const struct signalling signalling_gtpu = {.name = "GTP_U",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_UDP},
	.recognises_opaque = true,
	.ports = {PORT_GTP_U},
	.message = message};
