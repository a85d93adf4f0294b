/* Groups: named sets of prefixes, looked up in one trie for all of them. */
#include "rules/policy/reading.h"

static int add_member(struct load *l, const struct yaml_node *node, uint32_t group)
{
	struct site *s = l->site;
	struct membership *added = &s->memberships[s->n_memberships];
	struct ip_prefix prefix;
	uint16_t segment;
	uint32_t first;
	int r = read_place(l, node, &prefix, &segment);

	if (r < 0)
		return r;
	*added = (struct membership){.group = group, .next = NO_ID, .segment = segment};
	r = prefix_trie_add(s->group_networks, &prefix, s->n_memberships, &first);
	if (r < 0)
		return read_no_memory(l);
	for (uint32_t i = r == 1 ? first : NO_ID; i != NO_ID; i = s->memberships[i].next) {
		if (s->memberships[i].group == group && s->memberships[i].segment == segment)
			return yaml_error(node, l->err,
				"group %s holds this already; remove one of them",
				s->groups[group].data);
		if (s->memberships[i].next == NO_ID) {
			s->memberships[i].next = s->n_memberships;
			break;
		}
	}
	s->n_memberships++;
	return 0;
}

static int reserve(struct load *l, const struct yaml_node *section)
{
	struct site *s = l->site;
	size_t n = 0;

	for (size_t i = 0; i < section->n; i++) {
		const struct yaml_node *list = section->pairs[i].value;

		if (list->kind != YAML_LIST)
			return yaml_error(list, l->err,
				"a group must be a list of prefixes or addresses, such as "
				"[10.0.0.123]");
		n += list->n;
		if (n > POLICY_MAX_NETWORKS)
			return yaml_error(list, l->err,
				"all groups together hold more than %d prefixes",
				POLICY_MAX_NETWORKS);
	}
	s->memberships = arena_alloc(s->arena, n * sizeof(*s->memberships));
	return s->memberships ? 0 : read_no_memory(l);
}

int load_groups(struct load *l)
{
	const struct yaml_node *section;
	struct site *s = l->site;
	int r = read_section(l, l->root, "groups", YAML_MAP, POLICY_MAX_NAMED, &section);

	if (r < 0 || !section)
		return r;
	r = read_names(l, section, "the name of a group", &s->groups, &s->group_names);
	if (r == 0)
		r = reserve(l, section);
	for (uint32_t i = 0; r == 0 && i < section->n; i++) {
		const struct yaml_node *list = section->pairs[i].value;

		for (size_t j = 0; r == 0 && j < list->n; j++)
			r = add_member(l, list->items[j], i);
	}
	s->n_groups = (uint32_t)section->n;
	return r;
}

void group_prefixes(const struct load *l, uint32_t id, struct ip_prefix *ret, size_t *n, size_t max)
{
	const struct yaml_node *list = yaml_get(l->root, "groups")->pairs[id].value;

	for (size_t i = 0; i < list->n && *n < max; i++)
		if (list->items[i]->kind == YAML_SCALAR &&
			ip_prefix_parse(list->items[i]->text, &ret[*n], NULL))
			(*n)++;
}

static bool is_in(const struct membership *m, uint16_t segment)
{
	return m->segment == 0 || m->segment == segment;
}

bool group_holds(const struct site *s, struct end *e, uint32_t group)
{
	if (!e->groups_known) {
		e->n_memberships = prefix_trie_all(s->group_networks, e->addr, e->memberships,
			sizeof(e->memberships) / sizeof(e->memberships[0]));
		e->groups_known = true;
	}
	for (size_t i = 0; i < e->n_memberships; i++)
		for (uint32_t m = e->memberships[i]; m != NO_ID; m = s->memberships[m].next)
			if (s->memberships[m].group == group &&
				is_in(&s->memberships[m], e->segment))
				return true;
	return false;
}

static bool has_name(const struct str *names, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (names[i].data == name.data)
			return true;
	return false;
}

size_t site_groups(const struct site *s, uint16_t segment, const struct ip_addr *a, struct str *ret,
	size_t max)
{
	uint32_t first[129];
	size_t n_prefixes =
		prefix_trie_all(s->group_networks, a, first, sizeof(first) / sizeof(first[0]));
	size_t n = 0;

	for (size_t i = 0; i < n_prefixes; i++) {
		for (uint32_t m = first[i]; m != NO_ID && n < max; m = s->memberships[m].next) {
			struct str name = s->groups[s->memberships[m].group];

			if (is_in(&s->memberships[m], segment) && !has_name(ret, n, name))
				ret[n++] = name;
		}
	}
	return n;
}

bool site_has_group(const struct site *s, const char *name)
{
	return name_index_find(&s->group_names, str_from(name)) != NO_ID;
}
