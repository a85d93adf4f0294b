#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	HEADER_BYTES = 20,
	ATTRIBUTE_HEADER_BYTES = 2,
	MAX_MESSAGE_BYTES = 4096,
	MIN_ATTRIBUTES = 2, /* that prove it on a port of somebody else */
};

/* RFC 2865 §4, RFC 2866 §4, RFC 5176 §3, RFC 5997 §3. NULL: no code of a message. */
static const char *code_name(uint8_t code)
{
	switch (code) {
	case 1:
		return "access-request";
	case 2:
		return "access-accept";
	case 3:
		return "access-reject";
	case 4:
		return "accounting-request";
	case 5:
		return "accounting-response";
	case 11:
		return "access-challenge";
	case 12:
		return "status-server";
	case 40:
		return "disconnect-request";
	case 41:
		return "disconnect-ack";
	case 42:
		return "disconnect-nak";
	case 43:
		return "coa-request";
	case 44:
		return "coa-ack";
	case 45:
		return "coa-nak";
	default:
		return NULL;
	}
}

/* Authentication, accounting, the numbers that both had before, dynamic authorization. */
static bool is_own_port(uint16_t port)
{
	return port == 1812 || port == 1813 || port == 1645 || port == 1646 || port == 3799;
}

/* RFC 2865 §3 and §5: the attributes fill the message. Of each, type and length are looked at and
 * nothing else: they name users. *ret_n is how many there are. */
static bool walk_attributes(struct cursor *c, uint32_t *ret_n)
{
	*ret_n = 0;
	while (cursor_left(c) > 0) {
		const uint8_t type = cursor_u8(c);
		const uint8_t length = cursor_u8(c);

		if (!cursor_ok(c) || type == 0 || length < ATTRIBUTE_HEADER_BYTES)
			return false;
		cursor_skip(c, length - ATTRIBUTE_HEADER_BYTES);
		if (!cursor_ok(c))
			return false;
		++*ret_n;
	}
	return true;
}

static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t code = cursor_u8(&c);
	uint32_t n_attributes;
	uint16_t length;

	cursor_skip(&c, 1); /* identifier */
	length = cursor_be16(&c);
	cursor_skip(&c, 16); /* authenticator */
	if (!cursor_ok(&c) || !code_name(code) || length != layer->payload_bytes || length != n ||
		length > MAX_MESSAGE_BYTES || !walk_attributes(&c, &n_attributes))
		return SIGNALLING_NO;
	if (!is_own_port(layer->sport) && !is_own_port(layer->dport) &&
		n_attributes < MIN_ATTRIBUTES)
		return SIGNALLING_NO;
	*ret_label = "Radius";
	return SIGNALLING_YES;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t code = cursor_u8(&c);
	uint16_t length;

	cursor_skip(&c, 1);
	length = cursor_be16(&c);
	cursor_skip(&c, 16);
	if (layer->proto != IPPROTO_NUM_UDP || !cursor_ok(&c) || length < HEADER_BYTES ||
		length > layer->payload_bytes)
		return false;
	ret->name = code_name(code);
	return ret->name != NULL;
}

/* RADIUS (RFC 2865, 2866, 5176): codes and peers, nothing of users. The library knows it on 1812
 * and 1813 alone. */
const struct signalling signalling_radius = {.name = "Radius",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_UDP},
	.label = "Radius",
	.message = message};
