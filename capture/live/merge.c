#include "capture/live/merge.h"

struct merge_choice merge_choose(const struct merge_lane *lanes, size_t n)
{
	struct merge_choice c = {.earliest_ns = UINT64_MAX};
	uint64_t quiet_ns = UINT64_MAX;
	bool has_any = false;

	for (size_t i = 0; i < n; i++) {
		if (!lanes[i].has_frame) {
			if (lanes[i].quiet_ns < quiet_ns)
				quiet_ns = lanes[i].quiet_ns;
		} else if (!has_any || lanes[i].ts_ns < c.earliest_ns) {
			has_any = true;
			c.first = i;
			c.earliest_ns = lanes[i].ts_ns;
		}
	}
	c.is_known = has_any && c.earliest_ns <= quiet_ns;
	c.is_held = has_any && !c.is_known;
	if (quiet_ns < c.earliest_ns)
		c.earliest_ns = quiet_ns;
	return c;
}
