#include "rules/trial/stated_facts.h"

#include "common/time_text.h"

static int no_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "not enough memory for the facts of a test");
}

int stated_fact_find(const struct yaml_node *key, struct error *err)
{
	char shown[128];
	int id;

	if (key->kind != YAML_SCALAR)
		return yaml_error(key, err, "a fact is named by a text");
	id = field_find(key->text);
	if (id >= 0)
		return id;

	const char *nearest = nearest_name(key->text, field_names());

	(void)str_printable(shown, sizeof(shown), key->text);
	if (nearest)
		return yaml_error(
			key, err, "no fact is named \"%s\"; did you mean \"%s\"?", shown, nearest);
	return yaml_error(
		key, err, "no fact is named \"%s\"; docs/fields.md lists them all", shown);
}

static uint32_t count_of(const struct yaml_node *n)
{
	return n->kind == YAML_LIST ? (uint32_t)n->n : 1;
}

static const struct yaml_node *value_at(const struct yaml_node *n, uint32_t i)
{
	return n->kind == YAML_LIST ? n->items[i] : n;
}

/* A time as text, or nanoseconds since 1970. */
static bool read_date(const struct yaml_node *n, uint64_t *ret)
{
	int64_t number;

	if (!yaml_i64(n, &number) || number < 0)
		return time_parse(n->text, ret);
	*ret = (uint64_t)number;
	return true;
}

static int set_texts(
	struct facts *f, enum field_id id, const struct yaml_node *n, struct error *err)
{
	uint32_t count = count_of(n);
	struct str *items = arena_alloc(f->arena, count * sizeof(*items));

	if (!items)
		return no_memory(err);
	for (uint32_t i = 0; i < count; i++) {
		if (value_at(n, i)->kind != YAML_SCALAR)
			return yaml_error(value_at(n, i), err, "a text is wanted here");
		items[i] = value_at(n, i)->text;
	}
	facts_set_strs(f, id, items, count);
	return 0;
}

static int set_addresses(
	struct facts *f, enum field_id id, const struct yaml_node *n, struct error *err)
{
	uint32_t count = count_of(n);
	struct ip_addr *items = arena_alloc(f->arena, count * sizeof(*items));

	if (!items)
		return no_memory(err);
	for (uint32_t i = 0; i < count; i++) {
		if (value_at(n, i)->kind != YAML_SCALAR ||
			!ip_addr_parse(value_at(n, i)->text, &items[i]))
			return yaml_error(value_at(n, i), err,
				"an address is wanted here, for example 192.0.2.1");
	}
	if (field_info(id)->type == FIELD_TYPE_IPS)
		facts_set_ips(f, id, items, count);
	else
		facts_set_ip(f, id, &items[0]);
	return 0;
}

static int set_number(
	struct facts *f, enum field_id id, const struct yaml_node *n, struct error *err)
{
	int64_t number;
	uint64_t date;
	bool flag;

	switch (field_info(id)->type) {
	case FIELD_TYPE_BOOLEAN:
		if (!yaml_bool(n, &flag))
			return yaml_error(n, err, "%s is true or false", field_info(id)->name);
		facts_set_bool(f, id, flag);
		return 0;
	case FIELD_TYPE_DATE:
		if (!read_date(n, &date))
			return yaml_error(n, err,
				"%s is a date; write for example 2026-11-22 or "
				"'2026-11-22T12:34:56Z'",
				field_info(id)->name);
		facts_set_num(f, id, date);
		return 0;
	default:
		if (!yaml_i64(n, &number) || number < 0)
			return yaml_error(n, err, "%s is a whole number that is not negative",
				field_info(id)->name);
		facts_set_num(f, id, (uint64_t)number);
		return 0;
	}
}

static int set_fact(struct facts *f, enum field_id id, const struct yaml_node *n, struct error *err)
{
	enum field_type type = field_info(id)->type;
	bool many = type == FIELD_TYPE_KEYWORDS || type == FIELD_TYPE_IPS;

	if (n->kind == YAML_MAP || (n->kind == YAML_LIST && !many))
		return yaml_error(n, err, "%s holds one value, not a %s", field_info(id)->name,
			n->kind == YAML_MAP ? "map" : "list");
	if (yaml_is_null(n) || (n->kind == YAML_LIST && n->n == 0))
		return 0;
	switch (type) {
	case FIELD_TYPE_KEYWORD:
	case FIELD_TYPE_WILDCARD:
		facts_set_str(f, id, n->text);
		return 0;
	case FIELD_TYPE_KEYWORDS:
		return set_texts(f, id, n, err);
	case FIELD_TYPE_IP:
	case FIELD_TYPE_IPS:
		return set_addresses(f, id, n, err);
	default:
		return set_number(f, id, n, err);
	}
}

static int fill(struct facts *f, const struct yaml_node *map, const struct yaml_node *instead,
	struct error *err)
{
	if (!map || yaml_is_null(map))
		return 0;
	if (map->kind != YAML_MAP)
		return yaml_error(
			map, err, "facts are a map; write for example {network.protocol: ssh}");
	for (size_t i = 0; i < map->n; i++) {
		int id = stated_fact_find(map->pairs[i].key, err);

		if (id < 0)
			return id;
		if (instead && yaml_get(instead, map->pairs[i].key->text.data))
			continue;
		if (set_fact(f, (enum field_id)id, map->pairs[i].value, err) < 0)
			return err->code;
	}
	return 0;
}

int stated_facts_fill(struct facts *f, const struct yaml_node *base, const struct yaml_node *map,
	struct error *err)
{
	if (fill(f, base, map, err) < 0 || fill(f, map, NULL, err) < 0)
		return err->code;
	return 0;
}

/* Both sides as text, so that an address or a date may be written in any form. */
static int is_one(const struct facts *f, enum field_id id, const struct yaml_node *n,
	struct facts *scratch, struct error *err)
{
	char wanted_text[128], text[128];
	struct str wanted;
	uint32_t count = 0;

	facts_clear(scratch);
	if (set_fact(scratch, id, n, err) < 0)
		return err->code;
	if (!facts_has(scratch, id))
		return !facts_has(f, id);
	if (!facts_has(f, id))
		return 0;
	wanted = facts_text(scratch, id, 0, wanted_text, sizeof(wanted_text), NULL);
	(void)facts_text(f, id, 0, text, sizeof(text), &count);
	for (uint32_t i = 0; i < count; i++) {
		if (str_eq_nocase(wanted, facts_text(f, id, i, text, sizeof(text), NULL)))
			return 1;
	}
	return 0;
}

int stated_fact_is(const struct facts *f, const struct yaml_node *key,
	const struct yaml_node *value, struct error *err)
{
	struct facts *scratch;
	int id = stated_fact_find(key, err);

	if (id < 0)
		return id;
	scratch = arena_alloc(f->arena, sizeof(*scratch));
	if (!scratch)
		return no_memory(err);
	scratch->arena = f->arena;
	if (value->kind == YAML_LIST && value->n == 0)
		return yaml_error(value, err, "an empty list is nothing; write a value, or null");
	for (uint32_t i = 0; i < count_of(value); i++) {
		int is = is_one(f, (enum field_id)id, value_at(value, i), scratch, err);

		if (is != 0)
			return is;
	}
	return 0;
}
