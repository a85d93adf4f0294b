/* Deliveries to real servers, for the tests of redis/delivery.h. */
#pragma once

#include <inttypes.h>
#include <stdatomic.h>

#include "common/time_text.h"
#include "redis/delivery.h"
#include "redis/stream.h"
#include "tests/unit/redis_fixture.h"

#define START_MS UINT64_C(1790000000000)

/* Callers' side of a delivery: what it said. Check's assertions are for the main thread alone: two
 * threads that write into its results at once destroy them. */
struct ears {
	atomic_uint notices[DELIVERY_NOTICES];
	atomic_uint delivered, empty;
	char last[DELIVERY_NOTICES][1100]; /* read after delivery_stop */
};

static inline void hear(void *user, enum delivery_notice what, const char *text)
{
	struct ears *e = user;

	snprintf(e->last[what], sizeof(e->last[what]), "%s", text);
	atomic_fetch_add(&e->notices[what], 1);
}

static inline void hear_delivered(void *user, const struct alert *a)
{
	struct ears *e = user;

	atomic_fetch_add(a->json.len > 0 ? &e->delivered : &e->empty, 1);
}

static inline struct delivery_config config(const char *url, struct ears *ears)
{
	return (struct delivery_config){.url = url,
		.name = "live",
		.status_ms = 200,
		.retry_ms = 20,
		.retry_max_ms = 200,
		.on_notice = ears ? hear : NULL,
		.on_delivered = ears ? hear_delivered : NULL,
		.user = ears};
}

static inline struct delivery *start(const struct delivery_config *cfg)
{
	struct error err = {0};
	struct delivery *d = delivery_new(cfg, &err);

	ck_assert_msg(d != NULL, "%s", err.msg);
	ck_assert_msg(delivery_start(d, &err) == 0, "%s", err.msg);
	return d;
}

/* Alert I: three share a millisecond. */
static inline bool add_one(struct delivery *d, unsigned i, enum rule_level level)
{
	char json[64];
	struct alert a = {.revision = 1 + i % 2,
		.ts_ns = (START_MS + i / 3) * NS_PER_MS,
		.level = level,
		.rule_id = STR("rule-1"),
		.equipment = STR("gnb-017")};

	snprintf(a.id, sizeof(a.id), "%032x", i / 2);
	snprintf(json, sizeof(json), "{\"n\":%u}", i);
	a.json = str_from(json);
	return delivery_add(d, &a);
}

/* At every instant raised = delivered + spooled + queued + lost. */
static inline bool adds_up(const struct delivery_stats *s)
{
	uint64_t lost = 0;

	for (int l = 0; l <= LEVEL_CRITICAL; l++)
		lost += s->lost_by_level[l];
	return s->lost == lost && s->raised == s->delivered + s->spooled + s->queued + s->lost;
}

static inline struct delivery_stats stats(struct delivery *d)
{
	struct delivery_stats s;

	delivery_stats(d, &s);
	ck_assert_msg(adds_up(&s),
		"raised %" PRIu64 ", delivered %" PRIu64 ", spooled %" PRIu64 ", queued %" PRIu64
		", lost %" PRIu64,
		s.raised, s.delivered, s.spooled, s.queued, s.lost);
	return s;
}

/* The slowest of N additions, in seconds. */
static inline double add(struct delivery *d, unsigned from, unsigned n)
{
	double slowest = 0;

	for (unsigned i = from; i < from + n; i++) {
		double before = test_now_s();
		double took;

		ck_assert(add_one(d, i, LEVEL_HIGH));
		took = test_now_s() - before;
		slowest = took > slowest ? took : slowest;
		if (i % 64 == 0)
			stats(d);
	}
	return slowest;
}

static inline void flush(struct delivery *d, unsigned timeout_ms)
{
	struct error err = {0};

	ck_assert_msg(delivery_flush(d, timeout_ms, &err) == 0, "%s", err.msg);
}

static inline void stop(struct delivery *d)
{
	struct error err = {0};

	ck_assert_msg(delivery_stop(d, 20000, &err) == 0, "%s", err.msg);
	stats(d);
	delivery_free(d);
}

static inline void wait_notice(const struct ears *e, enum delivery_notice what, unsigned n)
{
	for (int i = 0; i < 2000 && atomic_load(&e->notices[what]) < n; i++)
		test_nap_ms(5);
	ck_assert_uint_ge(atomic_load(&e->notices[what]), n);
}

/* Field "seq" of the stream's last entry. */
static inline void last_seq(struct redis_connection *c, const char *wanted)
{
	struct redis_reply r = test_do(c, "XREVRANGE vedette:{live}:alerts + - COUNT 1");
	struct redis_reply entry = redis_reply_at(&r, 0);
	struct redis_reply fields = redis_reply_at(&entry, 1);

	ck_assert(str_eq(redis_reply_at(&fields, 10).str, STR("seq")));
	ck_assert(str_eq(redis_reply_at(&fields, 11).str, str_from(wanted)));
}

/* The stream of "live" holds alerts FROM to FROM + N - 1, each once and in order; in FOREIGN
 * entries it holds something else. */
static inline void check_stream(
	struct redis_connection *c, unsigned from, unsigned n, unsigned foreign)
{
	char start_id[64] = "-";
	char command[160];
	unsigned seen = 0, others = 0;

	for (;;) {
		struct redis_reply r;

		snprintf(command, sizeof(command), "XRANGE vedette:{live}:alerts %s + COUNT 4000",
			start_id);
		r = test_do(c, command);
		for (size_t i = 0; i < r.n; i++) {
			struct redis_reply entry = redis_reply_at(&r, i);
			struct redis_reply fields = redis_reply_at(&entry, 1);
			char wanted[64];

			snprintf(wanted, sizeof(wanted), "{\"n\":%u}", from + seen);
			if (fields.n == 14 &&
				str_eq(redis_reply_at(&fields, 1).str, str_from(wanted)))
				seen++;
			else if (fields.n == 2)
				others++;
			else
				ck_abort_msg("\"%.*s\" instead of %s",
					(int)redis_reply_at(&fields, 1).str.len,
					redis_reply_at(&fields, 1).str.data, wanted);
			snprintf(start_id, sizeof(start_id), "(%.*s",
				(int)redis_reply_at(&entry, 0).str.len,
				redis_reply_at(&entry, 0).str.data);
		}
		if (r.n == 0)
			break;
	}
	ck_assert_uint_eq(seen, n);
	ck_assert_uint_eq(others, foreign);
}
