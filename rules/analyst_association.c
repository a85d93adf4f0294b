/* Associations of SCTP: what their messages and conversations say of each other, and what the
 * policy says of addresses that an end names beside the one that it is known by. */
#include <string.h>

#include "analysis/flow_facts.h"
#include "analysis/signalling/signalling.h"
#include "rules/analyst_state.h"

/* What a message of EV says of its association. False: nothing. */
static bool sight_of(const struct event *ev, struct association_sight *s, struct ip_addr *named,
	struct ip_addr *removed)
{
	const struct signalling_message *m = ev->message;
	const uint8_t from = ev->message_sender;
	int chunk = -1;

	*s = (struct association_sight){.src = ev->flow.addr[from],
		.dst = ev->flow.addr[!from],
		.sport = ev->flow.port[from],
		.dport = ev->flow.port[!from],
		.segment = ev->flow.segment,
		.sender = from,
		.named = named,
		.removed = removed,
		.ts_ns = ev->ts_ns};
	for (uint32_t i = 0; i < m->n_facts; i++) {
		const struct signalling_fact *f = &m->facts[i];

		if (f->id == FIELD_SCTP_CHUNK)
			chunk = sctp_chunk_find(f->str);
		else if (f->id == FIELD_SCTP_TAG)
			s->tag = (uint32_t)f->num;
		else if (f->id == FIELD_SCTP_INITIATE_TAG)
			s->new_tag = (uint32_t)f->num;
		else if (f->id == FIELD_SCTP_ADDRESSES && s->n_named < SCTP_MAX_ADDRESSES)
			named[s->n_named++] = f->ip;
		else if (f->id == FIELD_SCTP_REMOVED && s->n_removed < SCTP_MAX_ADDRESSES)
			removed[s->n_removed++] = f->ip;
	}
	s->chunk = (uint8_t)chunk;
	return chunk >= 0;
}

static void find(struct analyst *a, const struct event *ev)
{
	const struct flow_record *r = &ev->flow;
	struct ip_addr named[SCTP_MAX_ADDRESSES], removed[SCTP_MAX_ADDRESSES];
	struct association_sight s;
	int end = 0;

	if (ev->kind != EVENT_MESSAGE) {
		a->association = associations_find(a->associations, r->segment, &r->addr[0],
			r->port[0], &r->addr[1], r->port[1], &a->association_end);
	} else if (sight_of(ev, &s, named, removed)) {
		a->association = associations_see(a->associations, &s, &end);
		a->association_end = end ^ ev->message_sender;
	}
}

/* The protocol of data that was seen on one path is that of the others, which may carry nothing but
 * heartbeats. */
static const struct event *share_label(struct analyst *a, const struct event *ev)
{
	struct association *as = a->association;
	const struct flow_label *l = &ev->flow.label;

	if (l->confidence == LABEL_BY_SIGNALLING) {
		const size_t n = strlen(l->protocol);

		if (n < sizeof(as->label))
			memcpy(as->label, l->protocol, n + 1);
		return ev;
	}
	if (as->label[0] == '\0' || analyst_label(l).len > 0)
		return ev;
	a->linked = *ev;
	a->linked.flow.label.protocol = as->label;
	a->linked.flow.label.application = "";
	a->linked.flow.label.category = "Network";
	a->linked.flow.label.expected = "";
	a->linked.flow.label.confidence = LABEL_BY_CACHE;
	return &a->linked;
}

const struct event *analyst_associate(struct analyst *a, const struct event *ev)
{
	a->association = NULL;
	if (ev->flow.proto != IPPROTO_NUM_SCTP)
		return ev;
	find(a, ev);
	return a->association ? share_label(a, ev) : ev;
}

void analyst_set_association(struct analyst *a, int side)
{
	const struct association *as = a->association;
	const int self = side ^ a->association_end;
	struct facts *f = &a->facts;

	if (!as)
		return;
	facts_set_str(f, FIELD_SCTP_ASSOCIATION,
		arena_printf(a->arena, "%u-%u-%08x", as->port[0], as->port[1], as->first_tag));
	facts_set_text(
		f, FIELD_SCTP_STATE, association_state_name((enum association_state)as->state));
	facts_set_num(f, FIELD_SCTP_PATHS, association_path_count(as));
	facts_set_ips(f, FIELD_SCTP_EQUIPMENT_ADDRESSES, as->addr[self], as->n_addr[self]);
	facts_set_ips(f, FIELD_SCTP_PEER_ADDRESSES, as->addr[!self], as->n_addr[!self]);
}

/* The facts are those of a conversation with ADDR, which end OWNER of EV named, as end VIEWER sees
 * it: nobody has seen a packet of it. */
static void judge_address(struct analyst *a, const struct event *ev, int owner, int viewer,
	const struct ip_addr *addr)
{
	struct event with = *ev;
	struct flow_record *r = &with.flow;
	const int peer = 1 - viewer;

	r->addr[peer] = *addr;
	r->port[peer] = ev->flow.port[owner];
	r->has_mac[peer] = false;
	memset(r->packets, 0, sizeof(r->packets));
	memset(r->bytes, 0, sizeof(r->bytes));
	memset(r->payload_bytes, 0, sizeof(r->payload_bytes));
	with.kind = EVENT_MESSAGE;
	facts_clear(&a->facts);
	if (!perspective_begin(&a->view, &a->facts, &with) ||
		!perspective_take(&a->view, &a->facts, viewer))
		return;
	a->stats.judged++;
	analyst_set_association(a, viewer);
	facts_set_text(&a->facts, FIELD_SIGNALLING_MESSAGE, "secondary-address");
	facts_set_text(&a->facts, FIELD_SIGNALLING_PROTOCOL, "sctp");
	facts_set_text(&a->facts, FIELD_SIGNALLING_SENDER, owner == viewer ? "equipment" : "peer");
	facts_set_text(&a->facts, FIELD_SCTP_NAMED_BY, owner == viewer ? "equipment" : "peer");
	facts_set_ip(&a->facts, FIELD_SCTP_NAMED_FROM, &ev->flow.addr[owner]);
	analyst_evaluate(a, RULE_SIGNALLING);
	facts_clear(&a->facts); /* what is owed speaks of WITH */
}

/* Once the protocol is known, or will not become known any more: contracts ask for it. */
static bool is_settled(const struct event *ev)
{
	return analyst_label(&ev->flow.label).len > 0 || ev->kind == EVENT_FLOW_END;
}

void analyst_judge_addresses(struct analyst *a, const struct event *ev)
{
	struct association *as = a->association;

	if (!as || !ev->flow.classified)
		return;
	for (int owner = 0; owner < 2; owner++) {
		const int end = owner ^ a->association_end;

		for (int i = 0; i < as->n_addr[end] && a->rc == 0; i++) {
			const uint8_t bit = (uint8_t)(1u << i);

			if (!(as->named[end] & bit) || (as->told[end] & bit))
				continue;
			if (is_settled(ev))
				as->told[end] |= bit;
			if (ip_addr_cmp(&as->addr[end][i], &ev->flow.addr[owner]) == 0)
				continue; /* this conversation is judged itself */
			for (int viewer = 0; viewer < 2 && a->rc == 0; viewer++)
				judge_address(a, ev, owner, viewer, &as->addr[end][i]);
		}
	}
}
