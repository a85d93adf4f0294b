#include "rules/tuning/fold.h"

#include <stdlib.h>
#include <string.h>

bool fold_init(struct fold *f, uint32_t capacity, uint64_t hash_key)
{
	*f = (struct fold){.n_buckets = 1,
		.capacity = capacity,
		.free_head = FOLD_NONE,
		.oldest = FOLD_NONE,
		.newest = FOLD_NONE,
		.hash_key = hash_key};
	while (f->n_buckets < capacity)
		f->n_buckets *= 2;
	f->slots = calloc(capacity, sizeof(*f->slots));
	f->buckets = malloc(f->n_buckets * sizeof(*f->buckets));
	if (!f->slots || !f->buckets)
		return false;
	for (uint32_t i = 0; i < f->n_buckets; i++)
		f->buckets[i] = FOLD_NONE;
	return true;
}

void fold_done(struct fold *f)
{
	free(f->slots);
	free(f->buckets);
}

static uint32_t *bucket(const struct fold *f, const struct digest *key)
{
	return &f->buckets[hash64(key, sizeof(*key), f->hash_key) & (f->n_buckets - 1)];
}

uint32_t fold_find(const struct fold *f, const struct digest *key)
{
	uint32_t i = *bucket(f, key);

	while (i != FOLD_NONE && memcmp(&f->slots[i].key, key, sizeof(*key)) != 0)
		i = f->slots[i].next_hash;
	return i;
}

static void unlink_age(struct fold *f, uint32_t i)
{
	const struct fold_slot *s = &f->slots[i];

	if (s->older != FOLD_NONE)
		f->slots[s->older].newer = s->newer;
	else
		f->oldest = s->newer;
	if (s->newer != FOLD_NONE)
		f->slots[s->newer].older = s->older;
	else
		f->newest = s->older;
}

static void link_newest(struct fold *f, uint32_t i)
{
	f->slots[i].older = f->newest;
	f->slots[i].newer = FOLD_NONE;
	if (f->newest != FOLD_NONE)
		f->slots[f->newest].newer = i;
	else
		f->oldest = i;
	f->newest = i;
}

uint32_t fold_take(struct fold *f, const struct digest *key)
{
	uint32_t i = f->free_head;

	if (i != FOLD_NONE)
		f->free_head = f->slots[i].next_hash;
	else if (f->fresh < f->capacity)
		i = f->fresh++;
	else
		return FOLD_NONE;
	f->slots[i].key = *key;
	f->slots[i].next_hash = *bucket(f, key);
	*bucket(f, key) = i;
	link_newest(f, i);
	f->used++;
	return i;
}

void fold_touch(struct fold *f, uint32_t slot)
{
	unlink_age(f, slot);
	link_newest(f, slot);
}

void fold_drop(struct fold *f, uint32_t slot)
{
	uint32_t *link = bucket(f, &f->slots[slot].key);

	while (*link != slot)
		link = &f->slots[*link].next_hash;
	*link = f->slots[slot].next_hash;
	unlink_age(f, slot);
	f->slots[slot].next_hash = f->free_head;
	f->free_head = slot;
	f->used--;
}
