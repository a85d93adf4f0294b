#include "rules/perspective.h"

#include "analysis/flow_facts.h"
#include "analysis/stats/amount.h"
#include "common/time_text.h"
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

/* Of addresses, of peers and of conversations that are remembered. */
enum { PARTIES = 4096, LINKAGES = 1024, VERDICTS = 2048 };

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

static void fill_site(struct perspective *p, struct facts *f)
{
	facts_set_text(f, FIELD_FLOW_SEGMENT, site_segment_name(p->site, p->segment));
	facts_set_str(
		f, FIELD_SITE_MODE, site_is_declared(p->site) ? STR("declared") : STR("discover"));
	facts_set_text(f, FIELD_SITE_NAME, site_name(p->site));
	facts_set_bool(f, FIELD_SITE_RESOLVERS_KNOWN, p->says.knows_resolvers);
	facts_set_bool(f, FIELD_SITE_NTP_KNOWN, p->says.knows_ntp);
	facts_set_bool(f, FIELD_SITE_AAA_KNOWN, p->says.knows_aaa);
	facts_set_bool(f, FIELD_SITE_COLLECTORS_KNOWN, p->says.knows_collectors);
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

static void fill_self(struct perspective *p, struct facts *f)
{
	const struct flow_record *r = &p->ev->flow;

	facts_set_str(f, FIELD_NETWORK_DIRECTION,
		p->ends[1 - p->side].scope != SITE_EXTERNAL ? STR("internal")
		: p->side == 0                              ? STR("outbound")
							    : STR("inbound"));
	fill_equipment(f, p->ends[p->side].equipment, &r->addr[p->side], p->side == 0);
	facts_set_num(f, FIELD_EQUIPMENT_BYTES, r->bytes[p->side]);
	facts_set_num(f, FIELD_EQUIPMENT_BYTES_PERCENT,
		amount_share(r->bytes[p->side], r->bytes[1 - p->side]) / 10);
}

static void fill_source_geo(struct perspective *p, struct facts *f)
{
	perspective_set_geo(f, geo_cache_lookup(p->geo, &p->ev->flow.addr[0]),
		FIELD_SOURCE_GEO_COUNTRY, FIELD_SOURCE_AS_NUMBER, FIELD_SOURCE_AS_NAME);
}

static void fill_destination_geo(struct perspective *p, struct facts *f)
{
	perspective_set_geo(f, geo_cache_lookup(p->geo, &p->ev->flow.addr[1]),
		FIELD_DESTINATION_GEO_COUNTRY, FIELD_DESTINATION_AS_NUMBER,
		FIELD_DESTINATION_AS_NAME);
}

static void fill_domain(struct perspective *p, struct facts *f)
{
	facts_set_str(f, FIELD_DESTINATION_DOMAIN, called_name(p));
}

static void fill_self_name(struct perspective *p, struct facts *f)
{
	facts_set_str(f, FIELD_EQUIPMENT_NAME, perspective_name(p, p->side));
}

/* A facts_fill_fn: USER is the perspective. */
static void fill(void *user, struct facts *f, enum fact_group group)
{
	static perspective_fill_fn *const fills[FACT_GROUP_COUNT] = {
		[FACT_SITE] = fill_site,
		[FACT_SOURCE_GEO] = fill_source_geo,
		[FACT_DESTINATION_GEO] = fill_destination_geo,
		[FACT_DOMAIN] = fill_domain,
		[FACT_SELF] = fill_self,
		[FACT_SELF_NAME] = fill_self_name,
	};
	struct perspective *p = user;

	if (1U << group & FLOW_FACT_GROUPS)
		flow_facts_group(f, p->ev, group);
	else if (1U << group & PEER_FACT_GROUPS)
		perspective_peer_group(p, f, group);
	else
		fills[group](p, f);
}

/* Everything that decides whose an address is and what it is called. */
struct party_key {
	struct ip_addr addr;
	uint32_t minute; /* nothing in a policy begins or ends within one */
	uint16_t segment;
	uint16_t has_mac;
	uint8_t mac[6];
	uint16_t none; /* 0 */
};

_Static_assert(sizeof(struct party_key) == 32, "it is hashed as bytes");

static void introduce(const struct perspective *p, const struct equipment *e, uint16_t segment,
	const struct ip_addr *addr, struct party *ret)
{
	const struct str bytes = {(const char *)addr->bytes, sizeof(addr->bytes)};

	ret->equipment = e;
	ret->scope = (uint8_t)(e ? SITE_OWN : site_scope(p->site, segment, addr));
	ret->who = entities_who(p->entities, e ? e->name : bytes);
	ret->address_len = (uint8_t)strlen(ip_addr_format(addr, ret->address));
}

bool perspective_forget(struct perspective *p, uint64_t hash_key)
{
	struct memo *parties =
		memo_new(PARTIES, sizeof(struct party_key), sizeof(struct party), hash_key);
	struct memo *linkages =
		memo_new(LINKAGES, MEMO_KEY_BYTES, sizeof(struct linkage), hash_key);
	struct memo *verdicts =
		memo_new(VERDICTS, MEMO_KEY_BYTES, sizeof(struct verdict_seen), hash_key);

	if (!parties || !linkages || !verdicts) {
		memo_free(parties);
		memo_free(linkages);
		memo_free(verdicts);
		return false;
	}
	perspective_done(p);
	p->says.is_read = false;
	p->parties = parties;
	p->linkages = linkages;
	p->verdicts = verdicts;
	return true;
}

void perspective_done(struct perspective *p)
{
	memo_free(p->parties);
	memo_free(p->linkages);
	memo_free(p->verdicts);
}

/* Who ADDR, seen with MAC (NULL: none) in SEGMENT, was at TS_NS. Valid until the next call. */
static const struct party *party_at(const struct perspective *p, const struct ip_addr *addr,
	const uint8_t *mac, uint16_t segment, uint64_t ts_ns)
{
	const struct inventory *inv = site_inventory(p->site);
	struct party_key k = {.addr = *addr, .segment = segment};
	struct party *ret;
	bool known;

	if (inventory_has_periods(inv))
		k.minute = (uint32_t)(ts_ns / (60 * NS_PER_S));
	if (mac && inventory_has_macs(inv)) {
		k.has_mac = 1;
		memcpy(k.mac, mac, sizeof(k.mac));
	}
	ret = memo_find(p->parties, &k, sizeof(k), &known);
	if (!known)
		introduce(p, inventory_find(inv, addr, mac, segment, ts_ns), segment, addr, ret);
	return ret;
}

static void see_ends(struct perspective *p, const struct flow_record *r)
{
	for (int side = 0; side < 2; side++) {
		if (is_canary(r))
			introduce(p, side == 0 ? &perspective_canary : NULL, p->segment,
				&r->addr[side], &p->ends[side]);
		else
			p->ends[side] = *party_at(p, &r->addr[side],
				r->has_mac[side] ? r->mac[side] : NULL, r->segment, r->first_ns);
	}
}

static void read_site(struct perspective *p)
{
	struct site_counts n;

	site_counts(p->site, &n);
	p->says = (struct site_says){
		.is_read = true,
		.has_suppliers = n.suppliers > 0,
		.has_groups = n.groups > 0,
		.knows_resolvers =
			site_has_group(p->site, "dns") || site_has_group(p->site, "resolvers"),
		.knows_ntp = site_has_group(p->site, "ntp"),
		.knows_aaa = site_has_group(p->site, "aaa"),
		.knows_collectors = site_has_group(p->site, "collectors"),
	};
}

bool perspective_begin(struct perspective *p, struct facts *f, const struct event *ev)
{
	if (!p->says.is_read)
		read_site(p);
	p->ev = ev;
	p->segment = segment_of(&ev->flow);
	see_ends(p, &ev->flow);
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

/* What nothing can be said of is not owed. */
static uint32_t side_groups(const struct perspective *p)
{
	uint32_t groups = SIDE_GROUPS;

	if (p->ends[1 - p->side].scope != SITE_EXTERNAL)
		groups &= ~EXTERNAL_GROUPS;
	if (!p->says.has_suppliers)
		groups &= ~(1U << FACT_PEER_SUPPLIER);
	if (!p->says.has_groups)
		groups &= ~(1U << FACT_PEER_GROUPS);
	return groups;
}

bool perspective_take(struct perspective *p, struct facts *f, int side)
{
	clear_side(f);
	p->side = side;
	p->met = NULL;
	p->is_judged = false;
	if (p->ends[side].scope != SITE_OWN)
		return false;
	facts_owe(f, side_groups(p), fill, p);
	if (p->ev->kind == EVENT_FLOW_CLASSIFIED) /* the first that is told of a conversation */
		perspective_meet(p, f);
	return true;
}

bool perspective_fill_dns(struct perspective *p, struct facts *f, const struct event *ev)
{
	const uint16_t segment = ev->flow.segment;

	if (is_canary(&ev->flow))
		return false;
	p->ends[0] = *party_at(p, &ev->dns_client, NULL, segment, ev->ts_ns);
	if (p->ends[0].scope != SITE_OWN)
		return false;
	dns_facts_fill(f, ev);
	facts_set_text(f, FIELD_FLOW_SEGMENT, site_segment_name(p->site, segment));
	facts_set_str(f, FIELD_EQUIPMENT_NAME, perspective_name(p, 0));
	fill_equipment(f, p->ends[0].equipment, &ev->dns_client, true);
	return true;
}

void perspective_fill_reach(struct perspective *p, struct facts *f, const struct event *ev)
{
	const uint16_t segment = ev->flow.segment;
	const struct equipment *from;

	p->ends[0] = *party_at(p, &ev->reach.from, NULL, segment, ev->ts_ns);
	p->ends[1] = *party_at(p, &ev->reach.dst, NULL, segment, ev->ts_ns);
	reach_facts_fill(f, ev);
	facts_set_text(f, FIELD_FLOW_SEGMENT, site_segment_name(p->site, segment));
	facts_set_str(f, FIELD_EQUIPMENT_NAME, perspective_name(p, 1));
	fill_equipment(f, p->ends[1].equipment, &ev->reach.dst, false);
	facts_set_ip(f, FIELD_PEER_IP, &ev->reach.from);
	facts_set_str(f, FIELD_PEER_ENTITY, perspective_name(p, 0));
	from = p->ends[0].equipment;
	if (from) {
		facts_set_str(f, FIELD_PEER_EQUIPMENT, from->name);
		facts_set_str(f, FIELD_PEER_ROLE, from->role);
	}
}
