/* What a rule makes of one event, test by test. */
#pragma once

#include <stdio.h>

#include "common/json_writer.h"
#include "rules/sigma/trace.h"

/* Each selection with its maps and tests, what was found and, where a test does not come out as the
 * rule wants it, what would; those that decide are marked. */
void trace_print(const struct rule_trace *t, FILE *to, unsigned columns);

/* Which is lacking, in a few words: "lacks 1 of its tests". */
void trace_print_summary(const struct rule_trace *t, FILE *to);

/* As members of the open object: met, lacking, selections. */
void trace_write_json(const struct rule_trace *t, struct json_writer *w);
