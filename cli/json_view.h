/* Reads the JSON of an alert: one flat object under dotted names [jansson]. It comes from Redis, so
 * its shape is not trusted: what is missing or of another type reads as nothing. Strings are as
 * they were on the wire, NUL included. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/str.h"

struct json_view;

/* NULL with *err (ERR_REDIS) when TEXT is no JSON object. */
struct json_view *json_view_parse(struct str text, struct error *err);
void json_view_free(struct json_view *v); /* NULL allowed */

/* All strings live as long as the view. */
struct str json_view_text(const struct json_view *v, const char *key); /* of a string; else empty */
uint64_t json_view_number(
	const struct json_view *v, const char *key); /* of a whole number >= 0; else 0 */
bool json_view_flag(const struct json_view *v, const char *key); /* of a boolean; else false */
bool json_view_has(const struct json_view *v, const char *key);
size_t json_view_count(const struct json_view *v,
	const char *key); /* items of a list; 1 for anything else that is there */
struct str json_view_item(const struct json_view *v, const char *key, size_t i);

/* Item I of KEY's value, a string, whole number or boolean, as text: borrowed or in BUF of
 * JSON_VIEW_TEXT_BYTES. */
enum { JSON_VIEW_TEXT_BYTES = 32 };
struct str json_view_any(const struct json_view *v, const char *key, size_t i, char *buf);
