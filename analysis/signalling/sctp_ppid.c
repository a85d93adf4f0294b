#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	CHUNK_DATA = 0,
	CHUNK_I_DATA = 64, /* RFC 8260 §2.1 */
	CHUNK_HEADER_BYTES = 4,
	DATA_HEADER_BYTES = 16, /* RFC 9260 §3.3.1: with TSN, stream, sequence number and PPID */
	I_DATA_HEADER_BYTES =
		20, /* PPID stands where DATA has it when this is the first fragment */
	FIRST_FRAGMENT = 0x02,
	MAX_CHUNKS = 32,
};

/* The payload protocol identifiers of signalling (IANA's registry). 47 and 66 to 69 are the same
 * inside DTLS. */
static const char *ppid_name(uint32_t ppid)
{
	switch (ppid) {
	case 3:
		return "M3UA";
	case 4:
		return "SUA";
	case 5:
		return "M2PA";
	case 18:
		return "S1AP";
	case 27:
		return "X2AP";
	case 46:
	case 47:
		return "Diameter";
	case 60:
	case 66:
		return "NGAP";
	case 61:
	case 67:
		return "XNAP";
	case 62:
	case 68:
		return "F1AP";
	case 64:
	case 69:
		return "E1AP";
	default:
		return NULL;
	}
}

/* The header of a DATA or I-DATA chunk behind type, flags and length. */
static enum signalling_verdict read_data(
	struct cursor *c, uint8_t type, uint8_t flags, const char **ret_name)
{
	uint32_t ppid;

	cursor_skip(c, 4 + 4); /* TSN; stream and sequence number, or stream and reserved */
	if (type == CHUNK_I_DATA)
		cursor_skip(c, 4); /* message identifier */
	ppid = cursor_be32(c);
	if (!cursor_ok(c))
		return SIGNALLING_MAYBE;
	if (type == CHUNK_I_DATA && !(flags & FIRST_FRAGMENT))
		return SIGNALLING_MAYBE; /* a fragment's number stands there instead */
	*ret_name = ppid_name(ppid);
	return *ret_name ? SIGNALLING_YES : SIGNALLING_NO;
}

/* Walks the chunks of one packet to the first that carries data. Until data was seen, an
 * association may carry anything. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n);

	if (layer->proto != IPPROTO_NUM_SCTP || layer->opaque)
		return SIGNALLING_NO;
	for (int i = 0; i < MAX_CHUNKS && cursor_left(&c) >= CHUNK_HEADER_BYTES; i++) {
		const uint8_t type = cursor_u8(&c);
		const uint8_t flags = cursor_u8(&c);
		const uint16_t length = cursor_be16(&c);

		if (type == CHUNK_DATA && length > DATA_HEADER_BYTES)
			return read_data(&c, type, flags, ret_label);
		if (type == CHUNK_I_DATA && length > I_DATA_HEADER_BYTES)
			return read_data(&c, type, flags, ret_label);
		if (length < CHUNK_HEADER_BYTES)
			break;
		cursor_skip(&c, ((length + 3u) & ~3u) - CHUNK_HEADER_BYTES);
	}
	return SIGNALLING_MAYBE;
}

const struct signalling signalling_sctp_ppid = {.name = "SCTP", .recognise = recognise};
