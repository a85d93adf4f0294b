#include "analysis/signalling/signalling.h"

#include <stddef.h>

#include "common/cursor.h"
#include "common/decimal.h"

enum {
	BER_INTEGER = 0x02,
	BER_OCTET_STRING = 0x04,
	BER_OBJECT = 0x06,
	BER_SEQUENCE = 0x30,
	BER_LONG_FORM = 0x80,
	VERSION_2C = 1,
	VERSION_3 = 3,
	PDU_GET = 0xa0,
	PDU_SET = 0xa3,
	PDU_TRAP_V1 = 0xa4,
	PDU_BULK = 0xa5,
	PDU_REPORT = 0xa8,
	FLAG_AUTHENTICATED = 0x01, /* RFC 3412 §6.4 */
	FLAG_ENCRYPTED = 0x02,
	PORT_AGENT = 161,
	PORT_TRAP = 162,
	MAX_OBJECT_BYTES = 128,
	MAX_ARCS = 10, /* to the module of an enterprise: 1.3.6.1.4.1.9.9.96.1 */
	OBJECT_TEXT_BYTES = MAX_ARCS * 11,
};

/* The length of a BER element (X.690 §8.1.3). Indefinite and absurd ones fail the cursor. */
static uint32_t ber_length(struct cursor *c)
{
	const uint8_t first = cursor_u8(c);
	uint32_t length = 0;

	if (first < BER_LONG_FORM)
		return first;
	if (first == BER_LONG_FORM || first > (BER_LONG_FORM | 4))
		c->failed = true;
	for (uint8_t i = BER_LONG_FORM; i < first && cursor_ok(c); i++)
		length = length << 8 | cursor_u8(c);
	return length;
}

/* The header of an element of this TAG, whose length is the result; another fails the cursor. */
static uint32_t ber_enter(struct cursor *c, uint8_t tag)
{
	if (cursor_u8(c) == tag)
		return ber_length(c);
	c->failed = true;
	return 0;
}

static void ber_skip(struct cursor *c, uint8_t tag)
{
	cursor_skip(c, ber_enter(c, tag));
}

/* An integer of 1 to 4 bytes that is not negative. */
static uint32_t ber_number(struct cursor *c)
{
	const uint32_t length = ber_enter(c, BER_INTEGER);
	uint32_t v = 0;

	if (length < 1 || length > 4)
		c->failed = true;
	for (uint32_t i = 0; i < length && cursor_ok(c); i++)
		v = v << 8 | cursor_u8(c);
	return v;
}

/* Version, and the cursor behind it; -1: no message. A datagram holds one message (RFC 3417 §3.2),
 * and behind the version there is more than a name. *ret_bytes: of the message. */
static int read_version(struct cursor *c, uint32_t *ret_bytes)
{
	const uint32_t length = ber_enter(c, BER_SEQUENCE);
	const uint32_t header = c->at;
	uint32_t integer;
	uint8_t version;

	if (!cursor_ok(c)) /* most of what comes over UDP is something else */
		return -1;
	integer = ber_enter(c, BER_INTEGER);
	version = cursor_u8(c);
	if (!cursor_ok(c) || integer != 1 || length < 10 || length > UINT16_MAX ||
		version > VERSION_3)
		return -1;
	*ret_bytes = header + length;
	return version;
}

int snmp_version(const uint8_t *payload, uint32_t n)
{
	struct cursor c = cursor_init(payload, n);
	uint32_t bytes;

	return read_version(&c, &bytes);
}

/* RFC 3416 §3, and the trap of RFC 1157 §4.1.6. NULL: none. */
static const char *pdu_name(uint8_t tag)
{
	static const char *const names[] = {"get-request", "get-next-request", "response",
		"set-request", "trap-v1", "get-bulk-request", "inform-request", "trap", "report"};

	return tag >= PDU_GET && tag <= PDU_REPORT ? names[tag - PDU_GET] : NULL;
}

/* RFC 3416 §3. */
static const char *error_name(uint32_t status)
{
	static const char *const names[] = {"noError", "tooBig", "noSuchName", "badValue",
		"readOnly", "genErr", "noAccess", "wrongType", "wrongLength", "wrongEncoding",
		"wrongValue", "noCreation", "inconsistentValue", "resourceUnavailable",
		"commitFailed", "undoFailed", "authorizationError", "notWritable",
		"inconsistentName"};

	return status < sizeof(names) / sizeof(names[0]) ? names[status] : "other";
}

/* An arc takes 11 bytes at the most. */
static char *put_arc(char *at, uint32_t arc)
{
	*at++ = '.';
	return decimal_put(at, arc);
}

/* The first arcs of an object's name (X.690 §8.19): which module is asked, not which row, for rows
 * may be named after users. */
static void read_object(struct cursor *c, bool telling, struct signalling_message *ret)
{
	const uint32_t length = ber_enter(c, BER_OBJECT);
	char text[OBJECT_TEXT_BYTES];
	uint32_t arc = 0, n_arcs = 2;
	char *at;

	if (length < 1 || length > MAX_OBJECT_BYTES)
		return;
	arc = cursor_u8(c);
	if (!cursor_ok(c))
		return;
	at = decimal_put(text, arc < 80 ? arc / 40 : 2);
	at = put_arc(at, arc < 80 ? arc % 40 : arc - 80);
	arc = 0;
	for (uint32_t i = 1; i < length && n_arcs < MAX_ARCS; i++) {
		const uint8_t byte = cursor_u8(c);

		if (!cursor_ok(c) || arc >> 25)
			return;
		arc = arc << 7 | (byte & 0x7f);
		if (byte & 0x80)
			continue;
		at = put_arc(at, arc);
		arc = 0;
		n_arcs++;
	}
	message_made_text(
		ret, FIELD_SNMP_OBJECT, telling, (struct str){text, (uint32_t)(at - text)});
}

/* Behind the tag: length, request, error (of a bulk request a count), index, then the first object
 * of the list. Requests to set tell themselves apart by what they set. */
static void read_pdu(struct cursor *c, uint8_t tag, struct signalling_message *ret)
{
	uint32_t status;

	(void)ber_length(c);
	if (tag == PDU_TRAP_V1) {
		read_object(c, false, ret);
		return;
	}
	ber_skip(c, BER_INTEGER);
	status = ber_number(c);
	ber_skip(c, BER_INTEGER);
	if (!cursor_ok(c))
		return;
	if (tag != PDU_BULK && status)
		message_text(ret, FIELD_SNMP_ERROR, str_from(error_name(status)));
	(void)ber_enter(c, BER_SEQUENCE);
	(void)ber_enter(c, BER_SEQUENCE);
	if (cursor_ok(c))
		read_object(c, tag == PDU_SET, ret);
}

/* RFC 3412 §6: what the message is protected by; security parameters, which name a user, and the
 * context are not read. True when a PDU in clear text follows. */
static bool read_v3(struct cursor *c, struct signalling_message *ret)
{
	uint8_t flags, tag;

	(void)ber_enter(c, BER_SEQUENCE);
	ber_skip(c, BER_INTEGER); /* identifier */
	ber_skip(c, BER_INTEGER); /* largest size */
	if (ber_enter(c, BER_OCTET_STRING) != 1)
		c->failed = true;
	flags = cursor_u8(c);
	ber_skip(c, BER_INTEGER); /* security model */
	ber_skip(c, BER_OCTET_STRING);
	if (!cursor_ok(c))
		return false;
	message_text(ret, FIELD_SNMP_SECURITY,
		(flags & FLAG_ENCRYPTED)       ? STR("encrypted")
		: (flags & FLAG_AUTHENTICATED) ? STR("authenticated")
					       : STR("none"));
	ret->name = "encrypted";
	tag = cursor_u8(c);
	(void)ber_length(c);
	if (tag != BER_SEQUENCE)
		return false;
	ber_skip(c, BER_OCTET_STRING); /* engine */
	ber_skip(c, BER_OCTET_STRING); /* context */
	return cursor_ok(c);
}

static bool message(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	struct signalling_message *ret)
{
	static const struct str versions[] = {{"1", 1}, {"2c", 2}, {"2u", 2}, {"3", 1}};
	struct cursor c = cursor_init(payload, n);
	uint32_t bytes;
	const int version = layer->proto == IPPROTO_NUM_UDP ? read_version(&c, &bytes) : -1;
	const char *name;
	uint8_t tag;

	if (version < 0)
		return false;
	message_text(ret, FIELD_SNMP_VERSION, versions[version]);
	if (version == VERSION_3) {
		if (!read_v3(&c, ret))
			return ret->name != NULL;
	} else {
		ber_skip(&c, BER_OCTET_STRING); /* the community, a password */
	}
	tag = cursor_u8(&c);
	name = pdu_name(tag);
	if (!cursor_ok(&c) || !name)
		return ret->name != NULL;
	ret->name = name;
	read_pdu(&c, tag, ret);
	return true;
}

/* The library knows it on its own ports alone. On others the whole of a message must be sound. */
static enum signalling_verdict recognise(const struct packet_layer *layer, const uint8_t *payload,
	uint32_t n, const char **ret_label)
{
	struct cursor c = cursor_init(payload, n);
	struct signalling_message m;
	uint32_t bytes;

	if (layer->sport == PORT_AGENT || layer->dport == PORT_AGENT || layer->sport == PORT_TRAP ||
		layer->dport == PORT_TRAP)
		return SIGNALLING_NO;
	if (read_version(&c, &bytes) < 0 || bytes != layer->payload_bytes)
		return SIGNALLING_NO;
	message_begin(&m);
	if (!message(layer, payload, n, &m) || m.n_facts < 2)
		return SIGNALLING_NO;
	*ret_label = "SNMP";
	return SIGNALLING_YES;
}

/* Management of equipment: version, operation, error, and which part of it is asked or set. */
const struct signalling signalling_snmp = {.name = "SNMP",
	.recognise = recognise,
	.carriers = {IPPROTO_NUM_UDP},
	.label = "SNMP",
	.ports = {PORT_AGENT, PORT_TRAP},
	.message = message};
