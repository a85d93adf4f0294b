#include "sensor/pipeline.h"

#include <string.h>

#include "sensor/batch.h"
#include "sensor/crew.h"
#include "sensor/reader.h"

enum {
	BATCHES = 2,
	TCP_PACKET_BUDGET = 80,
	UDP_PACKET_BUDGET = 24
}; /* budgets: those of ndpiReader 4.2 */

struct pipeline {
	const struct pipeline_config *cfg;
	struct batch batches[BATCHES];
	struct shard *shards[PIPELINE_SHARDS];
	struct batch *current; /* that the workers are busy with */
	struct crew *crew;
	struct reader reader;
};

/* The shard emits into whichever batch is current: the emitter looks it up at each event. */
struct emitter {
	struct pipeline *pipeline;
	uint32_t shard;
};

static void emit(void *user, const struct event *ev)
{
	const struct emitter *e = user;

	batch_emit(&e->pipeline->current->out[e->shard], ev);
}

static void run_shard(void *user, uint32_t s)
{
	struct pipeline *p = user;

	batch_run_shard(p->current, s, p->shards[s]);
}

static int open_pipeline(struct pipeline *p, struct emitter *emitters, struct pipeline_stats *stats,
	struct error *err)
{
	const struct pipeline_config *cfg = p->cfg;
	struct shard_config sc = {
		.hash_key = cfg->hash_key,
		.max_flows = cfg->max_flows / PIPELINE_SHARDS,
		.max_detections = cfg->max_detections / PIPELINE_SHARDS,
		.tcp_packet_budget = TCP_PACKET_BUDGET,
		.udp_packet_budget = UDP_PACKET_BUDGET,
	};
	bool ok = reader_init(&p->reader, cfg, stats);

	for (int i = 0; i < BATCHES; i++)
		ok = batch_init(&p->batches[i]) && ok;
	if (!ok)
		return error_set(
			err, ERR_SYSTEM, "not enough memory for the batches of the pipeline");
	for (uint32_t s = 0; s < PIPELINE_SHARDS; s++) {
		emitters[s] = (struct emitter){p, s};
		p->shards[s] = shard_new(&sc, emit, &emitters[s], err);
		if (!p->shards[s])
			return err->code;
	}
	p->crew = crew_new(cfg->workers, err);
	return p->crew ? 0 : err->code;
}

static void close_pipeline(struct pipeline *p)
{
	crew_free(p->crew);
	for (int s = 0; s < PIPELINE_SHARDS; s++)
		shard_free(p->shards[s]);
	for (int i = 0; i < BATCHES; i++)
		batch_done(&p->batches[i]);
	reader_done(&p->reader);
}

void pipeline_sum(const struct pipeline *p, struct pipeline_stats *stats)
{
	struct shard_stats *sum = &stats->shards;

	memset(sum, 0, sizeof(*sum));
	for (int s = 0; s < PIPELINE_SHARDS && p->shards[s]; s++) {
		struct shard_stats one;

		shard_stats(p->shards[s], &one);
		sum->packets += one.packets;
		sum->flows += one.flows;
		sum->flows_evicted += one.flows_evicted;
		for (int rank = 0; rank < FLOW_RANK_COUNT; rank++)
			sum->flows_evicted_by_rank[rank] += one.flows_evicted_by_rank[rank];
		sum->flows_crowded += one.flows_crowded;
		sum->detections_evicted += one.detections_evicted;
		sum->detections_evicted_answered += one.detections_evicted_answered;
		sum->detections_completed += one.detections_completed;
		sum->packets_inspected += one.packets_inspected;
		sum->details_dropped += one.details_dropped;
		sum->guessed += one.guessed;
		sum->unclassified += one.unclassified;
		sum->flows_now += one.flows_now;
		sum->detections_now += one.detections_now;
	}
}

/* Waits for the workers and hands on what they made, and lets them go on where that was more than
 * could be held at once. */
static int deliver(struct pipeline *p, const struct pipeline_consumer *c, struct error *err)
{
	bool all = false;
	int rc;

	for (;;) {
		crew_wait(p->crew);
		rc = batch_deliver(p->current, c, &all, err);
		if (rc != 0 || all)
			return rc;
		crew_start(p->crew, run_shard, p, PIPELINE_SHARDS);
	}
}

/* The caller's thread reads batch n + 1 while the workers are busy with batch n, then delivers n.
 */
static int run(struct pipeline *p, const struct pipeline_consumer *c, struct pipeline_stats *stats,
	struct error *err)
{
	const struct pipeline_config *cfg = p->cfg;
	struct batch *filled = &p->batches[0];
	struct batch *spare = &p->batches[1];
	bool more = reader_fill(&p->reader, filled, true);

	for (;;) {
		const bool last = !more;
		const bool turn = cfg->turn && cfg->wants_turn(cfg->user);
		struct batch *swap = filled;
		int rc;

		p->current = filled;
		crew_start(p->crew, run_shard, p, PIPELINE_SHARDS);
		batch_clear(spare);
		if (more && !turn)
			more = reader_fill(&p->reader, spare, false);
		rc = deliver(p, c, err);
		if (cfg->progress)
			cfg->progress(cfg->user, stats);
		if (rc == 0 && turn && !last)
			rc = cfg->turn(cfg->user, p);
		if (rc != 0 || last)
			return rc;
		if (more && batch_is_empty(spare))
			more = reader_fill(&p->reader, spare, true);
		filled = spare;
		spare = swap;
	}
}

void pipeline_set_site(struct pipeline *p, const struct site *site)
{
	reader_set_site(&p->reader, site);
}

void pipeline_send_canary(struct pipeline *p, uint32_t number, uint64_t ts_ns)
{
	reader_send_canary(&p->reader, number, ts_ns);
}

uint64_t pipeline_now_ns(const struct pipeline *p)
{
	return p->reader.clock.now_ns;
}

int pipeline_run(const struct pipeline_config *cfg, const struct pipeline_consumer *c,
	struct pipeline_stats *ret, struct error *err)
{
	struct pipeline p = {.cfg = cfg};
	struct emitter emitters[PIPELINE_SHARDS];
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = open_pipeline(&p, emitters, ret, err);
	if (rc == 0 && cfg->ready)
		rc = cfg->ready(cfg->user, err);
	if (rc == 0)
		rc = run(&p, c, ret, err);
	pipeline_sum(&p, ret);
	close_pipeline(&p);
	return rc;
}
