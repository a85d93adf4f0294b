/* Who a line speaks of: role:amf, group:ntp, 192.0.2.0/24, own, any ... */
#include <stdlib.h>

#include "common/prefix_cover.h"
#include "rules/policy/phrase.h"
#include "rules/policy/reading.h"

/* What may stand in front of a name. */
static const struct {
	const char *prefix;
	enum party_kind kind;
} named[] = {
	{"role:", PARTY_ROLE},
	{"group:", PARTY_GROUP},
	{"zone:", PARTY_ZONE},
	{"supplier:", PARTY_SUPPLIER},
	{"equipment:", PARTY_EQUIPMENT},
	{"segment:", PARTY_SEGMENT},
	{"domain:", PARTY_DOMAIN},
};

enum { N_NAMED = sizeof(named) / sizeof(named[0]) };

static const struct name_index *index_of(
	const struct site *s, enum party_kind kind, const char **ret_section)
{
	switch (kind) {
	case PARTY_ROLE:
		*ret_section = "roles";
		return &s->role_names;
	case PARTY_GROUP:
		*ret_section = "groups";
		return &s->group_names;
	case PARTY_ZONE:
		*ret_section = "zones";
		return &s->zone_names;
	case PARTY_SUPPLIER:
		*ret_section = "suppliers";
		return &s->supplier_names;
	case PARTY_SEGMENT:
		*ret_section = "segments";
		return &s->segment_names;
	default:
		*ret_section = "equipment";
		return &s->equipment_names;
	}
}

static int resolve(struct load *l, const struct yaml_node *node, int i, struct party *ret)
{
	uint32_t prefix_len = (uint32_t)strlen(named[i].prefix);
	struct str name = {ret->text.data + prefix_len, ret->text.len - prefix_len};
	const struct name_index *ix;
	const char *section;
	char kind[16];
	int r;

	if (ret->kind == PARTY_DOMAIN)
		return read_domain(l, node, name, &ret->domain);
	ix = index_of(l->site, ret->kind, &section);
	/* The shipped roles name groups that a site may have or not: without it they hold nobody.
	 */
	if (ret->kind == PARTY_GROUP && l->shipped) {
		ret->id = name_index_find(ix, name);
		return 0;
	}
	memcpy(kind, named[i].prefix, prefix_len - 1);
	kind[prefix_len - 1] = '\0';
	r = read_reference(l, node, name, kind, section, ix, &ret->id);
	if (r == 0 && ret->kind == PARTY_SEGMENT)
		ret->segment = l->site->segment_numbers[ret->id];
	return r;
}

/* A bare name is an error; the message says what it may have meant. */
static int bare_name(struct load *l, const struct yaml_node *node, struct str text)
{
	static const char *const words[] = {"own", "any",
		"role:", "group:", "zone:", "supplier:", "equipment:", "segment:", "domain:", NULL};
	const char *colon = memchr(text.data, ':', text.len);
	struct str word = {text.data, colon ? (uint32_t)(colon - text.data) + 1 : text.len};
	const char *near;
	const char *section;

	for (int i = 0; i < N_NAMED - 1; i++)
		if (name_index_find(index_of(l->site, named[i].kind, &section), text) != NO_ID)
			return yaml_error(node, l->err,
				"\"%s\" is no address; did you mean \"%s%s\"?", text.data,
				named[i].prefix, text.data);
	near = nearest_name(word, words);
	if (near)
		return yaml_error(node, l->err, "\"%s\" is no address; did you mean \"%s%s\"?",
			text.data, near, colon && near[strlen(near) - 1] == ':' ? colon + 1 : "");
	return yaml_error(node, l->err,
		"\"%s\" is no party; write a prefix, role:NAME, group:NAME, zone:NAME, "
		"supplier:NAME, equipment:NAME, segment:NAME, domain:NAME, own or any",
		text.data);
}

static int classify(struct load *l, const struct yaml_node *node, struct party *ret, int *ret_named)
{
	struct ip_prefix ignored;

	for (int i = 0; i < N_NAMED; i++) {
		size_t len = strlen(named[i].prefix);

		if (ret->text.len >= len && memcmp(ret->text.data, named[i].prefix, len) == 0) {
			ret->kind = named[i].kind;
			*ret_named = i;
			return 0;
		}
	}
	if (str_eq(ret->text, STR("any")))
		ret->kind = PARTY_ANY;
	else if (str_eq(ret->text, STR("own")))
		ret->kind = PARTY_OWN;
	else if (ip_prefix_parse(ret->text, &ignored, NULL) ||
		 memchr(ret->text.data, '/', ret->text.len))
		ret->kind = PARTY_NETWORK;
	else
		return bare_name(l, node, ret->text);
	return 0;
}

/* {address: 10.0.0.1, segment: oam} */
static int read_placed(struct load *l, const struct yaml_node *node, struct party *ret)
{
	char text[POLICY_TEXT_BYTES];
	int r = read_place(l, node, &ret->network, &ret->segment);

	if (r < 0)
		return r;
	ret->kind = PARTY_NETWORK;
	phrase_text(text, sizeof(text), "%s%s%s", yaml_get(node, "address")->text.data,
		ret->segment ? " in " : "", site_segment_name(l->site, ret->segment));
	ret->text = arena_str(l->site->arena, str_from(text));
	return ret->text.data ? 0 : read_no_memory(l);
}

int party_read(struct load *l, const struct yaml_node *node, unsigned kinds, struct party *ret)
{
	int which = -1;
	int r;

	ret->id = NO_ID;
	if (node->kind == YAML_MAP)
		return read_placed(l, node, ret);
	r = read_text(l, node, "a party", POLICY_TEXT_BYTES, &ret->text);

	if (r == 0)
		r = classify(l, node, ret, &which);
	if (r < 0)
		return r;
	if (!(kinds & 1U << ret->kind))
		return yaml_error(node, l->err,
			"\"%s\" cannot stand here; write prefixes, addresses or group:NAME",
			ret->text.data);
	if (ret->kind == PARTY_NETWORK)
		return read_network(l, node, &ret->network);
	return which >= 0 ? resolve(l, node, which, ret) : 0;
}

int party_refuse_everybody(struct load *l, const struct yaml_node *node,
	const struct party *parties, uint32_t n, const char *what)
{
	const size_t max = (size_t)n + l->site->n_memberships;
	struct ip_prefix *prefixes = malloc(max * sizeof(*prefixes));
	size_t n_prefixes = 0;
	bool everybody = false;

	if (!prefixes)
		return read_no_memory(l);
	for (uint32_t i = 0; i < n && n_prefixes < max; i++) {
		if (parties[i].kind == PARTY_ANY)
			everybody = true;
		else if (parties[i].kind == PARTY_NETWORK && parties[i].segment == 0)
			prefixes[n_prefixes++] = parties[i].network;
		else if (parties[i].kind == PARTY_GROUP && parties[i].id != NO_ID)
			group_prefixes(l, parties[i].id, prefixes, &n_prefixes, max);
	}
	everybody = everybody || prefix_cover_everybody(prefixes, n_prefixes);
	free(prefixes);
	if (!everybody)
		return 0;
	return yaml_error(node, l->err,
		"%s allows everything with everybody, so nothing would ever be told of it; name "
		"the other ends, or the app or port that is meant",
		what);
}

static bool in_domain(struct str name, struct str domain)
{
	if (name.len > 0 && name.data[name.len - 1] == '.')
		name.len--;
	if (!str_ends_with_nocase(name, domain))
		return false;
	return name.len == domain.len || name.data[name.len - domain.len - 1] == '.';
}

static bool is_own(const struct site *s, struct end *e)
{
	if (!e->scope_known) {
		e->scope = site_scope(s, e->segment, e->addr);
		e->scope_known = true;
	}
	return e->scope == SITE_OWN;
}

static bool is_of_supplier(const struct site *s, struct end *e, uint32_t supplier)
{
	if (!e->supplier_known) {
		e->supplier = supplier_of(s, e->addr, e->as_number, e->domain);
		e->supplier_known = true;
	}
	return e->supplier == supplier;
}

bool party_matches(const struct site *s, const struct party *p, struct end *other)
{
	switch (p->kind) {
	case PARTY_ANY:
		return true;
	case PARTY_OWN:
		return is_own(s, other);
	case PARTY_NETWORK:
		return (p->segment == 0 || p->segment == other->segment) &&
		       ip_prefix_contains(&p->network, other->addr);
	case PARTY_ROLE:
		return other->declared && other->declared->role == p->id;
	case PARTY_GROUP:
		return p->id != NO_ID && group_holds(s, other, p->id);
	case PARTY_ZONE:
		return other->declared && other->declared->zone == p->id;
	case PARTY_SUPPLIER:
		return is_of_supplier(s, other, p->id);
	case PARTY_EQUIPMENT:
		return other->equipment && other->equipment->id == p->id;
	case PARTY_DOMAIN:
		return in_domain(other->domain, p->domain);
	case PARTY_SEGMENT:
		return p->segment == other->segment;
	}
	return false;
}

bool line_parties_match(const struct site *s, const struct line *line, struct end *other)
{
	for (uint32_t i = 0; i < line->n_parties; i++)
		if (party_matches(s, &line->parties[i], other))
			return true;
	return false;
}
