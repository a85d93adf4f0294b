#include "common/json_writer.h"

#include <stdlib.h>

#include "common/decimal.h"

enum { FIRST_BYTES = 256 };

void json_init(struct json_writer *w)
{
	*w = (struct json_writer){0};
}

void json_done(struct json_writer *w)
{
	free(w->data);
	json_init(w);
}

void json_clear(struct json_writer *w)
{
	w->len = 0;
	w->comma = false;
	w->failed = false;
	if (w->data)
		w->data[0] = '\0';
}

static bool grow(struct json_writer *w, size_t n)
{
	size_t capacity = w->capacity ? w->capacity : FIRST_BYTES;
	char *data;

	if (w->failed)
		return false;
	while (capacity - w->len <= n) {
		if (capacity > SIZE_MAX / 2) {
			w->failed = true;
			return false;
		}
		capacity *= 2;
	}
	data = realloc(w->data, capacity);
	if (!data) {
		w->failed = true;
		return false;
	}
	w->data = data;
	w->capacity = capacity;
	return true;
}

/* Room for N bytes, the comma that is due, and the NUL. Where to write; NULL without memory. */
static char *begin_value(struct json_writer *w, size_t n)
{
	char *at;

	if ((w->failed || n + 1 >= w->capacity - w->len) && !grow(w, n + 1))
		return NULL;
	at = w->data + w->len;
	*at = ',';
	return at + w->comma;
}

/* What was written ends at AT; a comma is due before what follows, or not. */
static void end_value(struct json_writer *w, char *at, bool comma)
{
	*at = '\0';
	w->len = (size_t)(at - w->data);
	w->comma = comma;
}

/* As it is, within a value. */
static void put(struct json_writer *w, const char *bytes, size_t n)
{
	if ((w->failed || n >= w->capacity - w->len) && !grow(w, n))
		return;
	memcpy(w->data + w->len, bytes, n);
	w->len += n;
	w->data[w->len] = '\0';
}

static void put_value(struct json_writer *w, const char *bytes, size_t n, bool comma)
{
	char *at = begin_value(w, n);

	if (!at)
		return;
	memcpy(at, bytes, n);
	end_value(w, at + n, comma);
}

static void end(struct json_writer *w, const char *bracket)
{
	put(w, bracket, 1);
	w->comma = true;
}

void json_object_begin(struct json_writer *w)
{
	put_value(w, "{", 1, false);
}

void json_object_end(struct json_writer *w)
{
	end(w, "}");
}

void json_array_begin(struct json_writer *w)
{
	put_value(w, "[", 1, false);
}

void json_array_end(struct json_writer *w)
{
	end(w, "]");
}

void json_key(struct json_writer *w, const char *key)
{
	size_t n = strlen(key);
	char *at = begin_value(w, n + 3);

	if (!at)
		return;
	*at++ = '"';
	memcpy(at, key, n);
	at += n;
	*at++ = '"';
	*at++ = ':';
	end_value(w, at, false);
}

static void put_escape(struct json_writer *w, uint32_t code)
{
	static const char digits[] = "0123456789abcdef";
	char escape[6] = {'\\', 'u', '0', '0', digits[code >> 4 & 15], digits[code & 15]};

	switch (code) {
	case '"':
		put(w, "\\\"", 2);
		break;
	case '\\':
		put(w, "\\\\", 2);
		break;
	case '\n':
		put(w, "\\n", 2);
		break;
	case '\r':
		put(w, "\\r", 2);
		break;
	case '\t':
		put(w, "\\t", 2);
		break;
	default:
		put(w, escape, sizeof(escape));
	}
}

/* RFC 8259 §7 asks for C0 alone; DEL and C1 are escaped too, for those who read alerts in a
 * terminal. */
static bool wants_escape(uint32_t code)
{
	return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7f && code <= 0x9f);
}

/* Whether eight bytes are ASCII and want no escape. In a byte of ASCII a subtraction borrows and
 * sets the highest bit where it goes below 0, an addition does behind 0x7e. */
static bool are_plain(uint64_t bytes)
{
	const uint64_t each = UINT64_C(0x0101010101010101);
	const uint64_t quote = (bytes ^ '"' * each) - each;
	const uint64_t backslash = (bytes ^ '\\' * each) - each;

	return !((bytes | (bytes - ' ' * each) | (bytes + each) | quote | backslash) & 0x80 * each);
}

static uint64_t load_8(const char *from)
{
	uint64_t bytes;

	memcpy(&bytes, from, sizeof(bytes));
	return bytes;
}

/* Bytes at the start of DATA that are ASCII and want no escape. Almost all strings are nothing
 * else: the last eight are looked at together, whatever they have in common with those before. */
static size_t count_plain(const char *data, size_t len)
{
	size_t at = 0;

	while (len - at >= sizeof(uint64_t) && are_plain(load_8(data + at)))
		at += sizeof(uint64_t);
	if (len >= sizeof(uint64_t) && len - at < sizeof(uint64_t) &&
		are_plain(load_8(data + len - sizeof(uint64_t))))
		return len;
	while (at < len && (unsigned char)data[at] < 0x80 && !wants_escape((unsigned char)data[at]))
		at++;
	return at;
}

/* The rest of a string from byte AT on, which is not plain. */
static void put_rest(struct json_writer *w, struct str s, size_t at)
{
	size_t from = at; /* bytes from here to AT are copied as they are */

	while (at < s.len) {
		uint32_t code = 0;
		uint32_t n = utf8_decode(s.data + at, s.len - at, &code);

		if (n > 0 && !wants_escape(code)) {
			at += n;
			at += count_plain(s.data + at, s.len - at);
			continue;
		}
		put(w, s.data + from, at - from);
		if (n > 0)
			put_escape(w, code);
		else
			put(w, "\xef\xbf\xbd", 3);
		at += n > 0 ? n : 1;
		from = at;
	}
	put(w, s.data + from, at - from);
}

void json_str(struct json_writer *w, struct str s)
{
	size_t plain = count_plain(s.data, s.len);
	char *at = begin_value(w, plain + 2);

	if (!at)
		return;
	*at++ = '"';
	if (plain > 0)
		memcpy(at, s.data, plain);
	at += plain;
	if (plain < s.len) {
		end_value(w, at, true);
		put_rest(w, s, plain);
		put(w, "\"", 1);
		return;
	}
	*at++ = '"';
	end_value(w, at, true);
}

void json_text(struct json_writer *w, const char *s)
{
	if (s)
		json_str(w, str_from(s));
	else
		json_null(w);
}

static void put_number(struct json_writer *w, bool negative, uint64_t v)
{
	char *at = begin_value(w, 1 + DECIMAL_BYTES);

	if (!at)
		return;
	*at = '-';
	end_value(w, decimal_put(at + negative, v), true);
}

void json_u64(struct json_writer *w, uint64_t v)
{
	put_number(w, false, v);
}

void json_i64(struct json_writer *w, int64_t v)
{
	put_number(w, v < 0, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

void json_bool(struct json_writer *w, bool v)
{
	put_value(w, v ? "true" : "false", v ? 4 : 5, true);
}

void json_null(struct json_writer *w)
{
	put_value(w, "null", 4, true);
}

void json_key_str(struct json_writer *w, const char *key, struct str s)
{
	json_key(w, key);
	json_str(w, s);
}

void json_key_filled(struct json_writer *w, const char *key, struct str s)
{
	if (s.len > 0)
		json_key_str(w, key, s);
}

void json_key_text(struct json_writer *w, const char *key, const char *s)
{
	json_key(w, key);
	json_text(w, s);
}

void json_key_u64(struct json_writer *w, const char *key, uint64_t v)
{
	json_key(w, key);
	json_u64(w, v);
}

void json_key_bool(struct json_writer *w, const char *key, bool v)
{
	json_key(w, key);
	json_bool(w, v);
}

void json_members(struct json_writer *w, struct str members)
{
	if (members.len > 0)
		put_value(w, members.data, members.len, true);
}
