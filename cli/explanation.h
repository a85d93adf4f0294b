/* An alert as a person would tell it: what happened, when, who, why this is an alert, and what
 * would clear it. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cli/json_view.h"
#include "rules/sigma/sigma.h"

/* The rules as they are loaded now; SIGMA NULL: WHY says why they cannot be read. */
struct explanation_rules {
	const struct sigma *sigma;
	const char *why;
};

/* Everything from the alert is escaped; lines fit COLUMNS but for what is meant to be pasted. RULES
 * NULL: what they make of the event is left out. */
void explanation_print(const struct json_view *v, const struct explanation_rules *rules, FILE *to,
	unsigned columns, bool colour);
