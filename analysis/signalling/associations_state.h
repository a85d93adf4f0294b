/* Shared by the files of the table of associations; nobody else includes this. */
#pragma once

#include "analysis/signalling/associations.h"

#define ASSOCIATION_NONE UINT32_MAX

enum { ASSOCIATION_WAYS = 8 };

/* Where an association is found by what a packet shows of it. What an entry says may be out of
 * date: whoever follows it looks whether the association is the one. So nothing has to be taken
 * out. */
struct association_index {
	uint64_t names[ASSOCIATION_WAYS]; /* keyed hash of a tag or a path; 0: free */
	uint64_t used[ASSOCIATION_WAYS];
	uint64_t births[ASSOCIATION_WAYS]; /* of the association that it leads to */
	uint32_t at[ASSOCIATION_WAYS];
};

struct association_list {
	uint32_t head, tail; /* longest idle first */
};

enum { ASSOCIATION_OPENING, ASSOCIATION_OPEN, ASSOCIATION_LISTS };

struct associations {
	struct association *all;
	struct association_index *sets; /* as many: a tag each way and some paths for each */
	uint32_t max;
	struct association_list lists[ASSOCIATION_LISTS];
	uint32_t used;
	uint64_t key, stamp, births;
	uint64_t evicted, evicted_established, ways_forgotten;
};

/* A place, zeroed but for its birth, in no list. The one that it may have been is forgotten. */
uint32_t associations_place(struct associations *a);

/* AT, whose state is set, is the latest of its list. */
void associations_append(struct associations *a, uint32_t at);

/* AT is found by all its tags and paths. */
void associations_enter(struct associations *a, uint32_t at);
