#include "analysis/enrich/geo_cache.h"

#include <stdlib.h>

#include "common/hash/hash.h"

enum { GEO_CACHE_SLOTS = 8192 };

struct geo_cache {
	const struct geo *geo;
	uint64_t key;
	struct slot {
		bool used;
		struct ip_addr addr;
		struct geo_answer answer;
	} slots[GEO_CACHE_SLOTS];
};

struct geo_cache *geo_cache_new(const struct geo *g, uint64_t key)
{
	struct geo_cache *c = malloc(sizeof(*c));

	if (!c)
		return NULL;
	c->geo = g;
	c->key = key;
	/* Written before it is read: see slab_take (common/slab.c). */
	for (uint32_t i = 0; i < GEO_CACHE_SLOTS; i++)
		c->slots[i].used = false;
	return c;
}

void geo_cache_free(struct geo_cache *c)
{
	free(c);
}

const struct geo_answer *geo_cache_lookup(struct geo_cache *c, const struct ip_addr *a)
{
	struct slot *s = &c->slots[hash64(a, sizeof(*a), c->key) % GEO_CACHE_SLOTS];

	if (!s->used || ip_addr_cmp(&s->addr, a) != 0) {
		geo_lookup(c->geo, a, &s->answer);
		s->addr = *a;
		s->used = true;
	}
	return &s->answer;
}

const struct geo *geo_cache_geo(const struct geo_cache *c)
{
	return c->geo;
}
