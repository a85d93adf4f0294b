#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	HEADER_BYTES = 12,
	MAJOR_VERSION = 0xc0,
	VERSION_MASK = 0xfe, /* minor versions are 0 and 1 */
	AUTHENTICATION = 1,
	ACCOUNTING = 3,
	FLAG_UNENCRYPTED = 0x01,
	FLAGS_KNOWN = 0x05,       /* and that several sessions share the connection */
	MAX_BODY_BYTES = 1 << 16, /* what is larger is to be refused */
	PORT_TACACS = 49,
};

struct header {
	uint8_t type, sequence, flags;
	uint32_t length;
};

/* RFC 8907 §4.1. */
static bool read_header(const uint8_t *payload, uint32_t n, struct header *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t version = cursor_u8(&c);

	ret->type = cursor_u8(&c);
	ret->sequence = cursor_u8(&c);
	ret->flags = cursor_u8(&c);
	cursor_skip(&c, 4); /* session */
	ret->length = cursor_be32(&c);
	return cursor_ok(&c) && (version & VERSION_MASK) == MAJOR_VERSION &&
	       ret->type >= AUTHENTICATION && ret->type <= ACCOUNTING && ret->sequence > 0 &&
	       !(ret->flags & ~FLAGS_KNOWN) && ret->length > 0 && ret->length <= MAX_BODY_BYTES;
}

static bool is_own_port(const struct packet_layer *layer)
{
	return layer->sport == PORT_TACACS || layer->dport == PORT_TACACS;
}

/* A session begins with number 1, which the client sends. On another port than its own the packet
 * must fill the segment, too. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct header h;

	if (n == 0)
		return SIGNALLING_MAYBE;
	if (!read_header(payload, n, &h)) /* on its own port it may be the middle of a body */
		return is_own_port(layer) ? SIGNALLING_MAYBE : SIGNALLING_NO;
	if (!is_own_port(layer) &&
		(h.sequence > 2 || (uint64_t)h.length + HEADER_BYTES != layer->payload_bytes))
		return SIGNALLING_NO;
	*ret_label = "TACACS";
	return SIGNALLING_YES;
}

/* Type and flags alone. The body, which is hidden or not, holds names and passwords. */
static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	static const char *const names[] = {"authentication", "authorization", "accounting"};
	struct header h;

	if (layer->proto != IPPROTO_NUM_TCP || !read_header(payload, n, &h))
		return false;
	ret->name = names[h.type - AUTHENTICATION];
	message_flag(ret, FIELD_TACACS_UNENCRYPTED, h.flags & FLAG_UNENCRYPTED);
	return true;
}

/* TACACS+ (RFC 8907): who administers equipment, and what they do there. */
const struct signalling signalling_tacacs = {.name = "TACACS",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_TCP},
	.ports = {PORT_TACACS},
	.message = message};
