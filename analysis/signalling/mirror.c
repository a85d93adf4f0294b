#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	PROTO_GRE = 47,
	GRE_VERSION_MASK = 0x0007,
	GRE_TYPE_ERSPAN = 0x88be, /* types I and II */
	GRE_TYPE_ERSPAN_3 = 0x22eb,
	PORT_TZSP = 37008,
	TZSP_VERSION = 1,
	TZSP_LAST_TYPE = 5,
	TZSP_PROTOCOLS = 256, /* the highest is 127 */
};

/* draft-foschiano-erspan-03 §4: the protocol type of GRE (RFC 2784 §2). */
static bool is_erspan(const uint8_t *payload, uint32_t n)
{
	struct cursor c = cursor_init(payload, n);
	const uint16_t flags = cursor_be16(&c);
	const uint16_t type = cursor_be16(&c);

	return cursor_ok(&c) && !(flags & GRE_VERSION_MASK) &&
	       (type == GRE_TYPE_ERSPAN || type == GRE_TYPE_ERSPAN_3);
}

/* Version, type, protocol; tags follow. */
static bool is_tzsp(const struct packet_layer *layer, const uint8_t *payload, uint32_t n)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t version = cursor_u8(&c);
	const uint8_t type = cursor_u8(&c);
	const uint16_t protocol = cursor_be16(&c);

	return layer->dport == PORT_TZSP && cursor_ok(&c) && version == TZSP_VERSION &&
	       type <= TZSP_LAST_TYPE && protocol < TZSP_PROTOCOLS;
}

static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	if (layer->proto == PROTO_GRE && is_erspan(payload, n))
		*ret_label = "ERSPAN";
	else if (layer->proto == IPPROTO_NUM_UDP && is_tzsp(layer, payload, n))
		*ret_label = "TZSP";
	else
		return SIGNALLING_NO;
	return SIGNALLING_YES;
}

/* Copies of others' packets on their way to a collector. That of this sensor's own mirror is taken
 * off before (docs/decapsulation.md); what is seen here goes elsewhere. */
const struct signalling signalling_mirror = {
	.name = "ERSPAN", .recognise = recognise, .carriers = {PROTO_GRE, IPPROTO_NUM_UDP}};
