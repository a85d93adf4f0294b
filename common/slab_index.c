#include "common/slab_index.h"

#include <stdlib.h>

/* A look-up seldom passes a record of another hash, which lies anywhere. */
enum { BUCKETS_A_RECORD = 4 };

struct slab_index {
	const struct slab *slab;
	uint32_t *buckets; /* number of the first record, plus one */
	uint32_t n, max;   /* buckets in use, and at most */
	uint32_t low;      /* the largest power of two that is at most N */
	uint32_t count;
};

struct slab_index *slab_index_new(const struct slab *s, uint32_t max_buckets)
{
	struct slab_index *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->slab = s;
	x->n = x->low = 1;
	x->max = max_buckets ? max_buckets : 1;
	x->buckets = calloc(x->max, sizeof(*x->buckets));
	if (!x->buckets) {
		free(x);
		return NULL;
	}
	return x;
}

void slab_index_free(struct slab_index *x)
{
	if (!x)
		return;
	free(x->buckets);
	free(x);
}

static struct slab_link *link_at(const struct slab_index *x, uint32_t i)
{
	return slab_at(x->slab, i);
}

/* Those below N - LOW are divided already, by one bit more of the hash. */
static uint32_t *bucket_of(const struct slab_index *x, uint32_t hash)
{
	const uint32_t few = hash & (x->low - 1);

	return &x->buckets[few < x->n - x->low ? hash & (2 * x->low - 1) : few];
}

uint32_t slab_index_first(const struct slab_index *x, uint32_t hash)
{
	return *bucket_of(x, hash) - 1;
}

uint32_t slab_index_next(const struct slab_index *x, uint32_t i)
{
	return link_at(x, i)->next - 1;
}

/* One bucket more, for the half of another one's records. */
static void divide(struct slab_index *x)
{
	uint32_t *from = &x->buckets[x->n - x->low];
	uint32_t *to = &x->buckets[x->n++];

	while (*from != 0) {
		struct slab_link *link = link_at(x, *from - 1);

		if (link->hash & x->low) {
			const uint32_t next = link->next;

			link->next = *to;
			*to = *from;
			*from = next;
		} else {
			from = &link->next;
		}
	}
	if (x->n == 2 * x->low)
		x->low *= 2;
}

void slab_index_add(struct slab_index *x, uint32_t i, uint32_t hash)
{
	struct slab_link *link = link_at(x, i);
	uint32_t *bucket;

	x->count++;
	while (x->n / BUCKETS_A_RECORD < x->count && x->n < x->max)
		divide(x);
	bucket = bucket_of(x, hash);
	link->hash = hash;
	link->next = *bucket;
	*bucket = i + 1;
}

void slab_index_remove(struct slab_index *x, uint32_t i)
{
	uint32_t *to = bucket_of(x, link_at(x, i)->hash);

	while (*to != i + 1)
		to = &link_at(x, *to - 1)->next;
	*to = link_at(x, i)->next;
	x->count--;
}
