#include "sensor/period.h"

#include <string.h>

struct sensor_period period_of(uint64_t until_ns, bool day, const struct pipeline_stats *so_far)
{
	struct sensor_period p = {
		.name = day ? STR("day") : STR("end"),
		.until_ns = until_ns,
		.counts =
			{
				.packets = so_far->frames,
				.duplicates = so_far->duplicate_packets,
				.subscribers = so_far->subscriber_packets,
				.late = so_far->late,
			},
	};

	memcpy(p.counts.reasons, so_far->reasons, sizeof(p.counts.reasons));
	return p;
}
