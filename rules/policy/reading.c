#include "rules/policy/reading.h"

#include <assert.h>

#include "common/time_text.h"

static const char *kind_name(enum yaml_kind kind)
{
	switch (kind) {
	case YAML_MAP:
		return "a map of keys and values";
	case YAML_LIST:
		return "a list";
	case YAML_SCALAR:
		break;
	}
	return "a single value";
}

static bool is_null(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && yaml_is_null(node);
}

int read_no_memory(struct load *l)
{
	return error_set(l->err, ERR_SYSTEM, "no memory left to read the policy");
}

int read_map(struct load *l, const struct yaml_node *node, const char *what)
{
	if (node->kind == YAML_MAP)
		return 0;
	return yaml_error(node, l->err, "%s must be %s; this is %s", what, kind_name(YAML_MAP),
		kind_name(node->kind));
}

int read_section(struct load *l, const struct yaml_node *map, const char *key, enum yaml_kind kind,
	size_t max, const struct yaml_node **ret)
{
	const struct yaml_node *node = yaml_get(map, key);

	*ret = NULL;
	if (!node || is_null(node))
		return 0;
	if (node->kind != kind)
		return yaml_error(node, l->err, "%s must be %s; this is %s", key, kind_name(kind),
			kind_name(node->kind));
	if (node->n > max)
		return yaml_error(node, l->err, "%s has %zu entries; at most %zu are read", key,
			node->n, max);
	*ret = node;
	return 0;
}

int read_required(struct load *l, const struct yaml_node *map, const char *what, const char *key,
	const char *remedy, const struct yaml_node **ret)
{
	*ret = yaml_get(map, key);
	if (*ret && !is_null(*ret))
		return 0;
	return yaml_error(*ret ? *ret : map, l->err, "%s has no %s; add `%s`", what, key, remedy);
}

int read_text(struct load *l, const struct yaml_node *node, const char *what, size_t max_bytes,
	struct str *ret)
{
	char shown[POLICY_TEXT_BYTES + 1];

	if (node->kind != YAML_SCALAR)
		return yaml_error(node, l->err, "%s must be %s; this is %s", what,
			kind_name(YAML_SCALAR), kind_name(node->kind));
	if (is_null(node) || node->text.len == 0)
		return yaml_error(
			node, l->err, "%s is empty; write a value or leave the key out", what);
	if (node->text.len > max_bytes)
		return yaml_error(node, l->err, "%s has %u bytes; write at most %zu", what,
			node->text.len, max_bytes);
	str_printable(shown, sizeof(shown), node->text);
	if (!str_eq(str_from(shown), node->text))
		return yaml_error(node, l->err,
			"%s holds characters that cannot be shown: \"%s\"; write plain text on one "
			"line",
			what, shown);
	*ret = arena_str(l->site->arena, node->text);
	return ret->data ? 0 : read_no_memory(l);
}

int read_optional_text(struct load *l, const struct yaml_node *map, const char *key,
	size_t max_bytes, struct str *ret)
{
	const struct yaml_node *node = yaml_get(map, key);

	*ret = (struct str){NULL, 0};
	return node ? read_text(l, node, key, max_bytes, ret) : 0;
}

int read_network(struct load *l, const struct yaml_node *node, struct ip_prefix *ret)
{
	char shown[SHOWN_BYTES];
	char right[IP_PREFIX_TEXT_BYTES];
	bool host_bits;

	if (node->kind != YAML_SCALAR)
		return yaml_error(node, l->err,
			"an address or a prefix must be a single value; this is %s",
			kind_name(node->kind));
	str_printable(shown, sizeof(shown), node->text);
	if (!ip_prefix_parse(node->text, ret, &host_bits))
		return yaml_error(node, l->err,
			"\"%s\" is no address and no prefix; write such as 192.0.2.1, 192.0.2.0/24 "
			"or 2001:db8::/32",
			shown);
	if (host_bits)
		return yaml_error(node, l->err,
			"\"%s\" has bits set behind its length; the prefix is %s", shown,
			ip_prefix_format(ret, right));
	return 0;
}

int read_place(
	struct load *l, const struct yaml_node *node, struct ip_prefix *ret, uint16_t *ret_segment)
{
	static const char *const keys[] = {"address", "segment", NULL};
	const struct yaml_node *address;
	int r;

	*ret_segment = 0;
	if (node->kind != YAML_MAP)
		return read_network(l, node, ret);
	r = yaml_check_keys(node, keys, l->err);
	if (r == 0)
		r = read_required(l, node, "an address with its segment", "address",
			"address: 10.0.0.1", &address);
	if (r == 0)
		r = read_network(l, address, ret);
	return r == 0 ? read_segment(l, node, ret_segment) : r;
}

int read_date(struct load *l, const struct yaml_node *node, int64_t *ret_days)
{
	char shown[SHOWN_BYTES];

	if (node->kind == YAML_SCALAR && date_parse(node->text, ret_days))
		return 0;
	if (node->kind != YAML_SCALAR)
		return yaml_error(node, l->err, "a date must be a single value; this is %s",
			kind_name(node->kind));
	return yaml_error(node, l->err,
		"\"%s\" is no date of the calendar from 1970 to 2500; write year-month-day, such "
		"as 2027-03-01",
		str_printable(shown, sizeof(shown), node->text));
}

static bool is_domain(const char *text, uint32_t len)
{
	uint32_t label = 0;

	if (len == 0 || len > 253)
		return false;
	for (uint32_t i = 0; i < len; i++) {
		char c = ascii_lower(text[i]);

		if (c == '.' ? label == 0
			     : !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
				       c == '_'))
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0;
}

int read_domain(struct load *l, const struct yaml_node *node, struct str text, struct str *ret)
{
	char shown[SHOWN_BYTES];
	char lower[256];
	uint32_t len = text.len;

	if (len > 0 && text.data[len - 1] == '.')
		len--;
	if (!is_domain(text.data, len))
		return yaml_error(node, l->err,
			"\"%s\" is no domain name; write such as update.example, which holds its "
			"subdomains too",
			str_printable(shown, sizeof(shown), text));
	for (uint32_t i = 0; i < len; i++)
		lower[i] = ascii_lower(text.data[i]);
	*ret = arena_str(l->site->arena, (struct str){lower, len});
	return ret->data ? 0 : read_no_memory(l);
}

int read_count(
	struct load *l, const struct yaml_node *node, const char *what, size_t max, uint32_t *ret_n)
{
	size_t n = node->kind == YAML_LIST ? node->n : 1;

	if (node->kind == YAML_MAP)
		return yaml_error(node, l->err, "%s must be a single value or a list; this is %s",
			what, kind_name(YAML_MAP));
	if (n == 0)
		return yaml_error(
			node, l->err, "%s is an empty list; write at least one value", what);
	if (n > max)
		return yaml_error(
			node, l->err, "%s has %zu values; at most %zu are read", what, n, max);
	*ret_n = (uint32_t)n;
	return 0;
}

int read_place_count(
	struct load *l, const struct yaml_node *node, const char *what, uint32_t *ret_n)
{
	*ret_n = 1;
	return node->kind == YAML_MAP ? 0 : read_count(l, node, what, POLICY_MAX_ITEMS, ret_n);
}

const struct yaml_node *read_item(const struct yaml_node *node, uint32_t i)
{
	return node->kind == YAML_LIST ? node->items[i] : node;
}

int read_order(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->column < b->column ? -1 : a->column > b->column;
}

int read_reference(struct load *l, const struct yaml_node *node, struct str text, const char *kind,
	const char *section, const struct name_index *ix, uint32_t *ret)
{
	char shown[SHOWN_BYTES];
	const char *near;

	*ret = name_index_find(ix, text);
	if (*ret != UINT32_MAX)
		return 0;
	str_printable(shown, sizeof(shown), text);
	near = ix->n > 0 ? nearest_name(text, ix->texts) : NULL;
	if (near)
		return yaml_error(node, l->err, "no %s is named \"%s\"; did you mean \"%s\"?", kind,
			shown, near);
	return yaml_error(
		node, l->err, "no %s is named \"%s\"; declare it under %s", kind, shown, section);
}

int read_names(struct load *l, const struct yaml_node *map, const char *what,
	struct str **ret_names, struct name_index *ret_index)
{
	struct str *names = arena_alloc(l->site->arena, map->n * sizeof(*names));
	uint32_t first;
	uint32_t second;
	int r;

	if (!names)
		return read_no_memory(l);
	for (size_t i = 0; i < map->n; i++) {
		r = read_text(l, map->pairs[i].key, what, POLICY_NAME_BYTES, &names[i]);
		if (r < 0)
			return r;
	}
	r = name_index_build(ret_index, l->site->arena, names, (uint32_t)map->n, &first, &second);
	if (r < 0)
		return read_no_memory(l);
	assert(r == 0); /* keys of a map differ: the reader of YAML sees to it */
	*ret_names = names;
	return 0;
}
