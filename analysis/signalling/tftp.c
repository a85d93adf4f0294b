#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	READ_REQUEST = 1,
	WRITE_REQUEST = 2,
	ERROR = 5,
	PORT_TFTP = 69,
	MAX_NAME_BYTES = 255,
	MAX_MODE_BYTES = 8,
	LAST_ERROR = 8, /* RFC 2347 §2 */
};

/* A text of 1 to MOST bytes that a zero ends. */
static bool read_text(struct cursor *c, uint32_t most, struct str *ret)
{
	uint8_t byte;

	ret->data = (const char *)c->data + c->at;
	ret->len = 0;
	for (;;) {
		byte = cursor_u8(c);
		if (!cursor_ok(c) || ret->len > most)
			return false;
		if (byte == 0)
			return ret->len > 0;
		if (byte < ' ')
			return false;
		ret->len++;
	}
}

static bool is_mode(struct str mode)
{
	return str_eq_nocase(mode, STR("octet")) || str_eq_nocase(mode, STR("netascii")) ||
	       str_eq_nocase(mode, STR("mail"));
}

/* RFC 1350 §5: operation, name, mode; options of RFC 2347 may follow. */
static bool read_request(struct cursor *c, struct str *ret_name)
{
	struct str mode;

	return read_text(c, MAX_NAME_BYTES, ret_name) && read_text(c, MAX_MODE_BYTES, &mode) &&
	       is_mode(mode);
}

/* A request is sure by its mode, on any port. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n);
	uint16_t operation;
	struct str name;

	(void)layer;
	operation = cursor_be16(&c);
	if ((operation != READ_REQUEST && operation != WRITE_REQUEST) || !read_request(&c, &name))
		return SIGNALLING_NO;
	*ret_label = "TFTP";
	return SIGNALLING_YES;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint16_t operation = cursor_be16(&c);
	uint16_t code;
	struct str name;

	if (layer->proto != IPPROTO_NUM_UDP || !cursor_ok(&c))
		return false;
	if (operation == READ_REQUEST || operation == WRITE_REQUEST) {
		if (!read_request(&c, &name))
			return false;
		ret->name = operation == READ_REQUEST ? "read-request" : "write-request";
		message_name(ret, FIELD_FILE_NAME, name);
		return true;
	}
	code = cursor_be16(&c);
	if (operation != ERROR || !cursor_ok(&c) || code > LAST_ERROR)
		return false;
	ret->name = "error";
	message_num(ret, FIELD_TFTP_ERROR, code);
	return true;
}

/* Files without a password (RFC 1350): which one, and which way. The data goes between other ports,
 * in a conversation of its own. */
const struct signalling signalling_tftp = {.name = "TFTP",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_UDP},
	.label = "TFTP",
	.ports = {PORT_TFTP},
	.message = message};
