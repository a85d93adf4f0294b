/* What the pipeline counted, in the words of the analyst stage. */
#pragma once

#include "rules/analyst.h"
#include "sensor/pipeline.h"

/* A period of a run that ended at UNTIL_NS; no blind intervals. */
struct sensor_period period_of(uint64_t until_ns, bool day, const struct pipeline_stats *so_far);
