/* Zones and the equipment in them. */
#include "common/time_text.h"
#include "rules/policy/civil.h"
#include "rules/policy/phrase.h"
#include "rules/policy/reading.h"

enum { MAC_BYTES = 6, MAX_ADDRESSES = 1 << 12, MAX_TRUSTS = 16 };

struct addresses {
	struct ip_prefix *prefixes;
	uint8_t (*macs)[MAC_BYTES];
	uint32_t n_prefixes, n_macs;
};

/* A trust that no supplier has would deny nothing: that is a slip of the pen. */
static int check_trust(struct load *l, const struct yaml_node *node, struct str trust)
{
	static const char *const usual[] = {"trusted", "untrusted", NULL};
	const struct site *s = l->site;
	const char *near;

	for (uint32_t i = 0; i < s->n_suppliers; i++)
		if (str_eq(s->suppliers[i].trust, trust))
			return 0;
	for (size_t i = 0; usual[i]; i++)
		if (str_eq(str_from(usual[i]), trust))
			return 0;
	near = nearest_name(trust, usual);
	for (uint32_t i = 0; !near && i < s->n_suppliers; i++) {
		const char *const one[] = {s->suppliers[i].trust.data, NULL};

		near = one[0] ? nearest_name(trust, one) : NULL;
	}
	if (near)
		return yaml_error(node, l->err,
			"no supplier has trust \"%s\"; did you mean \"%s\"?", trust.data, near);
	return yaml_error(node, l->err,
		"no supplier has trust \"%s\"; write the trust of a supplier, such as untrusted",
		trust.data);
}

static int load_zone(struct load *l, const struct yaml_pair *pair, struct site_zone *zone)
{
	static const char *const keys[] = {"deny_trust", NULL};
	const struct yaml_node *deny;
	int r;

	if (pair->value->kind == YAML_SCALAR && yaml_is_null(pair->value))
		return 0;
	r = read_map(l, pair->value, "a zone");
	if (r == 0)
		r = yaml_check_keys(pair->value, keys, l->err);
	if (r < 0)
		return r;
	deny = yaml_get(pair->value, "deny_trust");
	if (!deny)
		return 0;
	r = read_count(l, deny, "deny_trust", MAX_TRUSTS, &zone->n_deny_trust);
	if (r < 0)
		return r;
	zone->deny_trust =
		arena_alloc(l->site->arena, zone->n_deny_trust * sizeof(*zone->deny_trust));
	if (!zone->deny_trust)
		return read_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < zone->n_deny_trust; i++) {
		const struct yaml_node *item = read_item(deny, i);

		r = read_text(l, item, "a trust", POLICY_NAME_BYTES, &zone->deny_trust[i]);
		if (r == 0)
			r = check_trust(l, item, zone->deny_trust[i]);
	}
	return r;
}

int load_zones(struct load *l)
{
	const struct yaml_node *section;
	struct site *s = l->site;
	struct str *names;
	int r = read_section(l, l->root, "zones", YAML_MAP, POLICY_MAX_NAMED, &section);

	if (r < 0 || !section)
		return r;
	s->zones = arena_alloc(s->arena, section->n * sizeof(*s->zones));
	if (!s->zones)
		return read_no_memory(l);
	r = read_names(l, section, "the name of a zone", &names, &s->zone_names);
	for (uint32_t i = 0; r == 0 && i < section->n; i++)
		r = load_zone(l, &section->pairs[i], &s->zones[i]);
	s->n_zones = (uint32_t)section->n;
	return r;
}

static bool parse_mac(struct str text, uint8_t ret[MAC_BYTES])
{
	if (text.len != 3 * MAC_BYTES - 1)
		return false;
	for (size_t i = 0; i < MAC_BYTES; i++) {
		int high = hex_digit(text.data[3 * i]);
		int low = hex_digit(text.data[3 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		if (i > 0 && text.data[3 * i - 1] != ':' && text.data[3 * i - 1] != '-')
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int read_addresses(
	struct load *l, const struct yaml_node *map, uint16_t segment, struct addresses *ret)
{
	const struct yaml_node *node = yaml_get(map, "address");
	int r = node ? read_count(l, node, "address", MAX_ADDRESSES, &ret->n_prefixes) : 0;

	if (r < 0 || !node)
		return r;
	ret->prefixes = arena_alloc(l->site->arena, ret->n_prefixes * sizeof(*ret->prefixes));
	if (!ret->prefixes)
		return read_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < ret->n_prefixes; i++) {
		r = read_network(l, read_item(node, i), &ret->prefixes[i]);
		if (r == 0)
			r = scope_add_equipment(l, read_item(node, i), &ret->prefixes[i], segment);
	}
	return r;
}

static int read_macs(struct load *l, const struct yaml_node *map, struct addresses *ret)
{
	const struct yaml_node *node = yaml_get(map, "mac");
	int r = node ? read_count(l, node, "mac", MAX_ADDRESSES, &ret->n_macs) : 0;

	if (r < 0 || !node)
		return r;
	ret->macs = arena_alloc(l->site->arena, ret->n_macs * sizeof(*ret->macs));
	if (!ret->macs)
		return read_no_memory(l);
	for (uint32_t i = 0; i < ret->n_macs; i++) {
		const struct yaml_node *item = read_item(node, i);

		if (item->kind != YAML_SCALAR || !parse_mac(item->text, ret->macs[i]))
			return yaml_error(item, l->err,
				"a mac is six pairs of hexadecimal digits, such as "
				"00:00:5e:00:53:01");
	}
	return 0;
}

static int read_life(struct load *l, const struct yaml_node *map, struct equipment *e)
{
	const struct yaml_node *from = yaml_get(map, "from");
	const struct yaml_node *until = yaml_get(map, "until");
	int64_t first_day = 0;
	int64_t last_day = 0;
	int r = from ? read_date(l, from, &first_day) : 0;

	if (r == 0 && until)
		r = read_date(l, until, &last_day);
	if (r < 0)
		return r;
	if (from && until && last_day < first_day)
		return yaml_error(until, l->err,
			"until is before from (%s); write the last day, which is included",
			from->text.data);
	e->from_ns = from ? civil_day_ns(l->site->time, first_day) : 0;
	e->until_ns = until ? civil_day_ns(l->site->time, last_day + 1) : UINT64_MAX;
	return 0;
}

/* The number of the name under KEY, NO_ID when there is none. */
static int read_belonging(struct load *l, const struct yaml_node *map, const char *key,
	const char *section, const struct name_index *ix, struct str *ret_name, uint32_t *ret)
{
	int r = read_optional_text(l, map, key, POLICY_NAME_BYTES, ret_name);

	*ret = NO_ID;
	if (r < 0 || ret_name->len == 0)
		return r;
	return read_reference(l, yaml_get(map, key), *ret_name, key, section, ix, ret);
}

static int read_belongings(
	struct load *l, const struct yaml_node *map, struct equipment *e, struct declared *d)
{
	const struct site *s = l->site;
	int r = read_belonging(
		l, map, "supplier", "suppliers", &s->supplier_names, &e->supplier, &d->supplier);

	if (r == 0)
		r = read_belonging(l, map, "role", "roles", &s->role_names, &e->role, &d->role);
	if (r == 0)
		r = read_belonging(l, map, "zone", "zones", &s->zone_names, &e->zone, &d->zone);
	if (r < 0 || d->supplier == NO_ID)
		return r;
	e->jurisdiction = s->suppliers[d->supplier].jurisdiction;
	e->trust = s->suppliers[d->supplier].trust;
	if (d->zone == NO_ID || e->trust.len == 0)
		return 0;
	for (uint32_t i = 0; i < s->zones[d->zone].n_deny_trust; i++)
		e->zone_denied =
			e->zone_denied || str_eq(s->zones[d->zone].deny_trust[i], e->trust);
	return 0;
}

static int add(struct load *l, const struct yaml_node *map, const struct equipment *e,
	const struct addresses *a)
{
	struct error why = {0};
	const char *text = why.msg;
	size_t len = strlen(e->where);
	int r = inventory_add(l->site->inventory, e, a->prefixes, a->n_prefixes,
		(const uint8_t(*)[MAC_BYTES])a->macs, a->n_macs, &why);

	if (r >= 0)
		return 0;
	if (r != ERR_CONFIG)
		return error_set(l->err, (enum error_code)r, "%s", why.msg);
	/* The message begins with the entry's own place, which is said here already. */
	if (strncmp(text, e->where, len) == 0 && text[len] == ':' && text[len + 1] == ' ')
		text += len + 2;
	return yaml_error(map, l->err, "%s", text);
}

static int load_one(
	struct load *l, const struct yaml_node *map, struct declared *d, struct str *ret_name)
{
	static const char *const keys[] = {"name", "address", "mac", "segment", "supplier", "role",
		"zone", "from", "until", NULL};
	struct equipment e = {0};
	struct addresses a = {0};
	const struct yaml_node *name;
	char what[POLICY_NAME_BYTES + 16];
	int r = read_map(l, map, "equipment");

	if (r == 0)
		r = yaml_check_keys(map, keys, l->err);
	if (r == 0)
		r = read_required(l, map, "equipment", "name", "name: gnb-017", &name);
	if (r == 0)
		r = read_text(l, name, "name", POLICY_NAME_BYTES, &e.name);
	if (r < 0)
		return r;
	*ret_name = e.name;
	d->first_exception = NO_ID;
	d->where = line_where(l, map);
	e.where = d->where;
	if (!d->where)
		return read_no_memory(l);
	phrase_text(what, sizeof(what), "equipment %s", e.name.data);
	if (!yaml_get(map, "address") && !yaml_get(map, "mac"))
		return yaml_error(map, l->err,
			"%s has neither address nor mac; add `address: 10.0.0.1`", what);
	r = read_segment(l, map, &e.segment);
	if (r == 0)
		r = read_addresses(l, map, e.segment, &a);
	if (r == 0)
		r = read_macs(l, map, &a);
	if (r == 0)
		r = read_life(l, map, &e);
	if (r == 0)
		r = read_belongings(l, map, &e, d);
	return r == 0 ? add(l, map, &e, &a) : r;
}

int load_equipment(struct load *l)
{
	const struct yaml_node *section;
	struct site *s = l->site;
	struct str *names;
	uint32_t first;
	uint32_t second;
	int r = read_section(l, l->root, "equipment", YAML_LIST, POLICY_MAX_ENTRIES, &section);

	if (r < 0 || !section)
		return r;
	s->declared = arena_alloc(s->arena, section->n * sizeof(*s->declared));
	names = arena_alloc(s->arena, section->n * sizeof(*names));
	if (!s->declared || !names)
		return read_no_memory(l);
	for (uint32_t i = 0; r == 0 && i < section->n; i++)
		r = load_one(l, section->items[i], &s->declared[i], &names[i]);
	if (r < 0)
		return r;
	s->n_declared = (uint32_t)section->n;
	r = name_index_build(&s->equipment_names, s->arena, names, s->n_declared, &first, &second);
	if (r < 0)
		return read_no_memory(l);
	if (r == 1)
		return yaml_error(section->items[second], l->err,
			"equipment %s stands already at %s; give each entry its own name",
			names[first].data, s->declared[first].where);
	return 0;
}
