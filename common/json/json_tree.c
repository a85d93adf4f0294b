#include "common/json/json_tree.h"

#include <jansson.h>

/* The functions cast: both structs are jansson's value. */

enum { MAX_DEPTH = 64, MAX_VALUES = 4 * 1024 * 1024 };

/* What a byte outside of texts does to the shape of the tree. */
static int step(char c, size_t *depth, size_t *values)
{
	switch (c) {
	case '[':
	case '{':
		++*depth;
		++*values;
		return *depth <= MAX_DEPTH;
	case ']':
	case '}':
		*depth -= *depth > 0;
		return 1;
	case ',':
		++*values;
		return *values <= MAX_VALUES;
	default:
		return 1;
	}
}

/* Depth and number of values, told from the bytes alone: the parser takes many times the memory of
 * a text that is made for it. */
static int check_shape(const char *name, const char *text, size_t len, struct error *err)
{
	size_t depth = 0, values = 0, line = 1, line_start = 0;
	bool in_text = false;

	for (size_t i = 0; i < len; i++) {
		const char c = text[i];

		if (in_text) {
			i += c == '\\';
			in_text = c != '"';
		} else if (c == '"') {
			in_text = true;
		} else if (c == '\n') {
			line++;
			line_start = i + 1;
		} else if (!step(c, &depth, &values)) {
			return error_set(err, ERR_CONFIG, "%s:%zu:%zu: %s", name, line,
				i - line_start + 1,
				depth > MAX_DEPTH ? "nested more than 64 deep"
						  : "more than 4194304 values in one file");
		}
	}
	return 0;
}

struct json_tree *json_tree_parse(const char *name, const char *text, size_t len, struct error *err)
{
	json_error_t why;
	json_t *root;

	if (check_shape(name, text, len, err) != 0)
		return NULL;
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (!root) {
		char what[2 * sizeof(why.text)];

		error_set(err, ERR_CONFIG, "%s:%d:%d: no JSON: %s", name,
			why.line > 0 ? why.line : 1, why.column > 0 ? why.column : 1,
			str_printable(what, sizeof(what), str_from(why.text)));
	}
	return (struct json_tree *)root;
}

void json_tree_free(struct json_tree *t)
{
	json_decref((json_t *)t);
}

const struct json_node *json_tree_root(const struct json_tree *t)
{
	return (const struct json_node *)t;
}

static const json_t *value_of(const struct json_node *n)
{
	return (const json_t *)n;
}

enum json_kind json_node_kind(const struct json_node *n)
{
	const json_t *v = value_of(n);

	if (!v)
		return JSON_KIND_NULL;
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return JSON_KIND_MAP;
	case JSON_ARRAY:
		return JSON_KIND_LIST;
	case JSON_STRING:
		return JSON_KIND_TEXT;
	case JSON_INTEGER:
	case JSON_REAL:
		return JSON_KIND_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_KIND_BOOL;
	case JSON_NULL:
		break;
	}
	return JSON_KIND_NULL;
}

bool json_node_is(const struct json_node *n, enum json_kind kind)
{
	return n && json_node_kind(n) == kind;
}

const struct json_node *json_node_get(const struct json_node *map, const char *key)
{
	return (const struct json_node *)json_object_get(value_of(map), key);
}

size_t json_node_count(const struct json_node *n)
{
	return json_is_object(value_of(n)) ? json_object_size(value_of(n))
					   : json_array_size(value_of(n));
}

const struct json_node *json_node_at(const struct json_node *list, size_t i)
{
	return (const struct json_node *)json_array_get(value_of(list), i);
}

struct str json_node_text(const struct json_node *n)
{
	const size_t len = json_string_length(value_of(n));

	if (len == 0 || len > UINT32_MAX)
		return (struct str){"", 0};
	return (struct str){json_string_value(value_of(n)), (uint32_t)len};
}

bool json_node_i64(const struct json_node *n, int64_t *ret)
{
	if (!json_is_integer(value_of(n)))
		return false;
	*ret = json_integer_value(value_of(n));
	return true;
}

bool json_node_bool(const struct json_node *n, bool *ret)
{
	if (!json_is_boolean(value_of(n)))
		return false;
	*ret = json_is_true(value_of(n));
	return true;
}

int json_node_each(const struct json_node *map, json_member_fn *fn, void *user)
{
	json_t *object = (json_t *)(uintptr_t)map; /* iterating asks for one that it may change */
	int rc = 0;

	for (void *i = json_object_iter(object); i && rc == 0; i = json_object_iter_next(object, i))
		rc = fn(user, str_from(json_object_iter_key(i)),
			(const struct json_node *)json_object_iter_value(i));
	return rc;
}
