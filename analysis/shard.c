#include "analysis/shard.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/flow/details.h"
#include "analysis/shard_state.h"
#include "common/hash/hash.h"

enum {
	/* Most flows say nothing or some 60 bytes, a handshake with a certificate some 600, few
	 * fill the 4 KiB that they may. */
	DETAILS_BYTES_PER_FLOW = 128,
	DETAILS_BYTES_MIN = 1 << 20,
};

/* Who reads conversations that the library labels, by its numbers. NULL without memory. */
static uint8_t *readers_new(struct classifier *c)
{
	const uint32_t n = classifier_protocol_count(c);
	uint8_t *readers = calloc(n, sizeof(*readers));

	for (uint32_t i = 0; readers && i < n; i++)
		readers[i] = (uint8_t)signalling_of_label(classifier_protocol_name(c, (uint16_t)i));
	return readers;
}

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
	s->classifier = classifier_new(cfg->like ? cfg->like->classifier : NULL, err);
	if (!s->classifier) {
		shard_free(s);
		return NULL;
	}
	s->flows = flow_table_new(cfg->max_flows);
	s->ways = flow_ways_new(cfg->max_flows, cfg->hash_key);
	s->detections = detection_pool_new(cfg->max_detections);
	s->due = calloc(cfg->max_flows, sizeof(*s->due));
	s->readers = readers_new(s->classifier);
	signalling_carriers_make(&s->carriers);
	if (!s->flows || !s->ways || !s->detections || !s->due || !s->readers) {
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
	flow_ways_free(s->ways);
	detection_pool_free(s->detections, s->classifier);
	classifier_free(s->classifier);
	free(s->due);
	free(s->kept_names);
	free(s->readers);
	free(s);
}

void shard_end_flow(struct shard *s, struct flow *f, enum flow_end why)
{
	if (f->detection != FLOW_NONE)
		shard_detection_conclude(s, f);
	shard_emit_flow(
		s, f, EVENT_FLOW_END, f->end == FLOW_END_NONE ? why : (enum flow_end)f->end);
	s->stats.details_bytes -= details_bytes(f->details);
	details_free(f->details);
	flow_way_give(s->ways, f->way);
	flow_table_remove(s->flows, f);
}

static struct flow *begin_flow(struct shard *s, const struct flow_packet *fp)
{
	const struct flow_key *key = &fp->sighting->key;
	const uint32_t hash = fp->sighting->hash;
	struct flow *f = flow_table_add(s->flows, key, hash, s->now_ns);

	if (!f) {
		bool crowded;
		struct flow *victim = flow_table_victim(s->flows, hash, &crowded);

		s->stats.flows_evicted++;
		s->stats.flows_evicted_by_rank[flow_rank(victim)]++;
		s->stats.flows_crowded += crowded;
		shard_end_flow(s, victim, FLOW_END_EVICTED);
		f = flow_table_add(s->flows, key, hash, s->now_ns);
	}
	s->stats.flows++;
	flow_open(f, fp, s->seq, s->now_ns);
	shard_watch_begin(s, f);
	return f;
}

void shard_set_clock(struct shard *s, uint64_t ts_ns, uint64_t seq)
{
	assert(s->n_due == 0); /* all is paid */
	if (ts_ns > s->now_ns)
		s->now_ns = ts_ns;
	s->seq = seq;
}

void shard_prefetch_bucket(const struct shard *s, const struct sighting *at)
{
	flow_table_prefetch_bucket(s->flows, at->hash);
}

void shard_prefetch_flow(const struct shard *s, const struct sighting *at)
{
	flow_table_prefetch_flow(s->flows, at->hash);
}

/* Is a packet of F that came AT looked at, whoever labelled it? */
static bool is_read(const struct flow *f, const struct sighting *at)
{
	return f->is_dns || (f->watch && !(at->notes & SIGHTING_OPAQUE));
}

bool shard_prefetch_detection(const struct shard *s, const struct sighting *at)
{
	const struct flow *f = flow_table_first(s->flows, at->hash);

	if (f && f->detection != FLOW_NONE)
		detection_prefetch(s->detections, f->detection);
	return !f || f->detection != FLOW_NONE || is_read(f, at) ||
	       (at->notes & (SIGHTING_REACH | SIGHTING_MARKED));
}

/* Opaque layers, and fragments whose transport header is in another, show nothing. */
static void look_inside(struct flow_packet *fp, const struct frame *frame)
{
	if ((fp->sighting->notes & SIGHTING_OPAQUE) || fp->layer->fragment_tail)
		return;
	fp->payload = frame->data + fp->layer->payload_offset;
	fp->payload_captured = fp->layer->payload_captured;
}

/* It spoke before and says something again, after a silence. */
static bool is_burst(const struct shard *s, const struct flow *f, const struct sighting *at)
{
	return s->now_ns - f->last_ns >= SHARD_BURST_NS && at->payload_bytes > 0 &&
	       f->state == FLOW_ESTABLISHED && s->now_ns - f->first_ns >= SHARD_BURST_AFTER_NS;
}

/* Counts a packet of a flow, which begins with it unless it is there. */
static struct flow *account(
	struct shard *s, struct flow_packet *fp, const struct frame *frame, bool *ret_burst)
{
	const struct sighting *at = fp->sighting;
	struct flow *f = flow_table_find(s->flows, &at->key, at->hash);
	bool is_new;

	if (f && flow_is_succeeded(f, at)) {
		shard_end_flow(s, f, FLOW_END_CLOSED);
		f = NULL;
	}
	is_new = !f;
	if (is_new || f->detection != FLOW_NONE || is_read(f, at))
		look_inside(fp, frame);
	if (is_new)
		f = begin_flow(s, fp);
	*ret_burst = !is_new && is_burst(s, f, at);
	flow_add(f, fp, s->ways);
	flow_table_touch(s->flows, f, s->now_ns, flow_class(f));
	if (is_new)
		shard_detection_begin(s, f);
	return f;
}

/* A packet of F that is more than counted. */
static void look_at(struct shard *s, struct flow *f, const struct frame *frame,
	const struct flow_packet *fp, bool burst)
{
	const uint32_t notes = fp->sighting->notes;

	if (f->detection != FLOW_NONE)
		shard_detection_packet(s, f, frame, fp, notes & SIGHTING_OPAQUE);
	if (f->is_dns && fp->payload_captured)
		shard_emit_dns(s, f, fp);
	if (f->watch && fp->payload)
		shard_emit_messages(s, f, fp);
	if (notes & SIGHTING_MARKED)
		shard_emit_reset(s, f, fp);
	if (notes & SIGHTING_REACH)
		shard_emit_reach(s, f, fp);
	if (burst && f->classified)
		shard_emit_flow(s, f, EVENT_FLOW_BURST, FLOW_END_NONE);
}

void shard_packet(struct shard *s, const struct sighting *at, const struct frame *frame,
	const struct packet *p, uint32_t layer, uint64_t seq, uint64_t ts_ns, struct arena *arena)
{
	struct flow_packet fp = {.sighting = at, .packet = p, .layer = &p->layers[layer]};
	struct flow *f;
	bool burst;

	s->stats.clock_clamped += (at->notes & SIGHTING_LATE) || ts_ns < s->now_ns;
	s->stats.packets++;
	s->stats.packets_opaque += (at->notes & SIGHTING_OPAQUE) != 0;
	if (s->update_from_ns == 0)
		shard_begin_updates(s, ts_ns);
	shard_set_clock(s, ts_ns, seq);
	s->arena = arena;
	f = account(s, &fp, frame, &burst);
	if (f->detection != FLOW_NONE || fp.payload || burst ||
		(at->notes & (SIGHTING_MARKED | SIGHTING_REACH)))
		look_at(s, f, frame, &fp, burst);
}

void shard_stats(const struct shard *s, struct shard_stats *ret)
{
	*ret = s->stats;
	ret->messages_forgotten = s->repeats.forgotten;
	ret->flows_now = flow_table_count(s->flows);
	ret->detections_now = detection_count(s->detections);
}

uint32_t shard_choose(uint64_t hosts, uint32_t n)
{
	return (uint32_t)(hosts % n);
}
