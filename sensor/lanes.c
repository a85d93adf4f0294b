#include "sensor/lanes.h"

#include <stdlib.h>

enum {
	TCP_PACKET_BUDGET = 80,
	UDP_PACKET_BUDGET = 24,
}; /* those of ndpiReader 4.2 */

static void emit(void *user, const struct event *ev)
{
	const struct lane *l = user;

	batch_emit(l->out, ev);
}

static void open_lane(void *user, uint32_t s)
{
	struct lanes *all = user;
	struct lane *l = &all->lane[s];
	const struct shard_config sc = {
		.like = s > 0 ? all->lane[0].shard : NULL,
		.hash_key = all->hash_key,
		.max_flows = all->max_flows,
		.max_detections = all->max_detections,
		.tcp_packet_budget = TCP_PACKET_BUDGET,
		.udp_packet_budget = UDP_PACKET_BUDGET,
	};

	if (s > 0 && !all->lane[0].shard)
		return; /* its fault is told */
	l->shard = shard_new(&sc, emit, l, &l->fault);
}

/* How many of N_THREADS may make, or free, classifiers beside the caller. */
static uint32_t many_at_once(uint32_t n_threads)
{
	return classifier_many_at_once() ? n_threads : 0;
}

struct lanes *lanes_begin(const struct pipeline_config *cfg)
{
	struct lanes *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->hash_key = cfg->hash_key;
	l->max_flows = cfg->max_flows / PIPELINE_SHARDS;
	l->max_detections = cfg->max_detections / PIPELINE_SHARDS;
	l->is_begun = true;
	gang_begin(&l->gang, many_at_once(cfg->workers), PIPELINE_SHARDS, open_lane, l);
	return l;
}

int lanes_end(struct lanes *l, struct error *err)
{
	l->is_begun = false;
	gang_end(&l->gang);
	for (uint32_t s = 0; s < PIPELINE_SHARDS; s++) {
		if (!l->lane[s].shard)
			return error_set(err, l->lane[s].fault.code, "%s", l->lane[s].fault.msg);
	}
	return 0;
}

static void close_lane(void *user, uint32_t s)
{
	const struct lanes *l = user;

	shard_free(l->lane[s].shard);
}

void lanes_free(struct lanes *l, uint32_t n_threads)
{
	if (!l)
		return;
	if (l->is_begun)
		gang_cancel(&l->gang);
	gang_run(many_at_once(n_threads), PIPELINE_SHARDS, close_lane, l);
	free(l);
}
