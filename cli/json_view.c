#include "cli/json_view.h"

#include <jansson.h>
#include <stdio.h>

/* The functions cast: struct json_view is jansson's object. */

struct json_view *json_view_parse(struct str text, struct error *err)
{
	json_error_t why;
	json_t *root = json_loadb(text.data ? text.data : "", text.len,
		JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &why);

	if (!root) {
		error_set(err, ERR_REDIS, "not the JSON of an alert: %s", why.text);
		return NULL;
	}
	if (!json_is_object(root)) {
		json_decref(root);
		error_set(err, ERR_REDIS, "not the JSON of an alert: no object");
		return NULL;
	}
	return (struct json_view *)root;
}

void json_view_free(struct json_view *v)
{
	json_decref((json_t *)v);
}

static const json_t *get(const struct json_view *v, const char *key)
{
	return json_object_get((const json_t *)v, key);
}

static struct str text_of(const json_t *value)
{
	size_t len = json_string_length(value);

	return (struct str){json_string_value(value), len < UINT32_MAX ? (uint32_t)len : 0};
}

struct str json_view_text(const struct json_view *v, const char *key)
{
	return text_of(get(v, key));
}

uint64_t json_view_number(const struct json_view *v, const char *key)
{
	json_int_t n = json_integer_value(get(v, key));

	return n > 0 ? (uint64_t)n : 0;
}

bool json_view_flag(const struct json_view *v, const char *key)
{
	return json_is_true(get(v, key));
}

bool json_view_has(const struct json_view *v, const char *key)
{
	return get(v, key) != NULL;
}

size_t json_view_count(const struct json_view *v, const char *key)
{
	const json_t *value = get(v, key);

	return json_is_array(value) ? json_array_size(value) : value != NULL;
}

static const json_t *item(const struct json_view *v, const char *key, size_t i)
{
	const json_t *value = get(v, key);

	if (json_is_array(value))
		return json_array_get(value, i);
	return i == 0 ? value : NULL;
}

struct str json_view_item(const struct json_view *v, const char *key, size_t i)
{
	return text_of(item(v, key, i));
}

struct str json_view_any(const struct json_view *v, const char *key, size_t i, char *buf)
{
	const json_t *value = item(v, key, i);

	if (json_is_boolean(value))
		return str_from(json_is_true(value) ? "true" : "false");
	if (!json_is_integer(value))
		return text_of(value);
	snprintf(buf, JSON_VIEW_TEXT_BYTES, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return str_from(buf);
}
