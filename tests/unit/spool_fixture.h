/* A spool in a folder of its own, and alerts to put into it. */
#pragma once

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "redis/store/spool.h"

enum { FIXTURE_JSON_MAX = 64 << 10 };

struct spool_fixture {
	char dir[64];
	char path[128];
	struct spool_config cfg;
	uint64_t declared[SPOOL_CAUSES];      /* declarations made, by cause */
	uint64_t declared_lost[SPOOL_CAUSES]; /* what they said */
	struct spool_loss last_loss;
	bool refuse_declaration;
};

static inline struct queued_alert *fixture_declare(void *user, const struct spool_loss *loss)
{
	struct spool_fixture *f = user;
	char json[128];
	struct alert a = {.revision = 1,
		.ts_ns = loss->ts_ns,
		.level = LEVEL_HIGH,
		.rule_id = STR("lost"),
		.equipment = STR("sensor")};
	uint64_t n = 0;

	for (uint32_t i = 0; i < loss->n_ranges; i++) {
		ck_assert_uint_le(loss->ranges[i].first, loss->ranges[i].last);
		ck_assert(i == 0 || loss->ranges[i - 1].last + 1 < loss->ranges[i].first);
		n += loss->ranges[i].last - loss->ranges[i].first + 1;
	}
	ck_assert_msg(loss->approximate ? n > loss->n : n == loss->n,
		"%s: %lu numbers in the ranges, %lu lost", spool_cause_name(loss->cause),
		(unsigned long)n, (unsigned long)loss->n);
	if (f->refuse_declaration)
		return NULL;
	f->declared[loss->cause]++;
	f->declared_lost[loss->cause] += loss->n;
	f->last_loss = *loss;
	snprintf(a.id, sizeof(a.id), "declaration-%lu", (unsigned long)loss->ranges[0].first);
	snprintf(json, sizeof(json), "{\"lost\":%lu}", (unsigned long)loss->n);
	a.json = str_from(json);
	return queued_alert_new(&a);
}

static inline void fixture_begin(struct spool_fixture *f)
{
	memset(f, 0, sizeof(*f));
	/* in memory where there is such a folder: what is tested commits thousands of times */
	strcpy(f->dir, "/dev/shm/vedette-spool-XXXXXX");
	if (!mkdtemp(f->dir)) {
		strcpy(f->dir, "/tmp/vedette-spool-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(f->dir));
	}
	snprintf(f->path, sizeof(f->path), "%s/spool.db", f->dir);
	f->cfg = (struct spool_config){.path = f->path,
		.name = "waw-1",
		.max_bytes = (uint64_t)64 << 20,
		.keep_ms = 600000,
		.declare = fixture_declare,
		.user = f};
}

static inline void fixture_end(struct spool_fixture *f)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	ck_assert_int_eq(system(command), 0);
}

static inline struct spool *fixture_open(struct spool_fixture *f, struct spool_report *ret)
{
	struct error err = {ERR_OK, ""};
	struct spool_report report;
	struct spool *s = spool_open(&f->cfg, ret ? ret : &report, &err);

	ck_assert_msg(s != NULL, "%s", err.msg);
	if (!ret)
		ck_assert_msg(!report.unwritable && !report.recovered, "%s", report.text);
	return s;
}

/* An alert whose bytes follow from its KEY. */
static inline struct queued_alert *fixture_alert(uint64_t key, enum rule_level level, uint32_t len)
{
	static _Thread_local char json[FIXTURE_JSON_MAX];
	struct alert a = {.revision = 1 + key % 3,
		.ts_ns = (1790000000000 + key / 4) * 1000000,
		.level = level,
		.rule_id = STR("3b1f6c58-0000-4000-8000-123456789abc"),
		.equipment = STR("ran-gnb-0123"),
		.json = {json, len}};
	struct queued_alert *q;
	int n = snprintf(json, sizeof(json), "{\"key\":%lu,\"x\":\"", (unsigned long)key);

	for (uint32_t i = (uint32_t)n; i < len; i++)
		json[i] = (char)('a' + (key * 31 + i * 7) % 26);
	snprintf(a.id, sizeof(a.id), "%031lx", (unsigned long)(key / 3));
	q = queued_alert_new(&a);
	ck_assert_ptr_nonnull(q);
	return q;
}

/* The key of an alert that was made so; checks all of its bytes. UINT64_MAX: a declaration. */
static inline uint64_t fixture_key(const struct queued_alert *q)
{
	unsigned long key;
	struct queued_alert *want;
	bool same;

	if (sscanf(q->alert.json.data, "{\"key\":%lu", &key) != 1)
		return UINT64_MAX;
	want = fixture_alert(key, q->alert.level, q->alert.json.len);
	same = want->alert.revision == q->alert.revision && want->alert.ts_ns == q->alert.ts_ns &&
	       strcmp(want->alert.id, q->alert.id) == 0 &&
	       str_eq(want->alert.rule_id, q->alert.rule_id) &&
	       str_eq(want->alert.equipment, q->alert.equipment) &&
	       str_eq(want->alert.json, q->alert.json);
	ck_assert_msg(same, "another content than was written: %lu", key);
	free(want);
	return key;
}

static inline void fixture_balance(const struct spool *s)
{
	struct spool_counts c;
	uint64_t lost = 0;

	spool_counts(s, &c);
	for (int i = 0; i <= LEVEL_CRITICAL; i++)
		lost += c.lost_by_level[i];
	ck_assert_uint_eq(c.raised, c.delivered + c.spooled + c.lost);
	ck_assert_uint_eq(lost, c.lost);
}

/* Commits; frees what it declared. */
static inline int fixture_commit(struct spool *s, const struct spool_commit *in, struct error *err)
{
	struct spool_committed done;
	int rc = spool_commit(s, in, &done, err);

	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < done.n_declarations; i++) {
		ck_assert_uint_gt(done.declarations[i]->seq, 0);
		free(done.declarations[i]);
	}
	fixture_balance(s);
	return 0;
}

/* Commits N alerts with keys from KEY on. */
static inline int fixture_add(struct spool *s, uint64_t key, uint32_t n, enum rule_level level,
	uint32_t len, uint64_t now_ms, struct error *err)
{
	struct queued_alert *batch[SPOOL_BATCH_MAX];
	struct spool_commit in = {.batch = batch, .n = n, .now_ms = now_ms};
	int rc;

	for (uint32_t i = 0; i < n; i++)
		batch[i] = fixture_alert(key + i, level, len);
	rc = fixture_commit(s, &in, err);
	for (uint32_t i = 0; i < n; i++)
		free(batch[i]);
	return rc;
}

static inline void fixture_confirm(struct spool *s, uint64_t seq, uint64_t now_ms)
{
	struct spool_commit in = {.confirmed_seq = seq, .now_ms = now_ms};
	struct error err = {ERR_OK, ""};

	ck_assert_msg(fixture_commit(s, &in, &err) == 0, "%s", err.msg);
}
