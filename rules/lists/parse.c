#include "rules/lists/parse.h"

#include <stdlib.h>

#include "common/hash/hash.h"
#include "common/time_text.h"
#include "rules/lists/benign.h"
#include "rules/lists/parse_state.h"
#include "rules/lists/value.h"

enum { S_PER_DAY = 86400 };

/* because, source and date of MAP. A source has a date; a date without a source, where that is
 * ALONE allowed, is that of the list's own. */
static int get_act(
	struct parser *p, const struct yaml_node *map, bool required, bool alone, struct act *ret)
{
	const bool source = required || yaml_get(map, "source");
	const bool date = source || yaml_get(map, "date");
	int rc = parse_text(p, map, "because", NULL, &ret->because);

	if (rc == 0)
		rc = parse_text(p, map, "source",
			source || (date && !alone) ? "who says so, as a reader can find it" : NULL,
			&ret->source);
	if (rc == 0)
		rc = parse_date(p, map, "date",
			date ? "when the source said so, like 2022-03-25" : NULL, &ret->date, NULL);
	return rc;
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
			rc = get_act(p, acts->items[i], true, false, &e->acts[i]);
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
		return parse_no_memory(p->err);
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
			rc = parse_text(p, value, "name", "the entity's full name", &e->name);
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
		return parse_text_of(p, n, "entity", &ret->entity_name);
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
		rc = get_act(p, map, false, !ret->entity, &ret->act);
	if (rc == 0)
		rc = parse_text(p, map, "name", NULL, &ret->name);
	if (rc == 0)
		rc = parse_mapping(p, map, &ret->mapped_by, &ret->mapped_date);
	ret->own = ret->own || ret->act.because.len || ret->act.date.len || ret->name.len ||
		   ret->mapped_by.len;
	return rc;
}

/* "; this AS is "X", mapped to it by Y (date)", "; this AS is mapped to it by Y (date)", or
 * nothing. */
static struct str mapping_text(struct parser *p, const struct origin *o, enum entry_kind kind)
{
	static const char *const nouns[] = {
		"network", "AS", "name", "domain", "fingerprint", "certificate", "country", "text"};
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

/* The acts of O alone, where it states one; else those of E. Returns their number. */
static uint32_t acts_of(
	const struct origin *o, const struct entity *e, struct act *own, const struct act **ret)
{
	*own = o->act;
	*ret = e->acts;
	if (own->because.len == 0 && own->date.len == 0)
		return e->n_acts;
	if (own->source.len == 0)
		own->source = e->acts[0].source;
	if (own->date.len == 0)
		own->date = e->acts[0].date;
	*ret = own;
	return 1;
}

static bool make_basis(struct parser *p, const struct origin *o, const struct entity *e,
	enum entry_kind kind, const struct basis **ret)
{
	struct arena *arena = p->store->arena;
	const struct act *acts;
	struct act own;
	const uint32_t n = acts_of(o, e, &own, &acts);
	const struct str who = o->entity_name.len ? o->entity_name : e->name;
	const struct str mapping = mapping_text(p, o, kind);
	struct basis *basis = arena_alloc(arena, sizeof(*basis));
	struct str *reasons = arena_alloc(arena, n * sizeof(*reasons));

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
	*basis = (struct basis){
		.reasons = reasons,
		.n = n,
		.entity = arena_str(arena, who),
		.because = arena_str(arena, acts[0].because),
		.source = arena_str(arena, acts[0].source),
		.date = arena_str(arena, acts[0].date),
	};
	*ret = basis;
	return basis->entity.data && basis->because.data && basis->source.data && basis->date.data;
}

static bool says_the_same(const struct origin *a, const struct origin *b)
{
	return a->entity == b->entity && str_eq(a->entity_name, b->entity_name) &&
	       str_eq(a->act.because, b->act.because) && str_eq(a->act.source, b->act.source) &&
	       str_eq(a->act.date, b->act.date) && str_eq(a->name, b->name) &&
	       str_eq(a->mapped_by, b->mapped_by) && str_eq(a->mapped_date, b->mapped_date);
}

/* Where it is kept if another entry said the same; something else may be there. */
static struct said *said_before(struct parser *p, const struct origin *o, enum entry_kind kind)
{
	const struct str texts[] = {
		o->entity_name, o->act.because, o->act.source, o->act.date, o->name, o->mapped_by};
	uint64_t hash = kind;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		hash = hash64(texts[i].data ? texts[i].data : "", texts[i].len, hash);
	return &p->said[hash % SAID];
}

/* The sentences for an entry: its own, or those that its entity's entries of that kind share. */
static int find_basis(
	struct parser *p, const struct origin *o, enum entry_kind kind, const struct basis **ret)
{
	struct entity *e = o->entity ? o->entity : &p->anonymous;
	struct said *said = o->own ? said_before(p, o, kind) : NULL;

	if (said && said->basis && kind == said->kind && says_the_same(o, &said->origin)) {
		*ret = said->basis;
		return 0;
	}
	if (said) {
		if (!make_basis(p, o, e, kind, ret))
			return parse_no_memory(p->err);
		*said = (struct said){*o, kind, *ret};
		return 0;
	}
	if (!e->basis[kind] && !make_basis(p, o, e, kind, &e->basis[kind]))
		return parse_no_memory(p->err);
	*ret = e->basis[kind];
	return 0;
}

/* An entry that is read, but for its value. */
struct wanted {
	const struct basis *basis;
	uint8_t confidence;
	uint16_t until;
};

static int add(
	struct parser *p, const struct yaml_node *n, const struct value *v, const struct wanted *w)
{
	const struct new_entry new = {
		.kind = v->kind,
		.value = v->text,
		.prefix = v->kind == ENTRY_CIDR ? &v->prefix : NULL,
		.basis = w->basis,
		.links = p->list->role != LIST_SET,
		.confidence = w->confidence,
		.until = w->until,
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
	return parse_no_memory(p->err);
}

/* The entry ended before the lists' day. Its last day is included. */
static bool is_over(const struct parser *p, uint16_t until)
{
	return until != ENTRY_NO_END && ((uint64_t)until + 1) * S_PER_DAY <= p->as_of_ns / NS_PER_S;
}

/* MAP: what the entry N says besides its value, or NULL. */
static int finish_entry(struct parser *p, const struct yaml_node *n, const struct yaml_node *map,
	const struct value *v)
{
	struct wanted w = {NULL, p->list->confidence, p->list->until};
	struct origin o = {.own = false};
	int rc = 0;

	if (map)
		rc = parse_until(p, map, &w.until);
	if (rc == 0 && map)
		rc = parse_confidence(p, map, &w.confidence);
	if (rc == 0 && map)
		rc = parse_origin(p, map, &o);
	if (rc == 0 && p->list->role == LIST_BENIGN)
		rc = benign_check(p->list, n, v, p->err);
	if (rc != 0)
		return rc;
	if (is_over(p, w.until)) {
		p->list->expired++;
		return 0;
	}
	rc = find_basis(p, &o, v->kind, &w.basis);
	return rc == 0 ? add(p, n, v, &w) : rc;
}

static int parse_entry(struct parser *p, const struct yaml_node *n)
{
	static const char *const known[] = {"cidr", "asn", "host", "domain", "ja3", "sha1",
		"country", "text", "entity", "name", "because", "source", "date", "confidence",
		"mapped_by", "mapped_date", "until", NULL};
	struct value v;
	int rc;

	if (n->kind == YAML_MAP) {
		rc = yaml_check_keys(n, known, p->err);
		if (rc == 0)
			rc = value_of_map(n, &v, p->err);
		return rc == 0 ? finish_entry(p, n, n, &v) : rc;
	}
	if (n->kind != YAML_SCALAR)
		return yaml_error(n, p->err, "an entry is a map like {asn: 64500, entity: ...}");
	if (p->list->kind < 0)
		return yaml_error(n, p->err,
			"a bare value needs kind at the top of the file, such as kind: domain; "
			"or write {domain: ...}");
	rc = value_parse(n, (enum entry_kind)p->list->kind, &v, p->err);
	return rc == 0 ? finish_entry(p, n, NULL, &v) : rc;
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
	p.said = calloc(SAID, sizeof(*p.said));
	rc = p.said ? parse_entities(&p, root) : parse_no_memory(err);
	for (size_t i = 0; rc == 0 && i < entries->n; i++)
		rc = parse_entry(&p, entries->items[i]);
	free(p.entities);
	free(p.said);
	return rc;
}
