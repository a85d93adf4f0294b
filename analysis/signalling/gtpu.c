#include "analysis/signalling/signalling.h"

#include "common/cursor.h"

enum {
	PORT_GTP_U = 2152,
	HEADER_BYTES = 8,
	VERSION_AND_PT_MASK = 0xf0,
	VERSION_1_GTP = 0x30, /* version 1, protocol type GTP (not GTP') */
	OPTIONAL_FIELDS = 0x07,
	OPTIONAL_BYTES = 4,
};

/* The messages of the user plane (3GPP TS 29.281 §6.1). */
static bool is_message(uint8_t type)
{
	switch (type) {
	case 1:   /* echo request */
	case 2:   /* echo response */
	case 26:  /* error indication */
	case 31:  /* supported extension headers notification */
	case 253: /* tunnel status */
	case 254: /* end marker */
	case 255: /* a subscriber's packet */
		return true;
	default:
		return false;
	}
}

/* 3GPP TS 29.281 §5.1. Looks at the first 8 bytes alone: what follows them is a subscriber's. */
enum signalling_verdict recognise_gtpu(
	const struct packet_layer *layer, const uint8_t *payload, uint32_t n, const char **ret_name)
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
	*ret_name = "GTP_U";
	return SIGNALLING_YES;
}
