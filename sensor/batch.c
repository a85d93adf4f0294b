#include "sensor/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	EVENT_ARENA_BLOCK_BYTES = 64 * 1024,
	MAX_WORK = BATCH_FRAMES * PACKET_MAX_LAYERS + BATCH_ITEMS
};

bool batch_init(struct batch *b)
{
	bool ok;

	memset(b, 0, sizeof(*b));
	b->bytes = malloc(BATCH_BYTES);
	b->frames = malloc(BATCH_FRAMES * sizeof(*b->frames));
	b->packets = malloc(BATCH_FRAMES * sizeof(*b->packets));
	b->ticks = malloc(BATCH_ITEMS * sizeof(*b->ticks));
	b->periods = malloc(BATCH_PERIODS * sizeof(*b->periods));
	b->steps = malloc(BATCH_STEPS * sizeof(*b->steps));
	ok = b->bytes && b->frames && b->packets && b->ticks && b->periods && b->steps;
	for (int s = 0; s < PIPELINE_SHARDS; s++) {
		b->work[s] = malloc(MAX_WORK * sizeof(*b->work[s]));
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
		arena_free(b->out[s].arena);
	}
}

void batch_clear(struct batch *b)
{
	b->n_bytes = 0;
	b->n_packets = 0;
	b->n_ticks = 0;
	b->n_periods = 0;
	b->n_steps = 0;
	b->finish = false;
	b->settled_ns = 0;
	for (int s = 0; s < PIPELINE_SHARDS; s++) {
		b->n_work[s] = 0;
		b->out[s].n_events = 0;
		arena_reset(b->out[s].arena);
	}
}

bool batch_is_empty(const struct batch *b)
{
	return b->n_packets == 0 && b->n_ticks == 0 && !b->finish;
}

bool batch_has_room(const struct batch *b, uint32_t frame_bytes)
{
	return b->n_packets < BATCH_FRAMES && b->n_ticks + b->n_packets < BATCH_ITEMS &&
	       b->n_periods < BATCH_PERIODS - 1 && /* one is kept for the end of the input */
	       b->n_steps < BATCH_STEPS && BATCH_BYTES - b->n_bytes >= frame_bytes;
}

uint8_t *batch_reserve(struct batch *b, uint32_t n_bytes)
{
	uint8_t *at = b->bytes + b->n_bytes;

	assert(n_bytes <= BATCH_BYTES - b->n_bytes);
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

void batch_emit(void *user, const struct event *ev)
{
	struct shard_output *out = user;

	if (out->n_events == out->capacity) {
		size_t capacity = out->capacity ? out->capacity * 2 : 64;
		struct event *events = realloc(out->events, capacity * sizeof(*events));

		if (!events) {
			out->failed = true;
			return;
		}
		out->events = events;
		out->capacity = capacity;
	}
	out->events[out->n_events++] = *ev;
}

void batch_run_shard(struct batch *b, uint32_t s, struct shard *shard)
{
	struct arena *arena = b->out[s].arena;

	for (uint32_t i = 0; i < b->n_work[s]; i++) {
		const struct work *w = &b->work[s][i];

		if (w->packet == BATCH_TICK)
			shard_tick(shard, w->ts_ns, w->seq, arena);
		else
			shard_packet(shard, &b->frames[w->packet], &b->packets[w->packet], w->layer,
				w->segment, w->seq, w->ts_ns, arena);
	}
	if (b->finish)
		shard_finish(shard, b->finish_ns, b->finish_seq, arena);
}

/* An event's place in the order. SHARD and INDEX make it total. */
struct place {
	uint64_t seq, first_seq;
	uint32_t shard;
	uint32_t index;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a;
	const struct place *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	if (x->first_seq != y->first_seq)
		return x->first_seq < y->first_seq ? -1 : 1;
	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static struct place *sorted_places(const struct batch *b, size_t n)
{
	struct place *places = malloc(n * sizeof(*places));
	size_t at = 0;

	if (!places)
		return NULL;
	for (uint32_t s = 0; s < PIPELINE_SHARDS; s++) {
		for (uint32_t i = 0; i < b->out[s].n_events; i++) {
			const struct event *ev = &b->out[s].events[i];

			places[at++] = (struct place){ev->seq, ev->flow.first_seq, s, i};
		}
	}
	qsort(places, n, sizeof(*places), by_place);
	return places;
}

/* What is told between the events: ticks, the ends of periods, and steps of the clock. */
struct between {
	const struct batch *b;
	const struct pipeline_consumer *c;
	uint32_t tick, period, step;
};

/* A tick comes after the events that it caused, which carry its number; so does the end of a day.
 */
static int tell_tick(struct between *t)
{
	const struct batch *b = t->b;
	const struct work *tick = &b->ticks[t->tick++];
	const struct batch_period *p = &b->periods[t->period];
	int rc = t->c->tick(t->c->user, tick->ts_ns);

	if (t->period == b->n_periods || p->seq != tick->seq)
		return rc;
	t->period++;
	if (rc == 0 && t->c->period)
		rc = t->c->period(t->c->user, p->until_ns, p->day, &p->so_far);
	return rc;
}

static int tell_step(struct between *t)
{
	const struct batch_step *s = &t->b->steps[t->step++];

	return t->c->clock_step ? t->c->clock_step(t->c->user, s->ts_ns, &s->step) : 0;
}

static int tell_until(struct between *t, uint64_t seq)
{
	const struct batch *b = t->b;
	int rc = 0;

	while (rc == 0) {
		const uint64_t tick = t->tick < b->n_ticks ? b->ticks[t->tick].seq : UINT64_MAX;
		const uint64_t step = t->step < b->n_steps ? b->steps[t->step].seq : UINT64_MAX;

		if (tick >= seq && step >= seq)
			break;
		rc = tick < step ? tell_tick(t) : tell_step(t);
	}
	return rc;
}

static int finish(struct between *t)
{
	const struct batch *b = t->b;
	const struct batch_period *p = &b->periods[b->n_periods - 1];
	int rc = 0;

	if (!b->finish)
		return 0;
	if (t->c->period)
		rc = t->c->period(t->c->user, p->until_ns, p->day, &p->so_far);
	return rc == 0 ? t->c->finish(t->c->user, b->finish_ns) : rc;
}

int batch_deliver(struct batch *b, const struct pipeline_consumer *c, struct error *err)
{
	struct between between = {.b = b, .c = c};
	struct place *places = NULL;
	size_t n = 0;
	int rc = 0;

	for (int s = 0; s < PIPELINE_SHARDS; s++) {
		if (b->out[s].failed)
			return error_set(
				err, ERR_SYSTEM, "not enough memory for the events of a batch");
		n += b->out[s].n_events;
	}
	if (n > 0) {
		places = sorted_places(b, n);
		if (!places)
			return error_set(
				err, ERR_SYSTEM, "not enough memory for the events of a batch");
	}
	for (size_t i = 0; i < n && rc == 0; i++) {
		rc = tell_until(&between, places[i].seq);
		if (rc == 0)
			rc = c->event(c->user, &b->out[places[i].shard].events[places[i].index]);
	}
	if (rc == 0)
		rc = tell_until(&between, UINT64_MAX);
	if (rc == 0 && c->settled && b->settled_ns > 0)
		rc = c->settled(c->user, b->settled_ns);
	if (rc == 0)
		rc = finish(&between);
	free(places);
	return rc;
}
