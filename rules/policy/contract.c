/* Roles and their contracts: the shipped ones, and those of the site in their place. */
#include <assert.h>

#include "rules/policy/phrase.h"
#include "rules/policy/reading.h"

static void add_sources(struct load *l, const struct yaml_node *section,
	const struct yaml_node *replaced_by, bool shipped, uint32_t *n)
{
	for (size_t i = 0; section && i < section->n; i++) {
		const struct yaml_pair *pair = &section->pairs[i];

		if (replaced_by && yaml_get(replaced_by, pair->key->text.data))
			continue;
		l->role_sources[(*n)++] = (struct role_source){pair->key, pair->value, shipped};
	}
}

static int read_shipped(struct load *l, const struct yaml_node *root, const struct yaml_node **ret)
{
	static const char *const keys[] = {"schema", "roles", NULL};
	int r = read_map(l, root, "the file of shipped roles");

	*ret = NULL;
	if (r == 0)
		r = yaml_check_keys(root, keys, l->err);
	return r == 0 ? read_section(l, root, "roles", YAML_MAP, POLICY_MAX_NAMED, ret) : r;
}

int load_role_names(struct load *l, const struct yaml_node *shipped_root)
{
	const struct yaml_node *shipped = NULL;
	const struct yaml_node *own = NULL;
	struct site *s = l->site;
	struct str *names;
	uint32_t n = 0;
	uint32_t first;
	uint32_t second;
	size_t max;
	int r = shipped_root ? read_shipped(l, shipped_root, &shipped) : 0;

	if (r == 0 && l->root)
		r = read_section(l, l->root, "roles", YAML_MAP, POLICY_MAX_NAMED, &own);
	if (r < 0)
		return r;
	max = (shipped ? shipped->n : 0) + (own ? own->n : 0);
	l->role_sources = arena_alloc(s->arena, max * sizeof(*l->role_sources));
	s->roles = arena_alloc(s->arena, max * sizeof(*s->roles));
	names = arena_alloc(s->arena, max * sizeof(*names));
	if (!l->role_sources || !s->roles || !names)
		return read_no_memory(l);
	add_sources(l, own, NULL, false, &n);
	add_sources(l, shipped, own, true, &n);
	for (uint32_t i = 0; r == 0 && i < n; i++)
		r = read_text(l, l->role_sources[i].key, "the name of a role", POLICY_NAME_BYTES,
			&names[i]);
	if (r < 0)
		return r;
	r = name_index_build(&s->role_names, s->arena, names, n, &first, &second);
	if (r < 0)
		return read_no_memory(l);
	/* Of one name, YAML allows one in a file, and the site's replaced the shipped one. */
	assert(r == 0);
	for (uint32_t i = 0; i < n; i++)
		s->roles[i].name = names[i];
	s->n_roles = n;
	return 0;
}

static int describe(struct load *l, const struct role *role, const char *verb, struct line *line)
{
	char text[POLICY_LINE_TEXT_BYTES];
	struct phrase p = phrase_begin(text, sizeof(text));
	struct str kept;

	phrase_add(&p, "%s may %s ", role->name.data, verb);
	phrase_parties(&p, line);
	phrase_what(&p, line);
	kept = arena_str(l->site->arena, str_from(text));
	line->text = kept.data;
	return kept.data ? 0 : read_no_memory(l);
}

struct direction {
	const char *key, *peer_key, *verb;
};

static int load_lines(struct load *l, const struct yaml_node *map, const struct role *role,
	const struct direction *d, struct line **ret, uint32_t *ret_n)
{
	const char *const keys[] = {d->peer_key, "app", "port", NULL};
	const struct yaml_node *list;
	struct line *lines;
	int r = read_section(l, map, d->key, YAML_LIST, POLICY_MAX_LINES, &list);

	if (r < 0 || !list)
		return r;
	lines = arena_alloc(l->site->arena, list->n * sizeof(*lines));
	if (!lines)
		return read_no_memory(l);
	for (size_t i = 0; i < list->n; i++) {
		const struct yaml_node *node = list->items[i];

		r = read_map(l, node, "a line of a contract");
		if (r == 0)
			r = yaml_check_keys(node, keys, l->err);
		if (r == 0)
			r = load_line(l, node, d->peer_key, &lines[i]);
		if (r == 0)
			r = describe(l, role, d->verb, &lines[i]);
		if (r < 0)
			return r;
		lines[i].where = line_where(l, node);
		if (!lines[i].where)
			return read_no_memory(l);
	}
	*ret = lines;
	*ret_n = (uint32_t)list->n;
	return 0;
}

static int load_role(struct load *l, const struct role_source *source, struct role *role)
{
	static const char *const keys[] = {"connects", "accepts", NULL};
	static const struct direction connects = {"connects", "to", "connect to"};
	static const struct direction accepts = {"accepts", "from", "be reached from"};
	const struct yaml_node *map = source->value;
	int r;

	l->shipped = source->shipped;
	role->where = line_where(l, source->key);
	if (!role->where)
		return read_no_memory(l);
	if (map->kind == YAML_SCALAR && yaml_is_null(map))
		return 0;
	r = read_map(l, map, "a role");
	if (r == 0)
		r = yaml_check_keys(map, keys, l->err);
	if (r == 0)
		r = load_lines(l, map, role, &connects, &role->connects, &role->n_connects);
	if (r == 0)
		r = load_lines(l, map, role, &accepts, &role->accepts, &role->n_accepts);
	return r;
}

int load_roles(struct load *l)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < l->site->n_roles; i++)
		r = load_role(l, &l->role_sources[i], &l->site->roles[i]);
	l->shipped = false;
	return r;
}
