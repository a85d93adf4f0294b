#include "rules/policy/site.h"

#include <stdlib.h>

#include "common/file.h"
#include "common/time_text.h"
#include "rules/policy/civil.h"
#include "rules/policy/reading.h"

enum { ARENA_BLOCK_BYTES = 64 * 1024 };

static int read_file(const char *path, char **ret_text, size_t *ret_len, struct yaml_file **ret,
	struct error *err)
{
	*ret_text = file_read(path, POLICY_MAX_BYTES, ret_len, err);
	if (!*ret_text)
		return -1;
	*ret = yaml_parse(path, *ret_text, *ret_len, 1, err);
	return *ret ? 0 : -1;
}

void policy_sources_done(struct policy_sources *f)
{
	yaml_file_free(f->site);
	yaml_file_free(f->roles);
	free(f->site_text);
	free(f->roles_text);
}

static struct site *site_new(void)
{
	struct arena *arena = arena_new(ARENA_BLOCK_BYTES);
	struct site *s = arena ? arena_alloc(arena, sizeof(*s)) : NULL;

	if (!s) {
		arena_free(arena);
		return NULL;
	}
	s->arena = arena;
	s->inventory = inventory_new();
	s->scopes = prefix_trie_new();
	s->group_networks = prefix_trie_new();
	s->supplier_networks = prefix_trie_new();
	if (s->inventory && s->scopes && s->group_networks && s->supplier_networks)
		return s;
	site_close(s);
	return NULL;
}

void site_close(struct site *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n_open_zones; i++)
		zone_close(s->open_zones[i]);
	inventory_free(s->inventory);
	prefix_trie_free(s->scopes);
	for (uint32_t i = 1; s->segment_scopes && i <= s->n_segments; i++)
		prefix_trie_free(s->segment_scopes[i]);
	prefix_trie_free(s->group_networks);
	prefix_trie_free(s->supplier_networks);
	arena_free(s->arena); /* S itself is in it */
}

/* Room for the site's zone and one of each window. */
static int reserve_time_zones(struct load *l)
{
	const struct yaml_node *windows = yaml_get(l->root, "windows");
	size_t n = 1 + (windows && windows->kind == YAML_MAP ? windows->n : 0);
	struct site *s = l->site;

	s->open_zones = arena_alloc(s->arena, n * sizeof(struct zone *));
	s->open_zone_names = arena_alloc(s->arena, n * sizeof(*s->open_zone_names));
	return s->open_zones && s->open_zone_names ? 0 : read_no_memory(l);
}

static int load_site_time(struct load *l)
{
	const struct yaml_node *node = yaml_get(l->root, "timezone");
	struct site *s = l->site;
	struct zone *utc;

	if (node)
		return load_time_zone(l, node, &s->time);
	utc = zone_open("UTC", l->err);
	if (!utc)
		return ERR_SYSTEM;
	s->open_zone_names[0] = STR("UTC");
	s->open_zones[s->n_open_zones++] = utc;
	s->time = utc;
	return 0;
}

static int check_schema(struct load *l, const struct yaml_node *root)
{
	const struct yaml_node *node;
	int64_t schema;
	int r = read_required(l, root, "the file", "schema", "schema: 1", &node);

	if (r == 0 && (!yaml_i64(node, &schema) || schema != 1))
		return yaml_error(node, l->err, "this program reads schema 1; write `schema: 1`");
	return r;
}

static int load_head(struct load *l)
{
	static const char *const keys[] = {"schema", "site", "timezone", "segments", "collectors",
		"networks", "suppliers", "zones", "equipment", "groups", "roles", "windows",
		"exceptions", NULL};
	const struct yaml_node *name;
	int r = read_map(l, l->root, "the policy");

	if (r == 0)
		r = yaml_check_keys(l->root, keys, l->err);
	if (r == 0)
		r = check_schema(l, l->root);
	if (r == 0)
		r = read_required(l, l->root, "the policy", "site", "site: waw-core-1", &name);
	if (r == 0)
		r = read_text(l, name, "site", POLICY_NAME_BYTES, &l->site->name);
	if (r == 0)
		r = reserve_time_zones(l);
	return r == 0 ? load_site_time(l) : r;
}

/* Names first, then what refers to them. */
static int load_site(struct load *l, const struct yaml_node *shipped)
{
	int r = load_head(l);

	if (r == 0)
		r = load_segments(l);
	if (r == 0)
		r = load_collectors(l);
	if (r == 0)
		r = load_networks(l);
	if (r == 0)
		r = load_suppliers(l);
	if (r == 0)
		r = load_zones(l);
	if (r == 0)
		r = load_groups(l);
	if (r == 0)
		r = load_role_names(l, shipped);
	if (r == 0)
		r = load_equipment(l);
	if (r == 0)
		r = load_roles(l);
	if (r == 0)
		r = load_windows(l);
	if (r == 0)
		r = load_exceptions(l);
	return r == 0 ? scope_spare(l) : r;
}

static int load_discover(
	struct load *l, const struct yaml_node *shipped, const struct site_space *space)
{
	int r = scope_discover(l, space);

	if (r == 0)
		r = load_role_names(l, shipped);
	if (r == 0)
		r = load_roles(l);
	return r == 0 ? scope_spare(l) : r;
}

static struct digest digest_of(const struct policy_sources *f, const struct site_space *space)
{
	struct digest parts[4] = {digest128(f->site_text, f->site_len),
		digest128(f->roles_text, f->roles_len),
		digest128(space->own, space->n_own * sizeof(*space->own)),
		digest128(space->subscribers, space->n_subscribers * sizeof(*space->subscribers))};

	_Static_assert(sizeof(struct ip_prefix) == 17, "no padding takes part in the digest");
	return digest128(parts, sizeof(parts));
}

static int load_all(
	struct load *l, const char *path, const char *roles_path, const struct site_space *space)
{
	const struct yaml_node *shipped = NULL;
	struct policy_sources f = {0};
	int r = 0;

	if (path && (space->n_own > 0 || space->n_subscribers > 0))
		return error_set(l->err, ERR_USAGE,
			"the operator's networks stand in %s; do not give them a second time",
			path);
	if (roles_path)
		r = read_file(roles_path, &f.roles_text, &f.roles_len, &f.roles, l->err);
	if (r == 0 && f.roles) {
		shipped = yaml_root(f.roles, 0);
		r = read_map(l, shipped, "the file of shipped roles");
		if (r == 0)
			r = check_schema(l, shipped);
	}
	if (r == 0 && path)
		r = read_file(path, &f.site_text, &f.site_len, &f.site, l->err);
	if (r == 0 && path) {
		l->root = yaml_root(f.site, 0);
		l->site->is_declared = true;
		r = load_site(l, shipped);
	} else if (r == 0) {
		r = load_discover(l, shipped, space);
	}
	if (r == 0)
		l->site->digest = digest_of(&f, space);
	if (r == 0 && l->kept)
		*l->kept = f;
	else
		policy_sources_done(&f);
	return r;
}

struct site *site_open(
	const char *path, const char *roles_path, const struct site_space *space, struct error *err)
{
	return site_reopen(NULL, path, roles_path, space, err);
}

static struct site *open_with(
	struct load *l, const char *path, const char *roles_path, const struct site_space *space)
{
	const struct site_space none = {0};

	l->site = site_new();
	if (!l->site) {
		read_no_memory(l);
		return NULL;
	}
	if (load_all(l, path, roles_path, space ? space : &none) < 0) {
		site_close(l->site);
		return NULL;
	}
	return l->site;
}

struct site *site_reopen(const struct site *before, const char *path, const char *roles_path,
	const struct site_space *space, struct error *err)
{
	struct load l = {.before = before, .err = err};

	return open_with(&l, path, roles_path, space);
}

struct site *policy_open_kept(const char *path, const char *roles_path,
	struct policy_sources *ret_kept, struct error *err)
{
	struct load l = {.err = err, .kept = ret_kept};

	return open_with(&l, path, roles_path, NULL);
}

struct site *site_of_segments(const struct str *names, uint32_t n)
{
	struct site *s = n <= POLICY_MAX_SEGMENTS ? site_new() : NULL;

	if (!s)
		return NULL;
	s->segments = arena_alloc(s->arena, n * sizeof(*s->segments));
	for (uint32_t i = 0; s->segments && i < n; i++) {
		s->segments[i] = arena_str(s->arena, names[i]);
		if (!s->segments[i].data)
			s->segments = NULL;
	}
	if (!s->segments) {
		site_close(s);
		return NULL;
	}
	s->n_segments = n;
	return s;
}

const char *site_name(const struct site *s)
{
	return s->name.len > 0 ? s->name.data : "";
}

bool site_is_declared(const struct site *s)
{
	return s->is_declared;
}

struct digest site_digest(const struct site *s)
{
	return s->digest;
}

const struct inventory *site_inventory(const struct site *s)
{
	return s->inventory;
}

uint64_t site_day_ns(const struct site *s, int64_t day)
{
	if (s->time)
		return civil_day_ns(s->time, day);
	return day > 0 ? (uint64_t)day * NS_PER_DAY : 0;
}

const struct equipment *site_equipment(const struct site *s, struct str name)
{
	const uint32_t i = s->n_declared ? name_index_find(&s->equipment_names, name) : NO_ID;

	return i == NO_ID ? NULL : inventory_at(s->inventory, i);
}

int32_t site_offset_s(const struct site *s, int64_t utc_s)
{
	return s->time ? zone_offset_s(s->time, utc_s) : 0;
}

void site_counts(const struct site *s, struct site_counts *ret)
{
	*ret = (struct site_counts){
		.segments = s->n_declared_segments,
		.collectors = s->n_collectors,
		.suppliers = s->n_suppliers,
		.zones = s->n_zones,
		.equipment = s->n_declared,
		.groups = s->n_groups,
		.roles = s->n_roles,
		.windows = s->n_windows,
		.exceptions = s->n_exceptions,
	};
}
