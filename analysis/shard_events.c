#include "analysis/shard_state.h"

#include <string.h>

#include "analysis/dns_answer.h"
#include "analysis/flow/details.h"
#include "analysis/redact.h"
#include "common/hash/hash.h"

enum { PORT_DNS = 53, DNS_TCP_PREFIX_BYTES = 2, DNS_OUTSTANDING = 8 };

/* Resolvers ask again after 5 s, and those who ask two things at once do so at once. */
#define DNS_IN_VAIN_NS UINT64_C(5000000000)

static void name_label(struct shard *s, const struct flow *f, struct flow_label *ret)
{
	const uint16_t called = f->key.port[!f->initiator_end];

	ret->category = ret->application = ret->expected = "";
	if (f->label_is_signalling) {
		ret->protocol = f->label.signalling;
		ret->category = "Network";
		ret->confidence = LABEL_BY_SIGNALLING;
	} else {
		ret->protocol = classifier_protocol_name(s->classifier, f->label.dpi.protocol);
		ret->application =
			classifier_protocol_name(s->classifier, f->label.dpi.application);
		ret->category = classifier_category_name(s->classifier, f->label.dpi.category);
		ret->confidence = (enum label_confidence)f->label.dpi.confidence;
	}
	if (ret->confidence >= LABEL_BY_CACHE)
		ret->expected = classifier_expected(
			s->classifier, f->key.proto, called, ret->protocol, ret->application);
}

static bool slot_holds(const struct label_slot *slot, const struct flow *f, uint16_t called)
{
	const struct classifier_label *l = &f->label.dpi;

	return slot->port == called && slot->proto == f->key.proto &&
	       slot->dpi.protocol == l->protocol && slot->dpi.application == l->application &&
	       slot->dpi.category == l->category && slot->dpi.confidence == l->confidence;
}

/* Most labels were looked up a moment before. */
static void fill_label(struct shard *s, const struct flow *f, struct flow_label *ret)
{
	const uint16_t called = f->key.port[!f->initiator_end];
	struct label_slot *slot =
		&s->labels[(called * 31u + f->label.dpi.protocol * 7u + f->label.dpi.application) %
			   LABEL_SLOTS];

	if (f->label_is_signalling || f->label.dpi.protocol == 0) {
		name_label(s, f, ret);
		return;
	}
	if (!slot_holds(slot, f, called)) {
		name_label(s, f, &slot->label);
		slot->dpi = f->label.dpi;
		slot->port = called;
		slot->proto = f->key.proto;
	}
	*ret = slot->label;
}

/* Most are those of a flow that was classified: they go on as they are kept. */
static void set_details(struct shard *s, const struct flow *f, struct event *ev)
{
	static const char *const snmp[] = {"1", "2c", "2u", "3"};
	const struct detection *d =
		f->detection == FLOW_NONE ? NULL : detection_at(s->detections, f->detection);
	const bool is_snmp = f->snmp_version && strcmp(ev->flow.label.protocol, "SNMP") == 0;
	const bool is_live = d && d->dpi;
	const struct details *packed =
		f->details && !is_live ? details_copy(f->details, s->arena) : NULL;
	struct flow_details *details;

	if (!is_live && !is_snmp) {
		ev->packed = packed;
		return;
	}
	details = arena_alloc(s->arena, sizeof(*details));
	if (!details)
		return;
	if (is_live)
		classifier_details(s->classifier, d->dpi, f->last_ns, s->arena, details);
	else
		details_unpack(packed, details);
	if (is_snmp)
		details->snmp_version = str_from(snmp[f->snmp_version - 1]);
	ev->details = details;
}

void shard_event_begin(
	struct shard *s, const struct flow *f, enum event_kind kind, struct event *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->kind = kind;
	ret->seq = s->seq;
	ret->ts_ns = s->now_ns;
	ret->details = &details_none;
	flow_record_fill(&ret->flow, f, flow_way_at(s->ways, f->way));
	ret->flow.end = FLOW_END_NONE;
	fill_label(s, f, &ret->flow.label);
}

void shard_emit_flow(struct shard *s, const struct flow *f, enum event_kind kind, enum flow_end end)
{
	struct event ev;

	shard_event_begin(s, f, kind, &ev);
	ev.flow.end = end;
	set_details(s, f, &ev);
	s->emit(s->user, &ev);
}

void shard_emit_classified(struct shard *s, struct flow *f)
{
	if (f->classified)
		return;
	f->classified = true;
	shard_emit_flow(s, f, EVENT_FLOW_CLASSIFIED, FLOW_END_NONE);
}

/* What the answer says beside addresses. NULL without memory. */
static struct dns_reply *reply_of(
	struct shard *s, const struct packet_layer *l, struct dns_answer *a)
{
	struct dns_reply *reply = arena_alloc(s->arena, sizeof(*reply));
	struct str *data = arena_alloc(s->arena, (a->n_data + 1) * sizeof(*data));
	uint32_t at = 0;

	if (!reply || !data)
		return NULL;
	*reply = (struct dns_reply){.server = l->src,
		.client_port = l->dport,
		.server_port = l->sport,
		.type = a->type,
		.code = a->code,
		.z = a->z,
		.answer_octets = a->answer_octets,
		.data = data,
		.n_data = a->n_data};
	for (uint32_t i = 0; i < a->n_data; i++) {
		redact_name(a->data + at, a->data_len[i]);
		data[i] = arena_str(s->arena, (struct str){a->data + at, a->data_len[i]});
		if (!data[i].data)
			return NULL;
		at += a->data_len[i];
	}
	return reply;
}

/* Begins an event about what CLIENT asked for. */
static void begin_dns(struct shard *s, const struct flow *f, enum event_kind kind,
	const struct ip_addr *client, struct dns_answer *a, struct event *ret)
{
	shard_event_begin(s, f, kind, ret);
	ret->dns_client = *client;
	redact_name(a->name, a->name_len);
	ret->dns_name = arena_str(s->arena, (struct str){a->name, a->name_len});
}

static uint32_t hash_name(const struct shard *s, const struct dns_answer *a)
{
	return (uint32_t)hash64(a->name, a->name_len, s->cfg.hash_key);
}

static void emit_answer(struct shard *s, const struct flow *f, const struct flow_packet *fp,
	const uint8_t *message, uint32_t n)
{
	struct dns_answer answer;
	struct dns_reply *reply;
	struct ip_addr *addr;
	struct event ev;

	if (!dns_answer_parse(message, n, &answer))
		return;
	addr = arena_alloc(s->arena, (answer.n_addr + 1) * sizeof(*addr));
	reply = reply_of(s, fp->layer, &answer);
	if (!addr || !reply)
		return;
	memcpy(addr, answer.addr, answer.n_addr * sizeof(*addr));
	reply->name_hash = hash_name(s, &answer);
	begin_dns(s, f, EVENT_DNS_ANSWER, &fp->layer->dst, &answer, &ev);
	ev.dns_addr = addr;
	ev.n_dns_addr = answer.n_addr;
	ev.dns_ttl_s = answer.ttl_s;
	ev.dns_reply = reply;
	s->emit(s->user, &ev);
}

static void emit_question(struct shard *s, const struct flow *f, const struct flow_packet *fp,
	const uint8_t *message, uint32_t n)
{
	struct dns_reply *reply = arena_alloc(s->arena, sizeof(*reply));
	struct dns_answer question;
	struct event ev;

	if (!reply || !dns_question_parse(message, n, &question))
		return;
	*reply = (struct dns_reply){.server = fp->layer->dst,
		.client_port = fp->layer->sport,
		.server_port = fp->layer->dport,
		.type = question.type,
		.code = DNS_UNANSWERED,
		.name_hash = hash_name(s, &question)};
	begin_dns(s, f, EVENT_DNS_QUESTION, &fp->layer->src, &question, &ev);
	ev.dns_reply = reply;
	s->emit(s->user, &ev);
}

/* In one datagram there is one question, or one answer. */
static bool is_in_vain(const struct shard *s, const struct flow *f)
{
	const uint64_t asked = f->packets[f->initiator_end];
	const uint64_t answered = f->packets[!f->initiator_end];

	if (answered == 0)
		return s->now_ns - f->first_ns >= DNS_IN_VAIN_NS;
	return f->key.proto == IPPROTO_NUM_UDP && asked >= answered + DNS_OUTSTANDING;
}

/* Answers come from the one who was asked. Over TCP each has its length in front (RFC 1035 §4.2.2);
 * those that end in a later segment are not read. */
void shard_emit_dns(struct shard *s, const struct flow *f, const struct flow_packet *fp)
{
	const bool is_answer =
		fp->layer->sport == PORT_DNS || fp->sighting->src_end != f->initiator_end;
	const uint8_t *at = fp->payload;
	uint32_t left = fp->payload_captured;

	if (!is_answer && !is_in_vain(s, f))
		return;
	if (fp->layer->proto == IPPROTO_NUM_UDP) {
		(is_answer ? emit_answer : emit_question)(s, f, fp, at, left);
		return;
	}
	while (left > DNS_TCP_PREFIX_BYTES) {
		const uint32_t n = (uint32_t)at[0] << 8 | at[1];

		if (n > left - DNS_TCP_PREFIX_BYTES)
			return;
		(is_answer ? emit_answer : emit_question)(s, f, fp, at + DNS_TCP_PREFIX_BYTES, n);
		at += DNS_TCP_PREFIX_BYTES + n;
		left -= DNS_TCP_PREFIX_BYTES + n;
	}
}

void shard_emit_reach(struct shard *s, const struct flow *f, const struct flow_packet *fp)
{
	const struct packet *p = fp->packet;
	struct event ev;

	if (!reach_is_due(&s->reach, s->cfg.hash_key, p->teid, &p->inner_dst, s->now_ns))
		return;
	shard_event_begin(s, f, EVENT_REACH, &ev);
	ev.reach.from = fp->layer->src;
	ev.reach.dst = p->inner_dst;
	ev.reach.teid = p->teid;
	ev.reach.dport = p->inner_dport;
	ev.reach.proto = p->inner_proto;
	s->emit(s->user, &ev);
}
