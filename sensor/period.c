#include "sensor/period.h"

#include <stdio.h>
#include <string.h>

#include "common/time_text.h"

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

struct sensor_event step_event(
	uint64_t ts_ns, const struct clock_step *step, char text[STEP_TEXT_BYTES])
{
	char from[TIME_TEXT_BYTES], to[TIME_TEXT_BYTES];

	(void)snprintf(text, STEP_TEXT_BYTES,
		"the clock that stamps packets was set %s by %.3f s%s: behind %s comes %s",
		step->forward ? "ahead" : "back", (double)step->size_ns / NS_PER_S,
		step->forward ? " or more, after it had been set back" : "",
		time_format(step->from_ns, from), time_format(step->to_ns, to));
	return (struct sensor_event){
		.kind = SENSOR_EVENT_CLOCK_STEP,
		.from_ns = ts_ns,
		.until_ns = ts_ns,
		.cause = step->forward ? STR("forward") : STR("backward"),
		.message = str_from(text),
	};
}
