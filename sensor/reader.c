#include "sensor/reader.h"

#include <stdlib.h>
#include <string.h>

bool reader_init(struct reader *r, const struct pipeline_config *cfg, struct pipeline_stats *stats)
{
	memset(r, 0, sizeof(*r));
	r->cfg = cfg;
	r->site = cfg->site;
	r->stats = stats;
	r->held = malloc(FRAME_MAX_BYTES);
	return r->held != NULL;
}

void reader_done(struct reader *r)
{
	free(r->held);
}

static void end_period(struct reader *r, struct batch *b, uint64_t seq, uint64_t until_ns, bool day)
{
	b->periods[b->n_periods++] = (struct batch_period){seq, until_ns, day, *r->stats};
}

static void push_tick(struct reader *r, struct batch *b, uint64_t ts_ns)
{
	struct work w = {.seq = ++r->seq, .ts_ns = ts_ns, .packet = BATCH_TICK};

	for (int s = 0; s < PIPELINE_SHARDS; s++)
		b->work[s][b->n_work[s]++] = w;
	b->ticks[b->n_ticks++] = w;
	r->stats->ticks++;
	if (ts_ns % NS_PER_DAY == 0)
		end_period(r, b, w.seq, ts_ns, true);
}

/* Subscribers are counted and dropped before anything looks at them, unless the address is declared
 * equipment. */
static bool is_subscriber(const struct reader *r, const struct packet *p,
	const struct packet_layer *l, uint16_t segment, uint64_t ts_ns)
{
	const struct site *site = r->site;
	const struct inventory *inv = site_inventory(site);
	bool src = site_scope(site, segment, &l->src) == SITE_SUBSCRIBERS;
	bool dst = site_scope(site, segment, &l->dst) == SITE_SUBSCRIBERS;
	bool outer = l == &p->layers[0] && p->has_mac;

	return (src && !inventory_find(inv, &l->src, outer ? p->src_mac : NULL, segment, ts_ns)) ||
	       (dst && !inventory_find(inv, &l->dst, outer ? p->dst_mac : NULL, segment, ts_ns));
}

static void push_frame(struct reader *r, struct batch *b)
{
	uint32_t i = b->n_packets++;
	struct packet *p = &b->packets[i];
	struct decode_options decode;

	decode.collectors = site_collectors(r->site, &decode.n_collectors);
	b->frames[i] = r->ready;
	b->frames[i].ts_ns = r->ready_ns;
	decode_frame(&b->frames[i], &decode, p);
	r->stats->frames++;
	r->stats->frame_bytes += r->ready.len;
	r->stats->reasons[p->reason]++;
	for (uint8_t layer = 0; layer < p->n_layers; layer++) {
		const struct packet_layer *l = &p->layers[layer];
		struct work w = {
			.seq = ++r->seq, .ts_ns = r->ready_ns, .packet = i, .layer = layer};

		w.segment = site_segment(r->site, p, layer, NULL);
		if (is_subscriber(r, p, l, w.segment, r->ready_ns)) {
			r->stats->subscriber_packets++;
			r->stats->subscriber_bytes += l->l3_bytes;
			break; /* what is inside is the subscriber's as well */
		}
		uint32_t s = shard_choose(l, r->cfg->hash_key, PIPELINE_SHARDS);

		b->work[s][b->n_work[s]++] = w;
	}
	if (r->stats->first_ns == 0)
		r->stats->first_ns = r->ready_ns;
	r->stats->last_ns = r->ready_ns;
}

/* Asks the source for the frame behind, past inputs that end early. False when there is none for
 * now, or none any more. When there is none for now, the ticks that pass meanwhile are due. */
static bool pull(struct reader *r, struct batch *b, bool wait)
{
	struct error err;
	uint64_t tick_ns;
	int rc;

	if (r->cfg->stop && atomic_load_explicit(r->cfg->stop, memory_order_relaxed))
		r->ended = true;
	if (r->ended)
		return false;
	while ((rc = source_next(r->cfg->source, wait, &r->next, &err)) < 0)
		r->cfg->input_fault(r->cfg->user, &err);
	r->has_next = rc == SOURCE_FRAME;
	r->ended = rc == SOURCE_END;
	while (rc == SOURCE_IDLE && !r->has_ready && batch_has_room(b, 0) &&
		packet_clock_tick(
			&r->clock, packet_clock_counted(&r->clock, r->next.ts_ns), &tick_ns))
		push_tick(r, b, tick_ns);
	return r->has_next;
}

/* Moves the frame behind into the batch. */
static void advance(struct reader *r, struct batch *b)
{
	r->ready = r->next;
	r->ready.data = batch_store(b, &r->next);
	r->has_ready = true;
	r->has_next = false;
	r->is_timed = false;
}

/* Finds the ready frame's time, which may depend on the frame behind it: packet_clock.h says when.
 * That one is looked at whenever it is there, so that the time is the same wherever batches end.
 * False when it has to be waited for. */
static bool time_ready(struct reader *r, struct batch *b, bool wait)
{
	const bool needed = packet_clock_needs_next(&r->clock, r->ready.ts_ns);

	if (needed && !r->has_next && !pull(r, b, wait) && !r->ended)
		return false;
	r->ready_ns =
		packet_clock_frame(&r->clock, r->ready.ts_ns, needed && r->has_next, r->next.ts_ns);
	r->is_timed = true;
	return true;
}

/* The next batch takes the ready frame's bytes from where no batch is. */
static bool end_batch(struct reader *r)
{
	if (r->has_ready && r->ready.caplen > 0) {
		memcpy(r->held, r->ready.data, r->ready.caplen);
		r->ready.data = r->held;
	}
	return true;
}

static bool is_over(struct reader *r, struct batch *b)
{
	uint64_t tick_ns;

	while (r->clock.started &&
		packet_clock_tick(&r->clock, r->stats->last_ns + READER_RUN_ON_NS, &tick_ns)) {
		push_tick(r, b, tick_ns);
		if (!batch_has_room(b, 0))
			return false;
	}
	b->finish = true;
	b->finish_seq = ++r->seq;
	b->finish_ns = r->stats->last_ns;
	end_period(r, b, b->finish_seq, b->finish_ns, false);
	return true;
}

bool reader_fill(struct reader *r, struct batch *b, bool wait)
{
	if (r->has_ready)
		r->ready.data = batch_store(b, &r->ready);
	for (;;) {
		const bool may_wait = wait && batch_is_empty(b);
		uint64_t tick_ns;

		r->stats->late = r->clock.late;
		r->stats->outliers = r->clock.outliers;
		if (!batch_has_room(b, r->has_ready ? 0 : FRAME_MAX_BYTES))
			return end_batch(r);
		if (!r->has_ready) {
			if (!r->has_next && !pull(r, b, may_wait))
				return r->ended ? !is_over(r, b) : end_batch(r);
			advance(r, b);
		}
		if (!r->is_timed && !time_ready(r, b, may_wait))
			return end_batch(r);
		if (packet_clock_tick(&r->clock, r->ready_ns, &tick_ns)) {
			push_tick(r, b, tick_ns);
		} else {
			push_frame(r, b);
			r->has_ready = false;
		}
	}
}
