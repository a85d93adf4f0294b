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
	ok = b->bytes && b->frames && b->packets && b->ticks;
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
	b->finish = false;
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
	       BATCH_BYTES - b->n_bytes >= frame_bytes;
}

const uint8_t *batch_store(struct batch *b, const struct frame *f)
{
	uint8_t *at = b->bytes + b->n_bytes;

	assert(f->caplen <= BATCH_BYTES - b->n_bytes);
	if (f->caplen > 0)
		memcpy(at, f->data, f->caplen);
	b->n_bytes += f->caplen;
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
				w->seq, w->ts_ns, arena);
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

int batch_deliver(struct batch *b, const struct pipeline_consumer *c, struct error *err)
{
	struct place *places = NULL;
	size_t n = 0;
	uint32_t tick = 0;
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
		/* A tick comes after the events that it caused, which carry its number. */
		while (rc == 0 && tick < b->n_ticks && b->ticks[tick].seq < places[i].seq)
			rc = c->tick(c->user, b->ticks[tick++].ts_ns);
		if (rc == 0)
			rc = c->event(c->user, &b->out[places[i].shard].events[places[i].index]);
	}
	while (rc == 0 && tick < b->n_ticks)
		rc = c->tick(c->user, b->ticks[tick++].ts_ns);
	if (rc == 0 && b->finish)
		rc = c->finish(c->user, b->finish_ns);
	free(places);
	return rc;
}
