/* A batch: frames and ticks in their order, what each shard has to do with them, and the events
 * that came of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/event.h"
#include "analysis/shard.h"
#include "capture/frame.h"
#include "capture/packet.h"
#include "common/arena.h"
#include "sensor/packet_clock.h"
#include "sensor/pipeline.h"

enum {
	BATCH_ALIGNMENT = 64, /* a cache line */
	BATCH_FRAMES = 512,   /* unless it is told otherwise */
	BATCH_BYTES = 1024 * 1024,
	BATCH_PERIODS = 16,
	BATCH_SHARD_EVENTS = 512, /* that a shard holds untold, some more for its last step */
	BATCH_STEPS = 16,
};

/* A layer of a packet, or a tick, for one shard. */
struct work {
	uint64_t seq;
	uint64_t ts_ns;
	uint32_t packet; /* index; BATCH_TICK for a tick, which has no more than this */
	uint8_t layer;
	struct sighting sighting;
};

enum { BATCH_TICK = UINT32_MAX };

struct batch_tick {
	uint64_t seq, ts_ns;
};

/* A day or the input ended. */
struct batch_period {
	uint64_t seq, until_ns;
	bool day;
	struct pipeline_stats so_far;
};

/* The capture's clock was set: told before what comes of the frame behind it, whose number is
 * higher.
 */
struct batch_step {
	uint64_t seq, ts_ns;
	struct clock_step step;
};

/* An event's place in the order: by sequence, then by the flow's first; what is alike in both comes
 * from one shard and is told as it was made. */
struct place {
	uint64_t seq, first_seq;
	uint32_t index; /* of the event */
};

/* What one shard has made of the batch so far, which is not told yet. Written by one worker at a
 * time, in cache lines of its own. */
struct shard_output {
	_Alignas(BATCH_ALIGNMENT) struct event *events;
	struct place *places; /* of the events, in their order */
	size_t n_events, capacity;
	struct arena *arena;
	uint32_t next_work;
	bool in_tick;  /* of next_work, or of the end: not all is paid */
	bool finished; /* the end of the input was told to the shard */
	bool done;
	/* Unless it is done: all events that are still to come are at least there in the order. */
	uint64_t from_seq, from_first_seq;
	bool failed; /* out of memory: events are missing */
};

struct batch {
	uint32_t max_frames, max_items; /* items: frames and ticks */
	uint8_t *bytes;
	size_t n_bytes;
	size_t n_borrowed; /* bytes of frames that lie elsewhere; they count as if they lay here */
	uint64_t borrowed_until; /* frames of the source, up to those of this batch; not cleared */
	struct frame *frames;
	struct packet *packets;
	uint32_t n_packets;
	struct work *work[PIPELINE_SHARDS];
	uint32_t n_work[PIPELINE_SHARDS];
	struct batch_tick *ticks;
	uint32_t n_ticks;
	struct batch_period *periods;
	uint32_t n_periods;
	struct batch_step *steps;
	uint32_t n_steps;
	struct shard_output out[PIPELINE_SHARDS];
	uint32_t told_ticks, told_periods, told_steps;
	uint64_t settled_ns; /* no later event is earlier than this */
	bool finish;         /* the input ended: every flow ends after the last item */
	uint64_t finish_seq, finish_ns;
};

/* Room for N_FRAMES (0: BATCH_FRAMES). False without memory; batch_done is due in any case. */
bool batch_init(struct batch *b, uint32_t n_frames);
void batch_done(struct batch *b);
void batch_clear(struct batch *b);

/* Nothing to do and nothing to tell: it need not go on. */
bool batch_is_empty(const struct batch *b);

static inline bool batch_has_room(const struct batch *b, uint32_t frame_bytes)
{
	return b->n_packets < b->max_frames && b->n_ticks + b->n_packets < b->max_items &&
	       b->n_periods < BATCH_PERIODS - 1 && /* one is kept for the end of the input */
	       b->n_steps < BATCH_STEPS && BATCH_BYTES - b->n_bytes - b->n_borrowed >= frame_bytes;
}

/* Room for N_BYTES of the batch's; it was asked for before. */
uint8_t *batch_reserve(struct batch *b, uint32_t n_bytes);

/* Copies F's bytes into the batch and returns where; room was asked for before. */
const uint8_t *batch_store(struct batch *b, const struct frame *f);

/* N_BYTES of a frame's lie in its source: there was room for them, too. */
void batch_borrow(struct batch *b, uint32_t n_bytes);

/* A shard_emit_fn: USER is a shard_output. */
void batch_emit(void *user, const struct event *ev);

/* Does shard S's part of the batch, or goes on with it: until it is done or has made as many events
 * as a shard may hold. Once after batch_clear, and again for all shards until batch_deliver says
 * that all was told. */
void batch_run_shard(struct batch *b, uint32_t s, struct shard *shard);

/* Hands the events of all shards to C in their order: by sequence, for one tick by the first packet
 * of the flow; as far as no shard can still make one that goes before. *ret_all: nothing is left.
 */
int batch_deliver(
	struct batch *b, const struct pipeline_consumer *c, bool *ret_all, struct error *err);
