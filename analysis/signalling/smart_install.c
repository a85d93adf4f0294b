#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	PORT_SMART_INSTALL = 4786,
	HEADER_BYTES = 16,
	MAX_FIRST = 4, /* 1: to a client; 4: its answer */
	MAX_SECOND = 1,
	MAX_TYPE = 32,
	MAX_BODY_BYTES = 1 << 16,
	TYPE_CAPABILITIES = 4, /* what scanners send */
	TYPE_BACKUP = 8,       /* commands: to copy the configuration or an image away */
};

/* Four numbers of four bytes: of the sender, of the version, type, bytes that follow. There is no
 * public specification; this is what the public scanners send and what clients answer. */
static bool read_header(const uint8_t *payload, uint32_t n, uint32_t *ret_type)
{
	struct cursor c = cursor_init(payload, n);
	const uint32_t first = cursor_be32(&c);
	const uint32_t second = cursor_be32(&c);
	uint32_t length;

	*ret_type = cursor_be32(&c);
	length = cursor_be32(&c);
	return cursor_ok(&c) && first > 0 && first <= MAX_FIRST && second <= MAX_SECOND &&
	       *ret_type > 0 && *ret_type <= MAX_TYPE && length > 0 && length <= MAX_BODY_BYTES;
}

static bool is_own_port(const struct packet_layer *layer)
{
	return layer->sport == PORT_SMART_INSTALL || layer->dport == PORT_SMART_INSTALL;
}

static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	uint32_t type;

	if (!is_own_port(layer))
		return SIGNALLING_NO;
	if (n == 0)
		return SIGNALLING_MAYBE;
	if (!read_header(payload, n, &type))
		return SIGNALLING_NO;
	*ret_label = "Smart_Install";
	return SIGNALLING_YES;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	uint32_t type;

	if (layer->proto != IPPROTO_NUM_TCP || !read_header(payload, n, &type))
		return false;
	switch (type) {
	case TYPE_CAPABILITIES:
		ret->name = "probe";
		break;
	case TYPE_BACKUP:
		ret->name = "command";
		break;
	default:
		ret->name = "other";
		break;
	}
	message_num(ret, FIELD_SMART_INSTALL_TYPE, type);
	return true;
}

/* Cisco Smart Install: who reaches it on a switch may take its configuration and replace its
 * software without a password. */
const struct signalling signalling_smart_install = {.name = "Smart_Install",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_TCP},
	.ports = {PORT_SMART_INSTALL},
	.message = message};
