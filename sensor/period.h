/* What the pipeline counted, in the words of the analyst stage. */
#pragma once

#include "rules/analyst.h"
#include "sensor/packet_clock.h"
#include "sensor/pipeline.h"

/* A period of a run that ended at UNTIL_NS; no blind intervals. */
struct sensor_period period_of(uint64_t until_ns, bool day, const struct pipeline_stats *so_far);

enum { STEP_TEXT_BYTES = 256 };

/* The capture's clock was set, as the frame at TS_NS shows: what the rules are told. TEXT holds the
 * sentence, which the event borrows. */
struct sensor_event step_event(
	uint64_t ts_ns, const struct clock_step *step, char text[STEP_TEXT_BYTES]);
