#include "analysis/signalling/signalling.h"

#include <stddef.h>
#include <string.h>

#include "common/cursor.h"

enum {
	MAX_BANNER_BYTES = 255,
	MIN_PADDING = 4,
	BLOCK_BYTES = 8,
	MIN_PACKET_BYTES = 12,
	MAX_PACKET_BYTES = 8192, /* of a key exchange; it may go on in the next segment */
	KEX_INIT = 20,
	KEX_FIRST = 30,
	KEX_LAST = 34,
	READ_PACKETS = 24,
};

/* The line that each side begins with (RFC 4253 §4.2) may stand in front of its first packet. */
static void skip_banner(struct cursor *c)
{
	const uint8_t *end;
	uint32_t left = cursor_left(c);

	if (left < 4 || memcmp(c->data + c->at, "SSH-", 4) != 0)
		return;
	if (left > MAX_BANNER_BYTES)
		left = MAX_BANNER_BYTES;
	end = memchr(c->data + c->at, '\n', left);
	if (end)
		cursor_skip(c, (uint32_t)(end - (c->data + c->at)) + 1);
}

/* RFC 4253 §6: length, padding, then the number of the message. 0: none that can be read, as with
 * any that is encrypted: of those whose length is in clear text it does not fill a block. C is
 * behind the packet then, or at the end of what was captured. */
static uint8_t read_number(struct cursor *c)
{
	const uint32_t length = cursor_be32(c);
	const uint8_t padding = cursor_u8(c);
	const uint8_t number = cursor_u8(c);

	if (!cursor_ok(c) || length < MIN_PACKET_BYTES || length > MAX_PACKET_BYTES ||
		(length + 4) % BLOCK_BYTES || padding < MIN_PADDING || padding >= length)
		return 0;
	cursor_skip(c, length - 2);
	return number;
}

/* The messages of a key exchange say who takes which part, whoever opened the connection: even ones
 * are the client's, odd ones the server's (RFC 4253 §8, RFC 5656 §7.1, RFC 4419 §5). */
static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	uint8_t number;

	if (layer->proto != IPPROTO_NUM_TCP)
		return false;
	skip_banner(&c);
	number = read_number(&c);
	if (number == KEX_INIT)
		number = read_number(&c);
	if (number < KEX_FIRST || number > KEX_LAST)
		return false;
	ret->name = number % 2 ? "server-key-exchange" : "client-key-exchange";
	return true;
}

/* Who is the client of an SSH connection. In NETCONF call home (RFC 8071) and in tools that work
 * backwards it is not who opened it. */
const struct signalling signalling_ssh = {
	.name = "SSH", .label = "SSH", .most_packets = READ_PACKETS, .message = message};
