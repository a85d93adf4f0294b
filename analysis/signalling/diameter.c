#include "analysis/signalling/signalling.h"

#include "common/cursor.h"

enum {
	HEADER_BYTES = 20,
	AVP_HEADER_BYTES = 8,
	MAX_MESSAGE_BYTES = 1 << 20, /* real ones hold a few kilobytes */
	FLAGS_RESERVED = 0x0f,
	FLAG_REQUEST = 0x80,
	FLAG_ERROR = 0x20,
	FLAG_RETRANSMITTED = 0x10,
	AVP_FLAG_VENDOR = 0x80,
	AVP_FLAGS_RESERVED = 0x1f,
	COMMAND_FIRST = 257,     /* Capabilities-Exchange; what is lower was RADIUS */
	COMMAND_LAST = 0xfffffd, /* the last two are experimental (RFC 6733 §3.1) */
	PORT_DIAMETER = 3868,
};

/* The flags of a command (RFC 6733 §3): an error bit is an answer's, a retransmission bit a
 * request's. */
static bool flags_are_plausible(uint8_t flags)
{
	if (flags & FLAGS_RESERVED)
		return false;
	return (flags & FLAG_REQUEST) ? !(flags & FLAG_ERROR) : !(flags & FLAG_RETRANSMITTED);
}

/* What a message of any application begins with (RFC 6733 §5 to §8): the session, else, of messages
 * between neighbours, who sends or how it went. */
static bool begins_message(uint32_t avp_code)
{
	switch (avp_code) {
	case 263: /* Session-Id */
	case 264: /* Origin-Host */
	case 268: /* Result-Code */
	case 296: /* Origin-Realm */
	case 297: /* Experimental-Result */
		return true;
	default:
		return false;
	}
}

/* RFC 6733 §3 and §4.1: the header and the header of the first attribute must both make sense. */
static bool is_message(const uint8_t *payload, uint32_t n)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t version = cursor_u8(&c);
	const uint32_t length = cursor_be24(&c);
	const uint8_t flags = cursor_u8(&c);
	const uint32_t command = cursor_be24(&c);
	uint32_t avp_code, avp_length;
	uint8_t avp_flags;

	cursor_skip(&c, 12); /* application, hop-by-hop and end-to-end identifiers */
	avp_code = cursor_be32(&c);
	avp_flags = cursor_u8(&c);
	avp_length = cursor_be24(&c);
	if (!cursor_ok(&c) || version != 1 || length % 4 || length > MAX_MESSAGE_BYTES)
		return false;
	if (!flags_are_plausible(flags) || command < COMMAND_FIRST || command > COMMAND_LAST)
		return false;
	if (!begins_message(avp_code) || (avp_flags & (AVP_FLAGS_RESERVED | AVP_FLAG_VENDOR)))
		return false;
	return avp_length > AVP_HEADER_BYTES && (uint64_t)avp_length + HEADER_BYTES <= length;
}

/* Over TCP, on any port; over SCTP the payload protocol identifier says it. On its own port a
 * segment that does not begin with a message may be the middle of one. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	if (layer->proto != IPPROTO_NUM_TCP || layer->opaque)
		return SIGNALLING_NO;
	if (is_message(payload, n)) {
		*ret_label = "Diameter";
		return SIGNALLING_YES;
	}
	if (n == 0 || layer->sport == PORT_DIAMETER || layer->dport == PORT_DIAMETER)
		return SIGNALLING_MAYBE;
	return SIGNALLING_NO;
}

const struct signalling signalling_diameter = {.name = "Diameter", .recognise = recognise};
