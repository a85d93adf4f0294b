/* What a correlation rule makes of captures: which rules it counted, and each time it was met. */
#pragma once

#include "cli/options.h"
#include "rules/sigma/sigma.h"

/* Judges the N captures FILES with the rules of S and tells of the correlation at RULE of
 * sigma_rule. 0, or a negative code with *err; *ret_status: EXIT_OK, or what an input that ended
 * early gave. */
int correlation_trace(const struct options *o, const struct knowledge_config *knowledge,
	const struct sigma *s, size_t rule, char **files, int n, int *ret_status,
	struct error *err);
