#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	PORT_CONTROL = 3784,  /* RFC 5881 §4 */
	PORT_MULTIHOP = 4784, /* RFC 5883 §5 */
	PORT_MICRO = 6784,    /* RFC 7130 §2.2 */
	PORT_SEAMLESS = 7784, /* RFC 7881 §3 */
	CONTROL_BYTES = 24,
	MAX_VERSION = 1,
	FLAG_AUTHENTICATION = 0x04,
	FLAG_MULTIPOINT = 0x01, /* must be 0 */
	AUTHENTICATION_MIN_BYTES = 2,
};

static bool is_own_port(uint16_t port)
{
	return port == PORT_CONTROL || port == PORT_MULTIHOP || port == PORT_MICRO ||
	       port == PORT_SEAMLESS;
}

struct control {
	uint8_t diagnostic, state;
	uint8_t multiplier;
	uint32_t interval_us; /* desired minimum of what is sent */
};

/* RFC 5880 §4.1 and the checks of §6.8.6. */
static bool read_control(
	const struct packet_layer *layer, const uint8_t *payload, uint32_t n, struct control *ret)
{
	struct cursor c = cursor_init(payload, n);
	const uint8_t first = cursor_u8(&c);
	const uint8_t second = cursor_u8(&c);
	uint8_t length;
	uint32_t mine;

	ret->diagnostic = first & 31;
	ret->state = second >> 6;
	ret->multiplier = cursor_u8(&c);
	length = cursor_u8(&c);
	mine = cursor_be32(&c);
	cursor_skip(&c, 4); /* the other's discriminator */
	ret->interval_us = cursor_be32(&c);
	cursor_skip(&c, 8); /* intervals of what is received and of echoes */
	if (!cursor_ok(&c) || first >> 5 > MAX_VERSION || (second & FLAG_MULTIPOINT))
		return false;
	if (length < CONTROL_BYTES +
				((second & FLAG_AUTHENTICATION) ? AUTHENTICATION_MIN_BYTES : 0) ||
		length > layer->payload_bytes)
		return false;
	return ret->multiplier > 0 && mine != 0;
}

static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct control control;

	if ((!is_own_port(layer->dport) && !is_own_port(layer->sport)) ||
		!read_control(layer, payload, n, &control))
		return SIGNALLING_NO;
	*ret_label = "BFD";
	return SIGNALLING_YES;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	static const char *const states[] = {"admin-down", "down", "init", "up"};
	struct control control;

	if (layer->proto != IPPROTO_NUM_UDP || !read_control(layer, payload, n, &control))
		return false;
	ret->name = states[control.state];
	message_num(ret, FIELD_BFD_DIAGNOSTIC, control.diagnostic);
	message_note_num(ret, FIELD_BFD_INTERVAL_US, control.interval_us);
	return true;
}

/* Whether a neighbour is there: bidirectional forwarding detection (RFC 5880). Of echoes (port
 * 3785) nothing is told: what they hold is the sender's own business (RFC 5880 §5). */
const struct signalling signalling_bfd = {.name = "BFD",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_UDP},
	.ports = {PORT_CONTROL, PORT_MULTIHOP, PORT_MICRO, PORT_SEAMLESS},
	.message = message};
