#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	PORT_NTP = 123,
	HEADER_BYTES = 48,
	CONTROL_HEADER_BYTES = 12,
	MODE_CONTROL = 6,
	MODE_PRIVATE = 7,
	MAX_VERSION = 4,
	KEY_BYTES = 4, /* of the message authentication code; alone it says: refused */
	EXTENSION_HEADER_BYTES = 4,
	EXTENSION_MIN_BYTES = 16,
	MAX_EXTENSIONS = 16,
};

/* What may stand behind the last extension: key and a digest of MD5, SHA-1 or AES-CMAC, SHA-256
 * (RFC 5905 §7.3, RFC 8573), or the key alone; of domains of Windows key, flags and 64 bytes of
 * checksum (MS-SNTP §2.2.3). */
static bool is_authenticator(uint32_t bytes)
{
	return bytes == KEY_BYTES || bytes == KEY_BYTES + 16 || bytes == KEY_BYTES + 20 ||
	       bytes == KEY_BYTES + 32 || bytes == KEY_BYTES + 68;
}

/* The extensions that IANA has on record ("NTP Extension Field Types"): Autokey (RFC 5906: 0x0002
 * to 0x0902, with bits for answers and errors), checksum complement (0x2005, RFC 7821), network
 * time security (RFC 8915: 0x0104, 0x0204, 0x0304, 0x0404), and what NTP version 5 and chrony use
 * for experiments (0xf000 on, RFC 9748). */
static bool is_known_extension(uint16_t type)
{
	const uint8_t code = type >> 8 & 0x3f;
	const uint8_t low = (uint8_t)type;

	if (type >= 0xf000)
		return true;
	return type == 0x2005 || (low == 2 && code <= 9) || (low == 4 && code >= 1 && code <= 4);
}

/* How many bytes behind the header are neither an extension nor an authenticator. *ret_extensions
 * is how many extensions there were. */
static uint32_t residue(struct cursor *c, uint32_t left, uint32_t *ret_extensions)
{
	*ret_extensions = 0;
	while (left > 0 && !is_authenticator(left)) {
		const uint16_t type = cursor_be16(c);
		const uint16_t length = cursor_be16(c);

		if (!cursor_ok(c) || !is_known_extension(type) || length < EXTENSION_MIN_BYTES ||
			length % 4 || length > left || *ret_extensions == MAX_EXTENSIONS)
			return left;
		++*ret_extensions;
		left -= length;
		if (left == 0)
			return 0;
		cursor_skip(c, length - EXTENSION_HEADER_BYTES);
	}
	return 0;
}

static void read_time(
	const struct packet_layer *layer, struct cursor *c, struct signalling_message *ret)
{
	uint32_t n_extensions, bytes;

	cursor_skip(c, HEADER_BYTES - 1);
	if (!cursor_ok(c))
		return;
	bytes = residue(c, layer->payload_bytes - HEADER_BYTES, &n_extensions);
	if (bytes > 0)
		message_text(ret, FIELD_SIGNALLING_PROBLEMS, STR("residue"));
	message_note_num(ret, FIELD_SIGNALLING_RESIDUE, bytes);
	message_note_num(ret, FIELD_NTP_EXTENSIONS, n_extensions);
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	static const char *const modes[] = {"reserved", "symmetric-active", "symmetric-passive",
		"client", "server", "broadcast", "control", "private"};
	struct cursor c = cursor_init(payload, n);
	const uint8_t first = cursor_u8(&c);
	const uint8_t version = first >> 3 & 7;
	const uint8_t mode = first & 7;

	if (layer->proto != IPPROTO_NUM_UDP || !cursor_ok(&c) || version == 0 ||
		version > MAX_VERSION)
		return false;
	if (mode == MODE_CONTROL && layer->payload_bytes < CONTROL_HEADER_BYTES)
		return false;
	if (mode < MODE_CONTROL && layer->payload_bytes < HEADER_BYTES)
		return false;
	ret->name = modes[mode];
	message_note_num(ret, FIELD_NTP_VERSION, version);
	message_note_num(ret, FIELD_SIGNALLING_BYTES, layer->payload_bytes);
	if (mode < MODE_CONTROL)
		read_time(layer, &c, ret);
	return true;
}

/* Time (RFC 5905): the mode, and what stands behind the 48 bytes that a packet needs. Modes 6 (RFC
 * 9327) and 7 ask a server about itself. */
const struct signalling signalling_ntp = {
	.name = "NTP", .label = "NTP", .ports = {PORT_NTP}, .message = message};
