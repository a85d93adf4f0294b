/* Whether the volume of an edge grows from day to day, as it does when somebody gets a baseline
 * used to something. Whole numbers alone: the same on every machine. */
#pragma once

#include "rules/baseline/baseline.h"

struct baseline_trend {
	uint32_t days;          /* whole days that it was judged by; 0: too few */
	int64_t growth_percent; /* of the last third of them against the first */
	int32_t rising; /* Kendall's tau of volume against time, in percent: 100 when each day has
			   more than all before it */
};

/* LAST_DAY: of learning, from 0 on. Its first day and LAST_DAY count only where that leaves too
 * few, since they are seldom whole. */
void baseline_trend(const struct baseline_edge *e, uint32_t last_day, struct baseline_trend *ret);
