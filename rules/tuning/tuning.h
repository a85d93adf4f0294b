/* What is done about alerts that somebody has seen enough of: how long repeats of a rule are one
 * alert, how often a rule has to be met before there is one, and which alerts are hidden until
 * when, by whom and why. Read from tuning.yaml (docs/tuning.md) at set-up; read only afterwards, by
 * any number of threads. What was hidden is counted in rules/tuning/noise.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/facts.h"
#include "common/error.h"
#include "common/hash/hash.h"
#include "rules/policy/site.h"
#include "rules/sigma/sigma.h"

struct tuning;

/* Reads PATH; NULL: nothing is tuned. What it names must be in SITE and SIGMA, which are not needed
 * afterwards. NULL with *err "FILE:LINE:COLUMN: what is wrong; what would be right". */
struct tuning *tuning_open(
	const char *path, const struct site *site, const struct sigma *sigma, struct error *err);
void tuning_close(struct tuning *t); /* NULL allowed */

bool tuning_is_given(const struct tuning *t);        /* false: no file */
struct digest tuning_digest(const struct tuning *t); /* of the file */
const char *tuning_path(const struct tuning *t);     /* "" without a file */

struct tuning_counts {
	size_t windows, thresholds, suppressions;
};
void tuning_counts(const struct tuning *t, struct tuning_counts *ret);

/* Of one rule. 0: the file says nothing of it. */
struct tuned_rule {
	uint64_t window_ns, repeat_ns;
	uint32_t matches; /* that it takes within WITHIN_NS */
	uint64_t within_ns;
	struct str within; /* as written: "10m" */
};

void tuning_rule(const struct tuning *t, struct str rule_id, struct tuned_rule *ret);

/* Hides the alerts that it names. Strings live as long as the tuning. */
struct suppression {
	struct str name, owner, because;
	const char *where;          /* "tuning.yaml:12" */
	struct str text;            /* what it hides, for a person */
	struct str until;           /* as written */
	uint64_t from_ns, until_ns; /* packet time; until is exclusive */
	uint64_t expected;          /* alerts that it was written for */
	bool per_day;               /* that many each day (UTC), else in all */
};

#define NO_SUPPRESSION UINT32_MAX

enum {
	TUNING_MAX_SUPPRESSIONS = 4096,
	TUNING_MOST_WINDOWS = 16, /* of different length */
};

uint32_t tuning_suppression_count(const struct tuning *t);
const struct suppression *tuning_suppression(const struct tuning *t, uint32_t i);

/* What is never tuned: the canary, by which the sensor proves that it works, and what it says of
 * suppressions. */
bool tuning_spares(const struct facts *f);

/* The first suppression of the file that hides what met RULE, as F says, at TS_NS; or
 * NO_SUPPRESSION. A rule of category sensor is hidden only where it is named. */
uint32_t tuning_find(
	const struct tuning *t, const struct rule *rule, const struct facts *f, uint64_t ts_ns);
