/* `vedette baseline`: what its members share. */
#pragma once

#include "cli/command.h"
#include "cli/options.h"
#include "rules/baseline/view.h"

command_fn baseline_learn, baseline_show, baseline_propose, baseline_approve, baseline_revoke;

/* What was learned, by a file of `baseline learn` or of a sensor (--from), by the sensor that runs,
 * or by what one that ended has left (--name, --state). */
struct baseline_source {
	struct baseline *baseline;
	struct baseline_view *view;
	char name[OPTIONS_PATH_BYTES]; /* where it came from, for people */
};

/* 0, or a negative code with *err; baseline_source_close is due in any case. */
int baseline_source_open(struct baseline_source *ret, const struct options *o, struct error *err);
void baseline_source_close(struct baseline_source *s);

/* --ramp and --min-days, or what is usual. */
struct baseline_limits baseline_limits_of(const struct options *o);

/* An option that must be given, and how: "--by j.kowalska". */
struct baseline_need {
	const char *given; /* NULL or empty: not given */
	const char *remedy;
};

/* 0 when all N are given, else ERR_USAGE with *err: WHY, and the first that is not. */
int baseline_check_needs(
	const struct baseline_need *needs, size_t n, const char *why, struct error *err);
