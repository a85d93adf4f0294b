/* Frames to flows, labels and facts: the shard with nDPI behind it, which is not instrumented. Each
 * frame ends where a page ends that may not be read. The input is a list of frames: two bytes
 * for the length, one for the time since the frame before, the frame. Link type: Ethernet. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analysis/flow/details.h"
#include "analysis/flow_facts.h"
#include "analysis/shard.h"
#include "common/time_text.h"
#include "tests/support/packet_check.h"

enum {
	LINKTYPE_NUM_ETHERNET = 1,
	MAX_FRAME_BYTES = 4096,
	RECORD_BYTES = 3,
	ARENA_BYTES = 1 << 16,
	MAX_TEXT_BYTES = 1 << 16,
	HASH_KEY = 1,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	struct shard *shard; /* one for all inputs: making it costs 50 ms */
	struct arena *arena;
	struct json_writer json;
	struct facts facts;
	uint8_t *page_end; /* what lies behind may not be read */
	uint64_t seq, ts_ns;
} rig;

static void fill(void *user, struct facts *f, enum fact_group group)
{
	flow_facts_group(f, user, group);
}

/* A shard's events become facts, and these JSON. */
static void on_event(void *user, const struct event *packed)
{
	struct flow_details details;
	struct event unpacked = *packed;
	struct event *ev = &unpacked;

	(void)user;
	event_unpack(ev, &details);
	assert(ev->ts_ns <= rig.ts_ns && ev->seq <= rig.seq);
	facts_clear(&rig.facts);
	if (ev->kind == EVENT_DNS_ANSWER) {
		assert(ev->n_dns_addr <= DNS_MAX_ADDRESSES && ev->dns_reply);
		dns_facts_fill(&rig.facts, ev);
	} else if (ev->kind == EVENT_REACH) {
		reach_facts_fill(&rig.facts, ev);
	} else if (ev->kind == EVENT_MESSAGE) {
		assert(ev->message && ev->message_count > 0 && ev->message_sender <= 1);
		message_facts_fill(&rig.facts, ev, 0);
	} else {
		assert(strlen(ev->flow.label.protocol) < LABEL_TEXT_BYTES &&
			strlen(ev->flow.label.application) < LABEL_TEXT_BYTES);
		facts_set_num(&rig.facts, FIELD_TIMESTAMP, ev->ts_ns);
		facts_owe(&rig.facts, FLOW_FACT_GROUPS, fill, ev);
	}
	json_clear(&rig.json);
	json_object_begin(&rig.json);
	facts_write_json(&rig.facts, &rig.json);
	json_object_end(&rig.json);
	assert(!rig.json.failed && rig.json.len < MAX_TEXT_BYTES);
}

static void start(void)
{
	static const struct shard_config cfg = {
		.hash_key = HASH_KEY,
		.max_flows = 64,
		.max_detections = 16,
		.tcp_packet_budget = 80,
		.udp_packet_budget = 24,
	};
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *memory = mmap(NULL, MAX_FRAME_BYTES + page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct error err;

	assert(memory != MAP_FAILED && mprotect(memory + MAX_FRAME_BYTES, page, PROT_NONE) == 0);
	rig.page_end = memory + MAX_FRAME_BYTES;
	rig.arena = arena_new(ARENA_BYTES);
	rig.facts.arena = arena_new(ARENA_BYTES);
	rig.shard = shard_new(&cfg, on_event, NULL, &err);
	rig.ts_ns = UINT64_C(1795305600) * NS_PER_S;
	json_init(&rig.json);
	assert(rig.arena && rig.facts.arena && rig.shard);
}

static void feed(const uint8_t *data, uint32_t n)
{
	uint8_t *bytes = rig.page_end - n;
	struct frame f = {
		.data = bytes,
		.caplen = n,
		.len = n,
		.ts_ns = rig.ts_ns,
		.linktype = LINKTYPE_NUM_ETHERNET,
	};
	struct packet p;

	memcpy(bytes, data, n);
	decode_frame(&f, NULL, &p);
	if (packet_problem(&f, &p))
		abort();
	for (uint32_t i = 0; i < p.n_layers; i++) {
		struct sighting at;

		sighting_make(&at, &f, &p, i, (uint16_t)(i % 2), rig.ts_ns, HASH_KEY);
		shard_packet(rig.shard, &at, &f, &p, i, ++rig.seq, rig.ts_ns, rig.arena);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Milliseconds; the last ones let flows end. */
	static const uint32_t steps_ms[] = {0, 1, 20, 100, 1000, 30000, 200000, 2000000};
	struct shard_stats stats;

	if (!rig.shard)
		start();
	while (size > RECORD_BYTES) {
		uint32_t n = (uint32_t)(data[0] << 8 | data[1]) % MAX_FRAME_BYTES;
		const uint32_t step_ms = steps_ms[data[2] % 8];

		data += RECORD_BYTES;
		size -= RECORD_BYTES;
		n = n < size ? n : (uint32_t)size;
		rig.ts_ns += step_ms * NS_PER_MS;
		if (step_ms >= 100) {
			shard_tick(rig.shard, rig.ts_ns, rig.seq);
			(void)shard_pay(rig.shard, UINT32_MAX, rig.arena);
		}
		feed(data, n);
		arena_reset(rig.arena);
		arena_reset(rig.facts.arena);
		data += n;
		size -= n;
	}
	shard_finish(rig.shard, rig.ts_ns, rig.seq);
	(void)shard_pay(rig.shard, UINT32_MAX, rig.arena);
	shard_stats(rig.shard, &stats);
	assert(stats.flows_now == 0 && stats.detections_now == 0 && stats.details_bytes == 0);
	arena_reset(rig.arena);
	arena_reset(rig.facts.arena);
	return 0;
}
