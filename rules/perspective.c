#include "rules/perspective.h"

#include "analysis/flow_facts.h"
#include "analysis/stats/amount.h"
#include "rules/canary.h"
#include "rules/perspective_peer.h"

#define BOTH_GROUPS                                                                                \
	(1U << FACT_SITE | 1U << FACT_SOURCE_GEO | 1U << FACT_DESTINATION_GEO | 1U << FACT_DOMAIN)
/* Of a peer that is not the operator's own. */
#define EXTERNAL_GROUPS (1U << FACT_PEER_GEO | 1U << FACT_LINKAGE)
#define SIDE_GROUPS     (PEER_FACT_GROUPS | 1U << FACT_SELF | 1U << FACT_SELF_NAME)

/* Declared by nobody, and only where the sensor itself speaks. */
const struct equipment perspective_canary = {
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

void perspective_set_geo(struct facts *f, const struct geo_answer *a, enum field_id country,
	enum field_id number, enum field_id name)
{
	facts_copy_str(f, country, str_from(a->country));
	if (a->as_number)
		facts_set_num(f, number, a->as_number);
	facts_set_str(f, name, a->as_name);
}

/* The name by which the caller knew the called: what it said on the wire, else what it resolved. */
static struct str called_name(const struct perspective *p)
{
	const struct event *ev = p->ev;
	struct str learned[NAMES_PER_ADDRESS];

	if (ev->details->server_name.len > 0)
		return ev->details->server_name;
	if (ev->details->http_host.len > 0)
		return ev->details->http_host;
	if (names_find(p->names, ev->flow.segment, &ev->flow.addr[0], &ev->flow.addr[1], learned) >
		0)
		return learned[0];
	return (struct str){NULL, 0};
}

static void fill_site(const struct perspective *p, struct facts *f)
{
	facts_set_text(f, FIELD_FLOW_SEGMENT, site_segment_name(p->site, p->segment));
	facts_set_text(f, FIELD_SITE_MODE, site_is_declared(p->site) ? "declared" : "discover");
	facts_set_text(f, FIELD_SITE_NAME, site_name(p->site));
	facts_set_bool(f, FIELD_SITE_RESOLVERS_KNOWN,
		site_has_group(p->site, "dns") || site_has_group(p->site, "resolvers"));
	facts_set_bool(f, FIELD_SITE_NTP_KNOWN, site_has_group(p->site, "ntp"));
	facts_set_bool(f, FIELD_SITE_AAA_KNOWN, site_has_group(p->site, "aaa"));
	facts_set_bool(f, FIELD_SITE_COLLECTORS_KNOWN, site_has_group(p->site, "collectors"));
}

/* The address in BUF, or the declared name. */
static struct str name_of(const struct equipment *e, const struct ip_addr *a, char *buf)
{
	return e ? e->name : str_from(ip_addr_format(a, buf));
}

static void fill_name(
	struct facts *f, const struct equipment *equipment, const struct ip_addr *addr)
{
	char text[IP_ADDR_TEXT_BYTES];

	facts_copy_str(f, FIELD_EQUIPMENT_NAME, name_of(equipment, addr, text));
}

static void fill_equipment(
	struct facts *f, const struct equipment *e, const struct ip_addr *addr, bool initiator)
{
	facts_set_ip(f, FIELD_EQUIPMENT_IP, addr);
	facts_set_bool(f, FIELD_EQUIPMENT_DECLARED, e != NULL);
	facts_set_bool(f, FIELD_EQUIPMENT_INITIATOR, initiator);
	if (e)
		perspective_set_equipment(f, e);
}

void perspective_set_equipment(struct facts *f, const struct equipment *e)
{
	facts_set_str(f, FIELD_EQUIPMENT_ROLE, e->role);
	facts_set_str(f, FIELD_EQUIPMENT_ZONE, e->zone);
	facts_set_str(f, FIELD_EQUIPMENT_SUPPLIER, e->supplier);
	facts_set_str(f, FIELD_EQUIPMENT_JURISDICTION, e->jurisdiction);
	facts_set_str(f, FIELD_EQUIPMENT_TRUST, e->trust);
	facts_set_bool(f, FIELD_EQUIPMENT_ZONE_DENIED, e->zone_denied);
}

static void fill_self(const struct perspective *p, struct facts *f)
{
	const struct flow_record *r = &p->ev->flow;

	facts_set_text(f, FIELD_NETWORK_DIRECTION,
		p->ends[1 - p->side].scope != SITE_EXTERNAL ? "internal"
		: p->side == 0                              ? "outbound"
							    : "inbound");
	fill_equipment(f, p->ends[p->side].equipment, &r->addr[p->side], p->side == 0);
	facts_set_num(f, FIELD_EQUIPMENT_BYTES, r->bytes[p->side]);
	facts_set_num(f, FIELD_EQUIPMENT_BYTES_PERCENT,
		amount_share(r->bytes[p->side], r->bytes[1 - p->side]) / 10);
}

/* A facts_fill_fn: USER is the perspective. */
static void fill(void *user, struct facts *f, enum fact_group group)
{
	const struct perspective *p = user;
	const struct flow_record *r = &p->ev->flow;

	if (1U << group & FLOW_FACT_GROUPS)
		flow_facts_group(f, p->ev, group);
	else if (1U << group & PEER_FACT_GROUPS)
		perspective_peer_group(p, f, group);
	else if (group == FACT_SITE)
		fill_site(p, f);
	else if (group == FACT_SOURCE_GEO)
		perspective_set_geo(f, geo_cache_lookup(p->geo, &r->addr[0]),
			FIELD_SOURCE_GEO_COUNTRY, FIELD_SOURCE_AS_NUMBER, FIELD_SOURCE_AS_NAME);
	else if (group == FACT_DESTINATION_GEO)
		perspective_set_geo(f, geo_cache_lookup(p->geo, &r->addr[1]),
			FIELD_DESTINATION_GEO_COUNTRY, FIELD_DESTINATION_AS_NUMBER,
			FIELD_DESTINATION_AS_NAME);
	else if (group == FACT_DOMAIN)
		facts_copy_str(f, FIELD_DESTINATION_DOMAIN, called_name(p));
	else if (group == FACT_SELF)
		fill_self(p, f);
	else if (group == FACT_SELF_NAME)
		fill_name(f, p->ends[p->side].equipment, &r->addr[p->side]);
}

static const struct equipment *find(
	const struct perspective *p, const struct flow_record *r, int side)
{
	if (is_canary(r))
		return side == 0 ? &perspective_canary : NULL;
	return inventory_find(site_inventory(p->site), &r->addr[side],
		r->has_mac[side] ? r->mac[side] : NULL, r->segment, r->first_ns);
}

bool perspective_begin(struct perspective *p, struct facts *f, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;

	p->ev = ev;
	p->segment = segment_of(r);
	for (int side = 0; side < 2; side++) {
		struct party *end = &p->ends[side];

		end->equipment = find(p, r, side);
		end->scope =
			end->equipment ? SITE_OWN : site_scope(p->site, p->segment, &r->addr[side]);
	}
	facts_set_num(f, FIELD_TIMESTAMP, ev->ts_ns);
	facts_owe(f, BOTH_GROUPS | flow_facts_groups(ev), fill, p);
	return p->ends[0].scope == SITE_OWN || p->ends[1].scope == SITE_OWN;
}

static void clear_side(struct facts *f)
{
	f->owed &= ~SIDE_GROUPS;
	facts_unset_range(f, FIELD_EQUIPMENT_NAME, FIELD_CONTRACT_WINDOW);
	facts_unset(f, FIELD_NETWORK_DIRECTION);
}

bool perspective_take(struct perspective *p, struct facts *f, int side)
{
	clear_side(f);
	p->side = side;
	if (p->ends[side].scope != SITE_OWN)
		return false;
	facts_owe(f,
		SIDE_GROUPS & ~(p->ends[1 - side].scope == SITE_EXTERNAL ? 0U : EXTERNAL_GROUPS),
		fill, p);
	if (p->ev->kind == EVENT_FLOW_CLASSIFIED) /* the first that is told of a conversation */
		perspective_meet(p, f);
	return true;
}

bool perspective_fill_dns(const struct perspective *p, struct facts *f, const struct event *ev)
{
	const uint16_t segment = ev->flow.segment;
	const struct equipment *client;

	if (is_canary(&ev->flow))
		return false;
	client = inventory_find(site_inventory(p->site), &ev->dns_client, NULL, segment, ev->ts_ns);
	if (!client && site_scope(p->site, segment, &ev->dns_client) != SITE_OWN)
		return false;
	dns_facts_fill(f, ev);
	facts_set_text(f, FIELD_FLOW_SEGMENT, site_segment_name(p->site, segment));
	fill_name(f, client, &ev->dns_client);
	fill_equipment(f, client, &ev->dns_client, true);
	return true;
}

void perspective_fill_reach(const struct perspective *p, struct facts *f, const struct event *ev)
{
	const uint16_t segment = ev->flow.segment;
	const struct inventory *inv = site_inventory(p->site);
	const struct equipment *from =
		inventory_find(inv, &ev->reach.from, NULL, segment, ev->ts_ns);
	const struct equipment *to = inventory_find(inv, &ev->reach.dst, NULL, segment, ev->ts_ns);
	char from_name[IP_ADDR_TEXT_BYTES];

	reach_facts_fill(f, ev);
	facts_set_text(f, FIELD_FLOW_SEGMENT, site_segment_name(p->site, segment));
	fill_name(f, to, &ev->reach.dst);
	fill_equipment(f, to, &ev->reach.dst, false);
	facts_set_ip(f, FIELD_PEER_IP, &ev->reach.from);
	facts_copy_str(f, FIELD_PEER_ENTITY, name_of(from, &ev->reach.from, from_name));
	if (from) {
		facts_set_str(f, FIELD_PEER_EQUIPMENT, from->name);
		facts_set_str(f, FIELD_PEER_ROLE, from->role);
	}
}
