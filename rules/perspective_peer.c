#include "rules/perspective_peer.h"

#include <stdio.h>

#include "analysis/flow_facts.h"
#include "common/time_text.h"

enum { MAX_GROUPS = 16 };

static const struct equipment *self(const struct perspective *p)
{
	return p->ends[p->side].equipment;
}

static const struct equipment *other(const struct perspective *p)
{
	return p->ends[1 - p->side].equipment;
}

static const struct ip_addr *other_addr(const struct perspective *p)
{
	return &p->ev->flow.addr[1 - p->side];
}

static bool is_external(const struct perspective *p)
{
	return p->ends[1 - p->side].scope == SITE_EXTERNAL;
}

/* Of the peer, NULL when it is the operator's own. Valid until the next look-up of an address. */
static const struct geo_answer *geo_of(const struct perspective *p)
{
	return is_external(p) ? geo_cache_lookup(p->geo, other_addr(p)) : NULL;
}

/* Only a caller knows the other end by a name. */
static struct str domain_of(const struct perspective *p, const struct facts *f)
{
	return p->side == 0 ? facts_str(f, FIELD_DESTINATION_DOMAIN) : (struct str){NULL, 0};
}

static void set_texts(struct facts *f, enum field_id id, const struct str *texts, size_t n)
{
	struct str *copy = n ? arena_alloc(f->arena, n * sizeof(*copy)) : NULL;

	if (!copy)
		return;
	memcpy(copy, texts, n * sizeof(*copy));
	facts_set_strs(f, id, copy, (uint32_t)n);
}

static void fill_peer(struct perspective *p, struct facts *f)
{
	const struct flow_record *r = &p->ev->flow;
	const struct equipment *peer = other(p);

	facts_set_ip(f, FIELD_PEER_IP, other_addr(p));
	if (r->port[0] || r->port[1])
		facts_set_num(f, FIELD_PEER_PORT, r->port[1 - p->side]);
	facts_set_num(f, FIELD_PEER_BYTES, r->bytes[1 - p->side]);
	facts_set_text(
		f, FIELD_PEER_SCOPE, site_scope_name((enum site_scope)p->ends[1 - p->side].scope));
	if (peer) {
		facts_set_str(f, FIELD_PEER_EQUIPMENT, peer->name);
		facts_set_str(f, FIELD_PEER_ROLE, peer->role);
	}
}

/* Named at first sight by the peer's name in the inventory or on the wire, if it has one. */
static struct entity *entity_of(struct perspective *p, const struct facts *f)
{
	bool is_new = false;

	if (!p->met)
		p->met = entities_at(
			p->entities, p->ends[p->side].who, p->segment, other_addr(p), &is_new);
	if (is_new)
		entity_name(p->met, other(p) ? other(p)->name : domain_of(p, f));
	return p->met;
}

void perspective_meet(struct perspective *p, const struct facts *f)
{
	(void)entity_of(p, f);
}

/* Without a name it is system and network, else the address: docs/alerts.md says how findings use
 * it. The canary's peers are told apart, so that each canary raises an alert. */
static void name_entity(const struct perspective *p, struct entity *e)
{
	char prefix[IP_PREFIX_TEXT_BYTES];
	char text[ENTITY_TEXT_BYTES];
	const struct party *end = &p->ends[1 - p->side];
	const struct geo_answer *geo = geo_of(p);

	if (self(p) != &perspective_canary && geo && geo->as_number && geo->prefix.length_bits) {
		(void)snprintf(text, sizeof(text), "AS%u %s", geo->as_number,
			ip_prefix_format(&geo->prefix, prefix));
		entity_name(e, str_from(text));
	} else {
		entity_name(e, (struct str){end->address, end->address_len});
	}
}

/* A message may come before a conversation has said what the peer is called: it names nobody for
 * good. */
static bool is_early(const struct event *ev)
{
	return ev->kind == EVENT_MESSAGE && !ev->flow.classified;
}

/* The entity as it is known, or one in ARENA. NULL without memory. */
static const struct entity *early_entity(const struct perspective *p, struct arena *arena)
{
	const struct entity *known =
		entities_peek(p->entities, p->ends[p->side].who, p->segment, other_addr(p));
	struct entity *early;

	if (known && known->len > 0)
		return known;
	early = arena_alloc(arena, sizeof(*early));
	if (early && !known && other(p))
		entity_name(early, other(p)->name);
	if (early && early->len == 0)
		name_entity(p, early);
	return early;
}

struct str perspective_entity(struct perspective *p, const struct facts *f)
{
	const struct entity *e;

	if (is_early(p->ev)) {
		e = early_entity(p, f->arena);
		return e ? (struct str){e->text, e->len} : (struct str){NULL, 0};
	}
	e = entity_of(p, f);
	if (e->len == 0)
		name_entity(p, p->met);
	return (struct str){e->text, e->len};
}

static void fill_names(struct perspective *p, struct facts *f)
{
	struct str learned[NAMES_PER_ADDRESS];
	const size_t n = names_find(
		p->names, p->segment, &p->ev->flow.addr[p->side], other_addr(p), learned);

	set_texts(f, FIELD_PEER_NAMES, learned, n);
}

static void fill_opinions(const struct perspective *p, struct facts *f)
{
	const struct geo *geo = geo_cache_geo(p->geo);
	struct geo_opinions opinions;
	struct str *list;

	geo_opinions(geo, other_addr(p), &opinions);
	list = arena_alloc(f->arena, opinions.n * sizeof(*list));
	for (uint8_t i = 0; list && i < opinions.n; i++) {
		const struct geo_opinion *o = &opinions.items[i];
		struct geo_file file;

		geo_file(geo, o->file, &file);
		list[i] = arena_printf(f->arena, "%s: %s AS%u %.*s", file.type,
			o->country[0] ? o->country : "-", o->as_number, (int)o->as_name.len,
			o->as_name.data ? o->as_name.data : "");
	}
	facts_set_strs(f, FIELD_PEER_AS_NAMES, list, list ? opinions.n : 0);
}

static void fill_geo(struct perspective *p, struct facts *f)
{
	const struct geo_answer *geo = geo_of(p);

	if (!geo)
		return;
	perspective_set_geo(f, geo, FIELD_PEER_COUNTRY, FIELD_PEER_AS_NUMBER, FIELD_PEER_AS_NAME);
	if (strcmp(geo->registered_country, geo->country) != 0)
		facts_copy_str(f, FIELD_PEER_REGISTERED_COUNTRY, str_from(geo->registered_country));
	if (geo->disagree)
		fill_opinions(p, f);
}

static void fill_groups(struct perspective *p, struct facts *f)
{
	struct str found[MAX_GROUPS];

	set_texts(f, FIELD_PEER_GROUPS, found,
		site_groups(p->site, p->segment, other_addr(p), found, MAX_GROUPS));
}

static uint32_t as_number_of(const struct perspective *p)
{
	const struct geo_answer *geo = geo_of(p);

	return geo ? geo->as_number : 0;
}

static void fill_supplier(struct perspective *p, struct facts *f)
{
	struct str supplier =
		site_supplier_of(p->site, other_addr(p), as_number_of(p), domain_of(p, f));

	if (supplier.len == 0)
		return;
	facts_set_str(f, FIELD_PEER_SUPPLIER, supplier);
	facts_set_bool(f, FIELD_PEER_SUPPLIER_OWN, self(p) && str_eq(supplier, self(p)->supplier));
}

/* The answer is remembered, or in *BUF: valid until the next look-up. */
static const struct linkage *look_up_linkage(
	const struct perspective *p, const struct lists_peer *peer, struct linkage *buf)
{
	struct memo_key k;
	struct linkage *ret;
	bool known;

	k.len = 0;
	memo_key_add(&k, &peer->addr, sizeof(peer->addr));
	memo_key_add(&k, &peer->as_number, sizeof(peer->as_number));
	memo_key_add(&k, peer->country, sizeof(peer->country));
	memo_key_add(&k, peer->registered_country, sizeof(peer->registered_country));
	memo_key_add_str(&k, peer->domain);
	memo_key_add_str(&k, peer->ja3);
	memo_key_add_str(&k, peer->sha1);
	ret = memo_find(p->linkages, k.bytes, k.len, &known);
	if (!ret)
		ret = buf;
	if (!known)
		lists_linkage(p->lists, peer, ret);
	return ret;
}

static void set_claim(struct facts *f, enum field_id list, enum field_id match,
	enum field_id confidence, enum field_id reason, const struct claim *c)
{
	facts_set_str(f, list, c->list);
	facts_copy_str(f, match, str_from(c->match));
	if (c->confidence != LISTS_NO_CONFIDENCE)
		facts_set_num(f, confidence, c->confidence);
	set_texts(f, reason, c->reasons, c->n_reasons);
}

static void fill_linkage(struct perspective *p, struct facts *f)
{
	const struct flow_details *d = p->ev->details;
	const struct geo_answer *geo = geo_of(p);
	struct lists_peer peer = {.addr = *other_addr(p)};
	const struct linkage *link;
	struct linkage buf;

	if (!geo)
		return;
	peer.as_number = geo->as_number;
	memcpy(peer.country, geo->country, sizeof(peer.country));
	memcpy(peer.registered_country, geo->registered_country, sizeof(peer.registered_country));
	peer.domain = domain_of(p, f);
	peer.ja3 = p->side == 0 ? d->ja3s : d->ja3;
	if (p->side == 0)
		peer.sha1 = d->tls_sha1;
	link = look_up_linkage(p, &peer, &buf);
	if (link->tier > 0) {
		facts_set_num(f, FIELD_PEER_LINKAGE_TIER, link->tier);
		set_claim(f, FIELD_PEER_LINKAGE_LIST, FIELD_PEER_LINKAGE_MATCH,
			FIELD_PEER_LINKAGE_CONFIDENCE, FIELD_PEER_LINKAGE_REASON, &link->linked);
	}
	if (link->indicator.list.len > 0)
		set_claim(f, FIELD_PEER_INDICATOR_LIST, FIELD_PEER_INDICATOR_MATCH,
			FIELD_PEER_INDICATOR_CONFIDENCE, FIELD_PEER_INDICATOR_REASON,
			&link->indicator);
	if (link->n_hidden > 0) {
		set_texts(f, FIELD_PEER_BENIGN_HIDES, link->hidden, link->n_hidden);
		facts_set_str(f, FIELD_PEER_BENIGN_LIST, link->benign.list);
		facts_copy_str(f, FIELD_PEER_BENIGN_MATCH, str_from(link->benign.match));
		set_texts(
			f, FIELD_PEER_BENIGN_REASON, link->benign.reasons, link->benign.n_reasons);
	}
}

static struct conversation conversation_of(const struct perspective *p, const struct facts *f)
{
	const struct flow_record *r = &p->ev->flow;

	return (struct conversation){
		.equipment = self(p),
		.peer = other(p),
		.equipment_addr = r->addr[p->side],
		.peer_addr = *other_addr(p),
		.segment = p->segment,
		.initiator = p->side == 0,
		.proto = r->proto,
		.port = r->port[1],
		.protocol = str_from(r->label.protocol),
		.application = str_from(r->label.application),
		.certain = label_is_certain(r->label.confidence),
		.peer_domain = domain_of(p, f),
		.peer_as = as_number_of(p),
		.ts_ns = r->first_ns,
		.learned = p->learned,
	};
}

/* What was learned never covers a peer that is linked to an adversary or that a feed warns of,
 * whoever approved it. */
static bool is_listed(const struct facts *f)
{
	return facts_has(f, FIELD_PEER_LINKAGE_TIER) || facts_has(f, FIELD_PEER_INDICATOR_LIST);
}

/* Everything that decides a verdict. Nothing in a policy begins or ends within a minute. */
static void add_conversation(struct memo_key *k, const struct conversation *c)
{
	const uint64_t minute = c->ts_ns / (60 * NS_PER_S);
	const uint8_t flags[] = {c->initiator, c->certain, c->proto};

	memo_key_add(k, &c->equipment, sizeof(c->equipment));
	memo_key_add(k, &c->peer, sizeof(c->peer));
	memo_key_add(k, &c->equipment_addr, sizeof(c->equipment_addr));
	memo_key_add(k, &c->peer_addr, sizeof(c->peer_addr));
	memo_key_add(k, &c->segment, sizeof(c->segment));
	memo_key_add(k, &c->port, sizeof(c->port));
	memo_key_add(k, &c->peer_as, sizeof(c->peer_as));
	memo_key_add(k, &minute, sizeof(minute));
	memo_key_add(k, flags, sizeof(flags));
	memo_key_add_str(k, c->protocol);
	memo_key_add_str(k, c->application);
	memo_key_add_str(k, c->peer_domain);
}

static struct verdict_seen judge(const struct perspective *p, const struct conversation *c)
{
	struct verdict_seen judged, *remembered;
	struct memo_key k;
	bool known;

	k.len = 0;
	add_conversation(&k, c);
	remembered = memo_find(p->verdicts, k.bytes, k.len, &known);
	if (known)
		return *remembered;
	judged.verdict = site_verdict(p->site, c, &judged.window);
	if (remembered)
		*remembered = judged;
	return judged;
}

struct verdict_seen perspective_verdict_at(
	const struct perspective *p, const struct facts *f, uint64_t ts_ns)
{
	struct conversation c = conversation_of(p, f);
	struct verdict_seen v;

	c.ts_ns = ts_ns;
	v = judge(p, &c);
	if (v.verdict == VERDICT_LEARNED && is_listed(f)) {
		c.learned = NULL;
		v.verdict = site_verdict(p->site, &c, &v.window);
	}
	return v;
}

struct verdict_seen perspective_verdict(struct perspective *p, const struct facts *f)
{
	if (p->is_judged)
		return p->judged;
	if (self(p) == &perspective_canary)
		p->judged = (struct verdict_seen){VERDICT_ALLOWED, NULL};
	else if (flow_is_fragments(&p->ev->flow)) /* nobody judges them */
		p->judged = (struct verdict_seen){VERDICT_UNDECLARED, NULL};
	else if (site_is_declared(p->site) && self(p))
		p->judged = perspective_verdict_at(p, f, p->ev->flow.first_ns);
	else
		p->judged = (struct verdict_seen){VERDICT_UNDECLARED, "none"};
	p->is_judged = true;
	return p->judged;
}

static void fill_verdict(struct perspective *p, struct facts *f)
{
	const struct verdict_seen v = perspective_verdict(p, f);

	if (flow_is_fragments(&p->ev->flow))
		return;
	facts_set_text(f, FIELD_CONTRACT_VERDICT, verdict_name(v.verdict));
	facts_set_text(f, FIELD_CONTRACT_WINDOW, v.window);
}

static void fill_contract_words(struct perspective *p, struct facts *f)
{
	struct conversation c;
	struct judgement j;

	if (flow_is_fragments(&p->ev->flow))
		return;
	if (self(p) == &perspective_canary) {
		facts_set_text(f, FIELD_CONTRACT_TEXT, "the sensor's own conversation");
		return;
	}
	c = conversation_of(p, f);
	site_judge(p->site, &c, &j);
	if (j.verdict == VERDICT_LEARNED && is_listed(f)) {
		c.learned = NULL;
		site_judge(p->site, &c, &j);
	}
	facts_copy_str(f, FIELD_CONTRACT_LINE, str_from(j.line));
	facts_copy_str(f, FIELD_CONTRACT_TEXT, str_from(j.text));
}

static void fill_entity(struct perspective *p, struct facts *f)
{
	facts_set_str(f, FIELD_PEER_ENTITY, perspective_entity(p, f));
}

static void fill_domain(struct perspective *p, struct facts *f)
{
	facts_set_str(f, FIELD_PEER_DOMAIN, domain_of(p, f));
}

void perspective_peer_group(struct perspective *p, struct facts *f, enum fact_group group)
{
	static perspective_fill_fn *const fills[FACT_GROUP_COUNT] = {
		[FACT_PEER] = fill_peer,
		[FACT_ENTITY] = fill_entity,
		[FACT_PEER_NAMES] = fill_names,
		[FACT_PEER_DOMAIN] = fill_domain,
		[FACT_PEER_GEO] = fill_geo,
		[FACT_PEER_GROUPS] = fill_groups,
		[FACT_PEER_SUPPLIER] = fill_supplier,
		[FACT_LINKAGE] = fill_linkage,
		[FACT_VERDICT] = fill_verdict,
		[FACT_CONTRACT_WORDS] = fill_contract_words,
	};

	fills[group](p, f);
}
