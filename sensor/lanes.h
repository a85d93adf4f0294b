/* The shards of a pipeline, and where each emits to. Their classifiers take longer to make than all
 * else at set-up, so several threads make them, beside what the caller does meanwhile. */
#pragma once

#include "analysis/shard.h"
#include "common/error.h"
#include "sensor/batch.h"
#include "sensor/gang.h"
#include "sensor/pipeline.h"

struct lane {
	struct shard *shard; /* NULL: see fault */
	struct error fault;
	struct shard_output *out; /* of the batch that the shard is busy with */
};

struct lanes {
	struct lane lane[PIPELINE_SHARDS];
	uint64_t hash_key;
	uint32_t max_flows, max_detections; /* of each */
	struct gang gang;
	bool is_begun; /* the gang is at work */
};

/* Begins to make them, as WORKERS, HASH_KEY, MAX_FLOWS and MAX_DETECTIONS of CFG say. NULL without
 * memory. */
struct lanes *lanes_begin(const struct pipeline_config *cfg);

/* Returns when all are made; helps until then. 0, or a negative code with *err. */
int lanes_end(struct lanes *l, struct error *err);

/* NULL allowed, whether they are made or not. N_THREADS beside the caller's. */
void lanes_free(struct lanes *l, uint32_t n_threads);
