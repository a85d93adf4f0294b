/* Whether an alert is one of those that a suppression speaks of. */
#include "rules/tuning/internal.h"

static bool has_rule(const struct scope *s, struct str id)
{
	for (uint32_t i = 0; i < s->n_rules; i++) {
		if (str_eq(s->rules[i], id))
			return true;
	}
	return s->n_rules == 0;
}

static bool has_equipment(const struct scope *s, const struct facts *f)
{
	const struct fact_value *ip;

	if (s->n_equipment == 0)
		return true;
	ip = facts_get(f, FIELD_EQUIPMENT_IP);
	for (uint32_t i = 0; i < s->n_equipment; i++) {
		const struct scope_equipment *e = &s->equipment[i];

		if (e->is_network ? ip && ip_prefix_contains(&e->network, &ip->ip)
				  : text_is_like(facts_str(f, FIELD_EQUIPMENT_NAME), e->text))
			return true;
	}
	return false;
}

static bool is_in_domain(struct str name, struct str domain)
{
	if (!str_ends_with_nocase(name, domain))
		return false;
	return name.len == domain.len || name.data[name.len - domain.len - 1] == '.';
}

static bool is_in_group(const struct facts *f, struct str group)
{
	const struct fact_value *groups = facts_get(f, FIELD_PEER_GROUPS);

	for (uint32_t i = 0; groups && i < groups->strs.n; i++) {
		if (str_eq(groups->strs.items[i], group))
			return true;
	}
	return false;
}

static bool is_peer(const struct scope_peer *p, const struct facts *f)
{
	const struct fact_value *ip;

	switch (p->kind) {
	case PEER_NETWORK:
		ip = facts_get(f, FIELD_PEER_IP);
		return ip && ip_prefix_contains(&p->network, &ip->ip);
	case PEER_DOMAIN:
		return is_in_domain(facts_str(f, FIELD_PEER_DOMAIN), p->name);
	case PEER_EQUIPMENT:
		return facts_has(f, FIELD_PEER_EQUIPMENT) &&
		       text_is_like(facts_str(f, FIELD_PEER_EQUIPMENT), p->name);
	case PEER_GROUP:
		return is_in_group(f, p->name);
	case PEER_AS:
		return facts_num(f, FIELD_PEER_AS_NUMBER) == p->as_number;
	case PEER_ENTITY:
		break;
	}
	return str_eq(facts_str(f, FIELD_PEER_ENTITY), p->name);
}

static bool has_peer(const struct scope *s, const struct facts *f)
{
	for (uint32_t i = 0; i < s->n_peers; i++) {
		if (is_peer(&s->peers[i], f))
			return true;
	}
	return s->n_peers == 0;
}

static bool has_app(const struct scope *s, const struct facts *f)
{
	for (uint32_t i = 0; i < s->n_apps; i++) {
		if (str_eq_nocase(s->apps[i], facts_str(f, FIELD_NETWORK_PROTOCOL)) ||
			str_eq_nocase(s->apps[i], facts_str(f, FIELD_NETWORK_APPLICATION)))
			return true;
	}
	return s->n_apps == 0;
}

static bool has_port(const struct scope *s, const struct facts *f)
{
	struct str transport;
	uint64_t port;

	if (s->n_ports == 0)
		return true;
	transport = facts_str(f, FIELD_NETWORK_TRANSPORT);
	port = facts_num(f, FIELD_DESTINATION_PORT);
	for (uint32_t i = 0; i < s->n_ports; i++) {
		const struct scope_port *p = &s->ports[i];

		if ((p->transport.len == 0 || str_eq(p->transport, transport)) &&
			(p->any_port || (port >= p->first && port <= p->last)))
			return true;
	}
	return false;
}

static bool has_segment(const struct scope *s, const struct facts *f)
{
	for (uint32_t i = 0; i < s->n_segments; i++) {
		if (str_eq(s->segments[i], facts_str(f, FIELD_FLOW_SEGMENT)))
			return true;
	}
	return s->n_segments == 0;
}

bool scope_fits(const struct scope *s, const struct rule *rule, const struct facts *f)
{
	return has_rule(s, rule->id) && has_equipment(s, f) && has_port(s, f) && has_app(s, f) &&
	       has_segment(s, f) && has_peer(s, f);
}
