#include "common/yaml/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/file.h"

enum { MAX_FILE_BYTES = 256 * 1024 * 1024 };

struct yaml_file *yaml_read(const char *path, size_t max_docs, struct error *err)
{
	size_t len;
	char *text = file_read(path, MAX_FILE_BYTES, &len, err);
	struct yaml_file *f;

	if (!text)
		return NULL;
	f = yaml_parse(path, text, len, max_docs, err);
	free(text);
	return f;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	struct str wanted = str_from(key);

	for (size_t i = 0; map->kind == YAML_MAP && i < map->n; i++) {
		if (str_eq(map->pairs[i].key->text, wanted))
			return map->pairs[i].value;
	}
	return NULL;
}

static bool is_plain(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && !n->quoted;
}

/* YAML 1.2.2 §10.3.2: each word in small letters, in capitals, or with one capital in front. */
bool yaml_is_null(const struct yaml_node *n)
{
	return is_plain(n) &&
	       (n->text.len == 0 || str_eq(n->text, STR("~")) || str_eq(n->text, STR("null")) ||
		       str_eq(n->text, STR("Null")) || str_eq(n->text, STR("NULL")));
}

bool yaml_bool(const struct yaml_node *n, bool *ret)
{
	struct str s = n->text;

	if (!is_plain(n))
		return false;
	if (str_eq(s, STR("true")) || str_eq(s, STR("True")) || str_eq(s, STR("TRUE"))) {
		*ret = true;
		return true;
	}
	if (str_eq(s, STR("false")) || str_eq(s, STR("False")) || str_eq(s, STR("FALSE"))) {
		*ret = false;
		return true;
	}
	return false;
}

static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 99;
}

bool yaml_i64(const struct yaml_node *n, int64_t *ret)
{
	struct str s = n->text;
	unsigned base = 10;
	bool negative = false;
	uint64_t most = INT64_MAX;
	uint64_t value = 0;
	uint32_t at = 0;

	if (!is_plain(n) || s.len == 0)
		return false;
	if (s.len > 2 && s.data[0] == '0' && (s.data[1] == 'x' || s.data[1] == 'o')) {
		base = s.data[1] == 'x' ? 16 : 8;
		at = 2;
	} else if (s.data[0] == '-' || s.data[0] == '+') {
		negative = s.data[0] == '-';
		at = 1;
	}
	if (negative)
		most++;
	if (at == s.len)
		return false;
	for (; at < s.len; at++) {
		unsigned digit = digit_value(s.data[at]);

		if (digit >= base || value > (most - digit) / base)
			return false;
		value = value * base + digit;
	}
	*ret = negative && value > 0 ? -(int64_t)(value - 1) - 1 : (int64_t)value;
	return true;
}

int yaml_error(const struct yaml_node *n, struct error *err, const char *fmt, ...)
{
	char message[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(message, sizeof(message), fmt, ap) < 0)
		message[0] = '\0';
	va_end(ap);
	return error_set(err, ERR_CONFIG, "%s:%u:%u: %s", n->file, n->line, n->column, message);
}

static bool is_known(struct str key, const char *const *known)
{
	for (; *known; known++) {
		if (str_eq(key, str_from(*known)))
			return true;
	}
	return false;
}

static int unknown_key(const struct yaml_node *key, const char *const *known, struct error *err)
{
	const char *nearest = nearest_name(key->text, known);
	char name[128];
	char list[700];
	size_t len = 0;

	str_printable(name, sizeof(name), key->text);
	if (nearest)
		return yaml_error(
			key, err, "unknown key \"%s\"; did you mean \"%s\"?", name, nearest);
	list[0] = '\0';
	for (size_t i = 0; known[i] && len < sizeof(list); i++) {
		int n = snprintf(
			list + len, sizeof(list) - len, "%s%s", i > 0 ? ", " : "", known[i]);

		len += n > 0 ? (size_t)n : 0;
	}
	return yaml_error(key, err, "unknown key \"%s\"; known here: %s", name, list);
}

int yaml_check_keys(const struct yaml_node *map, const char *const *known, struct error *err)
{
	if (map->kind != YAML_MAP)
		return yaml_error(map, err, "keys with values are wanted here, not a %s",
			map->kind == YAML_LIST ? "list" : "single value");
	for (size_t i = 0; i < map->n; i++) {
		if (!is_known(map->pairs[i].key->text, known))
			return unknown_key(map->pairs[i].key, known, err);
	}
	return 0;
}
