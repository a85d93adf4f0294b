#include "analysis/signalling/gtp.h"

enum {
	PORT_GTP_PRIME = 3386,
	HEADER_BYTES = 6,
	VERSION_SHIFT = 5,
	LAST_VERSION = 2,
	FLAG_PROTOCOL_TYPE = 0x10, /* GTP, not GTP' */
	FLAGS_SPARE = 0x0e,        /* all set */
	FLAG_SHORT_HEADER =
		0x01, /* in version 0 alone, whose header may be that of GTP version 0 */
};

/* Charging (3GPP TS 32.295 §6.2). What is charged for is a subscriber's: the records are an element
 * like any other, whose type is looked at. */
static const struct gtp_message messages[] = {
	{GTP_ECHO_REQUEST, "echo-request", {GTP_ELEMENT_PRIVATE}},
	{GTP_ECHO_RESPONSE, "echo-response", {GTP_ELEMENT_RECOVERY, GTP_ELEMENT_PRIVATE}},
	{3, "version-not-supported", {0}},
	{4, "node-alive-request", {GTP_ANY_ELEMENT}},
	{5, "node-alive-response", {GTP_ANY_ELEMENT}},
	{6, "redirection-request", {GTP_ANY_ELEMENT}},
	{7, "redirection-response", {GTP_ANY_ELEMENT}},
	{240, "data-record-transfer-request", {GTP_ANY_ELEMENT}},
	{241, "data-record-transfer-response", {GTP_ANY_ELEMENT}},
};

/* TS 32.295 §6.1.1 */
static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t flags = cursor_u8(&c);
	const uint8_t version = flags >> VERSION_SHIFT;
	const struct gtp_message *m =
		gtp_find(messages, sizeof(messages) / sizeof(messages[0]), cursor_u8(&c));
	const uint32_t length = cursor_be16(&c);
	struct gtp_walk walk;

	cursor_skip(&c, 2); /* sequence number */
	if (layer->proto != IPPROTO_NUM_UDP || !cursor_ok(&c) || !m || version > LAST_VERSION ||
		(flags & FLAG_PROTOCOL_TYPE) || (flags & FLAGS_SPARE) != FLAGS_SPARE ||
		(version == 0 && !(flags & FLAG_SHORT_HEADER)) ||
		length + HEADER_BYTES > layer->payload_bytes)
		return false;
	cursor_limit(&c, length);
	walk = gtp_walk_v1(&c, length, m);
	walk.n_residue += layer->payload_bytes - length - HEADER_BYTES;
	gtp_tell(ret, version, m, layer->payload_bytes, &walk);
	return true;
}

const struct signalling signalling_gtp_prime = {
	.name = "GTP_PRIME", .label = "GTP_PRIME", .ports = {PORT_GTP_PRIME}, .message = message};
