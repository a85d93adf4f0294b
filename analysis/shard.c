#include "analysis/shard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/dns_answer.h"
#include "analysis/dpi/detection.h"
#include "analysis/flow/details.h"
#include "analysis/flow/state.h"
#include "analysis/flow/table.h"
#include "analysis/reach.h"
#include "analysis/redact.h"
#include "analysis/signalling/signalling.h"
#include "common/hash/hash.h"
#include "common/time_text.h"

#define UPDATE_NS (60 * NS_PER_S)

/* How long a known label waits for facts before it is told: a round trip or two of anything that is
 * still usable. */
#define PATIENCE_NS NS_PER_S

enum {
	PORT_DNS = 53,
	DNS_TCP_PREFIX_BYTES = 2,
	/* Most flows say nothing or some 200 bytes, few fill the 4 KiB that they may. */
	DETAILS_BYTES_PER_FLOW = 512,
	DETAILS_BYTES_MIN = 1 << 20,
};

/* A flow that a tick owes events. */
struct due {
	uint64_t first_seq;
	uint32_t flow;
};

struct shard {
	struct shard_config cfg;
	shard_emit_fn *emit;
	void *user;
	struct classifier *classifier;
	struct flow_table *flows;
	struct detection_pool *detections;
	struct shard_stats stats;
	uint64_t details_max_bytes;
	uint64_t now_ns;         /* the packet clock */
	uint64_t update_from_ns; /* flows that spoke since then are owed an update */
	struct due *due;         /* room for every flow */
	uint32_t n_due, n_paid;
	enum flow_end due_end; /* why flows end that owe their end */
	struct event event;    /* the one being emitted */
	struct reach_memory reach;
	/* of the call that is under way */
	uint64_t seq;
	struct arena *arena;
};

struct shard *shard_new(
	const struct shard_config *cfg, shard_emit_fn *emit, void *user, struct error *err)
{
	struct shard *s;

	if (cfg->max_flows == 0 || cfg->max_flows == UINT32_MAX || cfg->max_detections == 0) {
		(void)error_set(err, ERR_USAGE,
			"a shard needs room for at least one flow and one detection");
		return NULL;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		(void)error_set(err, ERR_SYSTEM, "no memory for a shard");
		return NULL;
	}
	s->cfg = *cfg;
	s->emit = emit;
	s->user = user;
	s->details_max_bytes = (uint64_t)cfg->max_flows * DETAILS_BYTES_PER_FLOW;
	if (s->details_max_bytes < DETAILS_BYTES_MIN)
		s->details_max_bytes = DETAILS_BYTES_MIN;
	s->classifier = classifier_new(err);
	if (!s->classifier) {
		shard_free(s);
		return NULL;
	}
	s->flows = flow_table_new(cfg->max_flows, cfg->hash_key);
	s->detections = detection_pool_new(cfg->max_detections);
	s->due = calloc(cfg->max_flows, sizeof(*s->due));
	if (!s->flows || !s->detections || !s->due) {
		shard_free(s);
		(void)error_set(err, ERR_SYSTEM, "no memory for %u flows", cfg->max_flows);
		return NULL;
	}
	return s;
}

static void free_details(void *user, struct flow *f)
{
	(void)user;
	details_free(f->details);
}

void shard_free(struct shard *s)
{
	if (!s)
		return;
	if (s->flows)
		flow_table_visit_all(s->flows, free_details, NULL);
	flow_table_free(s->flows);
	detection_pool_free(s->detections, s->classifier);
	classifier_free(s->classifier);
	free(s->due);
	free(s);
}

/* Events */

static void put_text(char ret[LABEL_TEXT_BYTES], const char *text)
{
	const size_t n = strnlen(text, LABEL_TEXT_BYTES - 1);

	memcpy(ret, text, n);
	memset(ret + n, 0, LABEL_TEXT_BYTES - n);
}

static void fill_label(struct shard *s, const struct flow *f, struct flow_label *ret)
{
	const uint16_t called = f->key.port[!f->initiator_end];

	memset(ret, 0, sizeof(*ret));
	if (f->label_is_signalling) {
		put_text(ret->protocol, f->label.signalling);
		put_text(ret->category, "Network");
		ret->confidence = LABEL_BY_SIGNALLING;
	} else {
		put_text(ret->protocol,
			classifier_protocol_name(s->classifier, f->label.dpi.protocol));
		put_text(ret->application,
			classifier_protocol_name(s->classifier, f->label.dpi.application));
		put_text(ret->category,
			classifier_category_name(s->classifier, f->label.dpi.category));
		ret->confidence = (enum label_confidence)f->label.dpi.confidence;
	}
	if (ret->confidence >= LABEL_BY_CACHE)
		put_text(ret->expected, classifier_expected(s->classifier, f->key.proto, called,
						ret->protocol, ret->application));
}

static void fill_details(struct shard *s, const struct flow *f, const struct flow_label *label,
	struct flow_details *ret)
{
	static const char *const snmp[] = {"1", "2c", "2u", "3"};
	const struct detection *d =
		f->detection == FLOW_NONE ? NULL : detection_at(s->detections, f->detection);

	if (d && d->dpi)
		classifier_details(s->classifier, d->dpi, f->last_ns, s->arena, ret);
	else
		details_unpack(f->details, s->arena, ret);
	if (f->snmp_version && strcmp(label->protocol, "SNMP") == 0)
		ret->snmp_version = str_from(snmp[f->snmp_version - 1]);
}

/* Everything but label, details and answers, which are empty. */
static struct event *event_begin(struct shard *s, const struct flow *f, enum event_kind kind)
{
	struct event *ev = &s->event;

	ev->kind = kind;
	ev->seq = s->seq;
	ev->ts_ns = s->now_ns;
	flow_record_fill(&ev->flow, f);
	ev->flow.end = FLOW_END_NONE;
	memset(&ev->flow.label, 0, sizeof(ev->flow.label));
	details_clear(&ev->details);
	ev->dns_name = (struct str){NULL, 0};
	ev->n_dns_addr = 0;
	return ev;
}

static void emit_flow(
	struct shard *s, const struct flow *f, enum event_kind kind, enum flow_end end)
{
	struct event *ev = event_begin(s, f, kind);

	ev->flow.end = end;
	if (kind != EVENT_FLOW_START) {
		fill_label(s, f, &ev->flow.label);
		fill_details(s, f, &ev->flow.label, &ev->details);
	}
	s->emit(s->user, ev);
}

static void emit_classified(struct shard *s, struct flow *f)
{
	if (f->classified)
		return;
	f->classified = true;
	emit_flow(s, f, EVENT_FLOW_CLASSIFIED, FLOW_END_NONE);
}

/* Detection */

/* Keeps what the library found and gives its state back. */
static void keep_details(struct shard *s, struct flow *f, struct detection *d)
{
	struct flow_details details;
	size_t bytes;

	classifier_details(s->classifier, d->dpi, f->last_ns, s->arena, &details);
	classifier_flow_free(s->classifier, d->dpi);
	d->dpi = NULL;
	f->details = details_pack(&details);
	bytes = details_bytes(f->details);
	if (s->stats.details_bytes + bytes > s->details_max_bytes) {
		details_free(f->details);
		f->details = NULL;
		s->stats.details_dropped++;
		return;
	}
	s->stats.details_bytes += bytes;
}

/* The label is what is known by now. */
static void conclude(struct shard *s, struct flow *f, struct detection *d)
{
	if (d->dpi) {
		if (!d->dpi_done && !f->label_is_signalling)
			classifier_give_up(s->classifier, d->dpi, &f->label.dpi);
		keep_details(s, f, d);
	} else if (!d->dpi_done && !f->label_is_signalling) {
		classifier_guess(
			s->classifier, f->key.proto, f->key.port[!f->initiator_end], &f->label.dpi);
	}
	/* An association that carried no data yet may be anything over SCTP. */
	if (!f->label_is_signalling && f->key.proto == IPPROTO_NUM_SCTP && !d->signalling_done &&
		f->label.dpi.protocol)
		f->label.dpi.confidence = LABEL_BY_PORT;
	detection_end(s->detections, s->classifier, d);
	f->detection = FLOW_NONE;
	s->stats.detections_completed++;
	if (!f->label_is_signalling) {
		s->stats.unclassified += f->label.dpi.confidence == LABEL_NONE;
		s->stats.guessed += f->label.dpi.confidence == LABEL_BY_PORT ||
				    f->label.dpi.confidence == LABEL_BY_ADDRESS;
	}
	emit_classified(s, f);
}

static void begin_detection(struct shard *s, struct flow *f)
{
	const uint32_t index = flow_table_index(s->flows, f);
	struct detection *d = detection_begin(s->detections, index);

	if (!d) {
		struct detection *victim = detection_longest_idle(s->detections);

		s->stats.detections_evicted++;
		conclude(s, flow_table_at(s->flows, victim->flow), victim);
		d = detection_begin(s->detections, index);
	}
	f->detection = detection_index(s->detections, d);
}

static void ask_signalling(struct flow *f, struct detection *d, const struct packet_layer *l,
	const uint8_t *payload, uint32_t n)
{
	const char *name = NULL;

	if (d->signalling_done)
		return;
	switch (signalling_recognise(l, payload, n, &name)) {
	case SIGNALLING_YES:
		f->label.signalling = name;
		f->label_is_signalling = true;
		d->signalling_done = true;
		break;
	case SIGNALLING_NO:
		d->signalling_done = true;
		break;
	case SIGNALLING_MAYBE:
		break;
	}
}

static void show_dpi(struct shard *s, struct flow *f, struct detection *d, const uint8_t *ip,
	uint32_t n, bool last)
{
	enum classifier_state state;
	struct classifier_label label = {0};

	if (!d->dpi)
		d->dpi = classifier_flow_new(s->classifier);
	if (!d->dpi)
		return;
	state = classifier_packet(s->classifier, d->dpi, ip, n, s->now_ns, last, &label);
	s->stats.packets_inspected++;
	if (state == CLASSIFIER_SEARCHING)
		return;
	f->label.dpi = label;
	if (!f->is_dns &&
		strcmp(classifier_protocol_name(s->classifier, label.protocol), "DNS") == 0)
		f->is_dns = true;
	if (state == CLASSIFIER_DONE) {
		d->dpi_done = true;
		keep_details(s, f, d);
	}
}

/* One packet of a flow whose label is not decided yet. */
static void inspect(struct shard *s, struct flow *f, const struct frame *frame,
	const struct flow_packet *fp, bool opaque)
{
	const struct packet_layer *l = fp->layer;
	struct detection *d = detection_at(s->detections, f->detection);
	const uint32_t budget =
		l->proto == IPPROTO_NUM_TCP ? s->cfg.tcp_packet_budget : s->cfg.udp_packet_budget;
	const bool last = ++d->packets > budget;
	/* The library takes whole packets only. */
	const bool whole = l->l3_captured >= l->l3_bytes && !l->fragment;

	detection_touch(s->detections, d);
	if (!opaque && f->snmp_version == 0 && l->proto == IPPROTO_NUM_UDP)
		f->snmp_version = (uint8_t)(snmp_version(fp->payload, fp->payload_captured) + 1);
	if (!l->fragment_tail) {
		const uint32_t captured = l->payload_captured < l->payload_bytes
						  ? l->payload_captured
						  : l->payload_bytes;
		const uint32_t most = opaque ? SIGNALLING_OPAQUE_BYTES : UINT32_MAX;

		ask_signalling(f, d, l, frame->data + l->payload_offset,
			captured < most ? captured : most);
	}
	if (!opaque && whole && !d->dpi_done && !f->label_is_signalling)
		show_dpi(s, f, d, frame->data + l->l3_offset, l->l3_bytes, last);
	if (last || f->label_is_signalling ||
		(d->signalling_done && (d->dpi_done || (opaque && !l->sport && !l->dport))))
		conclude(s, f, d);
	else if (d->signalling_done && f->label.dpi.protocol)
		detection_wait(s->detections, d, s->now_ns);
}

/* Flows */

static void end_flow(struct shard *s, struct flow *f, enum flow_end why)
{
	if (f->detection != FLOW_NONE)
		conclude(s, f, detection_at(s->detections, f->detection));
	emit_flow(s, f, EVENT_FLOW_END, f->end == FLOW_END_NONE ? why : (enum flow_end)f->end);
	s->stats.details_bytes -= details_bytes(f->details);
	details_free(f->details);
	flow_table_remove(s->flows, f);
}

static struct flow *begin_flow(
	struct shard *s, const struct flow_key *key, const struct flow_packet *fp)
{
	struct flow *f = flow_table_add(s->flows, key, s->now_ns);

	if (!f) {
		s->stats.flows_evicted++;
		end_flow(s, flow_table_victim(s->flows), FLOW_END_EVICTED);
		f = flow_table_add(s->flows, key, s->now_ns);
	}
	s->stats.flows++;
	flow_open(f, fp, s->seq, s->now_ns);
	return f;
}

static void emit_answer(struct shard *s, const struct flow *f, const struct flow_packet *fp,
	const uint8_t *message, uint32_t n)
{
	struct dns_answer answer;
	struct event *ev;

	if (!dns_answer_parse(message, n, &answer))
		return;
	redact_name(answer.name, answer.name_len);
	ev = event_begin(s, f, EVENT_DNS_ANSWER);
	fill_label(s, f, &ev->flow.label);
	ev->dns_client = fp->layer->dst;
	ev->dns_name = arena_str(s->arena, (struct str){answer.name, answer.name_len});
	memcpy(ev->dns_addr, answer.addr, sizeof(ev->dns_addr));
	ev->n_dns_addr = answer.n_addr;
	ev->dns_ttl_s = answer.ttl_s;
	s->emit(s->user, ev);
}

/* Answers come from the one who was asked. Over TCP each has its length in front (RFC 1035 §4.2.2);
 * those that end in a later segment are not read. */
static void read_answers(struct shard *s, const struct flow *f, const struct flow_packet *fp)
{
	const uint8_t *at = fp->payload;
	uint32_t left = fp->payload_captured;

	if (fp->layer->sport != PORT_DNS && fp->src_end == f->initiator_end)
		return;
	if (fp->layer->proto == IPPROTO_NUM_UDP) {
		emit_answer(s, f, fp, at, left);
		return;
	}
	while (left > DNS_TCP_PREFIX_BYTES) {
		const uint32_t n = (uint32_t)at[0] << 8 | at[1];

		if (n > left - DNS_TCP_PREFIX_BYTES)
			return;
		emit_answer(s, f, fp, at + DNS_TCP_PREFIX_BYTES, n);
		at += DNS_TCP_PREFIX_BYTES + n;
		left -= DNS_TCP_PREFIX_BYTES + n;
	}
}

/* The reader has made sure that the inner destination is infrastructure. */
static void emit_reach(struct shard *s, const struct flow *f, const struct flow_packet *fp)
{
	const struct packet *p = fp->packet;
	struct event *ev;

	if (!reach_is_due(&s->reach, s->cfg.hash_key, p->teid, &p->inner_dst, s->now_ns))
		return;
	ev = event_begin(s, f, EVENT_REACH);
	fill_label(s, f, &ev->flow.label);
	ev->reach.from = fp->layer->src;
	ev->reach.dst = p->inner_dst;
	ev->reach.teid = p->teid;
	ev->reach.dport = p->inner_dport;
	ev->reach.proto = p->inner_proto;
	s->emit(s->user, ev);
}

static void set_clock(struct shard *s, uint64_t ts_ns, uint64_t seq)
{
	assert(s->n_due == 0); /* all is paid */
	if (ts_ns > s->now_ns)
		s->now_ns = ts_ns;
	s->seq = seq;
}

/* What an inner header hides is hidden in the tunnels around it, too; and what a fragment in them
 * holds is not known before it is whole. */
static bool is_opaque(const struct packet *p, uint32_t layer)
{
	for (uint32_t i = layer; i < p->n_layers; i++) {
		if (p->layers[i].opaque || (i > layer && p->layers[i].fragment))
			return true;
	}
	return false;
}

void shard_packet(struct shard *s, const struct frame *frame, const struct packet *p,
	uint32_t layer, uint16_t segment, uint64_t seq, uint64_t ts_ns, struct arena *arena)
{
	const struct packet_layer *l = &p->layers[layer];
	const bool opaque = is_opaque(p, layer);
	struct flow_packet fp = {.packet = p, .layer = l};
	struct flow_key key;
	struct flow *f;
	bool is_new;

	assert(layer < p->n_layers);
	s->stats.clock_clamped += p->ts_ns < ts_ns || ts_ns < s->now_ns;
	if (s->stats.packets++ == 0)
		s->update_from_ns = ts_ns / UPDATE_NS * UPDATE_NS;
	s->stats.packets_opaque += opaque;
	set_clock(s, ts_ns, seq);
	s->arena = arena;
	if (!opaque && !l->fragment_tail) {
		fp.payload = frame->data + l->payload_offset;
		fp.payload_captured = l->payload_captured;
	}
	flow_key_make(&key, l, segment, &fp.src_end);
	f = flow_table_find(s->flows, &key);
	if (f && flow_is_succeeded(f, &fp)) {
		end_flow(s, f, FLOW_END_CLOSED);
		f = NULL;
	}
	is_new = !f;
	if (is_new)
		f = begin_flow(s, &key, &fp);
	flow_add(f, &fp);
	flow_table_touch(s->flows, f, s->now_ns, flow_class(f));
	if (is_new) {
		emit_flow(s, f, EVENT_FLOW_START, FLOW_END_NONE);
		begin_detection(s, f);
	}
	if (f->detection != FLOW_NONE)
		inspect(s, f, frame, &fp, opaque);
	if (f->is_dns && fp.payload_captured)
		read_answers(s, f, &fp);
	if (p->has_inner_dst && layer + 1 == p->n_layers)
		emit_reach(s, f, &fp);
}

/* Ticks */

static void owe(struct shard *s, struct flow *f, enum event_kind kind)
{
	if (!f->due)
		s->due[s->n_due++] = (struct due){f->first_seq, flow_table_index(s->flows, f)};
	f->due |= (uint8_t)(1u << kind);
}

static void owe_end(void *user, struct flow *f)
{
	owe(user, f, EVENT_FLOW_END);
}

static void owe_update(void *user, struct flow *f)
{
	owe(user, f, EVENT_FLOW_UPDATE);
}

static int compare_due(const void *pa, const void *pb)
{
	const struct due *a = pa;
	const struct due *b = pb;

	return (a->first_seq > b->first_seq) - (a->first_seq < b->first_seq);
}

static void close_account(struct shard *s, enum flow_end why)
{
	s->due_end = why;
	s->n_paid = 0;
	qsort(s->due, s->n_due, sizeof(*s->due), compare_due);
}

static void pay_flow(struct shard *s, struct flow *f)
{
	const uint8_t due = f->due;

	f->due = 0;
	if (due & 1u << EVENT_FLOW_END) {
		end_flow(s, f, s->due_end);
		return;
	}
	if (due & 1u << EVENT_FLOW_CLASSIFIED)
		emit_classified(s, f);
	if (due & 1u << EVENT_FLOW_UPDATE)
		emit_flow(s, f, EVENT_FLOW_UPDATE, FLOW_END_NONE);
}

bool shard_pay(struct shard *s, uint32_t most, struct arena *arena)
{
	s->arena = arena;
	for (uint32_t i = 0; i < most && s->n_paid < s->n_due; i++)
		pay_flow(s, flow_table_at(s->flows, s->due[s->n_paid++].flow));
	if (s->n_paid < s->n_due)
		return false;
	s->n_due = s->n_paid = 0;
	return true;
}

uint64_t shard_owes(const struct shard *s)
{
	assert(s->n_paid < s->n_due);
	return s->due[s->n_paid].first_seq;
}

void shard_tick(struct shard *s, uint64_t ts_ns, uint64_t seq)
{
	const struct detection *d;

	set_clock(s, ts_ns, seq);
	flow_table_visit_expired(s->flows, s->now_ns, owe_end, s);
	while (s->now_ns >= PATIENCE_NS &&
		(d = detection_waited(s->detections, s->now_ns - PATIENCE_NS)))
		owe(s, flow_table_at(s->flows, d->flow), EVENT_FLOW_CLASSIFIED);
	if (s->now_ns >= s->update_from_ns + UPDATE_NS) {
		flow_table_visit_recent(s->flows, s->update_from_ns, owe_update, s);
		s->update_from_ns = s->now_ns / UPDATE_NS * UPDATE_NS;
	}
	close_account(s, FLOW_END_IDLE);
}

void shard_finish(struct shard *s, uint64_t ts_ns, uint64_t seq)
{
	set_clock(s, ts_ns, seq);
	s->now_ns = ts_ns;
	flow_table_visit_all(s->flows, owe_end, s);
	close_account(s, FLOW_END_INPUT);
}

void shard_stats(const struct shard *s, struct shard_stats *ret)
{
	*ret = s->stats;
	ret->flows_now = flow_table_count(s->flows);
	ret->detections_now = detection_count(s->detections);
}

uint32_t shard_choose(const struct packet_layer *layer, uint64_t key, uint32_t n)
{
	const bool swap = ip_addr_cmp(&layer->src, &layer->dst) > 0;
	uint8_t hosts[2 * sizeof(struct ip_addr) + 1];

	memcpy(hosts, swap ? &layer->dst : &layer->src, sizeof(struct ip_addr));
	memcpy(hosts + sizeof(struct ip_addr), swap ? &layer->src : &layer->dst,
		sizeof(struct ip_addr));
	hosts[2 * sizeof(struct ip_addr)] = layer->proto;
	return (uint32_t)(hash64(hosts, sizeof(hosts), key) % n);
}
