#include "analysis/signalling/signalling.h"

#include <string.h>

#include "common/cursor.h"

enum {
	PORT_PFCP = 8805,
	HEADER_BYTES = 4, /* that the length does not count */
	LEAST = 4,        /* sequence number and spare byte */
	SEID_BYTES = 8,
	ELEMENT_HEADER_BYTES = 4,
	VERSION_SHIFT = 5,
	FLAGS_SPARE = 0x18,
	FLAG_FOLLOW_ON = 0x04, /* another message is behind it */
	FLAG_SEID = 0x01,
	FIRST_OF_SESSION = 50, /* these have a session's number, those of nodes have none */
	ELEMENT_NODE_ID = 60,
	NODE_ID_IPV4 = 0,
	NODE_ID_IPV6 = 1,
	NODE_ID_NAME = 2,
	NODE_ID_TYPE = 0x0f,
	ENTERPRISE_BIT = 0x8000,
	MAX_NAME_BYTES = 100,
};

/* 3GPP TS 29.244 §7.3 */
static const struct {
	uint8_t type;
	const char *name;
} messages[] = {
	{1, "heartbeat-request"},
	{2, "heartbeat-response"},
	{3, "pfd-management-request"},
	{4, "pfd-management-response"},
	{5, "association-setup-request"},
	{6, "association-setup-response"},
	{7, "association-update-request"},
	{8, "association-update-response"},
	{9, "association-release-request"},
	{10, "association-release-response"},
	{11, "version-not-supported-response"},
	{12, "node-report-request"},
	{13, "node-report-response"},
	{14, "session-set-deletion-request"},
	{15, "session-set-deletion-response"},
	{16, "session-set-modification-request"},
	{17, "session-set-modification-response"},
	{50, "session-establishment-request"},
	{51, "session-establishment-response"},
	{52, "session-modification-request"},
	{53, "session-modification-response"},
	{54, "session-deletion-request"},
	{55, "session-deletion-response"},
	{56, "session-report-request"},
	{57, "session-report-response"},
};

struct header {
	const char *name; /* NULL: this is no message */
	uint8_t flags, type;
	uint32_t length;
};

/* §7.2.2: C moves behind the header. */
static struct header read_header(struct cursor *c, uint32_t payload_bytes)
{
	struct header h = {.flags = cursor_u8(c), .type = cursor_u8(c), .length = cursor_be16(c)};
	const uint32_t least = LEAST + (h.flags & FLAG_SEID ? SEID_BYTES : 0);

	cursor_skip(c, least);
	if (!cursor_ok(c) || h.flags >> VERSION_SHIFT != 1 || (h.flags & FLAGS_SPARE) ||
		h.length < least || h.length + HEADER_BYTES > payload_bytes)
		return h;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (messages[i].type == h.type)
			h.name = messages[i].name;
	}
	h.length -= least;
	return h;
}

static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n);

	if (layer->sport != PORT_PFCP && layer->dport != PORT_PFCP)
		return SIGNALLING_NO;
	if (!read_header(&c, layer->payload_bytes).name)
		return SIGNALLING_NO;
	*ret_label = "PFCP";
	return SIGNALLING_YES;
}

/* A name as DNS writes it (RFC 1035 §3.1), N bytes at AT. */
static void tell_name(struct signalling_message *ret, const uint8_t *at, uint32_t n)
{
	struct cursor c = cursor_init(at, n);
	char name[MAX_NAME_BYTES];
	uint32_t len = 0;

	while (cursor_left(&c) > 0) {
		const uint32_t label = cursor_u8(&c);
		const uint8_t *bytes = cursor_take(&c, label);

		if (!bytes || label == 0 || len + label + 1 > sizeof(name))
			break;
		if (len > 0)
			name[len++] = '.';
		for (uint32_t i = 0; i < label; i++)
			name[len++] = (char)bytes[i];
	}
	message_name(ret, FIELD_PFCP_NODE, (struct str){name, len});
}

/* Who it is that speaks (§8.2.38), N bytes at AT. */
static void tell_node(const struct packet_layer *layer, struct signalling_message *ret,
	const uint8_t *at, uint32_t n)
{
	const uint8_t type = at[0] & NODE_ID_TYPE;
	char text[IP_ADDR_TEXT_BYTES];
	struct ip_addr addr;

	if (type == NODE_ID_NAME) {
		tell_name(ret, at + 1, n - 1);
		return;
	}
	if (type == NODE_ID_IPV4 && n >= 5)
		addr = ip_addr_from_v4(at + 1);
	else if (type == NODE_ID_IPV6 && n >= 17)
		addr = ip_addr_from_v6(at + 1);
	else
		return;
	message_made_text(ret, FIELD_PFCP_NODE, true, str_from(ip_addr_format(&addr, text)));
	message_flag(ret, FIELD_PFCP_NODE_ELSEWHERE, memcmp(&addr, &layer->src, sizeof(addr)) != 0);
}

/* Walks the elements (§8.1.1: type, length; those of a vendor's own have its number behind, which
 * the length counts), N bytes at C. What is a subscriber's stands in elements that hold others:
 * they are not opened. Returns the bytes that are no element. */
static uint32_t walk(const struct packet_layer *layer, struct cursor *c, uint32_t n,
	struct signalling_message *ret)
{
	bool told = false;

	while (n > 0 && cursor_left(c) > 0) {
		const uint32_t type = cursor_be16(c);
		const uint32_t bytes = cursor_be16(c);
		const uint8_t *value;

		if (n < ELEMENT_HEADER_BYTES)
			return n;
		if (!cursor_ok(c))
			break;
		if (type == 0 || bytes > n - ELEMENT_HEADER_BYTES ||
			(type & ENTERPRISE_BIT && bytes < 2))
			return n;
		value = cursor_take(c, bytes);
		if (type == ELEMENT_NODE_ID && value && bytes > 0 && !told) {
			tell_node(layer, ret, value, bytes);
			told = true;
		}
		n -= bytes + ELEMENT_HEADER_BYTES;
	}
	return 0;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	const struct header h = read_header(&c, layer->payload_bytes);
	const uint32_t end = c.at + h.length;
	const bool follow_on = (h.flags & FLAG_FOLLOW_ON) && end < layer->payload_bytes;
	uint32_t residue;

	if (layer->proto != IPPROTO_NUM_UDP || !h.name)
		return false;
	ret->name = h.name;
	message_num(ret, FIELD_PFCP_TYPE, h.type);
	cursor_limit(&c, h.length);
	residue = walk(layer, &c, h.length, ret);
	if (follow_on)
		ret->next = end;
	else
		residue += layer->payload_bytes - end;
	message_note_num(ret, FIELD_SIGNALLING_BYTES, follow_on ? end : layer->payload_bytes);
	message_note_num(ret, FIELD_SIGNALLING_RESIDUE, residue);
	if (residue > 0)
		message_text(ret, FIELD_SIGNALLING_PROBLEMS, STR("residue"));
	if (((h.flags & FLAG_SEID) != 0) != (h.type >= FIRST_OF_SESSION))
		message_text(ret, FIELD_SIGNALLING_PROBLEMS, STR("flags"));
	return true;
}

const struct signalling signalling_pfcp = {.name = "PFCP",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_UDP},
	.ports = {PORT_PFCP},
	.message = message};
