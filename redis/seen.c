#include "redis/seen.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/hash/hash.h"

/* Two generations: when the younger one is full, the older one is forgotten. */
struct generation {
	uint64_t *slots; /* open addressing; 0: free */
	size_t n;
};

struct seen {
	struct generation young, old;
	size_t max, n_slots; /* of each; a power of two, at least twice MAX */
	uint64_t key;
};

struct seen *seen_new(size_t max)
{
	struct seen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->max = max;
	for (s->n_slots = 16; s->n_slots < 2 * max; s->n_slots *= 2)
		;
	s->young.slots = calloc(s->n_slots, sizeof(uint64_t));
	s->old.slots = calloc(s->n_slots, sizeof(uint64_t));
	if (!s->young.slots || !s->old.slots) {
		seen_free(s);
		return NULL;
	}
	if (getrandom(&s->key, sizeof(s->key), GRND_NONBLOCK) < 0)
		s->key = (uintptr_t)s;
	return s;
}

void seen_free(struct seen *s)
{
	if (!s)
		return;
	free(s->young.slots);
	free(s->old.slots);
	free(s);
}

/* The slot that holds H, or the free one where it belongs. */
static uint64_t *slot_of(const struct seen *s, const struct generation *g, uint64_t h)
{
	size_t at = (size_t)h & (s->n_slots - 1);

	while (g->slots[at] && g->slots[at] != h)
		at = (at + 1) & (s->n_slots - 1);
	return &g->slots[at];
}

bool seen_before(struct seen *s, struct str id, struct str revision)
{
	uint64_t h = hash64(id.data, id.len, s->key);
	uint64_t *slot;

	h = hash64(revision.data, revision.len, h ^ s->key);
	h += h == 0;
	if (*slot_of(s, &s->old, h))
		return true;
	slot = slot_of(s, &s->young, h);
	if (*slot)
		return true;
	if (s->young.n == s->max) {
		struct generation freed = s->old;

		s->old = s->young;
		memset(freed.slots, 0, s->n_slots * sizeof(*freed.slots));
		s->young = (struct generation){freed.slots, 0};
		slot = slot_of(s, &s->young, h);
	}
	*slot = h;
	s->young.n++;
	return false;
}
