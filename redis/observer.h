/* The JSON of an alert beside others': who observed it. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/str.h"
#include "redis/stream.h"

/* Whether JSON can be a line of its own: an object, without control characters. */
bool observer_is_line(struct str json);

enum { OBSERVER_BYTES = STREAM_NAME_MAX + 32 };

/* JSON, a line, with "observer.name" NAME added when it has none, into BUF of json.len +
 * OBSERVER_BYTES. Returns the length. */
size_t observer_add(struct str json, const char *name, char *buf);

/* The value that stands behind KEY, written "\"name\":", in an object without white space; NULL
 * when there is none. In a string a quote is escaped, so what looks like a key behind ',' or '{' is
 * one. */
const char *observer_find(struct str json, struct str key);
