#include "bench/bare_flows.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1 << 14, WORDS = sizeof(struct bare_key) / sizeof(uint64_t) };

static uint64_t hash_of(const struct bare_key *key)
{
	uint64_t words[WORDS], hash = 0;

	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < WORDS; i++) {
		hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash;
}

static bool grow(struct bare_flows *t)
{
	const size_t room = t->room ? t->room * 2 : FIRST_ROOM;
	struct bare_flow *all = realloc(t->all, room * sizeof(*all));
	struct bare_slot *slots;

	if (!all)
		return false;
	t->all = all;
	slots = calloc(room * 2, sizeof(*slots));
	if (!slots)
		return false;
	free(t->slots);
	t->slots = slots;
	t->room = room;
	t->mask = room * 2 - 1;
	for (size_t i = 0; i < t->n; i++) {
		const uint64_t hash = hash_of(&all[i].key);
		size_t at = hash & t->mask;

		while (slots[at].flow)
			at = (at + 1) & t->mask;
		slots[at] = (struct bare_slot){(uint32_t)(hash >> 32), (uint32_t)i + 1};
	}
	return true;
}

struct bare_flow *bare_flows_get(struct bare_flows *t, const struct bare_key *key)
{
	const uint64_t hash = hash_of(key);
	const uint32_t high = (uint32_t)(hash >> 32);
	struct bare_flow *f;
	size_t at;

	if (t->n == t->room && !grow(t))
		return NULL;
	for (at = hash & t->mask; t->slots[at].flow; at = (at + 1) & t->mask) {
		if (t->slots[at].hash != high)
			continue;
		f = &t->all[t->slots[at].flow - 1];
		if (memcmp(&f->key, key, sizeof(*key)) == 0)
			return f;
	}
	f = &t->all[t->n++];
	*f = (struct bare_flow){.key = *key};
	t->slots[at] = (struct bare_slot){high, (uint32_t)t->n};
	return f;
}

void bare_flows_free(struct bare_flows *t)
{
	free(t->all);
	free(t->slots);
	*t = (struct bare_flows){0};
}
