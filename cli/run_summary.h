/* What a run over captures says of itself: a progress line while it works, a summary at its end. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "capture/source.h"
#include "rules/analyst.h"
#include "rules/sigma/sigma.h"
#include "sensor/pipeline.h"

/* A line on standard error that is written over itself, a few times a second, only when that is a
 * terminal. */
struct progress {
	const struct source *source;
	bool on;
	bool shown;
	uint64_t last_ms; /* monotonic clock */
};

void progress_init(struct progress *p, const struct source *source);
void progress_show(struct progress *p, const struct pipeline_stats *so_far);
void progress_end(struct progress *p); /* wipes the line */

/* Packets, conversations, what was not decoded and why, what was evicted or given up: every counter
 * that is not zero. */
void summary_print(FILE *to, const struct pipeline_stats *stats, const struct source_stats *input);

/* What each suppression hid. */
void summary_noise(FILE *to, const struct noise *noise);

/* Rules that are left out though they were meant for what this sensor sees, if there are any. */
void summary_rules(FILE *to, const struct sigma *sigma);

/* Findings by level, and what the analyst stage gave up. */
void summary_alerts(FILE *to, const struct analyst_stats *stats);
