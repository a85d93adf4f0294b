#include "analysis/signalling/diameter_read.h"

#include <stddef.h>
#include <string.h>

#include "common/cursor.h"

enum {
	VERSION = 1,
	HEADER_BYTES = 20,
	AVP_HEADER_BYTES = 8,
	VENDOR_BYTES = 4,
	MAX_MESSAGE_BYTES = 1 << 20, /* real ones hold a few kilobytes */
	FLAGS_RESERVED = 0x0f,
	FLAG_REQUEST = 0x80,
	FLAG_ERROR = 0x20,
	FLAG_RETRANSMITTED = 0x10,
	AVP_FLAG_VENDOR = 0x80,
	AVP_FLAGS_RESERVED = 0x1f,
	COMMAND_FIRST = 257,     /* Capabilities-Exchange; what is lower was RADIUS */
	COMMAND_LAST = 0xfffffd, /* the last two are experimental (RFC 6733 §3.1) */
	MAX_AVPS = 64,
	FAMILY_IPV4 = 1, /* IANA's address family numbers (RFC 6733 §4.3.1) */
	FAMILY_IPV6 = 2,
};

/* Attributes of the base protocol (RFC 6733 §4.5). */
enum avp_code {
	HOST_IP_ADDRESS = 257,
	SESSION_ID = 263,
	ORIGIN_HOST = 264,
	RESULT_CODE = 268,
	DESTINATION_REALM = 283,
	DESTINATION_HOST = 293,
	ORIGIN_REALM = 296,
	EXPERIMENTAL_RESULT = 297,
	EXPERIMENTAL_RESULT_CODE = 298,
};

struct avp {
	uint32_t code;
	uint8_t flags;
	uint32_t length;      /* as the header says, with the header */
	const uint8_t *value; /* NULL: not captured whole */
	uint32_t n;
};

/* The flags of a command (§3): an error bit is an answer's, a retransmission bit a request's. */
static bool flags_are_plausible(uint8_t flags)
{
	if (flags & FLAGS_RESERVED)
		return false;
	return (flags & FLAG_REQUEST) ? !(flags & FLAG_ERROR) : !(flags & FLAG_RETRANSMITTED);
}

static bool read_header(struct cursor *c, struct diameter_message *ret)
{
	const uint8_t version = cursor_u8(c);
	uint8_t flags;

	ret->length = cursor_be24(c);
	flags = cursor_u8(c);
	ret->command = cursor_be24(c);
	ret->application = cursor_be32(c);
	cursor_skip(c, 8); /* hop-by-hop and end-to-end identifiers */
	ret->request = flags & FLAG_REQUEST;
	ret->error = flags & FLAG_ERROR;
	return cursor_ok(c) && version == VERSION && ret->length % 4 == 0 &&
	       ret->length <= MAX_MESSAGE_BYTES && flags_are_plausible(flags) &&
	       ret->command >= COMMAND_FIRST && ret->command <= COMMAND_LAST;
}

/* False when its header was cut or makes no sense. */
static bool next_avp(struct cursor *c, struct avp *ret)
{
	uint32_t header = AVP_HEADER_BYTES;
	uint32_t padding;

	ret->code = cursor_be32(c);
	ret->flags = cursor_u8(c);
	ret->length = cursor_be24(c);
	if (ret->flags & AVP_FLAG_VENDOR) {
		cursor_skip(c, VENDOR_BYTES);
		header += VENDOR_BYTES;
	}
	if (!cursor_ok(c) || ret->length < header)
		return false;
	ret->n = ret->length - header;
	padding = (0u - ret->length) & 3u;
	ret->value = cursor_take(c, ret->n);
	cursor_skip(c, padding < cursor_left(c) ? padding : cursor_left(c));
	return true;
}

/* What a message of any application begins with (§5 to §8): the session, else, of messages between
 * neighbours, who sends or how it went. */
static bool begins_message(const struct avp *a)
{
	if (a->flags & (AVP_FLAGS_RESERVED | AVP_FLAG_VENDOR) || a->length <= AVP_HEADER_BYTES)
		return false;
	return a->code == SESSION_ID || a->code == ORIGIN_HOST || a->code == RESULT_CODE ||
	       a->code == ORIGIN_REALM || a->code == EXPERIMENTAL_RESULT;
}

static uint32_t number_of(const struct avp *a)
{
	struct cursor c = cursor_init(a->value, a->n);

	return a->n == 4 ? cursor_be32(&c) : 0;
}

static void read_experimental(const struct avp *a, struct diameter_message *ret)
{
	struct cursor c = cursor_init(a->value, a->n);
	struct avp inner;

	for (int i = 0; i < 4 && next_avp(&c, &inner) && inner.value; i++) {
		if (inner.code == EXPERIMENTAL_RESULT_CODE)
			ret->result = number_of(&inner);
	}
}

static void read_address(const struct avp *a, struct diameter_message *ret)
{
	struct cursor c = cursor_init(a->value, a->n);
	const uint16_t family = cursor_be16(&c);

	if (ret->n_host_ip == DIAMETER_MAX_ADDRESSES)
		return;
	if (family == FAMILY_IPV4 && a->n == 6)
		ret->host_ip[ret->n_host_ip++] = ip_addr_from_v4(a->value + 2);
	else if (family == FAMILY_IPV6 && a->n == 18)
		ret->host_ip[ret->n_host_ip++] = ip_addr_from_v6(a->value + 2);
}

static void read_avp(const struct avp *a, struct diameter_message *ret)
{
	const struct str text = {(const char *)a->value, a->n};

	if (a->flags & AVP_FLAG_VENDOR) /* these numbers mean something else there */
		return;
	switch (a->code) {
	case ORIGIN_HOST:
		ret->origin_host = text;
		break;
	case ORIGIN_REALM:
		ret->origin_realm = text;
		break;
	case DESTINATION_HOST:
		ret->destination_host = text;
		break;
	case DESTINATION_REALM:
		ret->destination_realm = text;
		break;
	case RESULT_CODE:
		ret->result = number_of(a);
		break;
	case EXPERIMENTAL_RESULT:
		read_experimental(a, ret);
		break;
	case HOST_IP_ADDRESS:
		read_address(a, ret);
		break;
	default:
		break;
	}
}

bool diameter_read(const uint8_t *bytes, uint32_t n, struct diameter_message *ret)
{
	struct cursor c = cursor_init(bytes, n);
	struct avp a;

	memset(ret, 0, sizeof(*ret));
	if (!read_header(&c, ret))
		return false;
	cursor_limit(&c, ret->length - (ret->length < HEADER_BYTES ? ret->length : HEADER_BYTES));
	if (!next_avp(&c, &a) || !begins_message(&a) ||
		(uint64_t)a.length + HEADER_BYTES > ret->length)
		return false;
	for (int i = 0; i < MAX_AVPS && a.value; i++) {
		read_avp(&a, ret);
		if (!next_avp(&c, &a))
			break;
	}
	return true;
}

struct row {
	uint32_t number;
	const char *name;
};

static const char *name_of(const struct row *rows, size_t n, uint32_t number)
{
	size_t low = 0, high = n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (rows[middle].number == number)
			return rows[middle].name;
		if (rows[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const char *diameter_application_name(uint32_t application)
{
	static const struct row rows[] = {
#define DIAMETER_APPLICATION(number, name) {number, name},
#define DIAMETER_COMMAND(number, name)
#include "analysis/signalling/diameter_names.def"
#undef DIAMETER_APPLICATION
#undef DIAMETER_COMMAND
	};

	return name_of(rows, sizeof(rows) / sizeof(rows[0]), application);
}

const char *diameter_command_name(uint32_t command)
{
	static const struct row rows[] = {
#define DIAMETER_APPLICATION(number, name)
#define DIAMETER_COMMAND(number, name) {number, name},
#include "analysis/signalling/diameter_names.def"
#undef DIAMETER_APPLICATION
#undef DIAMETER_COMMAND
	};

	return name_of(rows, sizeof(rows) / sizeof(rows[0]), command);
}
