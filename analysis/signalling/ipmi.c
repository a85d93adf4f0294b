#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	PORT_RMCP = 623,
	PORT_RMCP_SECURE = 664,
	RMCP_VERSION = 6,
	CLASS_MASK = 0x1f,
	CLASS_ACK = 0x80, /* acknowledges a message of this class: the header is all there is */
	CLASS_ASF = 6,
	CLASS_IPMI = 7,
	AUTHENTICATION_RMCP_PLUS = 6,
	AUTHENTICATION_MASK = 0x0f,
	PAYLOAD_TYPE_MASK = 0x3f,
	PAYLOAD_OEM = 2,
	PAYLOAD_OPEN_REQUEST = 0x10,
	ALGORITHM_BYTES = 8,
};

/* DSP0136 §3.2.3 (RMCP): version, reserved, sequence, class. *ret_class is with the bit of
 * acknowledgements. */
static bool read_rmcp(struct cursor *c, uint8_t *ret_class)
{
	const uint8_t version = cursor_u8(c);
	const uint8_t reserved = cursor_u8(c);

	cursor_skip(c, 1);
	*ret_class = cursor_u8(c);
	return cursor_ok(c) && version == RMCP_VERSION && reserved == 0 &&
	       !(*ret_class & ~(CLASS_ACK | CLASS_MASK)) &&
	       ((*ret_class & CLASS_MASK) == CLASS_ASF || (*ret_class & CLASS_MASK) == CLASS_IPMI);
}

static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n);
	uint8_t class;

	if (layer->dport != PORT_RMCP && layer->sport != PORT_RMCP &&
		layer->dport != PORT_RMCP_SECURE && layer->sport != PORT_RMCP_SECURE)
		return SIGNALLING_NO;
	if (!read_rmcp(&c, &class))
		return SIGNALLING_NO;
	*ret_label = "IPMI";
	return SIGNALLING_YES;
}

/* DSP0136 §3.2.4: the enterprise's number, the type of the message. */
static bool asf_message(struct cursor *c, struct signalling_message *ret)
{
	enum { ASF_ENTERPRISE = 4542, PONG = 0x40, PING = 0x80 };
	const uint32_t enterprise = cursor_be32(c);
	const uint8_t type = cursor_u8(c);

	if (!cursor_ok(c) || enterprise != ASF_ENTERPRISE)
		return false;
	if (type == PING)
		ret->name = "presence-ping";
	else if (type == PONG)
		ret->name = "presence-pong";
	else
		ret->name = "asf";
	return true;
}

static const char *payload_name(uint8_t type)
{
	switch (type) {
	case 0:
		return "command";
	case 1:
		return "serial-over-lan";
	case PAYLOAD_OEM:
		return "oem";
	case PAYLOAD_OPEN_REQUEST:
		return "open-session-request";
	case 0x11:
		return "open-session-response";
	case 0x12:
		return "rakp-1";
	case 0x13:
		return "rakp-2";
	case 0x14:
		return "rakp-3";
	case 0x15:
		return "rakp-4";
	default:
		return "other";
	}
}

/* IPMI 2.0 §13.17: tag, privilege, reserved, session, then algorithms of 8 bytes each, of which the
 * first asks how the user proves who it is: 0 is not at all ("cipher zero", §22.15.2). What follows
 * in RAKP messages names the user and is not looked at. */
static void read_open_request(struct cursor *c, struct signalling_message *ret)
{
	static const char *const names[] = {"none", "hmac-sha1", "hmac-md5", "hmac-sha256"};
	uint8_t payload_type, length, algorithm;

	cursor_skip(c, 8);
	payload_type = cursor_u8(c);
	cursor_skip(c, 2);
	length = cursor_u8(c);
	algorithm = cursor_u8(c) & PAYLOAD_TYPE_MASK;
	if (!cursor_ok(c) || payload_type != 0 || length != ALGORITHM_BYTES)
		return;
	message_text(ret, FIELD_IPMI_AUTHENTICATION,
		str_from(
			algorithm < sizeof(names) / sizeof(names[0]) ? names[algorithm] : "other"));
}

/* IPMI 2.0 §13.6: behind the type of authentication stands that of the payload, and, of an OEM's,
 * whose it is; then session, sequence and length. */
static bool read_rmcp_plus(struct cursor *c, struct signalling_message *ret)
{
	const uint8_t type = cursor_u8(c) & PAYLOAD_TYPE_MASK;

	if (!cursor_ok(c))
		return false;
	ret->name = payload_name(type);
	if (type == PAYLOAD_OEM)
		cursor_skip(c, 6);
	cursor_skip(c, 4 + 4 + 2);
	if (type == PAYLOAD_OPEN_REQUEST)
		read_open_request(c, ret);
	else
		message_text(ret, FIELD_IPMI_AUTHENTICATION, STR("rmcp+"));
	return true;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	static const char *const types[] = {"none", "md2", "md5", "reserved", "password", "oem"};
	struct cursor c = cursor_init(payload, n);
	uint8_t class, authentication;

	if (layer->proto != IPPROTO_NUM_UDP || !read_rmcp(&c, &class))
		return false;
	if (class & CLASS_ACK) {
		ret->name = "acknowledgement";
		return true;
	}
	if (class == CLASS_ASF)
		return asf_message(&c, ret);
	authentication = cursor_u8(&c) & AUTHENTICATION_MASK;
	if (!cursor_ok(&c))
		return false;
	if (authentication == AUTHENTICATION_RMCP_PLUS)
		return read_rmcp_plus(&c, ret);
	if (authentication > AUTHENTICATION_RMCP_PLUS)
		return false;
	ret->name = "command";
	message_text(ret, FIELD_IPMI_AUTHENTICATION, str_from(types[authentication]));
	return true;
}

/* The management processors of machines: RMCP and RMCP+ (DMTF DSP0136, Intel's IPMI 2.0). */
const struct signalling signalling_ipmi = {.name = "IPMI",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_UDP},
	.ports = {PORT_RMCP, PORT_RMCP_SECURE},
	.message = message};
