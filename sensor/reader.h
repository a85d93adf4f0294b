/* The reader: takes frames from a source, stamps the global sequence number and the packet clock,
 * decodes, and gives each layer to the shard that owns its conversation. One thread. */
#pragma once

#include "capture/decode/decode.h"
#include "capture/duplicates.h"
#include "capture/fragments.h"
#include "sensor/batch.h"
#include "sensor/canary.h"
#include "sensor/packet_clock.h"
#include "sensor/pipeline.h"

/* After the last frame of an input its clock runs on for so long before everything ends: what such
 * a silence decides (a label that waited for an answer, late packets that do not come) is decided
 * alike whether a live run was stopped at once or after some seconds, and in a replay of what was
 * recorded meanwhile. */
#define READER_RUN_ON_NS (10 * NS_PER_S)

enum { READER_GROUP_FRAMES = 16, READER_AHEAD_FRAMES = 16 };

struct reader {
	const struct pipeline_config *cfg;
	const struct site *site;      /* borrowed */
	struct decode_options decode; /* of the site */
	bool goes_on;    /* at the end of the source nothing ends: see pipeline_config.keep */
	bool is_divided; /* the site is */
	struct pipeline_stats *stats;
	struct packet_clock clock;
	struct duplicates *duplicates; /* NULL: they are kept */
	struct fragments *fragments;
	uint64_t seq;
	bool lent;          /* frames' bytes stay in the source, until they are given back */
	uint64_t n_taken;   /* frames of the source, the ready one included */
	struct frame ready; /* the next one to process; its bytes lie in the source where they are
			       lent, else in the batch or in held */
	struct frame next;  /* the one behind it; its bytes lie in the source */
	struct frame ahead[READER_AHEAD_FRAMES]; /* those behind, which the source had at hand */
	uint32_t at_ahead, n_ahead;
	uint64_t ready_ns; /* by the packet clock, once it is timed */
	uint64_t now_ns;   /* of what was pushed last: a tick, or a frame */
	bool has_ready, has_next, is_timed, ended;
	/* of the last packets of the batch, which are decoded and nothing more */
	uint64_t digests[READER_GROUP_FRAMES];
	uint32_t n_grouped;
	struct error fault;   /* of the input that ended early last */
	struct canary canary; /* to be sent */
	uint32_t canary_left; /* of its frames */
	uint8_t *held; /* bytes of a ready frame that waits for the next batch; FRAME_MAX_BYTES;
			  NULL where they are lent */
};

/* False without memory; reader_done is due in any case. */
bool reader_init(struct reader *r, const struct pipeline_config *cfg, struct pipeline_stats *stats);
void reader_done(struct reader *r);

/* Between two batches. */
void reader_set_site(struct reader *r, const struct site *site);

/* Puts the frames of canary NUMBER in front of the source's next one, at the packet clock's time,
 * or at TS_NS when it does not run yet. Between two calls of reader_fill. */
void reader_send_canary(struct reader *r, uint32_t number, uint64_t ts_ns);

/* Fills B (cleared before; what it held is given back to the source), until it is full or the
 * source has nothing for now; WAIT: unless B is empty, for which a tenth of a second is waited.
 * False when the input has ended: B then is the last batch, and says so. */
bool reader_fill(struct reader *r, struct batch *b, bool wait);

/* Clock and numbers, and what copies may still come of; not the canary, and no bytes of packets:
 * fragments that wait may hold what is a subscriber's. At the end of a source that is kept, or
 * between two calls of reader_fill. */
void reader_save(const struct reader *r, struct blob_writer *w);
bool reader_load(struct reader *r, struct blob_reader *from); /* R is new, with the same hash key */
