#include "analysis/signalling/gtp.h"

enum {
	OPTIONAL_BYTES = 4,
	FIRST_WITH_LENGTH = 128,
	V2_HEADER_BYTES = 4, /* of an element */
	SPARE_OF_INSTANCE = 0xf0,
	V1_HEADER_BYTES = 8,
	VERSION_SHIFT = 5,
	VERSION_AND_PT_MASK = 0xf0,
	VERSION_1_GTP = 0x30,
	FIRST_FREE_PORT = 1024,
	LONGEST_ECHO = 14, /* of version 1, without a private extension */
};

const struct gtp_message *gtp_find(const struct gtp_message *all, size_t n, uint8_t type)
{
	for (size_t i = 0; i < n; i++) {
		if (all[i].type == type)
			return &all[i];
	}
	return NULL;
}

bool gtp_skip_options(struct cursor *c, uint8_t flags)
{
	uint8_t next;

	if (!(flags & GTP_OPTIONAL_FIELDS))
		return true;
	cursor_skip(c, OPTIONAL_BYTES - 1);
	next = cursor_u8(c);
	while ((flags & GTP_FLAG_EXTENSION) && next != 0 && cursor_ok(c)) {
		const uint32_t words = cursor_u8(c);

		if (words == 0)
			return false;
		cursor_skip(c, words * 4 - 2);
		next = cursor_u8(c);
	}
	return true;
}

/* Bytes of the value of a type below 128 (TS 29.060 table 38; 126 is TS 32.295's); 0: none has this
 * type. */
static uint32_t value_bytes(uint8_t type)
{
	static const uint8_t bytes[FIRST_WITH_LENGTH] = {[1] = 1,
		[2] = 8,
		[3] = 6,
		[4] = 4,
		[5] = 4,
		[8] = 1,
		[9] = 28,
		[11] = 1,
		[12] = 3,
		[13] = 1,
		[GTP_ELEMENT_RECOVERY] = 1,
		[15] = 1,
		[GTP_ELEMENT_TEID_DATA_1] = 4,
		[17] = 4,
		[18] = 5,
		[19] = 1,
		[20] = 1,
		[21] = 1,
		[22] = 9,
		[23] = 1,
		[24] = 1,
		[25] = 2,
		[26] = 2,
		[27] = 2,
		[28] = 2,
		[29] = 1,
		[126] = 1,
		[127] = 4};

	return bytes[type];
}

/* Element TYPE was met. */
static void meet(struct gtp_walk *w, const struct gtp_message *m, uint8_t type)
{
	bool expected = m->elements[0] == GTP_ANY_ELEMENT;

	for (int i = 0; i < GTP_MAX_ELEMENTS; i++)
		expected = expected || m->elements[i] == type;
	w->private_extension = w->private_extension || type == GTP_ELEMENT_PRIVATE;
	w->unexpected = w->unexpected || !expected;
}

/* Bytes of the value of the element whose TYPE was read, at C; *N bytes are left of the message.
 * False: it is none, or it does not fit. */
static bool element_bytes(struct cursor *c, uint8_t type, uint32_t *n, uint32_t *ret)
{
	uint32_t length_bytes;

	if (type < FIRST_WITH_LENGTH) {
		*ret = value_bytes(type);
		return *ret > 0 && *ret <= *n;
	}
	length_bytes = type == GTP_ELEMENT_EXTENSION_HEADERS ? 1 : 2;
	if (length_bytes > *n)
		return false;
	*ret = length_bytes == 1 ? cursor_u8(c) : cursor_be16(c);
	*n -= length_bytes;
	return *ret <= *n;
}

struct gtp_walk gtp_walk_v1(struct cursor *c, uint32_t n, const struct gtp_message *m)
{
	struct gtp_walk w = {0};

	while (n > 0 && cursor_left(c) > 0) {
		const uint32_t before = n--;
		const uint8_t type = cursor_u8(c);
		uint32_t bytes;
		const bool fits = element_bytes(c, type, &n, &bytes);

		if (!cursor_ok(c))
			break;
		if (!fits) {
			w.n_residue = before;
			break;
		}
		meet(&w, m, type);
		cursor_skip(c, bytes);
		n -= bytes;
	}
	return w;
}

struct gtp_walk gtp_walk_v2(struct cursor *c, uint32_t n, const struct gtp_message *m)
{
	struct gtp_walk w = {0};

	while (n > 0 && cursor_left(c) > 0) {
		const uint8_t type = cursor_u8(c);
		const uint32_t bytes = cursor_be16(c);
		const uint8_t instance = cursor_u8(c);

		if (n < V2_HEADER_BYTES ||
			(cursor_ok(c) && (type == 0 || bytes > n - V2_HEADER_BYTES))) {
			w.n_residue = n;
			break;
		}
		if (!cursor_ok(c))
			break;
		meet(&w, m, type);
		/* Spare bits are of no meaning; where all is known, nobody sets them. */
		if (instance & SPARE_OF_INSTANCE && m->elements[0] != GTP_ANY_ELEMENT)
			w.unexpected = true;
		cursor_skip(c, bytes);
		n -= bytes + V2_HEADER_BYTES;
	}
	return w;
}

void gtp_problem(struct signalling_message *ret, const char *what)
{
	message_text(ret, FIELD_SIGNALLING_PROBLEMS, str_from(what));
}

void gtp_tell(struct signalling_message *ret, uint64_t version, const struct gtp_message *m,
	uint32_t n_bytes, const struct gtp_walk *w)
{
	ret->name = m->name;
	message_num(ret, FIELD_GTP_VERSION, version);
	message_num(ret, FIELD_GTP_TYPE, m->type);
	message_note_num(ret, FIELD_SIGNALLING_BYTES, n_bytes);
	message_note_num(ret, FIELD_SIGNALLING_RESIDUE, w->n_residue);
	if (w->private_extension)
		message_flag(ret, FIELD_GTP_PRIVATE_EXTENSION, true);
	if (w->unexpected)
		gtp_problem(ret, "element");
	if (w->n_residue > 0)
		gtp_problem(ret, "residue");
}

bool gtp_read_odd_echo(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	uint16_t port, struct signalling_message *ret)
{
	static const struct gtp_message request = {
		GTP_ECHO_REQUEST, "echo-request", {GTP_ELEMENT_PRIVATE}};
	static const struct gtp_message response = {
		GTP_ECHO_RESPONSE, "echo-response", {GTP_ELEMENT_RECOVERY, GTP_ELEMENT_PRIVATE}};
	struct cursor c = cursor_init(payload, n);
	const uint8_t flags = cursor_u8(&c);
	const uint8_t type = cursor_u8(&c);
	const uint32_t end = cursor_be16(&c) + (uint32_t)V1_HEADER_BYTES;
	const uint32_t teid = cursor_be32(&c);
	const bool odd_version = (flags & VERSION_AND_PT_MASK) != VERSION_1_GTP;
	const uint16_t other = layer->dport == port ? layer->sport : layer->dport;
	/* What is longer than any answer holds something else, wherever the header says it ends. */
	const struct gtp_walk walk = {.n_residue = layer->payload_bytes > LONGEST_ECHO
							   ? layer->payload_bytes - LONGEST_ECHO
							   : 0};

	if (!cursor_ok(&c) || layer->proto != IPPROTO_NUM_UDP ||
		(layer->sport != port && layer->dport != port) || other < FIRST_FREE_PORT ||
		(type != GTP_ECHO_REQUEST && type != GTP_ECHO_RESPONSE) || teid != 0)
		return false;
	gtp_tell(ret, flags >> VERSION_SHIFT, type == GTP_ECHO_REQUEST ? &request : &response,
		layer->payload_bytes, &walk);
	if (odd_version)
		gtp_problem(ret, "version");
	/* Where the version is right, what does not fit are its lengths. */
	if (!odd_version || end > layer->payload_bytes ||
		((flags & GTP_OPTIONAL_FIELDS) && end < V1_HEADER_BYTES + OPTIONAL_BYTES))
		gtp_problem(ret, "length");
	return true;
}
