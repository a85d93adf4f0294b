/* An alert as a person would tell it: what happened, when, who, why this is an alert, and what
 * would clear it. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "cli/json_view.h"

/* Everything from the alert is escaped; lines fit COLUMNS but for what is meant to be pasted. */
void explanation_print(const struct json_view *v, FILE *to, unsigned columns, bool colour);
