/* Finds records of a slab by a hash. Some four buckets are in use for each record, so that what few
 * records need lies close together; they come into use one by one, and each takes its share of one
 * other (linear hashing, Litwin 1980): no record waits for all to be moved. One thread. */
#pragma once

#include <stdint.h>

#include "common/slab.h"

/* What a record that stands in an index begins with. */
struct slab_link {
	struct age_link age; /* of a list, if it stands in one */
	uint32_t next;       /* of its bucket, plus one */
	uint32_t hash;
};

struct slab_index;

/* For records of S, which is borrowed; at most MAX_BUCKETS. NULL without memory. */
struct slab_index *slab_index_new(const struct slab *s, uint32_t max_buckets);
void slab_index_free(struct slab_index *x); /* NULL allowed */

/* The records of HASH, and some of others: SLAB_NONE behind the last one. */
uint32_t slab_index_first(const struct slab_index *x, uint32_t hash);
uint32_t slab_index_next(const struct slab_index *x, uint32_t i);

/* Record I, which is in no index, has HASH. */
void slab_index_add(struct slab_index *x, uint32_t i, uint32_t hash);
void slab_index_remove(struct slab_index *x, uint32_t i);
