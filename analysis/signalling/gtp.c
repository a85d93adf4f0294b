#include "analysis/signalling/gtp.h"

enum { FIRST_WITH_LENGTH = 128 };

/* Bytes of the value of a type below 128; 0: none has this type. */
static uint32_t value_bytes(uint8_t type)
{
	switch (type) {
	case GTP_ELEMENT_RECOVERY:
		return 1;
	case GTP_ELEMENT_TEID_DATA_1:
		return 4;
	default:
		return 0;
	}
}

static bool may_hold(const struct gtp_message *m, uint8_t type)
{
	for (int i = 0; i < GTP_MAX_ELEMENTS; i++) {
		if (m->elements[i] == type)
			return true;
	}
	return false;
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
		w.private_extension = w.private_extension || type == GTP_ELEMENT_PRIVATE;
		w.unexpected = w.unexpected || !may_hold(m, type);
		cursor_skip(c, bytes);
		n -= bytes;
	}
	return w;
}

void gtp_tell(struct signalling_message *m, uint64_t version, uint64_t type, uint32_t n_bytes,
	const struct gtp_walk *w)
{
	message_num(m, FIELD_GTP_VERSION, version);
	message_num(m, FIELD_GTP_TYPE, type);
	message_note_num(m, FIELD_SIGNALLING_BYTES, n_bytes);
	message_note_num(m, FIELD_SIGNALLING_RESIDUE, w->n_residue);
	if (w->private_extension)
		message_flag(m, FIELD_GTP_PRIVATE_EXTENSION, true);
	if (w->unexpected)
		message_text(m, FIELD_SIGNALLING_PROBLEMS, STR("element"));
	if (w->n_residue > 0)
		message_text(m, FIELD_SIGNALLING_PROBLEMS, STR("residue"));
}
