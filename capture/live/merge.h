/* Which of several sockets' next frames comes first, and whether that is known. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct merge_lane {
	bool has_frame;
	uint64_t ts_ns;    /* of the next frame, when there is one */
	uint64_t quiet_ns; /* otherwise: none will come that is older than this */
};

struct merge_choice {
	bool is_known; /* take lane number first */
	bool is_held;  /* lane first has the earliest frame, but another may still have an earlier
			  one */
	size_t first;
	uint64_t earliest_ns; /* nothing older than this will come from any lane */
};

/* Of equal stamps the lane with the lower number comes first. Without frames neither is_known nor
 * is_held. */
struct merge_choice merge_choose(const struct merge_lane *lanes, size_t n);
