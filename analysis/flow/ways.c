#include "analysis/flow/ways.h"

#include <stdlib.h>
#include <string.h>

#include "common/hash/hash.h"
#include "common/slab_index.h"

struct kept {
	struct slab_link link; /* in no order of age */
	uint32_t n_flows;
	struct flow_way way;
};

struct flow_ways {
	struct slab *slab; /* numbers are those of its records, plus one */
	struct slab_index *index;
	uint64_t hash_key;
};

static const struct flow_way none;

struct flow_ways *flow_ways_new(uint32_t max_flows, uint64_t hash_key)
{
	struct flow_ways *w = calloc(1, sizeof(*w));
	const uint32_t max = max_flows + 1; /* a flow takes another before it gives one */

	if (!w)
		return NULL;
	w->hash_key = hash_key;
	w->slab = slab_new((sizeof(struct kept) + 7) / 8 * 8, max);
	w->index = w->slab ? slab_index_new(w->slab, max) : NULL;
	if (!w->index) {
		flow_ways_free(w);
		return NULL;
	}
	return w;
}

void flow_ways_free(struct flow_ways *w)
{
	if (!w)
		return;
	slab_index_free(w->index);
	slab_free(w->slab);
	free(w);
}

static struct kept *kept_at(const struct flow_ways *w, uint32_t i)
{
	return slab_at(w->slab, i);
}

const struct flow_way *flow_way_at(const struct flow_ways *w, uint32_t number)
{
	return number ? &kept_at(w, number - 1)->way : &none;
}

static uint32_t find(const struct flow_ways *w, const struct flow_way *way, uint32_t hash)
{
	uint32_t i = slab_index_first(w->index, hash);

	while (i != SLAB_NONE && memcmp(&kept_at(w, i)->way, way, sizeof(*way)) != 0)
		i = slab_index_next(w->index, i);
	return i;
}

uint32_t flow_way_take(struct flow_ways *w, const struct flow_way *way)
{
	const uint32_t hash = (uint32_t)hash64(way, sizeof(*way), w->hash_key);
	uint32_t i = find(w, way, hash);

	if (i == SLAB_NONE) {
		i = slab_take(w->slab);
		if (i == SLAB_NONE)
			return 0;
		kept_at(w, i)->way = *way;
		slab_index_add(w->index, i, hash);
	}
	kept_at(w, i)->n_flows++;
	return i + 1;
}

void flow_way_give(struct flow_ways *w, uint32_t number)
{
	if (number == 0 || --kept_at(w, number - 1)->n_flows > 0)
		return;
	slab_index_remove(w->index, number - 1);
	slab_give(w->slab, number - 1);
}

uint32_t flow_ways_count(const struct flow_ways *w)
{
	return slab_count(w->slab);
}
