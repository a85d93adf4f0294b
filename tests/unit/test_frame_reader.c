#include <string.h>

#include "sensor/reader.h"
#include "tests/support/frame_builder.h"
#include "tests/unit/suite.h"

enum { MAX_FRAMES = 8, LINKTYPE_NUM_RAW = 101, MIRROR_GRE_BYTES = 16, FIRST_BYTES = 64 };

/* Frames that are there already. */
struct made {
	struct source base;
	struct builder builders[MAX_FRAMES];
	uint32_t n, at;
};

static int made_next(struct source *base, bool wait, struct frame *ret, struct error *err)
{
	struct made *m = (struct made *)base;

	(void)wait;
	(void)err;
	if (m->at == m->n)
		return SOURCE_END;
	*ret = build_frame(&m->builders[m->at++], LINKTYPE_NUM_RAW);
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
	ck_assert(site && batch_init(&b) && reader_init(&r, &cfg, stats));
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
	tcase_add_test(tc, test_each_frame_of_a_copy_is_counted);
}

int main(void)
{
	return suite_main("frame_reader", add_tests);
}
