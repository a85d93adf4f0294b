/* How often the same was seen in the present minute of packet time, so that it is told the 1st,
 * 2nd, 4th, 8th, ... time: a flood of one message makes a handful of events, whose numbers say at
 * once how many there were. Fixed memory; pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/blob.h"

enum { REPEATS_SLOTS = 8192, REPEATS_WAYS = 4, REPEATS_SAVED_BYTES = 16 };

struct repeats {
	struct repeat {
		uint64_t hash;
		uint32_t minute, count; /* count 0: nothing here yet */
	} slots[REPEATS_SLOTS];
	/* Counts of the present minute that gave way to others: what they counted begins anew. */
	uint64_t forgotten;
};

/* Counts what has HASH, keyed, at NOW_NS (packet clock): how often it was seen in this minute. */
uint32_t repeats_count(struct repeats *r, uint64_t hash, uint64_t now_ns);

/* Is the Nth time told? */
static inline bool repeats_is_due(uint32_t n)
{
	return (n & (n - 1)) == 0;
}

/* Those of the minute of NOW_NS. */
void repeats_save(const struct repeats *r, uint64_t now_ns, struct blob_writer *w);

/* One of those that repeats_save wrote, as many as the number in front of them says; and R as if it
 * had counted them. */
struct repeat repeat_load(struct blob_reader *from);
void repeats_put(struct repeats *r, const struct repeat *saved);
