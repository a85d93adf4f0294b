#include "capture/decode/layer.h"

enum {
	TZSP_HEADER_BYTES = 4,
	TZSP_VERSION = 1,
	TZSP_RECEIVED = 0,
	TZSP_TO_SEND = 1,
	TZSP_TAG_PADDING = 0,
	TZSP_TAG_END = 1,
	TZSP_ETHERNET = 1,
	TZSP_WLAN = 18,
	LINKTYPE_NUM_ETHERNET = 1,
	LINKTYPE_NUM_IEEE802_11 = 105,
};

/* Tags of any length, ended by one of their own. Whether they do end is the check that this is
 * TZSP; a tag beyond the datagram is another protocol's byte. */
static bool tzsp_skip_tags(struct cursor *c, uint32_t wire_end)
{
	for (;;) {
		const uint8_t tag = cursor_u8(c);
		uint32_t length;

		if (!cursor_ok(c) || tag == TZSP_TAG_END)
			return true;
		if (tag == TZSP_TAG_PADDING)
			continue;
		length = cursor_u8(c);
		if (length > wire_end - c->at)
			return false;
		cursor_skip(c, length);
	}
}

/* TaZmen Sniffer Protocol: version, type, protocol, tags, frame. Keepalives and the like hold no
 * frame and are payload. */
enum decode_result decode_tzsp(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const struct packet_layer *l = layer_top(p);
	uint8_t version, type;
	uint16_t protocol;

	if (l->payload_bytes <= TZSP_HEADER_BYTES)
		return DECODE_NOT_ME;
	version = cursor_u8(c);
	type = cursor_u8(c);
	protocol = cursor_be16(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (version != TZSP_VERSION || (type != TZSP_RECEIVED && type != TZSP_TO_SEND) ||
		(protocol != TZSP_ETHERNET && protocol != TZSP_WLAN))
		return DECODE_NOT_ME;
	if (!tzsp_skip_tags(c, l->payload_offset + l->payload_bytes))
		return DECODE_NOT_ME;
	*ret_next = (struct next){
		.ns = NS_LINKTYPE,
		.number = protocol == TZSP_WLAN ? LINKTYPE_NUM_IEEE802_11 : LINKTYPE_NUM_ETHERNET,
		.mirror = MIRROR_BY_NATURE,
	};
	return DECODE_MORE;
}
