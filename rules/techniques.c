#include "rules/techniques.h"

#include <stdlib.h>

#include "common/arena.h"
#include "common/yaml/yaml.h"

enum { ARENA_BLOCK_BYTES = 16 * 1024, MAX_ENTRIES = 4096, MAX_TEXT_BYTES = 160 };

struct techniques {
	struct arena *arena;
	struct technique *all; /* sorted by tag */
	uint32_t n;
	struct str version;
};

struct load {
	struct techniques *t;
	struct error *err;
};

static int no_memory(struct load *l)
{
	return error_set(l->err, ERR_SYSTEM, "not enough memory for the names of techniques");
}

static int read_text(struct load *l, const struct yaml_node *map, const char *key, struct str *ret)
{
	const struct yaml_node *n = yaml_get(map, key);

	if (!n || n->kind != YAML_SCALAR || n->text.len == 0 || n->text.len > MAX_TEXT_BYTES)
		return yaml_error(n ? n : map, l->err, "`%s:` must be a text of at most %d bytes",
			key, MAX_TEXT_BYTES);
	*ret = arena_str(l->t->arena, n->text);
	return ret->data ? 0 : no_memory(l);
}

static struct str lower(struct load *l, const char *prefix, struct str s)
{
	const struct str made = arena_printf(l->t->arena, "%s%.*s", prefix, (int)s.len, s.data);

	for (uint32_t i = 0; made.data && i < made.len; i++)
		((char *)(uintptr_t)made.data)[i] = ascii_lower(made.data[i]);
	return made;
}

/* A place for what KEY, a name of the map at hand, says. NULL with the error set. */
static struct technique *add(struct load *l, const struct yaml_node *key, const char *prefix)
{
	struct technique *e = &l->t->all[l->t->n];

	if (key->text.len == 0 || key->text.len > MAX_TEXT_BYTES) {
		yaml_error(key, l->err, "an id has 1 to %d bytes", MAX_TEXT_BYTES);
		return NULL;
	}
	if (l->t->n == MAX_ENTRIES) {
		yaml_error(key, l->err, "more than %d techniques; leave out what no rule names",
			MAX_ENTRIES);
		return NULL;
	}
	e->id = arena_str(l->t->arena, key->text);
	e->tag = lower(l, prefix, key->text);
	if (!e->id.data || !e->tag.data) {
		no_memory(l);
		return NULL;
	}
	l->t->n++;
	return e;
}

static int read_tactics(struct load *l, const struct yaml_node *list, struct technique *e)
{
	struct str *tags;

	if (list->kind != YAML_LIST || list->n == 0)
		return yaml_error(list, l->err, "write the tactics as a list: [discovery]");
	tags = arena_alloc(l->t->arena, list->n * sizeof(*tags));
	if (!tags)
		return no_memory(l);
	for (size_t i = 0; i < list->n; i++) {
		tags[i] = lower(l, "attack.", list->items[i]->text);
		if (!tags[i].data)
			return no_memory(l);
		if (!techniques_find(l->t, tags[i]))
			return yaml_error(list->items[i], l->err,
				"`tactics:` of `attack:` has no such tactic; write it there");
	}
	e->tactics = tags;
	e->n_tactics = (uint32_t)list->n;
	return 0;
}

static int by_tag(const void *a, const void *b)
{
	return str_cmp(((const struct technique *)a)->tag, ((const struct technique *)b)->tag);
}

/* So that tactics are found while techniques are read. */
static void sort(struct techniques *t)
{
	if (t->n > 1)
		qsort(t->all, t->n, sizeof(*t->all), by_tag);
}

static int read_map(struct load *l, const struct yaml_node *parent, const char *key,
	const struct yaml_node **ret)
{
	*ret = yaml_get(parent, key);
	if (!*ret || (*ret)->kind != YAML_MAP)
		return yaml_error(*ret ? *ret : parent, l->err, "`%s:` must be a map", key);
	return 0;
}

static int load_tactics(struct load *l, const struct yaml_node *attack)
{
	static const char *const keys[] = {"id", "name", NULL};
	const struct yaml_node *map;
	int r = read_map(l, attack, "tactics", &map);

	for (size_t i = 0; r == 0 && i < map->n; i++) {
		struct technique *e = add(l, map->pairs[i].key, "attack.");

		r = e ? yaml_check_keys(map->pairs[i].value, keys, l->err) : l->err->code;
		if (r == 0)
			r = read_text(l, map->pairs[i].value, "name", &e->name);
		if (r == 0)
			r = read_text(l, map->pairs[i].value, "id", &e->id);
		if (r == 0)
			e->is_tactic = true;
	}
	sort(l->t);
	return r;
}

static int load_techniques(struct load *l, const struct yaml_node *parent, bool fight)
{
	static const char *const with_tactics[] = {"name", "tactics", NULL};
	static const char *const alone[] = {"name", NULL};
	const char *const *keys = fight ? alone : with_tactics;
	const struct yaml_node *map;
	int r = read_map(l, parent, "techniques", &map);
	const uint32_t first = l->t->n;

	for (size_t i = 0; r == 0 && i < map->n; i++) {
		const struct yaml_node *value = map->pairs[i].value;
		struct technique *e = add(l, map->pairs[i].key, fight ? "fight." : "attack.");

		r = e ? yaml_check_keys(value, keys, l->err) : l->err->code;
		if (r == 0)
			r = read_text(l, value, "name", &e->name);
		if (r == 0 && !fight && !yaml_get(value, "tactics"))
			r = yaml_error(value, l->err, "add the tactics: [discovery]");
		if (r == 0)
			e->is_fight = fight;
	}
	/* What was read before is sorted, and nothing else is looked for. */
	for (uint32_t i = 0; r == 0 && !fight && i < map->n; i++) {
		const uint32_t n = l->t->n;

		l->t->n = first;
		r = read_tactics(
			l, yaml_get(map->pairs[i].value, "tactics"), &l->t->all[first + i]);
		l->t->n = n;
	}
	return r;
}

static int load_retired(struct load *l, const struct yaml_node *attack)
{
	const struct yaml_node *map = yaml_get(attack, "retired");

	if (!map)
		return 0;
	if (map->kind != YAML_MAP)
		return yaml_error(map, l->err, "`retired:` must be a map: {T1562: T1685}");
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *value = map->pairs[i].value;
		struct technique *e = add(l, map->pairs[i].key, "attack.");

		if (!e)
			return l->err->code;
		if (value->kind != YAML_SCALAR || value->text.len == 0)
			return yaml_error(value, l->err, "write the id that took its place");
		e->instead = arena_str(l->t->arena, value->text);
		if (!e->instead.data)
			return no_memory(l);
	}
	return 0;
}

/* ATT&CK's parts in the order in which they build on each other. */
static int load_attack(struct load *l, const struct yaml_node *attack, struct str *ret_version)
{
	static const char *const keys[] = {"version", "tactics", "techniques", "retired", NULL};
	int r = yaml_check_keys(attack, keys, l->err);

	if (r == 0)
		r = read_text(l, attack, "version", ret_version);
	if (r == 0)
		r = load_tactics(l, attack);
	if (r == 0)
		r = load_techniques(l, attack, false);
	return r == 0 ? load_retired(l, attack) : r;
}

static int load_fight(struct load *l, const struct yaml_node *fight, struct str *ret_version)
{
	static const char *const keys[] = {"version", "techniques", NULL};
	int r = yaml_check_keys(fight, keys, l->err);

	if (r == 0)
		r = read_text(l, fight, "version", ret_version);
	return r == 0 ? load_techniques(l, fight, true) : r;
}

/* A technique stands once. */
static int check_twice(struct load *l, const struct yaml_node *root)
{
	const struct techniques *t = l->t;

	for (uint32_t i = 1; i < t->n; i++) {
		if (str_eq(t->all[i - 1].tag, t->all[i].tag))
			return yaml_error(root, l->err,
				"%.*s stands there twice, in force and retired",
				(int)t->all[i].id.len, t->all[i].id.data);
	}
	return 0;
}

static int load_root(struct load *l, const struct yaml_node *root)
{
	static const char *const keys[] = {"schema", "attack", "fight", NULL};
	const struct yaml_node *schema = yaml_get(root, "schema"), *attack, *fight;
	struct str versions[2];
	int64_t number;
	int r = yaml_check_keys(root, keys, l->err);

	if (r == 0 && (!schema || !yaml_i64(schema, &number) || number != 1))
		r = yaml_error(schema ? schema : root, l->err,
			"this program reads schema 1; write `schema: 1`");
	if (r == 0)
		r = read_map(l, root, "attack", &attack);
	if (r == 0)
		r = read_map(l, root, "fight", &fight);
	if (r == 0)
		r = load_attack(l, attack, &versions[0]);
	if (r == 0)
		r = load_fight(l, fight, &versions[1]);
	if (r < 0)
		return r;
	sort(l->t);
	l->t->version = arena_printf(l->t->arena, "ATT&CK %.*s, FiGHT %.*s", (int)versions[0].len,
		versions[0].data, (int)versions[1].len, versions[1].data);
	return l->t->version.data ? check_twice(l, root) : no_memory(l);
}

struct techniques *techniques_open(const char *path, struct error *err)
{
	struct arena *arena = arena_new(ARENA_BLOCK_BYTES);
	struct load l = {.err = err};
	struct yaml_file *file;
	int r = -1;

	l.t = arena ? arena_alloc(arena, sizeof(*l.t)) : NULL;
	if (!l.t || !(l.t->all = arena_alloc(arena, MAX_ENTRIES * sizeof(*l.t->all)))) {
		arena_free(arena);
		no_memory(&l);
		return NULL;
	}
	l.t->arena = arena;
	if (!path)
		return l.t;
	file = yaml_read(path, 1, err);
	if (file)
		r = load_root(&l, yaml_root(file, 0));
	yaml_file_free(file);
	if (r == 0)
		return l.t;
	techniques_close(l.t);
	return NULL;
}

void techniques_close(struct techniques *t)
{
	if (t)
		arena_free(t->arena);
}

const struct technique *techniques_find(const struct techniques *t, struct str tag)
{
	const struct technique key = {.tag = tag};

	return t->n ? bsearch(&key, t->all, t->n, sizeof(*t->all), by_tag) : NULL;
}

struct str techniques_version(const struct techniques *t)
{
	return t->version;
}
