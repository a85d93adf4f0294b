#include "sensor/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "sensor/batch.h"
#include "sensor/crew.h"
#include "sensor/lanes.h"
#include "sensor/reader.h"

enum {
	BATCHES = 8,
	/* Jobs that keep the workers busy while the caller's thread hands on a batch. */
	ENOUGH_JOBS = 2 * PIPELINE_SHARDS,
	MAX_SAVED_SHARDS = 64, /* of any release */
};

/* Of the caller's thread, but for the lanes, what lies in the batches between read and told, and
 * what is the teller's. */
struct pipeline {
	const struct pipeline_config *cfg;
	struct batch *batches; /* a ring */
	uint32_t n_batches;
	uint64_t n_read, n_told; /* batches; as far as was seen, more may have been told by now */
	bool more;               /* the source has not ended */
	bool is_begun; /* the batch to be read holds nothing, but was given to the reader */
	bool is_idle;  /* the source had nothing: what is under way is told first */
	bool turn_is_due;
	struct lanes *lanes;
	struct crew *crew;
	struct reader reader;
	/* Whoever tells a batch, one at a time. */
	const struct pipeline_consumer *consumer;
	struct error fault;
	atomic_int told_rc; /* once it is not 0 nothing more is told; FAULT was written before */
};

static struct batch *batch_at(const struct pipeline *p, uint64_t n)
{
	return &p->batches[n % p->n_batches];
}

static bool run_shard(void *user, uint32_t s, uint64_t n)
{
	struct pipeline *p = user;
	struct batch *b = batch_at(p, n);

	p->lanes->lane[s].out = &b->out[s];
	batch_run_shard(b, s, p->lanes->lane[s].shard);
	return b->out[s].done;
}

/* Hands on what came of batch N. */
static bool tell_batch(void *user, uint64_t n)
{
	struct pipeline *p = user;
	bool all = false;
	int rc;

	if (atomic_load(&p->told_rc) != 0)
		return true;
	rc = batch_deliver(batch_at(p, n), p->consumer, &all, &p->fault);
	atomic_store(&p->told_rc, rc);
	return all || rc != 0;
}

static bool open_batches(struct pipeline *p)
{
	const uint32_t n = p->cfg->batches ? p->cfg->batches : BATCHES;
	bool ok = true;

	p->batches = aligned_alloc(_Alignof(struct batch), n * sizeof(*p->batches));
	for (uint32_t i = 0; p->batches && i < n; i++, p->n_batches++)
		ok = batch_init(&p->batches[i], p->cfg->batch_frames) && ok;
	return p->batches && ok;
}

static int open_pipeline(struct pipeline *p, struct pipeline_stats *stats, struct error *err)
{
	const struct pipeline_config *cfg = p->cfg;
	const struct crew_config cc = {.n_threads = cfg->workers,
		.n_lanes = PIPELINE_SHARDS,
		.n_processors = cfg->processors,
		.wake_jobs = ENOUGH_JOBS,
		.job = run_shard,
		.gather = tell_batch,
		.user = p};
	const bool has_reader = reader_init(&p->reader, cfg, stats);

	if (!p->lanes)
		return error_set(
			err, ERR_SYSTEM, "not enough memory for the shards of the pipeline");
	if (lanes_end(p->lanes, err) < 0)
		return err->code;
	if (!open_batches(p) || !has_reader)
		return error_set(
			err, ERR_SYSTEM, "not enough memory for the batches of the pipeline");
	p->crew = crew_new(&cc, err);
	return p->crew ? 0 : err->code;
}

/* What a sensor gave up when it was ready may be the right to start threads. */
static void close_pipeline(struct pipeline *p)
{
	if (!p->cfg->ends_process)
		lanes_free(p->lanes, p->cfg->ready ? 0 : p->cfg->workers);
	for (uint32_t i = 0; i < p->n_batches; i++)
		batch_done(&p->batches[i]);
	free(p->batches);
	reader_done(&p->reader);
}

void pipeline_sum(const struct pipeline *p, struct pipeline_stats *stats)
{
	struct shard_stats *sum = &stats->shards;

	memset(sum, 0, sizeof(*sum));
	for (int s = 0; p->lanes && s < PIPELINE_SHARDS && p->lanes->lane[s].shard; s++) {
		struct shard_stats one;

		shard_stats(p->lanes->lane[s].shard, &one);
		sum->packets += one.packets;
		sum->flows += one.flows;
		sum->flows_loaded += one.flows_loaded;
		sum->flows_resumed += one.flows_resumed;
		sum->flows_evicted += one.flows_evicted;
		for (int rank = 0; rank < FLOW_RANK_COUNT; rank++)
			sum->flows_evicted_by_rank[rank] += one.flows_evicted_by_rank[rank];
		sum->flows_crowded += one.flows_crowded;
		sum->detections_evicted += one.detections_evicted;
		sum->detections_evicted_answered += one.detections_evicted_answered;
		sum->detections_completed += one.detections_completed;
		sum->packets_inspected += one.packets_inspected;
		sum->details_dropped += one.details_dropped;
		sum->messages += one.messages;
		sum->messages_withheld += one.messages_withheld;
		sum->messages_forgotten += one.messages_forgotten;
		sum->guessed += one.guessed;
		sum->unclassified += one.unclassified;
		sum->flows_now += one.flows_now;
		sum->detections_now += one.detections_now;
	}
}

static bool is_under_way(const struct pipeline *p)
{
	return p->n_read > p->n_told;
}

static bool may_read(const struct pipeline *p)
{
	return p->more && !p->turn_is_due && !p->is_idle && p->n_read - p->n_told < p->n_batches;
}

/* Waits for the source when nothing is under way, and then only. */
static void read_batch(struct pipeline *p)
{
	const struct pipeline_config *cfg = p->cfg;
	const bool wait = !is_under_way(p);
	struct batch *b = batch_at(p, p->n_read);

	if (!p->is_begun)
		batch_clear(b);
	p->more = reader_fill(&p->reader, b, wait);
	p->is_begun = p->is_idle = p->more && !wait && batch_is_empty(b);
	if (p->is_begun)
		return;
	p->turn_is_due = p->more && cfg->turn && cfg->wants_turn(cfg->user);
	p->n_read++;
	crew_post(p->crew);
}

/* With batches under way: first what keeps the workers busy, then their own work and the telling,
 * then reading further ahead. */
static void step(struct pipeline *p)
{
	const bool reads = may_read(p);

	if (reads && crew_backlog(p->crew) < ENOUGH_JOBS)
		read_batch(p);
	else if (crew_help(p->crew))
		return;
	else if (reads)
		read_batch(p);
	else
		crew_wait(p->crew, p->n_told);
}

static void look_what_was_told(struct pipeline *p, const struct pipeline_stats *stats)
{
	const uint64_t n_told = crew_gathered(p->crew);

	if (n_told == p->n_told)
		return;
	p->n_told = n_told;
	if (p->cfg->progress)
		p->cfg->progress(p->cfg->user, stats);
}

static int run(struct pipeline *p, const struct pipeline_stats *stats)
{
	int rc = 0;

	p->more = true;
	while (rc == 0 && (p->more || is_under_way(p))) {
		if (is_under_way(p)) {
			step(p);
			look_what_was_told(p, stats);
			rc = atomic_load(&p->told_rc);
		} else if (p->turn_is_due) {
			p->turn_is_due = false;
			rc = p->cfg->turn(p->cfg->user, p);
		} else {
			p->is_idle = false;
			read_batch(p);
		}
	}
	return rc;
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

/* Each shard's flows have their length in front. */
void pipeline_save(const struct pipeline *p, const struct pipeline_parts *parts)
{
	struct blob_writer *w = parts->flows;

	reader_save(&p->reader, parts->reader);
	if (!w)
		return;
	blob_put_u32(w, PIPELINE_SHARDS);
	for (uint32_t s = 0; s < PIPELINE_SHARDS; s++) {
		const size_t place = blob_reserve_u32(w);
		const size_t from = w->len;

		shard_save(p->lanes->lane[s].shard, w);
		blob_set_u32(w, place, (uint32_t)(w->len - from));
	}
}

static bool load_flows(struct pipeline *p, struct blob_reader *r)
{
	struct shard *shards[PIPELINE_SHARDS];
	struct blob_reader parts[MAX_SAVED_SHARDS];
	const uint32_t n = blob_count(r, MAX_SAVED_SHARDS, sizeof(uint32_t));

	for (uint32_t i = 0; i < n; i++)
		parts[i] = blob_part(r);
	for (uint32_t s = 0; s < PIPELINE_SHARDS; s++)
		shards[s] = p->lanes->lane[s].shard;
	return blob_at_end(r) && shards_load(shards, PIPELINE_SHARDS, parts, n);
}

static int resume(struct pipeline *p, struct pipeline_parts_read *from, struct error *err)
{
	if (!reader_load(&p->reader, &from->reader) || !blob_at_end(&from->reader))
		return error_set(err, ERR_INPUT, "what it says of the packet clock makes no sense");
	if (from->has_flows && !load_flows(p, &from->flows))
		return error_set(
			err, ERR_INPUT, "what it says of the conversations makes no sense");
	return 0;
}

int pipeline_run(const struct pipeline_config *cfg, const struct pipeline_consumer *c,
	struct pipeline_stats *ret, struct error *err)
{
	struct pipeline p = {
		.cfg = cfg, .consumer = c, .lanes = cfg->begun ? cfg->begun : lanes_begin(cfg)};
	int rc;

	memset(ret, 0, sizeof(*ret));
	rc = open_pipeline(&p, ret, err);
	if (rc == 0 && cfg->resume)
		rc = resume(&p, cfg->resume, err);
	if (rc == 0 && cfg->ready)
		rc = cfg->ready(cfg->user, err);
	if (rc == 0)
		rc = run(&p, ret);
	if (rc == 0 && cfg->keep)
		rc = cfg->keep(cfg->user, &p, err);
	if (rc == 0 && cfg->keep && cfg->ends_kept) {
		p.reader.goes_on = false;
		rc = run(&p, ret);
	}
	crew_free(p.crew);
	if (p.fault.code != ERR_OK)
		*err = p.fault;
	pipeline_sum(&p, ret);
	close_pipeline(&p);
	return rc;
}
