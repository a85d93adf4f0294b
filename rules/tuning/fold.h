/* A bounded table of things that are known by a digest and forgotten when they were not touched for
 * a while, the least recently touched first. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/hash/hash.h"

#define FOLD_NONE UINT32_MAX

struct fold_slot {
	struct digest key;
	uint32_t next_hash; /* of the bucket, or of the free list */
	uint32_t older, newer;
};

struct fold {
	struct fold_slot *slots;
	uint32_t *buckets;
	uint32_t n_buckets, capacity;
	uint32_t fresh; /* slots from here on were never used */
	uint32_t used;
	uint32_t free_head, oldest, newest;
	uint64_t hash_key;
};

/* False without memory; fold_done is allowed then. */
bool fold_init(struct fold *f, uint32_t capacity, uint64_t hash_key);
void fold_done(struct fold *f);

/* The slot of KEY, or FOLD_NONE. */
uint32_t fold_find(const struct fold *f, const struct digest *key);

/* A slot for KEY, which has none, as the one touched last; FOLD_NONE when all are in use. */
uint32_t fold_take(struct fold *f, const struct digest *key);
void fold_touch(struct fold *f, uint32_t slot);
void fold_drop(struct fold *f, uint32_t slot);
