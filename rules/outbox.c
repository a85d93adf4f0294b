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
