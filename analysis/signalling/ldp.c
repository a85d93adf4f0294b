#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	PORT_LDP = 646,
	VERSION = 1,
	IDENTIFIER_BYTES = 6,
	MIN_PDU_BYTES = IDENTIFIER_BYTES + 8, /* of a header of a message with its identifier */
	MESSAGE_MIN_BYTES = 4,                /* its identifier */
	TYPE_MASK = 0x7fff, /* the first bit says what to do with an unknown one */
};

/* RFC 5036 §3.7; capabilities: RFC 5561 §4. NULL: none. */
static const char *type_name(uint16_t type)
{
	switch (type) {
	case 0x0001:
		return "notification";
	case 0x0100:
		return "hello";
	case 0x0200:
		return "initialization";
	case 0x0201:
		return "keepalive";
	case 0x0202:
		return "capability";
	case 0x0300:
		return "address";
	case 0x0301:
		return "address-withdraw";
	case 0x0400:
		return "label-mapping";
	case 0x0401:
		return "label-request";
	case 0x0402:
		return "label-withdraw";
	case 0x0403:
		return "label-release";
	case 0x0404:
		return "label-abort-request";
	default:
		return NULL;
	}
}

struct pdu {
	uint32_t bytes;
	const uint8_t *router;
	const char *first; /* type of its first message */
};

/* RFC 5036 §3.1 and §3.5: header, and that of the first message. */
static bool read_pdu(const uint8_t *payload, uint32_t n, struct pdu *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint16_t version = cursor_be16(&c);
	const uint16_t pdu_bytes = cursor_be16(&c);
	uint16_t message_bytes;

	ret->bytes = pdu_bytes + 4u; /* version and length are not counted */
	ret->router = cursor_take(&c, IDENTIFIER_BYTES);
	ret->first = type_name(cursor_be16(&c) & TYPE_MASK);
	message_bytes = cursor_be16(&c);
	return cursor_ok(&c) && version == VERSION && pdu_bytes >= MIN_PDU_BYTES && ret->first &&
	       message_bytes >= MESSAGE_MIN_BYTES &&
	       message_bytes <= pdu_bytes - IDENTIFIER_BYTES - 4;
}

static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct pdu pdu;

	if (layer->dport != PORT_LDP && layer->sport != PORT_LDP)
		return SIGNALLING_NO;
	if (layer->proto == IPPROTO_NUM_TCP && n == 0)
		return SIGNALLING_MAYBE;
	if (!read_pdu(payload, n, &pdu)) /* of TCP it may be the middle of a message */
		return layer->proto == IPPROTO_NUM_TCP ? SIGNALLING_MAYBE : SIGNALLING_NO;
	*ret_label = "LDP";
	return SIGNALLING_YES;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct ip_addr router;
	struct pdu pdu;

	if ((layer->proto != IPPROTO_NUM_UDP && layer->proto != IPPROTO_NUM_TCP) ||
		!read_pdu(payload, n, &pdu))
		return false;
	ret->name = pdu.first;
	ret->next = pdu.bytes;
	router = ip_addr_from_v4(pdu.router);
	message_ip(ret, FIELD_LDP_ROUTER_ID, &router);
	return true;
}

/* Label distribution (RFC 5036): who makes paths through the network with whom. */
const struct signalling signalling_ldp = {.name = "LDP",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_UDP, IPPROTO_NUM_TCP},
	.ports = {PORT_LDP},
	.message = message};
