/* The reader: takes frames from a source, stamps the global sequence number and the packet clock,
 * decodes, and gives each layer to the shard that owns its conversation. One thread. */
#pragma once

#include "sensor/batch.h"
#include "sensor/packet_clock.h"
#include "sensor/pipeline.h"

struct reader {
	const struct pipeline_config *cfg;
	struct pipeline_stats *stats;
	struct packet_clock clock;
	uint64_t seq;
	struct frame ready; /* its clock time is known; its bytes lie in a batch */
	struct frame next;  /* the one behind it; its bytes lie in the source */
	uint64_t ready_ns;
	bool has_ready, has_next, started;
};

void reader_init(struct reader *r, const struct pipeline_config *cfg, struct pipeline_stats *stats);

/* Fills B (cleared before). False when the input has ended: B then is the last batch, and says so.
 */
bool reader_fill(struct reader *r, struct batch *b);
