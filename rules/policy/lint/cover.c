/* Whether one line of a contract says all that another says. What cannot be told for sure is no. */
#include "rules/policy/app_port.h"
#include "rules/policy/lint/internal.h"

bool prefix_within(const struct ip_prefix *b, const struct ip_prefix *a)
{
	return a->length_bits <= b->length_bits && ip_prefix_contains(a, &b->addr);
}

static bool place_within(const struct place *inner, const struct place *outer)
{
	return segment_within(inner->segment, outer->segment) &&
	       prefix_within(&inner->prefix, &outer->prefix);
}

static bool any_holds(const struct places *outer, const struct place *inner)
{
	for (uint32_t i = 0; i < outer->n; i++)
		if (place_within(inner, &outer->items[i]))
			return true;
	return false;
}

static bool any_overlaps(const struct places *list, const struct place *place)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (ip_prefix_overlaps(&list->items[i].prefix, &place->prefix))
			return true;
	return false;
}

bool place_is_own(const struct lint *l, const struct place *place)
{
	return any_holds(&l->own, place) && !any_overlaps(&l->subscribers, place);
}

bool place_is_subscribers(const struct lint *l, const struct place *place)
{
	if (!any_holds(&l->subscribers, place) || any_overlaps(&l->own, place))
		return false;
	for (uint32_t i = 0; i < l->site->n_declared; i++)
		if (any_overlaps(&l->gear[i].places, place))
			return false;
	return true;
}

/* A holds PLACE whatever else is declared: not by equipment, of which the longest prefix counts. */
static bool covers_place(const struct lint *l, const struct party *a, const struct place *place)
{
	const struct place network = {.prefix = a->network, .segment = a->segment};

	switch (a->kind) {
	case PARTY_ANY:
		return true;
	case PARTY_OWN:
		return place_is_own(l, place);
	case PARTY_NETWORK:
		return place_within(place, &network);
	case PARTY_GROUP:
		return a->id != NO_ID && any_holds(&l->groups[a->id], place);
	case PARTY_SEGMENT:
		return place->segment == a->segment;
	default:
		return false;
	}
}

static bool covers_places(const struct lint *l, const struct party *a, const struct places *places)
{
	for (uint32_t i = 0; i < places->n; i++)
		if (!covers_place(l, a, &places->items[i]))
			return false;
	return places->n > 0;
}

static bool is_in(const struct declared *d, const struct party *p)
{
	return p->kind == PARTY_ROLE ? d->role == p->id : d->zone == p->id;
}

/* All equipment of role or zone B. */
static bool covers_equipment_of(const struct lint *l, const struct party *a, const struct party *b)
{
	bool any = false;

	for (uint32_t i = 0; i < l->site->n_declared; i++) {
		if (!is_in(&l->site->declared[i], b))
			continue;
		any = true;
		if (l->gear[i].has_mac || !covers_places(l, a, &l->gear[i].places))
			return false;
	}
	return any;
}

static bool domain_within(struct str inner, struct str outer)
{
	return str_ends_with_nocase(inner, outer) &&
	       (inner.len == outer.len || inner.data[inner.len - outer.len - 1] == '.');
}

bool party_covers(const struct lint *l, const struct party *a, const struct party *b)
{
	const struct place network = {.prefix = b->network, .segment = b->segment};

	if (a->kind == PARTY_ANY)
		return true;
	switch (b->kind) {
	case PARTY_NETWORK:
		return covers_place(l, a, &network);
	case PARTY_GROUP:
		if (a->kind == PARTY_GROUP && a->id == b->id)
			return b->id != NO_ID;
		return b->id != NO_ID && covers_places(l, a, &l->groups[b->id]);
	case PARTY_EQUIPMENT:
		if (a->kind == PARTY_EQUIPMENT)
			return a->id == b->id;
		if (a->kind == PARTY_ROLE || a->kind == PARTY_ZONE)
			return is_in(&l->site->declared[b->id], a);
		return !l->gear[b->id].has_mac && covers_places(l, a, &l->gear[b->id].places);
	case PARTY_ROLE:
	case PARTY_ZONE:
		if (a->kind == b->kind)
			return a->id == b->id;
		return covers_equipment_of(l, a, b);
	case PARTY_SUPPLIER:
		return a->kind == PARTY_SUPPLIER && a->id == b->id;
	case PARTY_SEGMENT:
		return a->kind == PARTY_SEGMENT && a->segment == b->segment;
	case PARTY_DOMAIN:
		return a->kind == PARTY_DOMAIN && domain_within(b->domain, a->domain);
	case PARTY_OWN:
		return a->kind == PARTY_OWN;
	case PARTY_ANY:
		break;
	}
	return false;
}

static bool parties_cover(const struct lint *l, const struct line *a, const struct line *b)
{
	for (uint32_t i = 0; i < b->n_parties; i++) {
		bool covered = false;

		for (uint32_t j = 0; !covered && j < a->n_parties; j++)
			covered = party_covers(l, &a->parties[j], &b->parties[i]);
		if (!covered)
			return false;
	}
	return true;
}

static bool port_within(const struct port_match *inner, const struct port_match *outer)
{
	if (!outer->any_proto && (inner->any_proto || inner->proto != outer->proto))
		return false;
	if (outer->any_port)
		return true;
	return !inner->any_port && inner->port >= outer->port && inner->last <= outer->last;
}

static bool ports_cover(const struct line *a, const struct line *b)
{
	for (uint32_t i = 0; i < b->n_ports; i++) {
		bool covered = false;

		for (uint32_t j = 0; !covered && j < a->n_ports; j++)
			covered = port_within(&b->ports[i], &a->ports[j]);
		if (!covered)
			return false;
	}
	return b->n_ports > 0;
}

static bool apps_cover(const struct line *a, const struct line *b)
{
	for (uint32_t i = 0; i < b->n_apps; i++) {
		bool covered = false;

		for (uint32_t j = 0; !covered && j < a->n_apps; j++)
			covered = str_eq_nocase(a->apps[j], b->apps[i]);
		if (!covered)
			return false;
	}
	return b->n_apps > 0;
}

/* Where B's ports are those that its apps are registered for, a line without ports takes an
 * uncertain label for as much as B does. */
static bool ports_are_registered(const struct line *b)
{
	for (uint32_t i = 0; i < b->n_ports; i++) {
		const struct port_match *p = &b->ports[i];

		if (p->any_proto || p->port != p->last)
			return false;
		for (uint32_t j = 0; j < b->n_apps; j++)
			if (app_port(b->apps[j], p->proto, p->port) != APP_PORT_OWN)
				return false;
	}
	return true;
}

bool line_covers(const struct lint *l, const struct line *a, const struct line *b)
{
	if (a->n_apps > 0 && !apps_cover(a, b))
		return false;
	if (a->n_ports > 0 && !ports_cover(a, b))
		return false;
	if (a->n_apps > 0 && a->n_ports == 0 && !ports_are_registered(b))
		return false;
	return parties_cover(l, a, b);
}
