/* Records of one size, numbered, taken and given back. Memory grows in blocks as they are needed
 * and never moves. A record that is taken may stand in one list of ages. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLAB_NONE = UINT32_MAX };

struct slab;

/* At most MAX records of RECORD_BYTES (8 or more, aligned to 8). NULL without memory. */
struct slab *slab_new(size_t record_bytes, uint32_t max);
void slab_free(struct slab *s); /* NULL allowed */

/* A zeroed record; SLAB_NONE when MAX are taken, and without memory. */
uint32_t slab_take(struct slab *s);
void slab_give(struct slab *s, uint32_t i);
void *slab_at(const struct slab *s, uint32_t i); /* I is taken; the address stays */

uint32_t slab_count(const struct slab *s); /* taken now */
bool slab_is_full(const struct slab *s);   /* MAX are */
uint64_t slab_bytes(const struct slab *s); /* held, for records that were given back, too */

/* The order of age. A record that stands in a list begins with an age_link. */
struct age_link {
	uint32_t older, newer;
};
struct age_list {
	uint32_t oldest, newest;
};
#define AGE_LIST_EMPTY ((struct age_list){SLAB_NONE, SLAB_NONE})

void age_list_append(struct age_list *l, struct slab *s, uint32_t i); /* as the newest */
void age_list_remove(struct age_list *l, struct slab *s, uint32_t i);
