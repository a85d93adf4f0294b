/* What the rules that are loaded now make of the event of an alert. */
#pragma once

#include <stdio.h>

#include "cli/json_view.h"
#include "rules/sigma/sigma.h"

/* Prints the alert's rule test by test, and which other rules the event met or nearly did. SIGMA
 * NULL: says that WHY the rules cannot be read. */
void explanation_trace(const struct json_view *v, const struct sigma *sigma, const char *why,
	FILE *to, unsigned columns);
