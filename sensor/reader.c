#include "sensor/reader.h"

#include <string.h>

#include "capture/decode/decode.h"

void reader_init(struct reader *r, const struct pipeline_config *cfg, struct pipeline_stats *stats)
{
	memset(r, 0, sizeof(*r));
	r->cfg = cfg;
	r->stats = stats;
}

/* Reads the frame behind, past inputs that end early. */
static void read_next(struct reader *r)
{
	struct error err;
	int rc;

	r->has_next = false;
	if (r->cfg->stop && atomic_load_explicit(r->cfg->stop, memory_order_relaxed))
		return;
	do {
		rc = source_next(r->cfg->source, true, &r->next, &err);
		if (rc < 0)
			r->cfg->input_fault(r->cfg->user, &err);
	} while (rc < 0);
	r->has_next = rc > 0;
}

/* Makes the next frame the ready one. Its time needs a look at the frame behind it: see
 * packet_clock.h. */
static bool advance(struct reader *r, struct batch *b)
{
	if (!r->started) {
		r->started = true;
		read_next(r);
	}
	if (!r->has_next)
		return false;
	r->ready = r->next;
	r->ready.data = batch_store(b, &r->next);
	read_next(r);
	r->ready_ns = packet_clock_frame(&r->clock, r->ready.ts_ns, r->has_next, r->next.ts_ns);
	r->has_ready = true;
	return true;
}

static void push_tick(struct reader *r, struct batch *b, uint64_t ts_ns)
{
	struct work w = {.seq = ++r->seq, .ts_ns = ts_ns, .packet = BATCH_TICK};

	for (int s = 0; s < PIPELINE_SHARDS; s++)
		b->work[s][b->n_work[s]++] = w;
	b->ticks[b->n_ticks++] = w;
	r->stats->ticks++;
}

/* Subscribers are counted and dropped before anything looks at them, unless the address is declared
 * equipment. */
static bool is_subscriber(const struct reader *r, const struct packet *p,
	const struct packet_layer *l, uint64_t ts_ns)
{
	const struct site *site = r->cfg->site;
	const struct inventory *inv = site_inventory(site);
	bool src = site_scope(site, &l->src) == SITE_SUBSCRIBERS;
	bool dst = site_scope(site, &l->dst) == SITE_SUBSCRIBERS;
	bool outer = l == &p->layers[0] && p->has_mac;

	return (src && !inventory_find(inv, &l->src, outer ? p->src_mac : NULL, 0, ts_ns)) ||
	       (dst && !inventory_find(inv, &l->dst, outer ? p->dst_mac : NULL, 0, ts_ns));
}

static void push_frame(struct reader *r, struct batch *b)
{
	uint32_t i = b->n_packets++;
	struct packet *p = &b->packets[i];

	b->frames[i] = r->ready;
	b->frames[i].ts_ns = r->ready_ns;
	decode_frame(&b->frames[i], NULL, p);
	r->stats->frames++;
	r->stats->frame_bytes += r->ready.len;
	r->stats->reasons[p->reason]++;
	for (uint8_t layer = 0; layer < p->n_layers; layer++) {
		const struct packet_layer *l = &p->layers[layer];
		struct work w = {
			.seq = ++r->seq, .ts_ns = r->ready_ns, .packet = i, .layer = layer};

		if (is_subscriber(r, p, l, r->ready_ns)) {
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

bool reader_fill(struct reader *r, struct batch *b)
{
	/* A frame that was ready when the last batch was full: that batch's bytes are reused after
	 * this one. */
	if (r->has_ready)
		r->ready.data = batch_store(b, &r->ready);
	for (;;) {
		uint64_t tick_ns;

		if (!batch_has_room(b, r->has_ready ? 0 : FRAME_MAX_BYTES))
			return true;
		if (!r->has_ready && !advance(r, b))
			break;
		if (packet_clock_tick(&r->clock, r->ready_ns, &tick_ns)) {
			push_tick(r, b, tick_ns);
		} else {
			push_frame(r, b);
			r->has_ready = false;
		}
	}
	b->finish = true;
	b->finish_seq = ++r->seq;
	b->finish_ns = r->clock.now_ns;
	r->stats->late = r->clock.late;
	r->stats->outliers = r->clock.outliers;
	return false;
}
