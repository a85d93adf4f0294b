/* Reads many streams from their beginnings, merged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/decimal.h"
#include "redis/fleet.h"
#include "redis/held.h"

enum {
	HELD_ENTRIES = 8192, /* of all members together */
	PAGE_MIN = 4,
	PAGE_MAX = 256,
	HELD_BYTES = 128 << 20, /* above this pages have one entry */
};

/* A member's part. Its first entry is in the heap, the others wait in its page. */
struct source {
	struct fleet_member *member;
	struct held *page, **page_end;
	bool empty; /* the heap has none of it, and the page is empty */
	bool ended; /* there is no more */
};

struct scan {
	struct source *sources;
	struct held_heap heap;
	size_t bytes; /* in the pages */
	unsigned page;
	char count[DECIMAL_BYTES + 1];
	char since[DECIMAL_BYTES + 1], until[DECIMAL_BYTES + 1];
};

static int out_of_memory(struct error *err)
{
	return error_set(err, ERR_SYSTEM, "out of memory");
}

static void ask_page(void *user, struct fleet_member *m, struct redis_connection *c)
{
	const struct scan *s = user;
	char behind[READER_ID_BYTES + 1];
	struct str start = str_from(s->since);

	if (strcmp(m->after, "0-0") != 0) {
		snprintf(behind, sizeof(behind), "(%s", m->after);
		start = str_from(behind);
	}
	redis_append(c, 6,
		(struct str[]){STR("XRANGE"), str_from(m->keys.alerts), start, str_from(s->until),
			STR("COUNT"), str_from(s->count)},
		NULL);
}

static int take_page(void *user, struct fleet_member *m, unsigned command,
	struct redis_connection *c, const struct redis_reply *r, struct error *err)
{
	struct scan *s = user;
	struct source *from = m->user;

	(void)command;
	if (!r || r->kind == REDIS_ERROR)
		return err->code;
	if (r->kind != REDIS_ARRAY)
		return redis_nonsense(c, "XRANGE", err);
	for (size_t i = 0; i < r->n; i++) {
		struct redis_reply item = redis_reply_at(r, i);
		struct reader_entry e;
		struct held *h;

		if (!reader_entry_parse(&item, &e))
			return redis_nonsense(c, "XRANGE", err);
		h = held_new(&e, m->keys.name);
		if (!h)
			return out_of_memory(err);
		h->owner = from;
		*from->page_end = h;
		from->page_end = &h->next;
		s->bytes += h->bytes;
		snprintf(
			m->after, sizeof(m->after), "%.*s", (int)e.stream_id.len, e.stream_id.data);
	}
	from->ended = r->n == 0;
	return 0;
}

/* Puts the source's next entry into the heap. False when its page is empty. */
static bool advance(struct scan *s, struct source *from)
{
	struct held *h = from->page;

	if (!h)
		return false;
	if (held_heap_push(&s->heap, h) < 0)
		return false; /* found out by the caller: the page is not empty */
	s->bytes -= h->bytes;
	from->page = h->next;
	h->next = NULL;
	if (!from->page)
		from->page_end = &from->page;
	return true;
}

/* Pages for all sources that have nothing and may have more. WANTED has room for all. */
static int refill(
	struct fleet *f, struct scan *s, size_t n, struct fleet_member **wanted, struct error *err)
{
	struct fleet_request request = {
		.commands = 1, .window = 64, .ask = ask_page, .answer = take_page, .user = s};
	bool tight = s->bytes + s->heap.bytes > HELD_BYTES;
	size_t n_wanted = 0;
	int rc;

	for (size_t i = 0; i < n; i++) {
		if (s->sources[i].empty && !s->sources[i].ended)
			wanted[n_wanted++] = s->sources[i].member;
	}
	*decimal_put(s->count, tight ? 1 : s->page) = '\0';
	rc = fleet_ask(f, wanted, n_wanted, &request, err);
	for (size_t i = 0; rc == 0 && i < n_wanted; i++) {
		struct source *from = wanted[i]->user;

		from->empty = !advance(s, from);
		if (from->empty && from->page)
			return out_of_memory(err);
	}
	return rc;
}

static int merge(struct fleet *f, struct scan *s, size_t n, struct fleet_member **wanted,
	fleet_entry_fn *entry, void *user, struct error *err)
{
	int rc = refill(f, s, n, wanted, err);

	while (rc == 0 && s->heap.n > 0) {
		struct held *h = held_heap_pop(&s->heap);
		struct source *from = h->owner;

		rc = entry(user, from->member, &h->entry);
		free(h);
		from->empty = !advance(s, from);
		if (from->empty && from->page)
			return out_of_memory(err);
		/* what it has next may be the earliest of all: nothing else before that is known */
		if (rc == 0 && from->empty && !from->ended)
			rc = refill(f, s, n, wanted, err);
	}
	return rc;
}

static void scan_done(struct scan *s, size_t n)
{
	held_heap_done(&s->heap);
	for (size_t i = 0; s->sources && i < n; i++) {
		while (s->sources[i].page) {
			struct held *h = s->sources[i].page;

			s->sources[i].page = h->next;
			free(h);
		}
	}
	free(s->sources);
}

int fleet_scan(struct fleet *f, struct fleet_member *const *members, size_t n,
	const struct fleet_span *span, fleet_entry_fn *entry, void *user, struct error *err)
{
	struct scan s = {0};
	struct fleet_member **wanted = calloc(n + 1, sizeof(struct fleet_member *));
	void **users = calloc(n + 1, sizeof(void *));
	size_t page = n > 0 ? HELD_ENTRIES / n : PAGE_MAX;
	int rc;

	s.page = (unsigned)(page > PAGE_MAX ? PAGE_MAX : page < PAGE_MIN ? PAGE_MIN : page);
	s.sources = calloc(n + 1, sizeof(*s.sources));
	*decimal_put(s.since, span->since_ms) = '\0';
	*decimal_put(s.until, span->until_ms) = '\0';
	if (!s.sources || !wanted || !users) {
		rc = out_of_memory(err);
	} else {
		for (size_t i = 0; i < n; i++) {
			s.sources[i] = (struct source){.member = members[i], .empty = true};
			s.sources[i].page_end = &s.sources[i].page;
			users[i] = members[i]->user;
			members[i]->user = &s.sources[i];
			memcpy(members[i]->after, "0-0", sizeof("0-0"));
		}
		rc = merge(f, &s, n, wanted, entry, user, err);
		for (size_t i = 0; i < n; i++)
			members[i]->user = users[i];
	}
	scan_done(&s, n);
	free(wanted);
	free(users);
	return rc;
}
