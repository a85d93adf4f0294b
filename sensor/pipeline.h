/* From frames to events in their one order: reader, shards on workers, merge. What is downstream
 * sees the same events in the same order with any number of workers and any size of batch.
 *
 *   reader ──► batch ──► shard 0 … 7 (on N threads) ──► merge by sequence ──► consumer
 *
 * Batches go round in a ring. The caller's thread reads ahead of the workers, and works as they do
 * when they have enough to do. To tell a batch to the consumer is a job as well, for any of these
 * threads, of one batch at a time. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "analysis/event.h"
#include "analysis/shard.h"
#include "capture/fragments.h"
#include "capture/packet.h"
#include "capture/source.h"
#include "common/blob.h"
#include "common/error.h"
#include "rules/policy/site.h"
#include "sensor/packet_clock.h"

enum { PIPELINE_SHARDS = 4, PIPELINE_MAX_WORKERS = 64 };

/* What each command asks for, so that all see the same conversations. Memory is taken as flows
 * appear. */
enum { PIPELINE_MAX_FLOWS = 1 << 20, PIPELINE_MAX_DETECTIONS = 100000 };

/* The key of the hashes where nobody gives a seed: fixed, so that captures give the same labels and
 * the same bytes everywhere. A live run takes one that nobody can know. */
#define PIPELINE_HASH_KEY UINT64_C(0x5645444554544531)

struct pipeline_stats {
	uint64_t frames;      /* decoded */
	uint64_t frame_bytes; /* on the wire */
	uint64_t reasons[REASON_COUNT];
	uint64_t subscriber_packets, subscriber_bytes; /* counted and dropped: networks.subscribers,
							  tunnels of subscribers */
	uint64_t duplicate_packets, duplicate_bytes;   /* dropped: seen a moment before. Each frame
							  is one of these or has a reason */
	uint64_t duplicates_forgotten;                 /* see capture/duplicates.h */
	struct fragments_stats fragments;
	uint64_t late, outliers; /* frames behind the packet clock, and far ahead of it */
	uint64_t steps_back, steps_forward; /* of the capture's clock: see packet_clock.h */
	uint64_t last_step_back_ns, last_step_forward_ns;
	uint64_t ticks;
	uint64_t first_ns, last_ns; /* packet clock */
	struct shard_stats shards;  /* sums */
};

/* Takes the events. Each returns 0, or a negative code that ends the run: nothing is told behind
 * it. Called by any of the pipeline's threads, one call at a time, each seeing what those before it
 * wrote; meanwhile the thread of pipeline_run may be in the source, PROGRESS, INPUT_FAULT or
 * WANTS_TURN. Nothing is told while READY, TURN and KEEP are called, and nothing is read any more
 * when the end of the input is told. */
struct pipeline_consumer {
	void *user;
	int (*event)(void *user, const struct event *ev);
	int (*tick)(void *user, uint64_t ts_ns);
	/* A day (UTC) ended, or (DAY false) the input, just before FINISH. SO_FAR: what the reader
	 * had counted by then. NULL allowed. */
	int (*period)(void *user, uint64_t until_ns, bool day, const struct pipeline_stats *so_far);
	/* The capture's clock was set, as the frame at TS_NS, which comes next, shows. NULL
	 * allowed.
	 */
	int (*clock_step)(void *user, uint64_t ts_ns, const struct clock_step *step);
	/* Nothing earlier than TS_NS will come any more: what was held back to be put in order may
	 * go. NULL allowed. */
	int (*settled)(void *user, uint64_t ts_ns);
	int (*finish)(void *user, uint64_t ts_ns);
};

struct pipeline;
struct lanes;

/* What of a pipeline outlives a restart: clock and numbers of the reader; the flows. */
struct pipeline_parts {
	struct blob_writer *reader;
	struct blob_writer *flows; /* NULL: not of interest */
};

struct pipeline_parts_read {
	struct blob_reader reader, flows;
	bool has_flows;
};

struct pipeline_config {
	struct source *source;   /* borrowed */
	const struct site *site; /* borrowed: says who is a subscriber, and what is a segment */
	uint64_t hash_key;
	uint32_t workers;        /* threads beside the caller's: 0 to PIPELINE_MAX_WORKERS */
	uint32_t processors;     /* as many threads as these work at once; 0: all */
	uint32_t batch_frames;   /* 0: as many as is best; no result depends on it */
	uint32_t batches;        /* in the ring; the same */
	uint32_t max_flows;      /* in all */
	uint32_t max_detections; /* in all */
	/* Of lanes_begin (sensor/lanes.h) with the same configuration. Used up, whatever comes of
	 * it. NULL: they are made by pipeline_run. */
	struct lanes *begun;
	bool keep_duplicates; /* packets that several taps saw count each time */
	/* The process ends behind the run: the shards are left to it, since to free their
	 * classifiers piece by piece takes as long as 50,000 packets. */
	bool ends_process;
	const atomic_bool *stop; /* NULL, or: end early when it becomes true */
	/* What pipeline_save wrote, with the same hash key: the run goes on from there. Used up.
	 * NULL: from nothing. */
	struct pipeline_parts_read *resume;
	/* At the end of the source nothing ends, and KEEP is called with nothing under way, to save
	 * what there is; the consumer's PERIOD and FINISH are not called then. NULL: all ends. */
	int (*keep)(void *user, struct pipeline *p, struct error *err);
	bool ends_kept; /* all ends behind KEEP nevertheless, and that is not in what it saved */
	void (*progress)(void *user,
		const struct pipeline_stats *so_far); /* NULL, or called after each batch */
	void (*input_fault)(
		void *user, const struct error *err); /* an input ended early; the others go on */
	/* All threads run and no packet was read yet: privileges may go. NULL allowed. */
	int (*ready)(void *user, struct error *err);
	/* Asked before each batch; when true, TURN is called after it with nothing under way, so
	 * that what it changes holds from one sequence number on. Not after the last batch: the
	 * consumer's PERIOD and FINISH are the last words. Both NULL, or neither. */
	bool (*wants_turn)(void *user);
	int (*turn)(void *user, struct pipeline *p);
	void *user;
};

/* Runs SOURCE to its end through to C. 0; a negative code of the consumer; ERR_SYSTEM with *err; or
 * ERR_INPUT, before anything else was done, when what is to be resumed makes no sense. */
int pipeline_run(const struct pipeline_config *cfg, const struct pipeline_consumer *c,
	struct pipeline_stats *ret, struct error *err);

/* For TURN and KEEP alone. */
void pipeline_save(const struct pipeline *p, const struct pipeline_parts *parts);

void pipeline_set_site(struct pipeline *p, const struct site *site);
/* Puts the frames of a canary in front of the next ones of the source: at the packet clock's time,
 * else at TS_NS. */
void pipeline_send_canary(struct pipeline *p, uint32_t number, uint64_t ts_ns);
uint64_t pipeline_now_ns(const struct pipeline *p); /* the packet clock; 0 before the first frame */

/* Adds up into STATS what the shards have counted; nothing may be under way. */
void pipeline_sum(const struct pipeline *p, struct pipeline_stats *stats);
