/* The facts that an alert tells of, as its rule was given them. */
#pragma once

#include "analysis/facts.h"
#include "cli/json_view.h"

/* Sets in F, which has an arena, what V says of the event: not what alerts get after the rules have
 * judged. Texts are borrowed from V. What is of another type than the fact is left out. False
 * without memory. */
bool alert_facts_fill(struct facts *f, const struct json_view *v);
