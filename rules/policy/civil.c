#include "rules/policy/civil.h"

#include "common/time_text.h"

/* No clock is further from UTC. */
enum { MAX_OFFSET_S = 36 * 3600 };

int64_t civil_first_s(const struct zone *z, int64_t local_s)
{
	/* Here every clock shows less; from here on, one offset after the other. */
	int64_t from_s = local_s - MAX_OFFSET_S;

	for (;;) {
		int64_t at_s = local_s - zone_offset_s(z, from_s);
		int64_t next_s = zone_next_transition_s(z, from_s);

		/* The clock may have jumped over it when this offset began. */
		if (at_s < from_s)
			at_s = from_s;
		if (at_s < next_s)
			return at_s;
		from_s = next_s;
	}
}

uint64_t civil_day_ns(const struct zone *z, int64_t day)
{
	int64_t s = civil_first_s(z, day * CIVIL_DAY_S);

	return s > 0 ? (uint64_t)s * NS_PER_S : 0;
}
