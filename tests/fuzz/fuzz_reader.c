/* Frames with any time stamps through the reader: nothing that a subscriber said is given to a
 * shard, sequence and time never go back, every frame is accounted for once, and what comes out
 * does not depend on how often the source had nothing for now.
 *
 * The first byte chooses the link type, and whether time may jump by more than an hour. Then, for
 * each frame: two bytes for its length, one for the step in time, whether the source is idle before
 * it, and whether its interface has a name, the frame. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"
#include "common/time_text.h"
#include "sensor/reader.h"
#include "tests/fuzz/fuzz_policy.h"

enum {
	MAX_FRAMES = 48,
	MAX_JUMPS = 1,
	RECORD_BYTES = 3,
	LINKTYPE_NUM_RAW = 101, /* of datagrams; no frame of ours has it */
	WILD_FROM = 0xe0,       /* one input in eight, for hours of ticks take long */
	IDLE_BIT = 0x80,
	IDLE_EARLY_BIT = 0x40,
	NAMED_BIT = 0x20,
	MAX_FILLS = 1 << 16,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct site *site;
	struct batch batch;
} rig;

/* A source of frames that are there already. */
struct fake {
	struct source base;
	struct frame frames[MAX_FRAMES];
	uint64_t idle_ns[MAX_FRAMES]; /* told once before the frame; 0: not idle */
	uint32_t n, at;
	bool may_idle, idle_told, never_idle;
};

static int fake_next(struct source *base, bool wait, struct frame *ret, struct error *err)
{
	struct fake *s = (struct fake *)base;

	(void)wait;
	(void)err;
	if (s->at == s->n)
		return SOURCE_END;
	if (!s->never_idle && !s->idle_told && s->idle_ns[s->at]) {
		s->idle_told = true;
		ret->ts_ns = s->idle_ns[s->at];
		return SOURCE_IDLE;
	}
	s->idle_told = false;
	*ret = s->frames[s->at++];
	return SOURCE_FRAME;
}

static void fake_fill(struct fake *s, const uint8_t *data, size_t size)
{
	static const uint32_t linktypes[] = {1, 113, 276};
	static const int64_t calm_ms[] = {0, 1, 50, 100, 500, 5000, -1000, -50};
	static const int64_t wild_ms[] = {0, 100, 4000000, 20000000, 86400000, INT64_C(1) << 43,
		-86400000, -(INT64_C(1) << 42)};
	const bool wild = data[0] >= WILD_FROM;
	const int64_t *steps_ms = wild ? wild_ms : calm_ms;
	const uint32_t linktype = linktypes[data[0] % 3];
	uint64_t ts_ns = UINT64_C(1795305600) * NS_PER_S;
	uint64_t least_ns = UINT64_MAX;
	int jumps = 0;

	data++;
	size--;
	while (size > RECORD_BYTES && s->n < MAX_FRAMES) {
		uint32_t n = (uint32_t)(data[0] << 8 | data[1]) % 2048;
		const uint8_t control = data[2];

		data += RECORD_BYTES;
		size -= RECORD_BYTES;
		n = n < size ? n : (uint32_t)size;
		if (!wild || jumps < MAX_JUMPS) /* hours of ticks cost milliseconds */
			ts_ns += (uint64_t)(steps_ms[control % 8] * (int64_t)NS_PER_MS);
		jumps += steps_ms[control % 8] > 1000000;
		s->frames[s->n] = (struct frame){.data = data,
			.caplen = n,
			.len = n,
			.ts_ns = ts_ns,
			.linktype = linktype,
			.interface_name = control & NAMED_BIT ? FUZZ_INTERFACE : NULL};
		s->idle_ns[s->n++] = wild ? 0 : control & (IDLE_BIT | IDLE_EARLY_BIT);
		data += n;
		size -= n;
	}
	/* An idle source promises that no later frame is older. */
	for (uint32_t i = s->n; i > 0; i--) {
		const uint64_t control = s->idle_ns[i - 1];

		least_ns = s->frames[i - 1].ts_ns < least_ns ? s->frames[i - 1].ts_ns : least_ns;
		s->may_idle = s->may_idle || control & IDLE_BIT;
		s->idle_ns[i - 1] = control & IDLE_BIT
					    ? least_ns - (control & IDLE_EARLY_BIT ? NS_PER_S : 0)
					    : 0;
	}
}

/* What a run gave. */
struct log {
	uint64_t hash[PIPELINE_SHARDS];  /* of the layers that the shard was given */
	uint64_t ticks[PIPELINE_SHARDS]; /* a sum over its ticks */
	uint64_t counters;
	uint64_t seq[PIPELINE_SHARDS], ts_ns[PIPELINE_SHARDS];
	uint64_t frames, layers;
};

static void note(uint64_t *hash, uint64_t value)
{
	*hash = hash64(&value, sizeof(value), *hash);
}

static bool is_private(uint16_t segment, const struct ip_addr *a)
{
	return site_scope(rig.site, segment, a) == SITE_SUBSCRIBERS &&
	       !inventory_find(site_inventory(rig.site), a, NULL, segment, 1);
}

static void check_layer(struct log *log, uint32_t shard, const struct work *w)
{
	const struct packet *p = &rig.batch.packets[w->packet];

	assert(w->packet < rig.batch.n_packets);
	assert(w->layer < p->n_layers && rig.batch.frames[w->packet].ts_ns == w->ts_ns);
	assert(!layer_problem(&rig.batch.frames[w->packet], p, w->layer));
	for (uint8_t i = 0; i <= w->layer; i++) {
		const uint16_t segment =
			site_segment(rig.site, p, i, rig.batch.frames[w->packet].interface_name);

		assert(!is_private(segment, &p->layers[i].src) &&
			!is_private(segment, &p->layers[i].dst));
	}
	note(&log->hash[shard], w->seq);
	note(&log->hash[shard], w->ts_ns);
	note(&log->hash[shard], w->layer);
	log->layers++;
}

/* Hours of ticks: not worth the fuzzer's attention. */
__attribute__((no_sanitize("coverage"))) static void check_order(
	struct log *log, uint32_t shard, const struct work *work, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct work *w = &work[i];

		assert(w->seq > log->seq[shard] && w->ts_ns >= log->ts_ns[shard]);
		log->seq[shard] = w->seq;
		log->ts_ns[shard] = w->ts_ns;
		log->ticks[shard] += w->packet == BATCH_TICK ? w->seq ^ w->ts_ns : 0;
		if (w->packet != BATCH_TICK)
			check_layer(log, shard, w);
	}
}

/* The source's frames come in their order, with datagrams put together of fragments between them.
 */
static void check_batch(struct log *log, const struct fake *s)
{
	const struct batch *b = &rig.batch;

	for (uint32_t i = 0; i < b->n_packets; i++) {
		const struct frame *from = &s->frames[log->frames];

		if (b->frames[i].linktype == LINKTYPE_NUM_RAW)
			continue;
		log->frames++;
		assert(log->frames <= s->n && b->frames[i].caplen == from->caplen);
		assert(from->caplen == 0 ||
			memcmp(b->frames[i].data, from->data, from->caplen) == 0);
		assert(!packet_problem(&b->frames[i], &b->packets[i]));
	}
	for (uint32_t shard = 0; shard < PIPELINE_SHARDS; shard++)
		check_order(log, shard, b->work[shard], b->n_work[shard]);
}

static void no_fault(void *user, const struct error *err)
{
	(void)user;
	(void)err;
	abort();
}

/* Each frame has one reason, or is a copy. */
static void check_accounts(const struct fake *s, const struct pipeline_stats *stats)
{
	uint64_t accounted = stats->duplicate_packets;

	for (int i = 0; i < REASON_COUNT; i++)
		accounted += stats->reasons[i];
	assert(stats->frames == s->n && accounted == s->n);
	assert(stats->fragments.held == 0 && stats->fragments.held_bytes == 0);
}

static struct log run(struct fake *s, bool never_idle)
{
	const struct pipeline_config cfg = {
		.source = &s->base, .site = rig.site, .hash_key = 1, .input_fault = no_fault};
	struct pipeline_stats stats = {0};
	struct log log = {0};
	struct reader reader;
	bool more = reader_init(&reader, &cfg, &stats);

	assert(more);
	s->at = 0;
	s->idle_told = false;
	s->never_idle = never_idle;
	for (int i = 0; more; i++) {
		assert(i < MAX_FILLS);
		batch_clear(&rig.batch);
		more = reader_fill(&reader, &rig.batch, true);
		check_batch(&log, s);
		assert(more != rig.batch.finish);
	}
	reader_done(&reader);
	check_accounts(s, &stats);
	assert(log.frames == s->n);
	note(&log.counters, stats.late);
	note(&log.counters, stats.outliers);
	note(&log.counters, stats.ticks);
	note(&log.counters, stats.subscriber_packets);
	note(&log.counters, stats.duplicate_packets);
	note(&log.counters, stats.fragments.completed);
	return log;
}

static void start(void)
{
	rig.site = fuzz_site_open();
	if (!batch_init(&rig.batch, 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct source_ops ops = {.next = fake_next};
	struct fake *s;
	struct log idle, busy;

	if (size == 0)
		return 0;
	if (!rig.site)
		start();
	s = calloc(1, sizeof(*s));
	if (!s)
		return 0;
	s->base.ops = &ops;
	fake_fill(s, data, size);
	idle = run(s, false);
	busy = s->may_idle ? run(s, true) : idle;
	assert(memcmp(idle.hash, busy.hash, sizeof(idle.hash)) == 0);
	assert(memcmp(idle.ticks, busy.ticks, sizeof(idle.ticks)) == 0);
	assert(idle.counters == busy.counters && idle.layers == busy.layers);
	free(s);
	return 0;
}
