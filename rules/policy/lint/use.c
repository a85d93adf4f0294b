/* What is declared and nobody uses, and equipment that nothing is declared for. */
#include "rules/policy/lint/internal.h"

/* Which names are named, by number. */
struct used {
	bool *roles, *groups, *suppliers, *zones;
};

static void mark_line(struct used *u, const struct line *line)
{
	for (uint32_t i = 0; i < line->n_parties; i++) {
		const struct party *p = &line->parties[i];

		if (p->id == NO_ID)
			continue;
		if (p->kind == PARTY_ROLE)
			u->roles[p->id] = true;
		else if (p->kind == PARTY_GROUP)
			u->groups[p->id] = true;
		else if (p->kind == PARTY_SUPPLIER)
			u->suppliers[p->id] = true;
		else if (p->kind == PARTY_ZONE)
			u->zones[p->id] = true;
	}
}

/* Lines of the site's own roles, of the shipped ones that equipment has, of exceptions, windows. */
static void mark_lines(const struct lint *l, struct used *u)
{
	const struct site *s = l->site;

	for (uint32_t i = 0; i < s->n_roles; i++) {
		const struct role *r = &s->roles[i];

		if (i >= l->n_own_roles && !l->role_is_used[i])
			continue;
		for (uint32_t j = 0; j < r->n_connects; j++)
			mark_line(u, &r->connects[j]);
		for (uint32_t j = 0; j < r->n_accepts; j++)
			mark_line(u, &r->accepts[j]);
	}
	for (uint32_t i = 0; i < s->n_exceptions; i++)
		mark_line(u, &s->exceptions[i].line);
	for (uint32_t i = 0; i < s->n_windows; i++) {
		mark_line(u, &s->windows[i].line);
		u->suppliers[s->windows[i].supplier] = true;
	}
}

/* Marks what names are used. False without memory. */
static bool mark(struct lint *l, struct used *u)
{
	const struct site *s = l->site;

	u->roles = arena_alloc(l->arena, s->n_roles);
	u->groups = arena_alloc(l->arena, s->n_groups);
	u->suppliers = arena_alloc(l->arena, s->n_suppliers);
	u->zones = arena_alloc(l->arena, s->n_zones);
	if (!u->roles || !u->groups || !u->suppliers || !u->zones)
		return false;
	for (uint32_t i = 0; i < s->n_declared; i++) {
		const struct declared *d = &s->declared[i];

		if (d->role != NO_ID)
			u->roles[d->role] = true;
		if (d->supplier != NO_ID)
			u->suppliers[d->supplier] = true;
		if (d->zone != NO_ID)
			u->zones[d->zone] = true;
	}
	mark_lines(l, u);
	return true;
}

static void look_at_section(struct lint *l, enum lint_check check, const char *key,
	const bool *used, size_t n, const char *remedy, const char *what)
{
	const struct yaml_node *section = lint_section(l->root, key);

	for (size_t i = 0; section && i < section->n && i < n; i++)
		if (!used[i])
			lint_add(l, check, section->pairs[i].key, remedy, "%s %s", what,
				section->pairs[i].key->text.data);
}

static bool supplier_has_equipment(const struct lint *l, uint32_t supplier)
{
	for (uint32_t i = 0; i < l->site->n_declared; i++)
		if (l->site->declared[i].supplier == supplier)
			return true;
	return false;
}

static void look_at_windows(struct lint *l)
{
	const struct yaml_node *section = lint_section(l->root, "windows");
	const struct site *s = l->site;

	for (uint32_t i = 0; i < s->n_windows; i++)
		if (!supplier_has_equipment(l, s->windows[i].supplier))
			lint_add(l, LINT_UNUSED_WINDOW, section->pairs[i].key,
				"remove the window, or give equipment this supplier",
				"no equipment is of supplier %s, so window %s allows nothing",
				s->suppliers[s->windows[i].supplier].name.data,
				section->pairs[i].key->text.data);
}

static void look_at_equipment(struct lint *l)
{
	const struct yaml_node *section = lint_section(l->root, "equipment");

	for (uint32_t i = 0; i < l->site->n_declared; i++) {
		const struct equipment *e = inventory_at(site_inventory(l->site), i);

		if (l->site->declared[i].role == NO_ID)
			lint_add(l, LINT_NO_ROLE, section->items[i],
				"add `role:`, one that is shipped or one under roles",
				"%s has no role: no contract lists anything for it, so each "
				"conversation is a violation",
				e->name.data);
		if (e->zone_denied)
			lint_add(l, LINT_ZONE_DENIED, yaml_get(section->items[i], "zone"),
				"move it, or change deny_trust of the zone",
				"%s is of supplier %s, whose trust %s zone %s denies", e->name.data,
				e->supplier.data, e->trust.data, e->zone.data);
	}
}

/* Contracts of the site that hold nothing, or that all equipment has left. */
static void look_at_contracts(struct lint *l)
{
	const struct yaml_node *section = lint_section(l->root, "roles");

	for (uint32_t role = 0; role < l->n_own_roles; role++) {
		const struct role *r = &l->site->roles[role];
		bool alive = false;

		if (!l->role_is_used[role])
			continue;
		for (uint32_t i = 0; i < l->site->n_declared; i++)
			alive = alive ||
				(l->site->declared[i].role == role &&
					inventory_at(site_inventory(l->site), i)->until_ns >
						l->options.now_ns);
		if (!alive)
			lint_add(l, LINT_UNREACHABLE_CONTRACT, section->pairs[role].key,
				"remove the role with its equipment",
				"all equipment of role %s has ended", r->name.data);
		if (r->n_connects + r->n_accepts == 0)
			lint_add(l, LINT_EMPTY_CONTRACT, section->pairs[role].key,
				"add lines under connects and accepts, if any are meant",
				"role %s lists nothing, so each conversation of its equipment is a "
				"violation",
				r->name.data);
	}
}

void lint_use(struct lint *l)
{
	const struct site *s = l->site;
	struct used u;

	if (!mark(l, &u)) {
		l->failed = true;
		return;
	}
	look_at_section(l, LINT_UNUSED_ROLE, "roles", u.roles, l->n_own_roles,
		"remove it, or give equipment this role",
		"no equipment has, and no line names, role");
	look_at_section(l, LINT_UNUSED_GROUP, "groups", u.groups, s->n_groups,
		"remove it, unless a rule names it in peer.groups",
		"no line that can decide names group");
	look_at_section(l, LINT_UNUSED_SUPPLIER, "suppliers", u.suppliers, s->n_suppliers,
		"remove it, or give equipment this supplier",
		"no equipment is of, and no line or window names, supplier");
	look_at_section(l, LINT_UNUSED_ZONE, "zones", u.zones, s->n_zones,
		"remove it, or put equipment into it",
		"no equipment is in, and no line names, zone");
	look_at_windows(l);
	look_at_equipment(l);
	look_at_contracts(l);
}
