#include "common/json_writer.h"

#include <stdlib.h>

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

/* Room for N bytes and the NUL. */
static bool reserve(struct json_writer *w, size_t n)
{
	size_t capacity = w->capacity ? w->capacity : FIRST_BYTES;
	char *data;

	if (w->failed)
		return false;
	if (n < w->capacity - w->len)
		return true;
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

static void put(struct json_writer *w, const char *bytes, size_t n)
{
	if (!reserve(w, n))
		return;
	memcpy(w->data + w->len, bytes, n);
	w->len += n;
	w->data[w->len] = '\0';
}

/* The comma before a value or a key, and the knowledge that one is wanted before the next. */
static void separate(struct json_writer *w)
{
	if (w->comma)
		put(w, ",", 1);
	w->comma = true;
}

static void begin(struct json_writer *w, const char *bracket)
{
	separate(w);
	put(w, bracket, 1);
	w->comma = false;
}

static void end(struct json_writer *w, const char *bracket)
{
	put(w, bracket, 1);
	w->comma = true;
}

void json_object_begin(struct json_writer *w)
{
	begin(w, "{");
}

void json_object_end(struct json_writer *w)
{
	end(w, "}");
}

void json_array_begin(struct json_writer *w)
{
	begin(w, "[");
}

void json_array_end(struct json_writer *w)
{
	end(w, "]");
}

void json_key(struct json_writer *w, const char *key)
{
	separate(w);
	put(w, "\"", 1);
	put(w, key, strlen(key));
	put(w, "\":", 2);
	w->comma = false;
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

void json_str(struct json_writer *w, struct str s)
{
	uint32_t from = 0; /* bytes from here to AT are copied as they are */
	uint32_t at = 0;

	separate(w);
	put(w, "\"", 1);
	while (at < s.len) {
		uint32_t code = 0;
		uint32_t n = utf8_decode(s.data + at, s.len - at, &code);

		if (n > 0 && !wants_escape(code)) {
			at += n;
			continue;
		}
		if (at > from)
			put(w, s.data + from, at - from);
		if (n > 0)
			put_escape(w, code);
		else
			put(w, "\xef\xbf\xbd", 3);
		at += n > 0 ? n : 1;
		from = at;
	}
	if (at > from)
		put(w, s.data + from, at - from);
	put(w, "\"", 1);
}

void json_text(struct json_writer *w, const char *s)
{
	if (s)
		json_str(w, str_from(s));
	else
		json_null(w);
}

/* Digits of V, at least WIDTH of them, after an optional minus. */
static void put_number(struct json_writer *w, bool negative, uint64_t v, int width)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
		width--;
	} while (v > 0 || width > 0);
	if (negative)
		digits[--at] = '-';
	put(w, digits + at, sizeof(digits) - at);
}

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

void json_u64(struct json_writer *w, uint64_t v)
{
	separate(w);
	put_number(w, false, v, 1);
}

void json_i64(struct json_writer *w, int64_t v)
{
	separate(w);
	put_number(w, v < 0, magnitude(v), 1);
}

void json_bool(struct json_writer *w, bool v)
{
	separate(w);
	put(w, v ? "true" : "false", v ? 4 : 5);
}

void json_null(struct json_writer *w)
{
	separate(w);
	put(w, "null", 4);
}

void json_members(struct json_writer *w, struct str members)
{
	if (members.len == 0)
		return;
	separate(w);
	put(w, members.data, members.len);
}
