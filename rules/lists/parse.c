#include "rules/lists/parse.h"

#include <stdlib.h>

#include "common/time_text.h"
#include "rules/lists/value.h"

enum { MAX_TEXT_BYTES = 500, MAX_ENTITIES = 10000, MAX_ACTS = 8, S_PER_DAY = 86400 };

/* An act by which somebody names an entity. */
struct act {
	struct str because; /* may be empty */
	struct str source, date;
};

struct entity {
	struct str key, name;
	struct act acts[MAX_ACTS];
	uint32_t n_acts;
	const struct basis
		*basis[ENTRY_KINDS]; /* made when the first entry of that kind needs it */
};

/* What one entry says besides its value. */
struct origin {
	struct entity *entity; /* NULL: none of the file's entities */
	struct str entity_name;
	struct act act; /* source empty: the entity's, else the list's */
	struct str name, mapped_by, mapped_date;
	bool own; /* says something that the next entry does not */
};

struct parser {
	struct store *store;
	struct list *list;
	struct entity *entities; /* sorted by key */
	size_t n_entities;
	struct entity anonymous; /* of entries without an entity: the list itself names them */
	uint64_t as_of_ns;
	struct error *err;
};

static int no_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "not enough memory for the lists");
}

static struct str keep(struct parser *p, struct str text)
{
	return arena_str(p->store->arena, text);
}

static int text_of(struct parser *p, const struct yaml_node *n, const char *key, struct str *ret)
{
	if (n->kind != YAML_SCALAR || yaml_is_null(n) || n->text.len == 0)
		return yaml_error(n, p->err, "%s is empty or no text; write %s: \"...\"", key, key);
	if (n->text.len > MAX_TEXT_BYTES)
		return yaml_error(n, p->err, "%s has %u bytes; at most %d are kept", key,
			n->text.len, MAX_TEXT_BYTES);
	*ret = keep(p, n->text);
	return ret->data ? 0 : no_memory(p->err);
}

/* The text under KEY; absent leaves *ret empty, or is the error "needs KEY: WHAT" when WHAT is
 * given. */
static int get_text(struct parser *p, const struct yaml_node *map, const char *key,
	const char *what, struct str *ret)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (n)
		return text_of(p, n, key, ret);
	if (what)
		return yaml_error(map, p->err, "%s is missing: %s", key, what);
	return 0;
}

static int get_date(struct parser *p, const struct yaml_node *map, const char *key,
	const char *what, struct str *ret, int64_t *ret_days)
{
	int rc = get_text(p, map, key, what, ret);
	int64_t days;

	if (rc != 0 || ret->len == 0)
		return rc;
	if (!date_parse(*ret, &days))
		return yaml_error(
			yaml_get(map, key), p->err, "%s is no date; write it like 2022-03-25", key);
	if (ret_days)
		*ret_days = days;
	return 0;
}

/* because, source and date of MAP. Source and date come together. */
static int get_act(struct parser *p, const struct yaml_node *map, bool required, struct act *ret)
{
	bool both = required || yaml_get(map, "source") || yaml_get(map, "date");
	int rc = get_text(p, map, "because", NULL, &ret->because);

	if (rc == 0)
		rc = get_text(p, map, "source",
			both ? "who says so, as a reader can find it" : NULL, &ret->source);
	if (rc == 0)
		rc = get_date(p, map, "date",
			both ? "when the source said so, like 2022-03-25" : NULL, &ret->date, NULL);
	return rc;
}

static int get_mapping(
	struct parser *p, const struct yaml_node *map, struct str *ret_by, struct str *ret_date)
{
	bool both = yaml_get(map, "mapped_by") || yaml_get(map, "mapped_date");
	int rc = get_text(
		p, map, "mapped_by", both ? "who maps the network to the entity" : NULL, ret_by);

	if (rc == 0)
		rc = get_date(p, map, "mapped_date",
			both ? "when the mapping was made, like 2022-10-29" : NULL, ret_date, NULL);
	return rc;
}

static int get_tier(struct parser *p, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_get(root, "tier");
	int64_t tier;

	if (!n)
		return 0;
	if (!yaml_i64(n, &tier) || tier < 1 || tier > 3)
		return yaml_error(n, p->err,
			"tier is 1 (strongest), 2 or 3; leave it out in a set that links nobody");
	p->list->tier = (uint8_t)tier;
	return 0;
}

static int get_kind(struct parser *p, const struct yaml_node *root)
{
	const struct yaml_node *n = yaml_get(root, "kind");

	p->list->kind = -1;
	if (!n)
		return 0;
	p->list->kind = value_kind(n->kind == YAML_SCALAR ? n->text : (struct str){NULL, 0});
	if (p->list->kind < 0)
		return yaml_error(
			n, p->err, "kind is one of cidr, asn, domain, ja3, sha1, country, text");
	return 0;
}

static int check_name(struct parser *p, const struct yaml_node *root)
{
	struct str name = p->list->name;

	for (uint32_t i = 0; i < name.len; i++) {
		char c = ascii_lower(name.data[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
			return yaml_error(yaml_get(root, "list"), p->err,
				"a list's name has letters, digits, _ and - only: rules write "
				"it as %%name%%");
	}
	return 0;
}

int parse_head(
	const struct yaml_node *root, struct store *store, struct list *ret, struct error *err)
{
	static const char *const known[] = {"schema", "list", "title", "tier", "source", "date",
		"licence", "kind", "mapped_by", "mapped_date", "entities", "entries", NULL};
	struct parser p = {.store = store, .list = ret, .err = err};
	int64_t schema;
	int rc;

	if (root->kind != YAML_MAP)
		return yaml_error(root, err, "a list file is a map; it begins with schema: 1");
	rc = yaml_check_keys(root, known, err);
	if (rc != 0)
		return rc;
	const struct yaml_node *version = yaml_get(root, "schema");

	if (!version || !yaml_i64(version, &schema) || schema != 1)
		return yaml_error(version ? version : root, err, "a list file needs schema: 1");
	rc = get_text(&p, root, "list", "the list's name", &ret->name);
	if (rc == 0)
		rc = check_name(&p, root);
	if (rc == 0)
		rc = get_text(
			&p, root, "title", "what the list holds, in a few words", &ret->title);
	if (rc == 0)
		rc = get_text(&p, root, "source", "where the list comes from", &ret->source);
	if (rc == 0)
		rc = get_date(&p, root, "date",
			"when the list was made or last checked, like 2022-03-25", &ret->date,
			NULL);
	if (rc == 0)
		rc = get_text(&p, root, "licence", NULL, &ret->licence);
	if (rc == 0)
		rc = get_mapping(&p, root, &ret->mapped_by, &ret->mapped_date);
	if (rc == 0)
		rc = get_tier(&p, root);
	return rc == 0 ? get_kind(&p, root) : rc;
}

static int parse_acts(struct parser *p, const struct yaml_node *map, struct entity *e)
{
	static const char *const known[] = {"because", "source", "date", NULL};
	const struct yaml_node *acts = yaml_get(map, "named_by");

	if (!acts || acts->kind != YAML_LIST || acts->n == 0)
		return yaml_error(acts ? acts : map, p->err,
			"named_by is a list of acts: - {source: ..., date: ...}");
	if (acts->n > MAX_ACTS)
		return yaml_error(acts, p->err, "at most %d acts are kept for an entity", MAX_ACTS);
	for (size_t i = 0; i < acts->n; i++) {
		int rc;

		if (acts->items[i]->kind != YAML_MAP)
			return yaml_error(acts->items[i], p->err,
				"an act is a map: {source: ..., date: ...}");
		rc = yaml_check_keys(acts->items[i], known, p->err);
		if (rc == 0)
			rc = get_act(p, acts->items[i], true, &e->acts[i]);
		if (rc != 0)
			return rc;
	}
	e->n_acts = (uint32_t)acts->n;
	return 0;
}

static int compare_entities(const void *a, const void *b)
{
	return str_cmp(((const struct entity *)a)->key, ((const struct entity *)b)->key);
}

static int parse_entities(struct parser *p, const struct yaml_node *root)
{
	static const char *const known[] = {"name", "named_by", NULL};
	const struct yaml_node *map = yaml_get(root, "entities");

	if (!map)
		return 0;
	if (map->kind != YAML_MAP || map->n > MAX_ENTITIES)
		return yaml_error(map, p->err,
			"entities is a map of at most %d entities by their key", MAX_ENTITIES);
	p->entities = calloc(map->n + 1, sizeof(*p->entities));
	if (!p->entities)
		return no_memory(p->err);
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *value = map->pairs[i].value;
		struct entity *e = &p->entities[i];
		int rc;

		if (value->kind != YAML_MAP)
			return yaml_error(
				value, p->err, "an entity is a map: {name: ..., named_by: [...]}");
		e->key = map->pairs[i].key->text;
		rc = yaml_check_keys(value, known, p->err);
		if (rc == 0)
			rc = get_text(p, value, "name", "the entity's full name", &e->name);
		if (rc == 0)
			rc = parse_acts(p, value, e);
		if (rc != 0)
			return rc;
	}
	p->n_entities = map->n;
	qsort(p->entities, p->n_entities, sizeof(*p->entities), compare_entities);
	return 0;
}

static int unknown_entity(struct parser *p, const struct yaml_node *n)
{
	const char **names = calloc(p->n_entities + 1, sizeof(*names));
	char text[64];
	const char *near = NULL;
	int rc;

	for (size_t i = 0; names && i < p->n_entities; i++)
		names[i] = p->entities[i].key.data;
	if (names)
		near = nearest_name(n->text, names);
	rc = yaml_error(n, p->err, "no entity \"%s\" in this file's entities%s%s%s",
		str_printable(text, sizeof(text), n->text), near ? "; did you mean \"" : "",
		near ? near : "", near ? "\"?" : "");
	free(names);
	return rc;
}

/* The entity of an entry: a key of `entities` where the file has that map, else a name. */
static int get_entity(struct parser *p, const struct yaml_node *map, struct origin *ret)
{
	const struct yaml_node *n = yaml_get(map, "entity");

	if (!n)
		return 0;
	if (p->n_entities == 0) {
		ret->own = true;
		return text_of(p, n, "entity", &ret->entity_name);
	}
	struct entity key = {.key = n->text};

	if (n->kind == YAML_SCALAR)
		ret->entity =
			bsearch(&key, p->entities, p->n_entities, sizeof(key), compare_entities);
	return ret->entity ? 0 : unknown_entity(p, n);
}

static int parse_origin(struct parser *p, const struct yaml_node *map, struct origin *ret)
{
	int rc = get_entity(p, map, ret);

	if (rc == 0)
		rc = get_act(p, map, false, &ret->act);
	if (rc == 0)
		rc = get_text(p, map, "name", NULL, &ret->name);
	if (rc == 0)
		rc = get_mapping(p, map, &ret->mapped_by, &ret->mapped_date);
	ret->own = ret->own || ret->act.because.len || ret->act.source.len || ret->name.len ||
		   ret->mapped_by.len;
	return rc;
}

/* "; this AS is "X", mapped to it by Y (date)", "; this AS is mapped to it by Y (date)", or
 * nothing. */
static struct str mapping_text(struct parser *p, const struct origin *o, enum entry_kind kind)
{
	static const char *const nouns[] = {
		"network", "AS", "domain", "fingerprint", "certificate", "country", "name"};
	struct str by = o->mapped_by.len ? o->mapped_by : p->list->mapped_by;
	struct str date = o->mapped_by.len ? o->mapped_date : p->list->mapped_date;

	if (by.len == 0)
		return (struct str){"", 0};
	if (o->name.len == 0)
		return arena_printf(p->store->arena, "; this %s is mapped to it by %s (%s)",
			nouns[kind], by.data, date.data);
	return arena_printf(p->store->arena, "; this %s is \"%s\", mapped to it by %s (%s)",
		nouns[kind], o->name.data, by.data, date.data);
}

static bool make_basis(struct parser *p, const struct origin *o, const struct entity *e,
	enum entry_kind kind, const struct basis **ret)
{
	struct arena *arena = p->store->arena;
	const struct act *acts = e->acts;
	struct act own = o->act;
	uint32_t n = e->n_acts;
	struct str who = o->entity_name.len ? o->entity_name : e->name;
	struct str mapping = mapping_text(p, o, kind);
	struct basis *basis = arena_alloc(arena, sizeof(*basis));
	struct str *reasons;

	if (own.because.len || own.source.len) {
		if (own.source.len == 0) {
			own.source = e->acts[0].source;
			own.date = e->acts[0].date;
		}
		acts = &own;
		n = 1;
	}
	reasons = arena_alloc(arena, n * sizeof(*reasons));
	if (!basis || !reasons || !mapping.data)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		reasons[i] = arena_printf(arena, "%s: %s%snamed by %s (%s)%s; list %s", who.data,
			acts[i].because.len ? acts[i].because.data : "",
			acts[i].because.len ? "; " : "", acts[i].source.data, acts[i].date.data,
			mapping.data, p->list->name.data);
		if (!reasons[i].data)
			return false;
	}
	*basis = (struct basis){reasons, n};
	*ret = basis;
	return true;
}

/* The sentences for an entry: its own, or those that its entity's entries of that kind share. */
static int find_basis(
	struct parser *p, const struct origin *o, enum entry_kind kind, const struct basis **ret)
{
	struct entity *e = o->entity ? o->entity : &p->anonymous;

	if (p->list->tier == 0)
		return 0;
	if (o->own)
		return make_basis(p, o, e, kind, ret) ? 0 : no_memory(p->err);
	if (!e->basis[kind] && !make_basis(p, o, e, kind, &e->basis[kind]))
		return no_memory(p->err);
	*ret = e->basis[kind];
	return 0;
}

static int add(struct parser *p, const struct yaml_node *n, const struct value *v,
	const struct basis *basis)
{
	struct new_entry new = {
		.kind = v->kind,
		.value = v->text,
		.prefix = v->kind == ENTRY_CIDR ? &v->prefix : NULL,
		.basis = basis,
		.list = (uint16_t)p->list->index,
		.line = n->line,
	};
	uint32_t first = 0;
	char text[64];

	switch (store_add(p->store, &new, &first)) {
	case STORE_ADDED:
		p->list->entries++;
		p->list->kinds |= 1U << v->kind;
		return 0;
	case STORE_DUPLICATE:
		return yaml_error(n, p->err,
			"%s stands in this list already, on line %u; remove one of them",
			str_printable(text, sizeof(text), v->text), first);
	case STORE_FULL:
		return yaml_error(
			n, p->err, "the lists hold more than %d entries", STORE_MAX_ENTRIES);
	case STORE_NO_MEMORY:
		break;
	}
	return no_memory(p->err);
}

/* *ret: the entry ended before the lists' day. Its last day is included. */
static int check_until(struct parser *p, const struct yaml_node *map, bool *ret)
{
	struct str text = {NULL, 0};
	int64_t days = 0;
	int rc = get_date(p, map, "until", NULL, &text, &days);

	*ret = rc == 0 && text.len > 0 &&
	       (uint64_t)(days + 1) * S_PER_DAY <= p->as_of_ns / NS_PER_S;
	return rc;
}

static int parse_map(struct parser *p, const struct yaml_node *n)
{
	static const char *const known[] = {"cidr", "asn", "domain", "ja3", "sha1", "country",
		"text", "entity", "name", "because", "source", "date", "mapped_by", "mapped_date",
		"until", NULL};
	struct origin o = {.own = false};
	const struct basis *basis = NULL;
	struct value v;
	bool expired;
	int rc = yaml_check_keys(n, known, p->err);

	if (rc == 0)
		rc = value_of_map(n, &v, p->err);
	if (rc == 0)
		rc = check_until(p, n, &expired);
	if (rc == 0)
		rc = parse_origin(p, n, &o);
	if (rc != 0)
		return rc;
	if (expired) {
		p->list->expired++;
		return 0;
	}
	rc = find_basis(p, &o, v.kind, &basis);
	return rc == 0 ? add(p, n, &v, basis) : rc;
}

static int parse_entry(struct parser *p, const struct yaml_node *n)
{
	struct origin o = {.own = false};
	const struct basis *basis = NULL;
	struct value v;
	int rc;

	if (n->kind == YAML_MAP)
		return parse_map(p, n);
	if (n->kind != YAML_SCALAR)
		return yaml_error(n, p->err, "an entry is a map like {asn: 64500, entity: ...}");
	if (p->list->kind < 0)
		return yaml_error(n, p->err,
			"a bare value needs kind at the top of the file, such as kind: domain; "
			"or write {domain: ...}");
	rc = value_parse(n, (enum entry_kind)p->list->kind, &v, p->err);
	if (rc == 0)
		rc = find_basis(p, &o, v.kind, &basis);
	return rc == 0 ? add(p, n, &v, basis) : rc;
}

int parse_entries(const struct yaml_node *root, struct store *store, struct list *list,
	uint64_t as_of_ns, struct error *err)
{
	struct parser p = {.store = store, .list = list, .as_of_ns = as_of_ns, .err = err};
	const struct yaml_node *entries = yaml_get(root, "entries");
	int rc;

	if (!entries || entries->kind != YAML_LIST)
		return yaml_error(entries ? entries : root, err,
			"entries is missing: a list of {asn: ...}, {cidr: ...}, ...");
	p.anonymous.name = list->title;
	p.anonymous.acts[0] = (struct act){.source = list->source, .date = list->date};
	p.anonymous.n_acts = 1;
	rc = parse_entities(&p, root);
	for (size_t i = 0; rc == 0 && i < entries->n; i++)
		rc = parse_entry(&p, entries->items[i]);
	free(p.entities);
	return rc;
}
