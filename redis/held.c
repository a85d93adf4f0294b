#include "redis/held.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"

/* Copies *S to AT and lets it point there. Returns what lies behind. */
static char *move(struct str *s, char *at)
{
	if (s->len > 0)
		memcpy(at, s->data, s->len);
	s->data = at;
	return at + s->len;
}

struct held *held_new(const struct reader_entry *e, const char *name)
{
	struct stream_id id;
	struct held *h;
	struct str *parts[9];
	size_t bytes = 0;
	char *at;

	if (!stream_id_parse(e->stream_id, &id))
		return NULL;
	bytes = (size_t)e->stream_id.len + e->json.len + e->id.len + e->rule.len + e->level.len +
		e->equipment.len + e->seq.len + e->revision.len + e->unspooled.len;
	h = calloc(1, sizeof(*h) + bytes);
	if (!h)
		return NULL;
	h->name = name;
	h->id = id;
	h->bytes = sizeof(*h) + bytes;
	h->entry = *e;
	h->entry.stream = str_from(name);
	parts[0] = &h->entry.stream_id;
	parts[1] = &h->entry.json;
	parts[2] = &h->entry.id;
	parts[3] = &h->entry.rule;
	parts[4] = &h->entry.level;
	parts[5] = &h->entry.equipment;
	parts[6] = &h->entry.seq;
	parts[7] = &h->entry.revision;
	parts[8] = &h->entry.unspooled;
	at = h->text;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		at = move(parts[i], at);
	return h;
}

int held_cmp(const struct held *a, const struct held *b)
{
	int order;

	if (a->id.ms != b->id.ms)
		return a->id.ms < b->id.ms ? -1 : 1;
	order = strcmp(a->name, b->name);
	return order != 0 ? order : stream_id_cmp(a->id, b->id);
}

void held_heap_done(struct held_heap *h)
{
	for (size_t i = 0; i < h->n; i++)
		free(h->items[i]);
	free(h->items);
	*h = (struct held_heap){0};
}

int held_heap_push(struct held_heap *h, struct held *e)
{
	size_t at = h->n;

	if (h->n == h->capacity) {
		size_t capacity = h->capacity ? 2 * h->capacity : 64;
		struct held **items = realloc(h->items, capacity * sizeof(struct held *));

		if (!items)
			return ERR_SYSTEM;
		h->items = items;
		h->capacity = capacity;
	}
	h->n++;
	h->bytes += e->bytes;
	while (at > 0 && held_cmp(e, h->items[(at - 1) / 2]) < 0) {
		h->items[at] = h->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	h->items[at] = e;
	return 0;
}

struct held *held_heap_first(const struct held_heap *h)
{
	return h->n > 0 ? h->items[0] : NULL;
}

struct held *held_heap_pop(struct held_heap *h)
{
	struct held *first = held_heap_first(h);
	struct held *last;
	size_t at = 0;

	if (!first)
		return NULL;
	h->bytes -= first->bytes;
	last = h->items[--h->n];
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n && held_cmp(h->items[child + 1], h->items[child]) < 0)
			child++;
		if (held_cmp(last, h->items[child]) <= 0)
			break;
		h->items[at] = h->items[child];
		at = child;
	}
	if (h->n > 0)
		h->items[at] = last;
	return first;
}
