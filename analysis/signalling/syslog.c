#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"

enum {
	PORT_SYSLOG = 514,
	MAX_PRIORITY = 191, /* 24 facilities of 8 severities */
	SEVERITIES = 8,
	MAX_DIGITS = 3,
};

/* RFC 5424 §6.2.1, RFC 3164 §4.1.1: "<" 0 to 191 ">", at the start of the message. */
static bool read_priority(struct cursor *c, uint32_t *ret)
{
	uint8_t byte = cursor_u8(c);
	int digits = 0;

	*ret = 0;
	if (byte != '<')
		return false;
	for (byte = cursor_u8(c); byte >= '0' && byte <= '9' && digits < MAX_DIGITS; digits++) {
		*ret = *ret * 10 + (byte - '0');
		byte = cursor_u8(c);
	}
	return cursor_ok(c) && byte == '>' && digits > 0 && *ret <= MAX_PRIORITY;
}

/* Lines that the library does not take for one, for what stands behind the priority: equipment is
 * free to write what it likes (RFC 3164 §4.3). On other ports the library decides. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n);
	uint32_t priority;
	uint8_t first;

	if (layer->dport != PORT_SYSLOG)
		return SIGNALLING_NO;
	if (!read_priority(&c, &priority))
		return SIGNALLING_NO;
	first = cursor_u8(&c);
	if (!cursor_ok(&c) || first < ' ' || first == 0x7f)
		return SIGNALLING_NO;
	*ret_label = "Syslog";
	return SIGNALLING_YES;
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	struct cursor c = cursor_init(payload, n);
	uint32_t priority;

	if (layer->proto != IPPROTO_NUM_UDP || !read_priority(&c, &priority))
		return false;
	ret->name = "line";
	message_num(ret, FIELD_SYSLOG_SEVERITY, priority % SEVERITIES);
	message_note_num(ret, FIELD_SYSLOG_FACILITY, priority / SEVERITIES);
	return true;
}

/* Logs (RFC 5424, RFC 5426, RFC 3164): how bad, of what part. The text is not read. */
const struct signalling signalling_syslog = {.name = "Syslog",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_UDP},
	.label = "Syslog",
	.ports = {PORT_SYSLOG},
	.message = message};
