/* Captures judged without rules and without alerts: whoever asks is told of everything that rules
 * would be given. What it tells is what a replay of the same captures would judge. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "rules/analyst.h"
#include "sensor/knowledge.h"

struct rehearsal_config {
	const char *const *paths; /* as source_open_files takes them */
	size_t n;
	const char *filter;                       /* NULL: all packets */
	const struct knowledge_config *knowledge; /* opened here; rules_dir is not looked at */
	uint32_t workers, processors;             /* struct pipeline_config */
	bool keep_duplicates;
	/* What was opened, before the first packet; borrowed during the call. NULL allowed. */
	void (*opened)(void *user, const struct knowledge *k);
	analyst_watch_fn *watch;
	void *user;
	/* An input ended early; the others go on. NULL: that ends the rehearsal, with *err. */
	void (*input_fault)(void *user, const struct error *err);
};

/* 0, or a negative code with *err. */
int rehearsal_run(const struct rehearsal_config *cfg, struct error *err);
