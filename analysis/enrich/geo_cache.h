/* Remembers recent answers of a geo object: an address is looked up again for each event of each of
 * its conversations, and a tree walk per file costs more than the rest of an event. Direct-mapped,
 * fixed size, one thread. */
#pragma once

#include "analysis/enrich/geo.h"

struct geo_cache;

/* Borrows G. Takes all its memory here: GEO_CACHE_SLOTS answers. NULL without memory. */
struct geo_cache *geo_cache_new(const struct geo *g, uint64_t key);
void geo_cache_free(struct geo_cache *c); /* NULL allowed */

/* Valid until the next call. */
const struct geo_answer *geo_cache_lookup(struct geo_cache *c, const struct ip_addr *a);

const struct geo *geo_cache_geo(const struct geo_cache *c);
