/* Writes JSON (RFC 8259) into a growing buffer. Strings may hold any bytes: control characters are
 * escaped, bytes that are not UTF-8 become U+FFFD, so the output is always valid. Commas are put by
 * the writer. Numbers are integers: the text of a double would differ between machines. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

struct json_writer {
	char *data; /* NUL-terminated once anything was written; owned */
	size_t len;
	size_t capacity;
	bool failed; /* out of memory: what is there is not to be used */
	bool comma;  /* a value was written at this level */
};

void json_init(struct json_writer *w); /* no allocation yet */
void json_done(struct json_writer *w);
void json_clear(struct json_writer *w); /* empty again, memory kept */

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key); /* KEY is ours: not escaped */

void json_str(struct json_writer *w, struct str s);
void json_text(struct json_writer *w, const char *s); /* NULL writes null */
void json_u64(struct json_writer *w, uint64_t v);
void json_i64(struct json_writer *w, int64_t v);
void json_bool(struct json_writer *w, bool v);
void json_null(struct json_writer *w);

/* A key and its value. */
void json_key_str(struct json_writer *w, const char *key, struct str s);
void json_key_filled(struct json_writer *w, const char *key, struct str s); /* none when empty */
void json_key_text(struct json_writer *w, const char *key, const char *s);
void json_key_u64(struct json_writer *w, const char *key, uint64_t v);
void json_key_bool(struct json_writer *w, const char *key, bool v);

/* MEMBERS is the inside of an object, written by a json_writer before: added as it is to the open
 * object. */
void json_members(struct json_writer *w, struct str members);
