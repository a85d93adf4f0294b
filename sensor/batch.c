#include "sensor/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/flow/details.h"

enum {
	EVENT_ARENA_BLOCK_BYTES = 64 * 1024,
	ITEMS_PER_FRAME = 4,
	MIN_ITEMS = 64,
	FIRST_EVENTS = 64,
	/* How far ahead of its turn what a piece of work needs is fetched, step by step. */
	AHEAD_BUCKET = 16,
	AHEAD_FLOW = 12,
	AHEAD_PACKET = 8,
	AHEAD_BYTES = 4,
};

bool batch_init(struct batch *b, uint32_t n_frames)
{
	size_t max_work;
	bool ok;

	memset(b, 0, sizeof(*b));
	b->max_frames = n_frames ? n_frames : BATCH_FRAMES;
	b->max_items = b->max_frames * ITEMS_PER_FRAME + MIN_ITEMS;
	max_work = (size_t)b->max_frames * PACKET_MAX_LAYERS + b->max_items;
	b->bytes = malloc(BATCH_BYTES);
	b->frames = malloc(b->max_frames * sizeof(*b->frames));
	b->packets = aligned_alloc(
		BATCH_ALIGNMENT, (b->max_frames * sizeof(*b->packets) + BATCH_ALIGNMENT - 1) /
					 BATCH_ALIGNMENT * BATCH_ALIGNMENT);
	b->ticks = malloc(b->max_items * sizeof(*b->ticks));
	b->periods = malloc(BATCH_PERIODS * sizeof(*b->periods));
	b->steps = malloc(BATCH_STEPS * sizeof(*b->steps));
	ok = b->bytes && b->frames && b->packets && b->ticks && b->periods && b->steps;
	for (int s = 0; s < PIPELINE_SHARDS; s++) {
		b->work[s] = malloc(max_work * sizeof(*b->work[s]));
		b->out[s].arena = arena_new(EVENT_ARENA_BLOCK_BYTES);
		ok = ok && b->work[s] && b->out[s].arena;
	}
	return ok;
}

void batch_done(struct batch *b)
{
	free(b->bytes);
	free(b->frames);
	free(b->packets);
	free(b->ticks);
	free(b->periods);
	free(b->steps);
	for (int s = 0; s < PIPELINE_SHARDS; s++) {
		free(b->work[s]);
		free(b->out[s].events);
		free(b->out[s].places);
		arena_free(b->out[s].arena);
	}
}

void batch_clear(struct batch *b)
{
	b->n_bytes = b->n_borrowed = 0;
	b->n_packets = 0;
	b->n_ticks = 0;
	b->n_periods = 0;
	b->told_ticks = b->told_periods = b->told_steps = 0;
	b->n_steps = 0;
	b->finish = false;
	b->settled_ns = 0;
	for (int s = 0; s < PIPELINE_SHARDS; s++) {
		b->n_work[s] = 0;
		b->out[s].n_events = 0;
		b->out[s].next_work = 0;
		b->out[s].in_tick = b->out[s].finished = b->out[s].done = false;
	}
}

bool batch_is_empty(const struct batch *b)
{
	return b->n_packets == 0 && b->n_ticks == 0 && !b->finish;
}

uint8_t *batch_reserve(struct batch *b, uint32_t n_bytes)
{
	uint8_t *at = b->bytes + b->n_bytes;

	assert(n_bytes <= BATCH_BYTES - b->n_bytes - b->n_borrowed);
	b->n_bytes += n_bytes;
	return at;
}

const uint8_t *batch_store(struct batch *b, const struct frame *f)
{
	uint8_t *at = batch_reserve(b, f->caplen);

	if (f->caplen > 0)
		memcpy(at, f->data, f->caplen);
	return at;
}

void batch_borrow(struct batch *b, uint32_t n_bytes)
{
	b->n_borrowed += n_bytes;
}

static bool make_room(struct shard_output *out)
{
	const size_t capacity = out->capacity ? out->capacity * 2 : FIRST_EVENTS;
	struct event *events;
	struct place *places;

	if (out->n_events < out->capacity)
		return true;
	events = realloc(out->events, capacity * sizeof(*events));
	if (events)
		out->events = events;
	places = realloc(out->places, capacity * sizeof(*places));
	if (places)
		out->places = places;
	if (!events || !places)
		return false;
	out->capacity = capacity;
	return true;
}

/* Most events come in their order; of those of one packet some may not. */
static void put_place(struct shard_output *out, const struct place *p)
{
	size_t at = out->n_events;

	for (; at > 0; at--) {
		const struct place *before = &out->places[at - 1];

		if (before->seq < p->seq ||
			(before->seq == p->seq && before->first_seq <= p->first_seq))
			break;
		out->places[at] = *before;
	}
	out->places[at] = *p;
}

void batch_emit(void *user, const struct event *ev)
{
	struct shard_output *out = user;
	const struct place place = {ev->seq, ev->flow.first_seq, (uint32_t)out->n_events};

	if (!make_room(out)) {
		out->failed = true;
		return;
	}
	out->events[out->n_events] = *ev;
	put_place(out, &place);
	out->n_events++;
}

/* The shard has no room for more events; those to come begin at (SEQ, FIRST_SEQ). */
static void pause_at(struct shard_output *out, uint64_t seq, uint64_t first_seq)
{
	out->from_seq = seq;
	out->from_first_seq = first_seq;
}

static uint32_t room_of(const struct shard_output *out)
{
	return out->n_events < BATCH_SHARD_EVENTS ? (uint32_t)(BATCH_SHARD_EVENTS - out->n_events)
						  : 0;
}

/* Tells what a tick or the end (SEQ) owes. False when the shard has to pause. */
static bool pay(struct shard_output *out, struct shard *shard, uint64_t seq)
{
	out->in_tick = !shard_pay(shard, room_of(out), out->arena);
	if (out->in_tick)
		pause_at(out, seq, shard_owes(shard));
	return !out->in_tick;
}

static bool do_work(
	struct batch *b, struct shard_output *out, struct shard *shard, const struct work *w)
{
	if (w->packet == BATCH_TICK) {
		if (!out->in_tick)
			shard_tick(shard, w->ts_ns, w->seq);
		return pay(out, shard, w->seq);
	}
	if (room_of(out) == 0) {
		pause_at(out, w->seq, 0);
		return false;
	}
	shard_packet(shard, &w->sighting, &b->frames[w->packet], &b->packets[w->packet], w->layer,
		w->seq, w->ts_ns, out->arena);
	return true;
}

/* Of work that comes soon, one bit each: its packet will be looked at. */
typedef uint32_t ahead_bits;

/* Work AT of shard S, unless it is over, or a tick, or there is none. */
static const struct work *work_ahead(const struct batch *b, uint32_t s, int64_t at)
{
	const struct work *w = &b->work[s][at];

	if (at < (int64_t)b->out[s].next_work || at >= (int64_t)b->n_work[s])
		return NULL;
	return w->packet == BATCH_TICK ? NULL : w;
}

/* The reader wrote it, on another processor most likely. */
static void fetch_packet(const struct batch *b, const struct work *w)
{
	const uint8_t *layer = (const uint8_t *)&b->packets[w->packet].layers[w->layer];

	__builtin_prefetch(&b->packets[w->packet]);
	__builtin_prefetch(layer);
	__builtin_prefetch(layer + BATCH_ALIGNMENT);
	__builtin_prefetch(&b->frames[w->packet]);
}

static void fetch_bytes(const struct batch *b, const struct work *w)
{
	__builtin_prefetch(
		b->frames[w->packet].data + b->packets[w->packet].layers[w->layer].l3_offset);
}

/* Before the turn of work AT: each of those behind it gets the step that is due. */
static void fetch_ahead(
	const struct batch *b, uint32_t s, struct shard *shard, int64_t at, ahead_bits *looked_at)
{
	const struct work *w;

	if ((w = work_ahead(b, s, at + AHEAD_BUCKET)))
		shard_prefetch_bucket(shard, &w->sighting);
	if ((w = work_ahead(b, s, at + AHEAD_FLOW)))
		shard_prefetch_flow(shard, &w->sighting);
	*looked_at <<= 1;
	if ((w = work_ahead(b, s, at + AHEAD_PACKET)) &&
		shard_prefetch_detection(shard, &w->sighting)) {
		*looked_at |= 1;
		fetch_packet(b, w);
	}
	if ((*looked_at >> (AHEAD_PACKET - AHEAD_BYTES) & 1) &&
		(w = work_ahead(b, s, at + AHEAD_BYTES)))
		fetch_bytes(b, w);
}

void batch_run_shard(struct batch *b, uint32_t s, struct shard *shard)
{
	struct shard_output *out = &b->out[s];
	ahead_bits looked_at = 0;

	if (out->n_events == 0)
		arena_reset(out->arena); /* nobody borrows from it any more */
	for (int64_t at = -AHEAD_BUCKET; at < 0; at++)
		fetch_ahead(b, s, shard, out->next_work + at, &looked_at);
	for (; out->next_work < b->n_work[s]; out->next_work++) {
		fetch_ahead(b, s, shard, out->next_work, &looked_at);
		if (!do_work(b, out, shard, &b->work[s][out->next_work]))
			return;
	}
	if (b->finish && !out->finished) {
		shard_finish(shard, b->finish_ns, b->finish_seq);
		out->finished = true;
	}
	if (b->finish && !pay(out, shard, b->finish_seq))
		return;
	out->done = true;
}

static bool is_before(const struct place *a, const struct place *b)
{
	return a->seq < b->seq || (a->seq == b->seq && a->first_seq < b->first_seq);
}

/* How many of a shard's events go before BOUND, which divides those of no packet. */
static size_t events_before(const struct shard_output *out, const struct place *bound)
{
	size_t low = 0, high = out->n_events;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (is_before(&out->places[middle], bound))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the first event may still be that a shard has not made yet. */
static struct place first_to_come(const struct batch *b)
{
	struct place bound = {.seq = UINT64_MAX, .first_seq = UINT64_MAX};

	for (uint32_t s = 0; s < PIPELINE_SHARDS; s++) {
		const struct shard_output *out = &b->out[s];
		const struct place from = {out->from_seq, out->from_first_seq, 0};

		if (!out->done && is_before(&from, &bound))
			bound = from;
	}
	return bound;
}

/* The events from AT to END of one shard, which are to be told. */
struct row {
	const struct place *at, *end;
	struct event *events;
};

/* The event at the head of R was made on another processor. */
static void fetch_head(const struct row *r)
{
	const uint8_t *bytes;

	if (r->at == r->end)
		return;
	bytes = (const uint8_t *)&r->events[r->at->index];
	for (size_t i = 0; i < sizeof(struct event); i += BATCH_ALIGNMENT)
		__builtin_prefetch(bytes + i);
}

/* The row whose head comes first; NULL: none has any. */
static struct row *first_row(struct row rows[PIPELINE_SHARDS])
{
	struct row *first = NULL;

	for (uint32_t s = 0; s < PIPELINE_SHARDS; s++) {
		struct row *r = &rows[s];

		if (r->at < r->end && (!first || is_before(r->at, first->at)))
			first = r;
	}
	return first;
}

static void forget_told(struct shard_output *out, size_t n)
{
	if (n == 0)
		return;
	out->n_events -= n;
	memmove(out->events, out->events + n, out->n_events * sizeof(*out->events));
	for (size_t i = 0; i < out->n_events; i++) {
		out->places[i] = out->places[i + n];
		out->places[i].index -= (uint32_t)n;
	}
}

/* What is told between the events: ticks, the ends of periods, and steps of the clock. */
struct between {
	struct batch *b;
	const struct pipeline_consumer *c;
};

/* A tick comes after the events that it caused, which carry its number; so does the end of a day.
 */
static int tell_tick(const struct between *t)
{
	struct batch *b = t->b;
	const struct batch_tick *tick = &b->ticks[b->told_ticks++];
	const struct batch_period *p = &b->periods[b->told_periods];
	int rc = t->c->tick(t->c->user, tick->ts_ns);

	if (b->told_periods == b->n_periods || p->seq != tick->seq)
		return rc;
	b->told_periods++;
	if (rc == 0 && t->c->period)
		rc = t->c->period(t->c->user, p->until_ns, p->day, &p->so_far);
	return rc;
}

static int tell_step(const struct between *t)
{
	const struct batch_step *s = &t->b->steps[t->b->told_steps++];

	return t->c->clock_step ? t->c->clock_step(t->c->user, s->ts_ns, &s->step) : 0;
}

static int tell_until(const struct between *t, uint64_t seq)
{
	const struct batch *b = t->b;
	int rc = 0;

	while (rc == 0) {
		const uint64_t tick =
			b->told_ticks < b->n_ticks ? b->ticks[b->told_ticks].seq : UINT64_MAX;
		const uint64_t step =
			b->told_steps < b->n_steps ? b->steps[b->told_steps].seq : UINT64_MAX;

		if (tick >= seq && step >= seq)
			break;
		rc = tick < step ? tell_tick(t) : tell_step(t);
	}
	return rc;
}

static int finish(const struct between *t)
{
	const struct batch *b = t->b;
	const struct batch_period *p = &b->periods[b->n_periods - 1];
	int rc = 0;

	if (t->c->settled && b->settled_ns > 0)
		rc = t->c->settled(t->c->user, b->settled_ns);
	if (rc != 0 || !b->finish)
		return rc;
	if (t->c->period)
		rc = t->c->period(t->c->user, p->until_ns, p->day, &p->so_far);
	return rc == 0 ? t->c->finish(t->c->user, b->finish_ns) : rc;
}

/* The first COUNTS events of each shard, in the order of all. */
static int deliver(const struct between *t, const size_t *counts)
{
	struct row rows[PIPELINE_SHARDS];
	struct flow_details details;
	struct row *r;
	int rc = 0;

	for (uint32_t s = 0; s < PIPELINE_SHARDS; s++) {
		const struct shard_output *out = &t->b->out[s];

		if (counts[s] == 0) { /* OUT may have no memory at all */
			rows[s] = (struct row){NULL, NULL, NULL};
			continue;
		}
		rows[s] = (struct row){out->places, out->places + counts[s], out->events};
		fetch_head(&rows[s]);
	}
	while (rc == 0 && (r = first_row(rows))) {
		struct event *ev = &r->events[r->at->index];

		r->at++;
		fetch_head(r);
		rc = tell_until(t, ev->seq);
		if (rc != 0)
			break;
		event_unpack(ev, &details);
		rc = t->c->event(t->c->user, ev);
	}
	return rc;
}

int batch_deliver(
	struct batch *b, const struct pipeline_consumer *c, bool *ret_all, struct error *err)
{
	const struct between between = {.b = b, .c = c};
	const struct place bound = first_to_come(b);
	size_t counts[PIPELINE_SHARDS];
	int rc;

	*ret_all = true;
	for (int s = 0; s < PIPELINE_SHARDS; s++) {
		if (b->out[s].failed)
			return error_set(
				err, ERR_SYSTEM, "not enough memory for the events of a batch");
		*ret_all = *ret_all && b->out[s].done;
		counts[s] = events_before(&b->out[s], &bound);
	}
	rc = deliver(&between, counts);
	for (int s = 0; s < PIPELINE_SHARDS; s++)
		forget_told(&b->out[s], counts[s]);
	if (rc == 0)
		rc = tell_until(&between, bound.seq);
	return rc == 0 && *ret_all ? finish(&between) : rc;
}
