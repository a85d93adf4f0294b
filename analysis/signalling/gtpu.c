#include "analysis/signalling/signalling.h"

#include "analysis/signalling/gtp.h"
#include "common/cursor.h"

enum {
	PORT_GTP_U = 2152,
	HEADER_BYTES = 8,
	VERSION_AND_PT_MASK = 0xf0,
	VERSION_1_GTP = 0x30, /* version 1, protocol type GTP (not GTP') */
	OPTIONAL_FIELDS = 0x07,
	OPTIONAL_BYTES = 4,
	FLAG_EXTENSION = 0x04,
	FLAG_SPARE = 0x08,
	TYPE_ECHO_RESPONSE = 2,
	TYPE_G_PDU = 255, /* a subscriber's packet */
};

/* The messages of the user plane that are no subscriber's packet, and what they may hold (3GPP TS
 * 29.281 §6.1, §7.2, §7.3). */
static const struct gtp_message messages[] = {
	{1, "echo-request", {GTP_ELEMENT_PRIVATE}},
	{TYPE_ECHO_RESPONSE, "echo-response", {GTP_ELEMENT_RECOVERY, GTP_ELEMENT_PRIVATE}},
	{26, "error-indication",
		{GTP_ELEMENT_TEID_DATA_1, GTP_ELEMENT_PEER_ADDRESS, GTP_ELEMENT_RECOVERY_TIME,
			GTP_ELEMENT_PRIVATE}},
	{31, "supported-extension-headers", {GTP_ELEMENT_EXTENSION_HEADERS}},
	{253, "tunnel-status", {GTP_ELEMENT_TUNNEL_STATUS, GTP_ELEMENT_PRIVATE}},
	{254, "end-marker", {GTP_ELEMENT_PRIVATE}},
};

static const struct gtp_message *find(uint8_t type)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (messages[i].type == type)
			return &messages[i];
	}
	return NULL;
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

	if (layer->proto != IPPROTO_NUM_UDP ||
		(layer->sport != PORT_GTP_U && layer->dport != PORT_GTP_U))
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
		((flags & OPTIONAL_FIELDS) && length < OPTIONAL_BYTES))
		return SIGNALLING_NO;
	*ret_label = "GTP_U";
	return SIGNALLING_YES;
}

/* Moves behind the optional fields and extension headers (§5.1, §5.2.1: length in words of four
 * bytes, the next one's type in the last byte). False where a length is impossible. */
static bool skip_options(struct cursor *c, uint8_t flags)
{
	uint8_t next;

	if (!(flags & OPTIONAL_FIELDS))
		return true;
	cursor_skip(c, OPTIONAL_BYTES - 1);
	next = cursor_u8(c);
	while ((flags & FLAG_EXTENSION) && next != 0 && cursor_ok(c)) {
		const uint32_t words = cursor_u8(c);

		if (words == 0)
			return false;
		cursor_skip(c, words * 4 - 2);
		next = cursor_u8(c);
	}
	return true;
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

	if (layer->proto != IPPROTO_NUM_UDP || !cursor_ok(&c) || !m ||
		(flags & VERSION_AND_PT_MASK) != VERSION_1_GTP || end > layer->payload_bytes)
		return false;
	cursor_limit(&c, end - HEADER_BYTES);
	if (!skip_options(&c, flags) || (!cursor_ok(&c) && n >= end))
		return false; /* they are longer than the message */
	if (cursor_ok(&c))
		walk = gtp_walk_v1(&c, end - c.at, m);
	ret->name = m->name;
	walk.n_residue += layer->payload_bytes - end;
	gtp_tell(ret, 1, m->type, layer->payload_bytes, &walk);
	if (flags & FLAG_SPARE)
		message_text(ret, FIELD_SIGNALLING_PROBLEMS, STR("flags"));
	if (m->type <= TYPE_ECHO_RESPONSE && teid != 0)
		message_text(ret, FIELD_SIGNALLING_PROBLEMS, STR("tunnel"));
	return true;
}

const struct signalling signalling_gtpu = {
	.name = "GTP_U", .recognise = recognise, .message = message};
