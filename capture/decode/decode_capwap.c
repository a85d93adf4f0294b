#include "capture/decode/layer.h"

enum {
	CAPWAP_PORT_CONTROL = 5246,
	CAPWAP_PREAMBLE_CLEAR = 0x00,
	CAPWAP_PREAMBLE_DTLS = 0x01,
	CAPWAP_NATIVE =
		0x100, /* of the 24 bits behind the preamble: T, F, L, W, M, K, 3 reserved */
	CAPWAP_FRAGMENT = 0x080,
	CAPWAP_KEEPALIVE = 0x008,
	CAPWAP_RESERVED = 0x007,
	CAPWAP_FIXED_BYTES = 8,
	CAPWAP_BINDING_WLAN = 1,
	CAPWAP_OFFSET_SHIFT = 3,
	DTLS_FIRST_TYPE = 20,
	DTLS_LAST_TYPE = 25,
	DTLS_VERSION_MAJOR = 0xfe,
	LINKTYPE_NUM_ETHERNET = 1,
	LINKTYPE_NUM_IEEE802_11 = 105,
};

/* RFC 5415 §4.2: three reserved bytes, then a DTLS record. */
static enum decode_result capwap_dtls(struct cursor *c, struct packet *p)
{
	const uint32_t reserved = cursor_be24(c);
	const uint8_t type = cursor_u8(c);
	const uint8_t version = cursor_u8(c);

	if (!cursor_ok(c))
		return DECODE_STOP;
	if (reserved || type < DTLS_FIRST_TYPE || type > DTLS_LAST_TYPE ||
		version != DTLS_VERSION_MAJOR)
		return DECODE_NOT_ME;
	layer_top(p)->opaque = true;
	layer_top(p)->encrypted = true;
	return decode_stop(p, REASON_encrypted_capwap);
}

/* RFC 5415 §4.3. The header is of as many words as its length says, and what it holds an 802.3
 * frame or, by the flag T, one of the radio's kind. Control messages and keepalives are the
 * equipment's own and payload. */
enum decode_result decode_capwap(struct cursor *c, struct packet *p, struct next *ret_next)
{
	const struct packet_layer *l = layer_top(p);
	uint8_t preamble;
	uint32_t bits, header_bytes, binding;
	uint16_t offset;

	if (l->payload_bytes <= CAPWAP_FIXED_BYTES)
		return DECODE_NOT_ME;
	preamble = cursor_u8(c);
	if (!cursor_ok(c))
		return DECODE_STOP;
	if (preamble == CAPWAP_PREAMBLE_DTLS)
		return capwap_dtls(c, p);
	bits = cursor_be24(c);
	cursor_skip(c, 2); /* fragment identifier */
	offset = cursor_be16(c) >> CAPWAP_OFFSET_SHIFT;
	if (!cursor_ok(c))
		return DECODE_STOP;
	header_bytes = (bits >> 19) * 4;
	binding = bits >> 9 & 31;
	if (preamble != CAPWAP_PREAMBLE_CLEAR || header_bytes < CAPWAP_FIXED_BYTES ||
		header_bytes >= l->payload_bytes || bits & (CAPWAP_KEEPALIVE | CAPWAP_RESERVED) ||
		l->dport == CAPWAP_PORT_CONTROL || l->sport == CAPWAP_PORT_CONTROL ||
		(bits & CAPWAP_NATIVE && binding != CAPWAP_BINDING_WLAN))
		return DECODE_NOT_ME;
	cursor_skip(c, header_bytes - CAPWAP_FIXED_BYTES);
	if (bits & CAPWAP_FRAGMENT && offset)
		return decode_stop(p, REASON_capwap_fragment);
	*ret_next = (struct next){
		.ns = NS_LINKTYPE,
		.number = bits & CAPWAP_NATIVE ? LINKTYPE_NUM_IEEE802_11 : LINKTYPE_NUM_ETHERNET,
	};
	return DECODE_MORE;
}
