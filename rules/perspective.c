#include "rules/perspective.h"

#include <stdio.h>

#include "analysis/flow_facts.h"
#include "rules/canary.h"

enum { MAX_GROUPS = 16 };

/* Everything about one end's view, collected before it becomes facts. */
struct view {
	const struct equipment *self, *other;
	struct ip_addr self_addr, other_addr;
	uint16_t segment; /* that both are in */
	enum site_scope other_scope;
	bool initiator;
	struct str self_name;
	struct str domain;
	struct geo_answer geo; /* of the peer; empty when it is the operator's own */
};

/* Declared by nobody, and only where the sensor itself speaks. */
static const struct equipment canary = {
	.name = {CANARY_NAME, sizeof(CANARY_NAME) - 1},
	.role = {CANARY_ROLE, sizeof(CANARY_ROLE) - 1},
	.id = UINT32_MAX,
	.where = "built in",
};

static bool is_canary(const struct flow_record *r)
{
	return r->segment == CANARY_SEGMENT;
}

/* The canary's peer is an address like any other. */
static uint16_t segment_of(const struct flow_record *r)
{
	return is_canary(r) ? 0 : r->segment;
}

static void set_geo(struct facts *f, const struct geo_answer *a, enum field_id country,
	enum field_id number, enum field_id name)
{
	facts_copy_str(f, country, str_from(a->country));
	if (a->as_number)
		facts_set_num(f, number, a->as_number);
	facts_set_str(f, name, a->as_name);
}

/* The name by which the caller knew the called: what it said on the wire, else what it resolved. */
static struct str called_name(const struct perspective *p, const struct event *ev)
{
	struct str learned[NAMES_PER_ADDRESS];

	if (ev->details.server_name.len > 0)
		return ev->details.server_name;
	if (ev->details.http_host.len > 0)
		return ev->details.http_host;
	if (names_find(p->names, ev->flow.segment, &ev->flow.addr[0], &ev->flow.addr[1], learned) >
		0)
		return learned[0];
	return (struct str){NULL, 0};
}

void perspective_fill_flow(const struct perspective *p, struct facts *f, const struct event *ev)
{
	flow_facts_fill(f, ev);
	facts_set_text(f, FIELD_FLOW_SEGMENT, site_segment_name(p->site, segment_of(&ev->flow)));
	set_geo(f, geo_cache_lookup(p->geo, &ev->flow.addr[0]), FIELD_SOURCE_GEO_COUNTRY,
		FIELD_SOURCE_AS_NUMBER, FIELD_SOURCE_AS_NAME);
	set_geo(f, geo_cache_lookup(p->geo, &ev->flow.addr[1]), FIELD_DESTINATION_GEO_COUNTRY,
		FIELD_DESTINATION_AS_NUMBER, FIELD_DESTINATION_AS_NAME);
	facts_copy_str(f, FIELD_DESTINATION_DOMAIN, called_name(p, ev));
	facts_set_text(f, FIELD_SITE_MODE, site_is_declared(p->site) ? "declared" : "discover");
	facts_set_text(f, FIELD_SITE_NAME, site_name(p->site));
	facts_set_bool(f, FIELD_SITE_RESOLVERS_KNOWN,
		site_has_group(p->site, "dns") || site_has_group(p->site, "resolvers"));
	facts_set_bool(f, FIELD_SITE_NTP_KNOWN, site_has_group(p->site, "ntp"));
}

static void clear_side(struct facts *f)
{
	for (int id = FIELD_EQUIPMENT_NAME; id <= FIELD_CONTRACT_WINDOW; id++)
		facts_unset(f, (enum field_id)id);
	facts_unset(f, FIELD_NETWORK_DIRECTION);
}

static void fill_equipment(struct facts *f, const struct view *v)
{
	const struct equipment *e = v->self;

	facts_copy_str(f, FIELD_EQUIPMENT_NAME, v->self_name);
	facts_set_ip(f, FIELD_EQUIPMENT_IP, &v->self_addr);
	facts_set_bool(f, FIELD_EQUIPMENT_DECLARED, e != NULL);
	facts_set_bool(f, FIELD_EQUIPMENT_INITIATOR, v->initiator);
	if (!e)
		return;
	facts_set_str(f, FIELD_EQUIPMENT_ROLE, e->role);
	facts_set_str(f, FIELD_EQUIPMENT_ZONE, e->zone);
	facts_set_str(f, FIELD_EQUIPMENT_SUPPLIER, e->supplier);
	facts_set_str(f, FIELD_EQUIPMENT_JURISDICTION, e->jurisdiction);
	facts_set_str(f, FIELD_EQUIPMENT_TRUST, e->trust);
	facts_set_bool(f, FIELD_EQUIPMENT_ZONE_DENIED, e->zone_denied);
}

static void fill_opinions(struct facts *f, const struct perspective *p, const struct geo_answer *a)
{
	const struct geo *geo = geo_cache_geo(p->geo);
	struct str *list =
		a->disagree ? arena_alloc(f->arena, a->n_opinions * sizeof(*list)) : NULL;

	for (uint8_t i = 0; list && i < a->n_opinions; i++) {
		const struct geo_opinion *o = &a->opinions[i];
		struct geo_file file;

		geo_file(geo, o->file, &file);
		list[i] = arena_printf(f->arena, "%s: %s AS%u %.*s", file.type,
			o->country[0] ? o->country : "-", o->as_number, (int)o->as_name.len,
			o->as_name.data ? o->as_name.data : "");
	}
	facts_set_strs(f, FIELD_PEER_AS_NAMES, list, list ? a->n_opinions : 0);
}

static void fill_linkage(
	struct facts *f, const struct perspective *p, const struct view *v, const struct event *ev)
{
	struct lists_peer peer = {
		.addr = v->other_addr, .as_number = v->geo.as_number, .domain = v->domain};
	struct linkage link;

	memcpy(peer.country, v->geo.country, sizeof(peer.country));
	memcpy(peer.registered_country, v->geo.registered_country, sizeof(peer.registered_country));
	if (v->initiator) {
		peer.ja3 = ev->details.ja3s;
		peer.sha1 = ev->details.tls_sha1;
	} else {
		peer.ja3 = ev->details.ja3;
	}
	lists_linkage(p->lists, &peer, &link);
	if (link.tier == 0)
		return;
	facts_set_num(f, FIELD_PEER_LINKAGE_TIER, link.tier);
	facts_set_str(f, FIELD_PEER_LINKAGE_LIST, link.list);
	facts_copy_str(f, FIELD_PEER_LINKAGE_MATCH, str_from(link.match));

	struct str *reasons = arena_alloc(f->arena, sizeof(link.reasons));

	if (reasons) {
		memcpy(reasons, link.reasons, sizeof(link.reasons));
		facts_set_strs(f, FIELD_PEER_LINKAGE_REASON, reasons, link.n_reasons);
	}
}

/* A name, else system and network, else the address: docs/alerts.md says how findings use it. The
 * canary's peers are told apart, so that each canary raises an alert. */
static void fill_entity(struct facts *f, const struct perspective *p, const struct view *v)
{
	char text[ENTITY_TEXT_BYTES];
	char prefix[IP_PREFIX_TEXT_BYTES];
	char addr[IP_ADDR_TEXT_BYTES];
	struct str proposed = str_from(text);

	if (v->other)
		proposed = v->other->name;
	else if (v->domain.len > 0)
		proposed = v->domain;
	else if (v->self != &canary && v->geo.as_number && v->geo.prefix.length_bits)
		proposed.len = (uint32_t)snprintf(text, sizeof(text), "AS%u %s", v->geo.as_number,
			ip_prefix_format(&v->geo.prefix, prefix));
	else
		proposed.len = (uint32_t)snprintf(
			text, sizeof(text), "%s", ip_addr_format(&v->other_addr, addr));
	facts_copy_str(f, FIELD_PEER_ENTITY,
		entities_fix(p->entities, v->self_name, v->segment, &v->other_addr, proposed));
}

static void fill_peer(
	struct facts *f, const struct perspective *p, const struct view *v, const struct event *ev)
{
	struct str learned[NAMES_PER_ADDRESS];
	size_t n = names_find(p->names, v->segment, &v->self_addr, &v->other_addr, learned);
	struct str *names = n ? arena_alloc(f->arena, n * sizeof(*names)) : NULL;
	struct str *groups = arena_alloc(f->arena, MAX_GROUPS * sizeof(*groups));
	int other = v->initiator ? 1 : 0;

	facts_set_ip(f, FIELD_PEER_IP, &v->other_addr);
	if (ev->flow.port[0] || ev->flow.port[1])
		facts_set_num(f, FIELD_PEER_PORT, ev->flow.port[other]);
	facts_set_num(f, FIELD_PEER_BYTES, ev->flow.bytes[other]);
	facts_set_num(f, FIELD_EQUIPMENT_BYTES, ev->flow.bytes[1 - other]);
	facts_set_text(f, FIELD_PEER_SCOPE, site_scope_name(v->other_scope));
	for (size_t i = 0; names && i < n; i++)
		names[i] = arena_str(f->arena, learned[i]);
	facts_set_strs(f, FIELD_PEER_NAMES, names, names ? (uint32_t)n : 0);
	facts_copy_str(f, FIELD_PEER_DOMAIN, v->domain);
	set_geo(f, &v->geo, FIELD_PEER_COUNTRY, FIELD_PEER_AS_NUMBER, FIELD_PEER_AS_NAME);
	if (strcmp(v->geo.registered_country, v->geo.country) != 0)
		facts_copy_str(
			f, FIELD_PEER_REGISTERED_COUNTRY, str_from(v->geo.registered_country));
	fill_opinions(f, p, &v->geo);
	if (v->other) {
		facts_set_str(f, FIELD_PEER_EQUIPMENT, v->other->name);
		facts_set_str(f, FIELD_PEER_ROLE, v->other->role);
	}
	if (groups)
		facts_set_strs(f, FIELD_PEER_GROUPS, groups,
			(uint32_t)site_groups(
				p->site, v->segment, &v->other_addr, groups, MAX_GROUPS));
}

static void fill_supplier(struct facts *f, const struct perspective *p, const struct view *v)
{
	struct str supplier =
		site_supplier_of(p->site, &v->other_addr, v->geo.as_number, v->domain);

	if (supplier.len == 0)
		return;
	facts_set_str(f, FIELD_PEER_SUPPLIER, supplier);
	facts_set_bool(f, FIELD_PEER_SUPPLIER_OWN, v->self && str_eq(supplier, v->self->supplier));
}

static void fill_contract(
	struct facts *f, const struct perspective *p, const struct view *v, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;
	struct conversation c = {
		.equipment = v->self,
		.peer = v->other,
		.equipment_addr = v->self_addr,
		.peer_addr = v->other_addr,
		.segment = v->segment,
		.initiator = v->initiator,
		.proto = r->proto,
		.port = r->port[1],
		.protocol = str_from(r->label.protocol),
		.application = str_from(r->label.application),
		.certain = label_is_certain(r->label.confidence),
		.peer_domain = v->domain,
		.peer_as = v->geo.as_number,
		.ts_ns = r->first_ns,
	};
	struct judgement j;

	if (v->self == &canary) {
		facts_set_text(f, FIELD_CONTRACT_VERDICT, verdict_name(VERDICT_ALLOWED));
		facts_set_text(f, FIELD_CONTRACT_TEXT, "the sensor's own conversation");
		return;
	}
	site_judge(p->site, &c, &j);
	facts_set_text(f, FIELD_CONTRACT_VERDICT, verdict_name(j.verdict));
	facts_copy_str(f, FIELD_CONTRACT_LINE, str_from(j.line));
	facts_copy_str(f, FIELD_CONTRACT_TEXT, str_from(j.text));
	facts_set_text(f, FIELD_CONTRACT_WINDOW, j.window);
}

static const struct equipment *find(
	const struct perspective *p, const struct flow_record *r, int side)
{
	if (is_canary(r))
		return side == 0 ? &canary : NULL;
	return inventory_find(site_inventory(p->site), &r->addr[side],
		r->has_mac[side] ? r->mac[side] : NULL, r->segment, r->first_ns);
}

/* The address in BUF, or the declared name. */
static struct str name_of(const struct equipment *e, const struct ip_addr *a, char *buf)
{
	return e ? e->name : str_from(ip_addr_format(a, buf));
}

bool perspective_fill_side(
	const struct perspective *p, struct facts *f, const struct event *ev, int side)
{
	const struct flow_record *r = &ev->flow;
	char name[IP_ADDR_TEXT_BYTES];
	struct view v = {
		.self = find(p, r, side), .segment = segment_of(r), .initiator = side == 0};

	clear_side(f);
	v.self_addr = r->addr[side];
	if (!v.self && site_scope(p->site, v.segment, &v.self_addr) != SITE_OWN)
		return false;
	v.other_addr = r->addr[1 - side];
	v.other = find(p, r, 1 - side);
	v.other_scope = v.other ? SITE_OWN : site_scope(p->site, v.segment, &v.other_addr);
	v.self_name = name_of(v.self, &v.self_addr, name);
	if (v.initiator)
		v.domain = facts_str(f, FIELD_DESTINATION_DOMAIN);
	if (v.other_scope == SITE_EXTERNAL)
		v.geo = *geo_cache_lookup(p->geo, &v.other_addr);
	facts_set_text(f, FIELD_NETWORK_DIRECTION,
		v.other_scope != SITE_EXTERNAL ? "internal"
		: v.initiator                  ? "outbound"
					       : "inbound");
	fill_equipment(f, &v);
	fill_peer(f, p, &v, ev);
	fill_entity(f, p, &v);
	fill_supplier(f, p, &v);
	if (v.other_scope == SITE_EXTERNAL)
		fill_linkage(f, p, &v, ev);
	fill_contract(f, p, &v, ev);
	return true;
}

const struct equipment *perspective_equipment(
	const struct perspective *p, const struct event *ev, int side)
{
	return find(p, &ev->flow, side);
}

bool perspective_fill_dns(const struct perspective *p, struct facts *f, const struct event *ev)
{
	struct view v = {
		.self_addr = ev->dns_client, .segment = ev->flow.segment, .initiator = true};
	char name[IP_ADDR_TEXT_BYTES];

	if (is_canary(&ev->flow))
		return false;
	v.self = inventory_find(
		site_inventory(p->site), &ev->dns_client, NULL, ev->flow.segment, ev->ts_ns);
	if (!v.self && site_scope(p->site, v.segment, &v.self_addr) != SITE_OWN)
		return false;
	v.self_name = name_of(v.self, &v.self_addr, name);
	dns_facts_fill(f, ev);
	facts_set_text(f, FIELD_FLOW_SEGMENT, site_segment_name(p->site, v.segment));
	fill_equipment(f, &v);
	return true;
}

void perspective_fill_reach(const struct perspective *p, struct facts *f, const struct event *ev)
{
	const uint16_t segment = ev->flow.segment;
	const struct inventory *inv = site_inventory(p->site);
	const struct equipment *from =
		inventory_find(inv, &ev->reach.from, NULL, segment, ev->ts_ns);
	struct view v = {
		.self = inventory_find(inv, &ev->reach.dst, NULL, segment, ev->ts_ns),
		.self_addr = ev->reach.dst,
		.segment = segment,
	};
	char self_name[IP_ADDR_TEXT_BYTES], from_name[IP_ADDR_TEXT_BYTES];

	v.self_name = name_of(v.self, &v.self_addr, self_name);
	reach_facts_fill(f, ev);
	facts_set_text(f, FIELD_FLOW_SEGMENT, site_segment_name(p->site, segment));
	fill_equipment(f, &v);
	facts_set_ip(f, FIELD_PEER_IP, &ev->reach.from);
	facts_copy_str(f, FIELD_PEER_ENTITY, name_of(from, &ev->reach.from, from_name));
	if (from) {
		facts_set_str(f, FIELD_PEER_EQUIPMENT, from->name);
		facts_set_str(f, FIELD_PEER_ROLE, from->role);
	}
}
