#include "sensor/reader.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "capture/decode/decode.h"
#include "common/out_of_line.h"
#include "rules/canary.h"

enum { MAX_DATAGRAMS = 4096, MAX_FRAGMENT_BYTES = 32 * 1024 * 1024, LINKTYPE_NUM_RAW = 101 };

void reader_set_site(struct reader *r, const struct site *site)
{
	r->site = site;
	r->is_divided = site_is_divided(site);
	r->decode.collectors = site_collectors(site, &r->decode.n_collectors);
	r->decode.own = site_own(site, &r->decode.n_own);
}

bool reader_init(struct reader *r, const struct pipeline_config *cfg, struct pipeline_stats *stats)
{
	const struct fragments_config fc = {.hash_key = cfg->hash_key,
		.max_datagrams = MAX_DATAGRAMS,
		.max_bytes = MAX_FRAGMENT_BYTES};

	memset(r, 0, sizeof(*r));
	r->cfg = cfg;
	r->goes_on = cfg->keep != NULL;
	reader_set_site(r, cfg->site);
	r->stats = stats;
	r->lent = cfg->source && source_lend(cfg->source);
	r->held = r->lent ? NULL : malloc(FRAME_MAX_BYTES);
	r->fragments = fragments_new(&fc);
	r->duplicates = cfg->keep_duplicates ? NULL : duplicates_new(cfg->hash_key);
	return (r->held || r->lent) && r->fragments && (r->duplicates || cfg->keep_duplicates);
}

void reader_done(struct reader *r)
{
	free(r->held);
	fragments_free(r->fragments);
	duplicates_free(r->duplicates);
}

static void count(struct reader *r)
{
	struct pipeline_stats *stats = r->stats;

	stats->late = r->clock.late;
	stats->outliers = r->clock.outliers;
	stats->steps_back = r->clock.steps_back;
	stats->steps_forward = r->clock.steps_forward;
	stats->last_step_back_ns = r->clock.last_step_back_ns;
	stats->last_step_forward_ns = r->clock.last_step_forward_ns;
	fragments_stats(r->fragments, &stats->fragments);
	if (r->duplicates)
		stats->duplicates_forgotten = duplicates_forgotten(r->duplicates);
}

static void end_period(struct reader *r, struct batch *b, uint64_t seq, uint64_t until_ns, bool day)
{
	count(r);
	b->periods[b->n_periods++] = (struct batch_period){seq, until_ns, day, *r->stats};
}

static void end_group(struct reader *r, struct batch *b);

static void push_tick(struct reader *r, struct batch *b, uint64_t ts_ns)
{
	uint64_t seq;

	end_group(r, b);
	seq = ++r->seq;
	for (int s = 0; s < PIPELINE_SHARDS; s++) {
		struct work *w = &b->work[s][b->n_work[s]++];

		w->seq = seq;
		w->ts_ns = ts_ns;
		w->packet = BATCH_TICK;
	}
	b->ticks[b->n_ticks++] = (struct batch_tick){seq, ts_ns};
	r->stats->ticks++;
	r->now_ns = ts_ns;
	fragments_expire(r->fragments, ts_ns);
	if (ts_ns % NS_PER_DAY == 0)
		end_period(r, b, seq, ts_ns, true);
}

static uint16_t segment_of(
	const struct reader *r, const struct frame *f, const struct packet *p, uint32_t layer)
{
	if (f->interface == CANARY_INTERFACE)
		return CANARY_SEGMENT;
	return site_segment(r->site, p, layer, f->interface_name);
}

/* Whom a subscriber's packet inside GTP-U is addressed to matters when that is infrastructure, and
 * is forgotten at once when it is not. Where no space is declared to be subscribers', what is the
 * operator's own may be theirs, so that declared equipment alone is infrastructure. */
static void check_inner(
	const struct reader *r, const struct frame *f, struct packet *p, uint64_t ts_ns)
{
	uint16_t segment;
	size_t n_subscribers;

	segment = segment_of(r, f, p, p->n_layers - 1u);
	(void)site_subscribers(r->site, &n_subscribers);
	if (site_is_declared(r->site) &&
		(inventory_find(site_inventory(r->site), &p->inner_dst, NULL, segment, ts_ns) ||
			(n_subscribers > 0 &&
				site_scope(r->site, segment, &p->inner_dst) == SITE_OWN)))
		return;
	p->has_inner_dst = false;
	memset(&p->inner_dst, 0, sizeof(p->inner_dst));
	p->inner_dport = 0;
	p->inner_proto = 0;
}

/* Counts layer LAYER of P when it is a subscriber's. */
static OUT_OF_LINE bool drop_subscriber(
	struct reader *r, const struct packet *p, uint32_t layer, uint16_t segment, uint64_t ts_ns)
{
	const struct packet_layer *l = &p->layers[layer];

	if (segment == CANARY_SEGMENT || !site_is_subscriber(r->site, p, layer, segment, ts_ns))
		return false;
	r->stats->subscriber_packets += l->wire_packets ? l->wire_packets : 1;
	r->stats->subscriber_bytes += l->wire_packets ? l->wire_bytes : l->l3_bytes;
	return true;
}

/* Layer LAYER of packet I of the batch, which has the latest number, as work for its shard. */
static void push_layer(
	struct reader *r, struct batch *b, uint32_t i, uint32_t layer, uint16_t segment)
{
	const struct frame *f = &b->frames[i];
	struct sighting at;
	const uint64_t hosts =
		sighting_make(&at, f, &b->packets[i], layer, segment, f->ts_ns, r->cfg->hash_key);
	const uint32_t s = shard_choose(hosts, PIPELINE_SHARDS);
	struct work *w = &b->work[s][b->n_work[s]++];

	w->seq = r->seq;
	w->ts_ns = f->ts_ns;
	w->packet = i;
	w->layer = (uint8_t)layer;
	w->sighting = at;
}

/* Whether layer LAYER of P waits for the rest of its datagram. */
static OUT_OF_LINE bool hold_back(struct reader *r, const struct frame *f, const struct packet *p,
	uint32_t layer, uint16_t segment, uint32_t frames)
{
	return fragments_add(r->fragments, f, p, layer, segment, frames, f->ts_ns);
}

/* Gives the layers of packet I of the batch, from FIRST on, to their shards. A fragment is held
 * back, with all that lies inside of it, until its datagram is whole: false then. Not so layer
 * FIRST when FIRST_IS_LEFT_OVER of a datagram that never got whole. FRAMES: captured ones that it
 * came in. */
static bool push_layers(struct reader *r, struct batch *b, uint32_t i, uint32_t first,
	bool first_is_left_over, uint32_t frames)
{
	const struct packet *p = &b->packets[i];
	const struct frame *f = &b->frames[i];
	const bool is_asked = r->is_divided || f->interface == CANARY_INTERFACE;

	for (uint32_t layer = first; layer < p->n_layers; layer++) {
		const struct packet_layer *l = &p->layers[layer];
		const uint16_t segment = is_asked ? segment_of(r, f, p, layer) : 0;

		r->seq++;
		if ((is_asked || l->access) && drop_subscriber(r, p, layer, segment, f->ts_ns))
			break; /* what is inside is the subscriber's as well */
		if (l->fragment && (layer > first || !first_is_left_over) &&
			hold_back(r, f, p, layer, segment, frames))
			return false;
		push_layer(r, b, i, layer, segment);
		if (l->fragment)
			break; /* what is inside was not read whole */
	}
	return true;
}

/* FRAMES: captured ones that F was put together of. */
static void count_duplicates(struct reader *r, const struct frame *f, uint32_t frames)
{
	r->stats->duplicate_packets += frames;
	r->stats->duplicate_bytes += f->len;
}

/* What decoded frames are: copies, or work for the shards. In groups, so that the memory which
 * tells copies is there when it is looked at. Before anything else takes a number or goes out. */
static void end_group(struct reader *r, struct batch *b)
{
	const uint64_t *digest = r->digests;
	const struct frame *f = &b->frames[b->n_packets - r->n_grouped];
	const struct packet *p = &b->packets[b->n_packets - r->n_grouped];

	for (uint32_t i = b->n_packets - r->n_grouped; i < b->n_packets; i++, f++, p++) {
		if (r->duplicates && duplicates_seen(r->duplicates, *digest++, f, p, f->ts_ns))
			count_duplicates(r, f, 1);
		else if (push_layers(r, b, i, 0, false, 1))
			r->stats->reasons[p->reason]++;
	}
	r->n_grouped = 0;
}

/* What a fragment makes whole goes out before the next frame does. */
static bool has_fragment(const struct packet *p)
{
	for (uint32_t i = 0; i < p->n_layers; i++) {
		if (p->layers[i].fragment)
			return true;
	}
	return false;
}

/* F's bytes lie in the batch, or are lent. */
static void push_frame(struct reader *r, struct batch *b, const struct frame *f, uint64_t ts_ns)
{
	const uint32_t i = b->n_packets++;
	struct frame *to = &b->frames[i];
	struct packet *p = &b->packets[i];
	struct pipeline_stats *stats = r->stats;

	*to = *f;
	to->ts_ns = ts_ns;
	r->now_ns = ts_ns;
	decode_frame(to, &r->decode, p);
	if (p->has_inner_dst)
		check_inner(r, to, p, ts_ns);
	if (f->interface != CANARY_INTERFACE) { /* nobody sent that one: it moves no end */
		stats->frames++;
		stats->frame_bytes += f->len;
		stats->first_ns = stats->first_ns ? stats->first_ns : ts_ns;
		stats->last_ns = ts_ns;
	}
	r->digests[r->n_grouped++] = r->duplicates ? duplicates_digest(r->duplicates, to, p) : 0;
	if (r->n_grouped == READER_GROUP_FRAMES || has_fragment(p))
		end_group(r, b);
}

static void push_step(struct reader *r, struct batch *b)
{
	struct clock_step step;

	if (!packet_clock_take_step(&r->clock, &step))
		return;
	end_group(r, b);
	b->steps[b->n_steps++] = (struct batch_step){++r->seq, r->ready_ns, step};
}

void reader_send_canary(struct reader *r, uint32_t number, uint64_t ts_ns)
{
	canary_make(&r->canary, number, ts_ns);
	r->canary_left = CANARY_FRAMES;
}

/* The next frame of the canary, in the batch, and its time. */
static OUT_OF_LINE const struct frame *take_canary(
	struct reader *r, struct batch *b, uint64_t *ret_ts_ns)
{
	struct frame *f = &r->canary.frames[CANARY_FRAMES - r->canary_left--];

	*ret_ts_ns = r->clock.started ? r->clock.now_ns
				      : packet_clock_frame(&r->clock, f->ts_ns, false, 0);
	f->data = batch_store(b, f);
	return f;
}

/* The datagram that is due, as a packet that came whole. Its frames get the reason that it has.
 * False when the batch has no room for it. */
static bool push_datagram(struct reader *r, struct batch *b)
{
	struct packet *p = &b->packets[b->n_packets];
	struct frame *f = &b->frames[b->n_packets];
	struct datagram d;
	uint8_t *bytes;
	bool from_mirror; /* a copy that a mirror made, which came whole in it */
	uint32_t layer;

	if (!fragments_due(r->fragments, &d) || !batch_has_room(b, d.bytes))
		return false;
	bytes = batch_reserve(b, d.bytes);
	assert(r->n_grouped == 0); /* what makes a datagram due ends the group */
	fragments_copy(r->fragments, bytes);
	*f = (struct frame){.data = bytes,
		.caplen = d.bytes,
		.len = d.wire_len,
		.ts_ns = r->now_ns,
		.linktype = LINKTYPE_NUM_RAW,
		.interface = d.interface,
		.interface_name = d.interface_name};
	layer = decode_datagram(f, &r->decode, d.around, d.layer, p);
	if (p->has_inner_dst)
		check_inner(r, f, p, r->now_ns);
	from_mirror = layer < p->n_layers &&
		      p->layers[layer].path_len != d.around->layers[d.layer].path_len;
	if (layer < p->n_layers && !from_mirror) {
		p->layers[layer].wire_packets = d.wire_packets;
		p->layers[layer].wire_bytes = d.wire_bytes;
		p->layers[layer].overlap = d.overlap;
	}
	fragments_pop(r->fragments);
	if (from_mirror && r->duplicates && duplicates_check(r->duplicates, f, p, f->ts_ns))
		count_duplicates(r, f, d.frames);
	else if (push_layers(r, b, b->n_packets, layer, !d.complete, d.frames))
		r->stats->reasons[p->reason] += d.frames;
	b->n_packets++;
	return true;
}

/* Nothing will come before UNTIL_NS: the ticks until then are due. That it is settled is said once
 * all of them are in a batch. */
static void push_silence(struct reader *r, struct batch *b, uint64_t until_ns)
{
	uint64_t tick_ns;

	while (batch_has_room(b, 0) && !fragments_any_due(r->fragments)) {
		if (!packet_clock_tick(&r->clock, until_ns, &tick_ns)) {
			b->settled_ns = until_ns;
			return;
		}
		push_tick(r, b, tick_ns);
	}
}

/* Asks the source, past inputs that end early. False when there is no frame for now, or none any
 * more. When there is none for now, the ticks that pass meanwhile are due. */
static OUT_OF_LINE bool ask_source(struct reader *r, struct batch *b, bool wait, struct frame *ret)
{
	int rc;

	if (r->cfg->stop && atomic_load_explicit(r->cfg->stop, memory_order_relaxed))
		r->ended = true;
	if (r->ended)
		return false;
	while ((rc = source_next(r->cfg->source, wait, ret, &r->fault)) < 0)
		r->cfg->input_fault(r->cfg->user, &r->fault);
	r->ended = rc == SOURCE_END;
	if (rc == SOURCE_IDLE && !r->has_ready)
		push_silence(r, b, packet_clock_counted(&r->clock, ret->ts_ns));
	if (rc == SOURCE_FRAME && r->lent) {
		r->n_ahead = source_more(r->cfg->source, r->ahead, READER_AHEAD_FRAMES);
		r->at_ahead = 0;
	}
	return rc == SOURCE_FRAME;
}

/* The frame behind those that were taken. False as ask_source. */
static bool pull(struct reader *r, struct batch *b, bool wait, struct frame *ret)
{
	if (r->at_ahead == r->n_ahead)
		return ask_source(r, b, wait, ret);
	*ret = r->ahead[r->at_ahead++];
	return true;
}

/* Lets the ready frame's bytes last as long as the batch. */
static void keep_ready(struct reader *r, struct batch *b)
{
	if (r->lent)
		batch_borrow(b, r->ready.caplen);
	else
		r->ready.data = batch_store(b, &r->ready);
}

/* Makes the next frame ready. False as pull does. */
static bool make_ready(struct reader *r, struct batch *b, bool wait)
{
	if (r->has_next)
		r->ready = r->next;
	else if (!pull(r, b, wait, &r->ready))
		return false;
	r->n_taken++;
	keep_ready(r, b);
	r->has_ready = true;
	r->has_next = false;
	r->is_timed = false;
	return true;
}

/* Finds the ready frame's time, which may depend on the frame behind it: packet_clock.h says when.
 * That one is looked at whenever it is there, so that the time is the same wherever batches end.
 * False when it has to be waited for. */
static bool time_ready(struct reader *r, struct batch *b, bool wait)
{
	const bool needed = packet_clock_needs_next(&r->clock, r->ready.ts_ns);

	if (needed && !r->has_next)
		r->has_next = pull(r, b, wait, &r->next);
	if (needed && !r->has_next && !r->ended)
		return false;
	r->ready_ns =
		packet_clock_frame(&r->clock, r->ready.ts_ns, needed && r->has_next, r->next.ts_ns);
	r->is_timed = true;
	return true;
}

/* The next batch takes the ready frame's bytes from where no batch is. */
static bool end_batch(struct reader *r, struct batch *b)
{
	end_group(r, b);
	count(r);
	if (b->n_packets > 0)
		b->borrowed_until = r->n_taken - r->has_ready;
	if (b->settled_ns < r->now_ns)
		b->settled_ns = r->now_ns;
	if (r->has_ready && r->ready.caplen > 0 && !r->lent) {
		memcpy(r->held, r->ready.data, r->ready.caplen);
		r->ready.data = r->held;
	}
	return true;
}

/* The run goes on another time, but for datagrams whose fragments have not all come. */
static bool is_kept(struct reader *r, struct batch *b)
{
	end_group(r, b);
	fragments_finish(r->fragments);
	if (fragments_any_due(r->fragments))
		return false;
	count(r);
	if (b->settled_ns < r->now_ns)
		b->settled_ns = r->now_ns;
	return true;
}

static bool is_over(struct reader *r, struct batch *b)
{
	uint64_t tick_ns;

	if (r->goes_on)
		return is_kept(r, b);
	end_group(r, b);
	while (r->clock.started &&
		packet_clock_tick(&r->clock, r->stats->last_ns + READER_RUN_ON_NS, &tick_ns)) {
		push_tick(r, b, tick_ns);
		if (!batch_has_room(b, 0) || fragments_any_due(r->fragments))
			return false;
	}
	fragments_finish(r->fragments);
	if (fragments_any_due(r->fragments))
		return false;
	b->finish = true;
	b->finish_seq = ++r->seq;
	b->finish_ns = r->stats->last_ns;
	end_period(r, b, b->finish_seq, b->finish_ns, false);
	return true;
}

bool reader_fill(struct reader *r, struct batch *b, bool wait)
{
	if (r->lent)
		source_give_back(r->cfg->source, b->borrowed_until);
	if (r->has_ready)
		keep_ready(r, b);
	for (;;) {
		const bool may_wait = wait && batch_is_empty(b);
		const struct frame *f = &r->ready;
		uint64_t ts_ns;

		if (!batch_has_room(b, r->has_ready ? 0 : FRAME_MAX_BYTES))
			return end_batch(r, b);
		if (fragments_any_due(r->fragments)) {
			if (!push_datagram(r, b))
				return end_batch(r, b);
			continue;
		}
		if (r->canary_left > 0) {
			if (!batch_has_room(b, CANARY_FRAME_BYTES))
				return end_batch(r, b);
			f = take_canary(r, b, &ts_ns);
		} else {
			if (!r->has_ready && !make_ready(r, b, may_wait))
				return r->ended ? !is_over(r, b) : end_batch(r, b);
			if (!r->is_timed && !time_ready(r, b, may_wait))
				return end_batch(r, b);
			if (packet_clock_tick(&r->clock, r->ready_ns, &ts_ns)) {
				push_tick(r, b, ts_ns);
				continue;
			}
			push_step(r, b);
			ts_ns = r->ready_ns;
			r->has_ready = false;
		}
		push_frame(r, b, f, ts_ns);
	}
}
