/* The pipeline over sources that are written down: whatever a source has for now, and however many
 * workers there are, the same events come out in the same order. */
#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"
#include "common/time_text.h"
#include "rules/canary.h"
#include "sensor/pipeline.h"
#include "tests/support/frame_builder.h"
#include "tests/unit/suite.h"

#define T0 (UINT64_C(1790000000) * NS_PER_S)

enum { MAX_FRAMES = 4000, MAX_FRAME_BYTES = 128 };

/* Frames of many conversations, and what the source says between them. */
struct script {
	struct source base;
	struct frame frames[MAX_FRAMES];
	uint8_t bytes[MAX_FRAMES][MAX_FRAME_BYTES];
	uint32_t n, next;
	unsigned idles;   /* so often, of 16 times, there is nothing for now */
	uint32_t random;  /* state of a generator */
	uint64_t tail_ns; /* after the last frame nothing comes until then */
	uint64_t tail_at_ns;
	uint32_t batch_frames, batches; /* of the pipeline that it is run through */
	bool is_parted;                 /* what whole periods count does not matter */
};

static uint32_t draw(struct script *s)
{
	s->random = s->random * 1664525u + 1013904223u;
	return s->random >> 16;
}

static int script_next(struct source *base, bool wait, struct frame *ret, struct error *err)
{
	struct script *s = (struct script *)base;

	(void)wait;
	(void)err;
	if (s->next < s->n && draw(s) % 16 < s->idles) {
		/* no frame before the next one will come */
		ret->ts_ns = s->next ? s->frames[s->next].ts_ns : 0;
		return SOURCE_IDLE;
	}
	if (s->next < s->n) {
		*ret = s->frames[s->next++];
		return SOURCE_FRAME;
	}
	if (s->tail_at_ns < s->tail_ns) {
		s->tail_at_ns += 70 * NS_PER_MS;
		ret->ts_ns = s->tail_at_ns;
		return SOURCE_IDLE;
	}
	return SOURCE_END;
}

static void script_close(struct source *base)
{
	(void)base;
}

static const struct source_ops script_ops = {.next = script_next, .close = script_close};

static void add_frame(struct script *s, struct builder *b, uint64_t ts_ns)
{
	struct frame *f = &s->frames[s->n];

	build_ethernet(b, 0x0800);
	ck_assert_uint_le(build_len(b), MAX_FRAME_BYTES);
	memcpy(s->bytes[s->n], b->bytes + b->at, build_len(b));
	*f = (struct frame){.data = s->bytes[s->n],
		.caplen = build_len(b),
		.len = build_len(b),
		.ts_ns = ts_ns,
		.linktype = 1,
		.number = s->n + 1};
	s->n++;
}

/* Conversations of several transports, some answered, over STEPS of three seconds each. */
static struct script *write_script(unsigned steps)
{
	struct script *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	s->base.ops = &script_ops;
	s->random = 1;
	for (unsigned i = 0; i < steps && s->n + 4 < MAX_FRAMES; i++) {
		const uint64_t t = T0 + i * 3 * NS_PER_S + draw(s) % 1000 * NS_PER_MS;
		const uint8_t host = (uint8_t)(draw(s) % 20 + 1), peer = (uint8_t)(draw(s) % 5 + 1);
		struct builder b;

		build_start(&b);
		build_payload(&b, 20);
		build_udp(&b, (uint16_t)(1000 + host), 9999);
		build_ipv4(&b, host, peer, 17);
		add_frame(s, &b, t);
		build_start(&b);
		build_tcp(&b, (uint16_t)(2000 + i), 443, TCP_SYN, 0);
		build_ipv4(&b, host, peer, 6);
		add_frame(s, &b, t + NS_PER_MS);
		build_start(&b);
		build_tcp(&b, (uint16_t)(2000 + i), 443, TCP_RST | TCP_ACK, 0);
		build_ipv4(&b, host, peer, 6);
		add_frame(s, &b, t + NS_PER_MS + (i % 7 == 0 ? 0 : 5));
	}
	return s;
}

/* Everything that was told, as one digest. */
struct told {
	uint64_t hash;
	bool is_part; /* of a run: what was counted in it is not what the whole counts */
	uint64_t events, canaries, ticks, periods, settled;
	uint64_t finish_ns, last_settled_ns, last_ns, last_frame_ns;
};

static void mix(struct told *t, const void *bytes, size_t n)
{
	t->hash = hash64(bytes, n, t->hash);
}

static int on_event(void *user, const struct event *ev)
{
	struct told *t = user;
	const uint64_t numbers[] = {(uint64_t)ev->kind, ev->seq, ev->ts_ns, ev->flow.first_seq,
		ev->flow.packets[0], ev->flow.packets[1], (uint64_t)ev->flow.end};

	/* What ends with the input is stamped by the last frame, which the clock may have left. */
	ck_assert(ev->ts_ns >= t->last_settled_ns || ev->ts_ns == t->last_frame_ns);
	mix(t, numbers, sizeof(numbers));
	t->events++;
	t->canaries += ev->kind == EVENT_FLOW_END && ev->flow.segment == CANARY_SEGMENT;
	t->last_ns = ev->ts_ns;
	return 0;
}

static int on_tick(void *user, uint64_t ts_ns)
{
	struct told *t = user;

	/* Ticks after the last event tell nothing, and their number depends on when it ends. */
	(void)ts_ns;
	t->ticks++;
	return 0;
}

static int on_period(void *user, uint64_t until_ns, bool day, const struct pipeline_stats *so_far)
{
	struct told *t = user;
	const uint64_t numbers[] = {until_ns, day, so_far->frames, so_far->reasons[REASON_none]};

	if (!t->is_part)
		mix(t, numbers, sizeof(numbers));
	t->periods++;
	return 0;
}

static int on_settled(void *user, uint64_t ts_ns)
{
	struct told *t = user;

	if (ts_ns > t->last_settled_ns && t->last_ns <= ts_ns)
		t->last_settled_ns = ts_ns;
	t->settled++;
	return 0;
}

static int on_finish(void *user, uint64_t ts_ns)
{
	((struct told *)user)->finish_ns = ts_ns;
	return 0;
}

static struct told run(struct script *s, uint32_t workers)
{
	struct site *site = site_open(NULL, NULL, NULL, NULL);
	struct pipeline_config cfg = {.source = &s->base,
		.site = site,
		.hash_key = 5,
		.workers = workers,
		.batch_frames = s->batch_frames,
		.batches = s->batches,
		.max_flows = 8000,
		.max_detections = 8000};
	struct told t = {.hash = 1,
		.is_part = s->is_parted,
		.last_frame_ns = s->n ? s->frames[s->n - 1].ts_ns : 0};
	const struct pipeline_consumer c = {.user = &t,
		.event = on_event,
		.tick = on_tick,
		.period = on_period,
		.settled = on_settled,
		.finish = on_finish};
	struct pipeline_stats stats;
	struct error err = {0};

	ck_assert_ptr_nonnull(site);
	ck_assert_msg(pipeline_run(&cfg, &c, &stats, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(stats.frames, s->n);
	site_close(site);
	return t;
}

static struct told run_with(
	unsigned steps, unsigned idles, uint32_t seed, uint64_t tail_ns, uint32_t workers)
{
	struct script *s = write_script(steps);
	struct told t;

	s->idles = idles;
	s->random = seed;
	s->tail_at_ns = s->frames[s->n - 1].ts_ns;
	s->tail_ns = tail_ns ? s->tail_at_ns + tail_ns : 0;
	t = run(s, workers);
	free(s);
	return t;
}

START_TEST(silence_between_frames_changes_nothing)
{
	const struct told plain = run_with(400, 0, 1, 0, 1);

	ck_assert_uint_gt(plain.events, 1000);
	for (uint32_t seed = 1; seed < 8; seed++) {
		const struct told live = run_with(400, seed * 2, seed, 0, 1 + seed % 3);

		ck_assert_uint_eq(live.hash, plain.hash);
		ck_assert_uint_eq(live.ticks, plain.ticks);
		ck_assert_uint_eq(live.finish_ns, plain.finish_ns);
	}
}
END_TEST

/* What a run that is kept leaves behind. */
struct kept {
	struct blob_writer reader, flows;
};

static int on_keep(void *user, struct pipeline *p, struct error *err)
{
	struct kept *k = user;

	(void)err;
	pipeline_save(p, &(struct pipeline_parts){&k->reader, &k->flows});
	return k->reader.failed || k->flows.failed ? ERR_SYSTEM : 0;
}

/* The frames of S up to CUT, and then the others, as two runs. */
static struct told run_in_two(struct script *s, uint32_t cut, uint32_t workers)
{
	struct site *site = site_open(NULL, NULL, NULL, NULL);
	struct told t = {.hash = 1, .is_part = true};
	struct kept kept;
	struct pipeline_parts_read from;
	struct pipeline_config cfg = {.source = &s->base,
		.site = site,
		.hash_key = 5,
		.workers = workers,
		.max_flows = 8000,
		.max_detections = 8000,
		.keep = on_keep,
		.user = &kept};
	const struct pipeline_consumer c = {.user = &t,
		.event = on_event,
		.tick = on_tick,
		.period = on_period,
		.settled = on_settled,
		.finish = on_finish};
	const uint32_t n = s->n;
	struct pipeline_stats stats;
	struct error err = {0};

	blob_init(&kept.reader, 1 << 24);
	blob_init(&kept.flows, 1 << 24);
	s->next = 0;
	s->n = cut;
	t.last_frame_ns = s->frames[n - 1].ts_ns;
	ck_assert_msg(pipeline_run(&cfg, &c, &stats, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(stats.frames, cut);
	ck_assert_uint_eq(t.periods, 0);
	ck_assert_uint_eq(t.finish_ns, 0);
	s->n = n;
	from = (struct pipeline_parts_read){blob_reader_init(kept.reader.data, kept.reader.len),
		blob_reader_init(kept.flows.data, kept.flows.len), true};
	cfg.keep = NULL;
	cfg.resume = &from;
	ck_assert_msg(pipeline_run(&cfg, &c, &stats, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(stats.frames, n - cut);
	blob_done(&kept.reader);
	blob_done(&kept.flows);
	site_close(site);
	return t;
}

/* Its conversations are labelled by their number of packets, so none shows that it was resumed. */
START_TEST(a_run_in_two_parts_tells_the_same)
{
	struct script *s = write_script(400);
	struct told whole;

	s->is_parted = true;
	whole = run(s, 1);
	for (uint32_t cut = 0; cut <= s->n; cut += s->n / 9) {
		const struct told t = run_in_two(s, cut, 1 + cut % 3);

		ck_assert_uint_eq(t.events, whole.events);
		ck_assert_uint_eq(t.hash, whole.hash);
		ck_assert_uint_eq(t.ticks, whole.ticks);
		ck_assert_uint_eq(t.periods, whole.periods);
		ck_assert_uint_eq(t.finish_ns, whole.finish_ns);
	}
	free(s);
}
END_TEST

START_TEST(what_makes_no_sense_is_not_resumed)
{
	struct script *s = write_script(4);
	struct site *site = site_open(NULL, NULL, NULL, NULL);
	struct pipeline_parts_read from = {
		blob_reader_init("?", 1), blob_reader_init(NULL, 0), false};
	const struct pipeline_config cfg = {.source = &s->base,
		.site = site,
		.max_flows = 8000,
		.max_detections = 8000,
		.resume = &from};
	struct told t = {.hash = 1};
	const struct pipeline_consumer c = {
		.user = &t, .event = on_event, .tick = on_tick, .finish = on_finish};
	struct pipeline_stats stats;
	struct error err = {0};

	ck_assert_int_eq(pipeline_run(&cfg, &c, &stats, &err), ERR_INPUT);
	ck_assert_ptr_nonnull(strstr(err.msg, "packet clock"));
	ck_assert_uint_eq(t.events + t.ticks, 0);
	ck_assert_uint_eq(s->next, 0);
	site_close(site);
	free(s);
}
END_TEST

/* As many conversations as there are frames, all open at the end: a shard then makes more events
 * than it may hold at once. */
static struct script *write_flood(void)
{
	struct script *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	s->base.ops = &script_ops;
	s->random = 1;
	for (unsigned i = 0; i < MAX_FRAMES; i++) {
		struct builder b;

		build_start(&b);
		build_payload(&b, 20);
		build_udp(&b, 4000, 9999);
		build_ipv4(&b, (uint8_t)(i % 250 + 1), (uint8_t)(i / 250 + 1), 17);
		add_frame(s, &b, T0 + i * NS_PER_MS / 2);
	}
	return s;
}

static void same_with_sizes(struct script *s, uint32_t frames, uint32_t ring, uint32_t workers)
{
	struct told plain, t;

	s->batch_frames = s->batches = 0;
	plain = run(s, 1);
	s->next = 0;
	s->batch_frames = frames;
	s->batches = ring;
	s->idles = frames % 2 ? 4 : 0;
	t = run(s, workers);
	ck_assert_uint_gt(plain.events, 1000);
	ck_assert_uint_eq(t.hash, plain.hash);
	ck_assert_uint_eq(t.events, plain.events);
	ck_assert_uint_eq(t.ticks, plain.ticks);
	ck_assert_uint_eq(t.periods, plain.periods);
	ck_assert_uint_eq(t.finish_ns, plain.finish_ns);
	free(s);
}

/* How much is read ahead, in how large pieces, and on how many threads changes nothing. */
START_TEST(sizes_of_batches_and_ring_change_nothing)
{
	static const uint32_t sizes[][3] = {{1, 1, 0}, {1, 8, 2}, {2, 20, 3}, {7, 2, 1},
		{100, 3, 0}, {333, 1, 4}, {5000, 2, 1}};
	const uint32_t *size = sizes[_i];

	same_with_sizes(write_script(400), size[0], size[1], size[2]);
	same_with_sizes(write_flood(), size[0], size[1], size[2]);
}
END_TEST

/* A live run is stopped some seconds after the last packet, a replay ends with it. */
START_TEST(when_it_is_stopped_does_not_matter)
{
	const struct told plain = run_with(50, 0, 1, 0, 1);

	for (uint64_t s = 1; s < 10; s++) {
		const struct told live = run_with(50, 3, (uint32_t)s, s * NS_PER_S, 2);

		ck_assert_uint_eq(live.hash, plain.hash);
		ck_assert_uint_eq(live.finish_ns, plain.finish_ns);
	}
}
END_TEST

START_TEST(an_empty_source)
{
	struct script *s = write_script(0);
	const struct told t = run(s, 2);

	ck_assert_uint_eq(t.events, 0);
	ck_assert_uint_eq(t.finish_ns, 0);
	free(s);
}
END_TEST

/* The first frame waits for the second, which decides whether it is believed: with silence between
 * them it is held over from batch to batch. */
START_TEST(a_frame_that_waits_for_the_next)
{
	struct script *s = write_script(1);
	struct told t;

	s->idles = 15;
	s->random = 3;
	s->frames[0].ts_ns += 100 * (3600 * NS_PER_S);
	t = run(s, 1);
	ck_assert_uint_eq(t.finish_ns, s->frames[s->n - 1].ts_ns);
	free(s);
}
END_TEST

/* Turns take place with nothing under way; the site changes from the next frame on. */
struct turning {
	unsigned wanted, taken;
};

static bool wants(void *user)
{
	return ((struct turning *)user)->wanted++ % 3 == 0;
}

static int take_turn(void *user, struct pipeline *p)
{
	struct turning *t = user;

	t->taken++;
	pipeline_send_canary(p, t->taken, T0);
	return 0;
}

START_TEST(turns_and_canaries)
{
	struct script *s = write_script(200);
	struct site *site = site_open(NULL, NULL, NULL, NULL);
	struct turning turning = {0};
	struct pipeline_config cfg = {.source = &s->base,
		.site = site,
		.hash_key = 5,
		.workers = 2,
		.max_flows = 8000,
		.max_detections = 8000,
		.wants_turn = wants,
		.turn = take_turn,
		.user = &turning};
	struct told t = {.hash = 1, .last_frame_ns = s->frames[s->n - 1].ts_ns};
	const struct pipeline_consumer c = {
		.user = &t, .event = on_event, .tick = on_tick, .finish = on_finish};
	struct pipeline_stats stats;
	struct error err = {0};

	s->idles = 8;
	ck_assert_int_eq(pipeline_run(&cfg, &c, &stats, &err), 0);
	ck_assert_uint_gt(turning.taken, 10);
	ck_assert_uint_eq(stats.frames, s->n); /* the canary's are not of the source */
	/* The last turn's may come when the input has ended already. */
	ck_assert_uint_ge(t.canaries, turning.taken - 1);
	ck_assert_uint_le(t.canaries, turning.taken);
	site_close(site);
	free(s);
}
END_TEST

enum { ENOUGH_EVENTS = 700, NO_MORE = -77 };

static int on_event_that_fails(void *user, const struct event *ev)
{
	const struct told *t = user;

	return t->events == ENOUGH_EVENTS ? NO_MORE : on_event(user, ev);
}

/* With whatever is under way: in the flood, with shards that pause. */
START_TEST(nothing_is_told_behind_what_fails)
{
	struct script *s = _i % 2 ? write_flood() : write_script(400);
	struct site *site = site_open(NULL, NULL, NULL, NULL);
	const struct pipeline_config cfg = {.source = &s->base,
		.site = site,
		.hash_key = 5,
		.workers = (uint32_t)_i / 2,
		.max_flows = 8000,
		.max_detections = 8000};
	struct told t = {.hash = 1, .last_frame_ns = s->frames[s->n - 1].ts_ns};
	const struct pipeline_consumer c = {.user = &t,
		.event = on_event_that_fails,
		.tick = on_tick,
		.period = on_period,
		.finish = on_finish};
	struct pipeline_stats stats;
	struct error err = {0};

	ck_assert_int_eq(pipeline_run(&cfg, &c, &stats, &err), NO_MORE);
	ck_assert_int_eq(err.code, ERR_OK); /* the consumer knows why */
	ck_assert_uint_eq(t.events, ENOUGH_EVENTS);
	ck_assert_uint_eq(t.periods + t.finish_ns, 0);
	site_close(site);
	free(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, a_run_in_two_parts_tells_the_same);
	tcase_add_test(tc, what_makes_no_sense_is_not_resumed);
	tcase_add_test(tc, silence_between_frames_changes_nothing);
	tcase_add_loop_test(tc, sizes_of_batches_and_ring_change_nothing, 0, 7);
	tcase_add_test(tc, when_it_is_stopped_does_not_matter);
	tcase_add_test(tc, an_empty_source);
	tcase_add_test(tc, a_frame_that_waits_for_the_next);
	tcase_add_test(tc, turns_and_canaries);
	tcase_add_loop_test(tc, nothing_is_told_behind_what_fails, 0, 8);
}

int main(void)
{
	return suite_main("pipeline", add_tests);
}
