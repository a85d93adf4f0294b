/* Correlation rules on trial: the events of a test go through a correlator, and so they do when the
 * correlation is changed. For trial*.c alone. */
#pragma once

#include "rules/sigma/correlator.h"
#include "rules/trial/trial_file.h"

/* Gives the events of TEST to the rules and their matches to a correlator. SINK is told of every
 * correlation that is met; *ret_counted: matches that OF counts, be it through others. 0, or a
 * negative code. */
int trial_correlate(const struct sigma *rules, struct sigma_scratch *scratch,
	const struct trial_case *test, struct facts *facts, const struct correlation *of,
	correlator_sink_fn *sink, void *user, uint32_t *ret_counted);

/* As trial_mutate, of a correlation. */
bool trial_mutate_correlation(struct trial_report *report, struct trial_rule *rule, size_t number,
	const struct trial_config *cfg, struct trial_file *file, struct facts *facts,
	struct sigma_scratch *scratch);

/* trial_mutation.c: tells of the changes that nobody noticed. */
struct trial_change {
	struct str text;
	uint32_t line, column;
	bool noticed;
};

bool trial_keep_survivors(const struct trial_change *changes, size_t n, struct trial_report *report,
	struct trial_rule *rule, size_t number, struct trial_file *file);
