#include <string.h>

#include "sensor/reader.h"
#include "tests/support/frame_builder.h"
#include "tests/unit/policy_fixture.h"

enum { MAX_FRAMES = 8, LINKTYPE_NUM_RAW = 101, MIRROR_GRE_BYTES = 16, FIRST_BYTES = 64 };

/* Frames that are there already. */
struct made {
	struct source base;
	struct builder builders[MAX_FRAMES];
	const char *interfaces[MAX_FRAMES];
	uint32_t n, at;
};

static int made_next(struct source *base, bool wait, struct frame *ret, struct error *err)
{
	struct made *m = (struct made *)base;

	(void)wait;
	(void)err;
	if (m->at == m->n)
		return SOURCE_END;
	*ret = build_frame(&m->builders[m->at], LINKTYPE_NUM_RAW);
	ret->interface_name = m->interfaces[m->at++];
	return SOURCE_FRAME;
}

/* What the reader counts of M. */
static void read_all(struct made *m, struct pipeline_stats *stats)
{
	static const struct source_ops ops = {.next = made_next};
	struct site *site = site_open(NULL, NULL, NULL, NULL);
	const struct pipeline_config cfg = {.source = &m->base, .site = site};
	struct reader r;
	struct batch b;

	m->base.ops = &ops;
	memset(stats, 0, sizeof(*stats));
	ck_assert(site && batch_init(&b, 0) && reader_init(&r, &cfg, stats));
	do {
		batch_clear(&b);
	} while (reader_fill(&r, &b, true));
	reader_done(&r);
	batch_done(&b);
	site_close(site);
}

/* Fragment OFFSET of datagram ID between a switch and its collector: a part of a mirrored packet.
 */
static void add_fragment(struct made *m, uint16_t id, uint32_t offset)
{
	struct builder *b = &m->builders[m->n++];
	struct builder whole;
	uint8_t *p;

	build_start(&whole);
	build_payload(&whole, 60);
	build_udp(&whole, 53, 40000);
	build_ipv4(&whole, 1, 2, IPPROTO_NUM_UDP);
	build_ethernet(&whole, 0x0800);
	p = build_front(&whole, MIRROR_GRE_BYTES); /* ERSPAN II with a sequence number */
	put32(p, 0x100088be);
	put32(p + 8, 0x10000007);
	build_start(b);
	if (offset == 0)
		build_bytes(b, whole.bytes + whole.at, FIRST_BYTES);
	else
		build_bytes(b, whole.bytes + whole.at + offset, build_len(&whole) - offset);
	p = build_ipv4(b, 9, 8, 47);
	put16(p + 4, id);
	put16(p + 6, (offset == 0 ? 0x2000 : 0) | offset / 8);
}

/* One half of a datagram, on the interface called NAME. */
static void add_half(struct made *m, uint16_t id, bool second, const char *name)
{
	struct builder *b = &m->builders[m->n];
	uint8_t *p;

	build_start(b);
	build_payload(b, 24);
	if (!second)
		build_udp(b, 1000, 9999);
	p = build_ipv4(b, 1, 2, IPPROTO_NUM_UDP);
	put16(p + 4, id);
	put16(p + 6, second ? 4 : 0x2000);
	m->interfaces[m->n++] = name;
}

/* What a datagram was put together of came from its interface, too. */
START_TEST(test_segments_of_interfaces)
{
	static const char *const names[] = {"eth2", "eth3", NULL};
	static const struct source_ops ops = {.next = made_next};
	static struct made m = {.base = {&ops}};
	struct site *site =
		site_from("schema: 1\n"
			  "site: test\n"
			  "segments: {oam: {interface: eth2}, core: {interface: eth3}}\n"
			  "networks: {own: [192.0.2.0/24]}\n",
			NULL);
	const struct pipeline_config cfg = {.source = &m.base, .site = site};
	struct pipeline_stats stats = {0};
	unsigned seen[3] = {0};
	struct reader r;
	struct batch b;

	for (int second = 0; second < 2; second++) {
		for (uint16_t i = 0; i < 3; i++)
			add_half(&m, i, second, names[i]);
	}
	ck_assert(batch_init(&b, 0) && reader_init(&r, &cfg, &stats));
	do {
		batch_clear(&b);
	} while (reader_fill(&r, &b, true) && b.n_packets == 0);
	for (int shard = 0; shard < PIPELINE_SHARDS; shard++) {
		for (uint32_t i = 0; i < b.n_work[shard]; i++) {
			const struct work *w = &b.work[shard][i];

			if (w->packet == BATCH_TICK)
				continue;
			ck_assert_uint_lt(w->sighting.key.segment, 3);
			seen[w->sighting.key.segment]++;
		}
	}
	ck_assert_uint_eq(stats.fragments.completed, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(seen[i], 1);
	reader_done(&r);
	batch_done(&b);
	site_close(site);
}
END_TEST

/* A mirror's packet came in two fragments, and a moment later once more from another tap. */
START_TEST(test_each_frame_of_a_copy_is_counted)
{
	static struct made m;
	struct pipeline_stats stats;
	uint64_t accounted;

	m.n = m.at = 0;
	add_fragment(&m, 1, 0);
	add_fragment(&m, 1, FIRST_BYTES);
	add_fragment(&m, 2, 0);
	add_fragment(&m, 2, FIRST_BYTES);
	read_all(&m, &stats);
	ck_assert_uint_eq(stats.frames, 4);
	ck_assert_uint_eq(stats.fragments.completed, 2);
	ck_assert_uint_eq(stats.duplicate_packets, 2);
	accounted = stats.duplicate_packets;
	for (int i = 0; i < REASON_COUNT; i++)
		accounted += stats.reasons[i];
	ck_assert_uint_eq(accounted, stats.frames);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_segments_of_interfaces);
	tcase_add_test(tc, test_each_frame_of_a_copy_is_counted);
}

int main(void)
{
	return suite_main("frame_reader", add_tests);
}
