#include "analysis/signalling/signalling.h"

#include <stddef.h>
#include <string.h>

#include "common/cursor.h"

enum {
	PORT_BGP = 179,
	HEADER_BYTES = 19,
	MARKER_BYTES = 16,
	OPEN = 1,
	NOTIFICATION = 3,
	LAST_TYPE = 5,
	VERSION = 4,
	PARAMETER_CAPABILITIES = 2,
	CAPABILITY_AS4 = 65,
	AS_TRANS = 23456, /* RFC 6793 §4.1: the number does not fit, the capability has it */
};

/* RFC 4271 §4.1: 16 bytes of ones, length, type. */
static bool read_header(struct cursor *c, uint16_t *ret_length, uint8_t *ret_type)
{
	static const uint8_t ones[MARKER_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const uint8_t *marker = cursor_take(c, MARKER_BYTES);

	*ret_length = cursor_be16(c);
	*ret_type = cursor_u8(c);
	return cursor_ok(c) && memcmp(marker, ones, MARKER_BYTES) == 0 &&
	       *ret_length >= HEADER_BYTES && *ret_type >= OPEN && *ret_type <= LAST_TYPE;
}

/* On its own port the library knows it. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n);
	uint16_t length;
	uint8_t type;

	if (layer->sport == PORT_BGP || layer->dport == PORT_BGP)
		return SIGNALLING_NO;
	if (n == 0)
		return SIGNALLING_MAYBE;
	if (!read_header(&c, &length, &type))
		return SIGNALLING_NO;
	*ret_label = "BGP";
	return SIGNALLING_YES;
}

/* Of the optional parameters (RFC 5492 §4) the capability of four-byte numbers (RFC 6793 §3); 0:
 * there is none. */
static uint32_t find_as4(struct cursor *c)
{
	while (cursor_left(c) > 0) {
		const uint8_t type = cursor_u8(c);
		const uint8_t length = cursor_u8(c);
		struct cursor capabilities;

		if (type != PARAMETER_CAPABILITIES) {
			cursor_skip(c, length);
			continue;
		}
		capabilities = *c;
		cursor_limit(&capabilities, length);
		while (cursor_left(&capabilities) > 0) {
			const uint8_t code = cursor_u8(&capabilities);
			const uint8_t bytes = cursor_u8(&capabilities);

			if (code == CAPABILITY_AS4 && bytes == 4)
				return cursor_be32(&capabilities);
			cursor_skip(&capabilities, bytes);
			if (!cursor_ok(&capabilities))
				break;
		}
		cursor_skip(c, length);
	}
	return 0;
}

/* RFC 4271 §4.2. */
static void read_open(struct cursor *c, struct signalling_message *ret)
{
	const uint8_t version = cursor_u8(c);
	const uint16_t as = cursor_be16(c);
	const uint16_t hold_s = cursor_be16(c);
	const uint8_t *router = cursor_take(c, 4);
	uint32_t as4;
	struct ip_addr id;

	if (!cursor_ok(c) || version != VERSION)
		return;
	cursor_limit(c, cursor_u8(c));
	as4 = find_as4(c);
	id = ip_addr_from_v4(router);
	message_num(ret, FIELD_BGP_AS, as4 && (as == AS_TRANS || as4 == as) ? as4 : as);
	message_ip(ret, FIELD_BGP_ROUTER_ID, &id);
	message_note_num(ret, FIELD_BGP_HOLD_TIME_S, hold_s);
}

/* RFC 4271 §4.5. */
static void read_notification(struct cursor *c, struct signalling_message *ret)
{
	const uint8_t code = cursor_u8(c);
	const uint8_t subcode = cursor_u8(c);

	if (!cursor_ok(c))
		return;
	message_num(ret, FIELD_BGP_ERROR_CODE, code);
	message_num(ret, FIELD_BGP_ERROR_SUBCODE, subcode);
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	static const char *const names[] = {
		"open", "update", "notification", "keepalive", "route-refresh"};
	struct cursor c = cursor_init(payload, n);
	uint16_t length;
	uint8_t type;

	if (layer->proto != IPPROTO_NUM_TCP || !read_header(&c, &length, &type))
		return false;
	ret->name = names[type - OPEN];
	ret->next = length;
	cursor_limit(&c, length - HEADER_BYTES);
	if (type == OPEN)
		read_open(&c, ret);
	else if (type == NOTIFICATION)
		read_notification(&c, ret);
	return true;
}

/* Routing between networks (RFC 4271): with whom, and as which network each introduces itself. */
const struct signalling signalling_bgp = {.name = "BGP",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_TCP},
	.label = "BGP",
	.message = message};
