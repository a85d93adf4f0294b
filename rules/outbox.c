#include "rules/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "common/arena.h"
#include "common/error.h"

struct outbox {
	alert_sink_fn *sink;
	void *user;
	struct arena *arena;
	struct alert *alerts;
	size_t n, capacity;
};

enum { ARENA_BLOCK_BYTES = 64 * 1024 };

struct outbox *outbox_new(alert_sink_fn *sink, void *user)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->sink = sink;
	o->user = user;
	o->arena = arena_new(ARENA_BLOCK_BYTES);
	if (!o->arena) {
		free(o);
		return NULL;
	}
	return o;
}

void outbox_free(struct outbox *o)
{
	if (!o)
		return;
	arena_free(o->arena);
	free(o->alerts);
	free(o);
}

static int by_id(const void *a, const void *b)
{
	const struct alert *x = a;
	const struct alert *y = b;
	int c = strcmp(x->id, y->id);

	return c != 0 ? c : (x->revision > y->revision) - (x->revision < y->revision);
}

int outbox_flush(struct outbox *o)
{
	int rc = 0;

	if (o->n == 0)
		return 0;
	qsort(o->alerts, o->n, sizeof(*o->alerts), by_id);
	for (size_t i = 0; i < o->n && rc == 0; i++)
		rc = o->sink(o->user, &o->alerts[i]);
	o->n = 0;
	arena_reset(o->arena);
	return rc;
}

static bool grow(struct outbox *o)
{
	size_t capacity = o->capacity ? o->capacity * 2 : 64;
	struct alert *alerts = realloc(o->alerts, capacity * sizeof(*alerts));

	if (!alerts)
		return false;
	o->alerts = alerts;
	o->capacity = capacity;
	return true;
}

int outbox_add(struct outbox *o, const struct alert *a)
{
	int rc = 0;

	if (o->n > 0 && a->ts_ns != o->alerts[0].ts_ns) {
		assert(a->ts_ns > o->alerts[0].ts_ns);
		rc = outbox_flush(o);
	}
	if (rc != 0)
		return rc;
	if (o->n == o->capacity && !grow(o))
		return ERR_SYSTEM;

	struct alert *copy = &o->alerts[o->n];

	*copy = *a;
	copy->rule_id = arena_str(o->arena, a->rule_id);
	copy->equipment = arena_str(o->arena, a->equipment);
	copy->json = arena_str(o->arena, a->json);
	if (!copy->json.data)
		return ERR_SYSTEM;
	o->n++;
	return 0;
}

enum { ALERT_SAVED_BYTES = ALERT_ID_BYTES - 1 + 4 + 8 + 1 + 4 + 4 + 4, MOST_BYTES = 1 << 24 };

void outbox_save(const struct outbox *o, struct blob_writer *w)
{
	blob_put_u32(w, (uint32_t)o->n);
	for (size_t i = 0; i < o->n; i++) {
		const struct alert *a = &o->alerts[i];

		blob_put_bytes(w, a->id, ALERT_ID_BYTES - 1);
		blob_put_u32(w, a->revision);
		blob_put_u64(w, a->ts_ns);
		blob_put_u8(w, (uint8_t)a->level);
		blob_put_str(w, a->rule_id);
		blob_put_str(w, a->equipment);
		blob_put_str(w, a->json);
	}
}

bool outbox_load(struct outbox *o, struct blob_reader *r)
{
	const uint32_t n = blob_count(r, UINT32_MAX, ALERT_SAVED_BYTES);

	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *id = blob_bytes(r, ALERT_ID_BYTES - 1);
		struct alert a = {.revision = blob_u32(r)};

		if (id)
			memcpy(a.id, id, ALERT_ID_BYTES - 1);
		a.ts_ns = blob_u64(r);
		a.level = (enum rule_level)blob_u8(r);
		a.rule_id = blob_str(r, MOST_BYTES);
		a.equipment = blob_str(r, MOST_BYTES);
		a.json = blob_str(r, MOST_BYTES);
		if (!blob_ok(r) || a.level < LEVEL_INFORMATIONAL || a.level > LEVEL_CRITICAL ||
			memchr(a.id, '\0', ALERT_ID_BYTES - 1) || a.json.len == 0 ||
			(o->n > 0 && a.ts_ns != o->alerts[0].ts_ns) || outbox_add(o, &a) != 0)
			return blob_fail(r);
	}
	return blob_ok(r);
}
