/* What it costs to know a fact and to test it: estimates, by which tests are put in order. They
 * change no answer. */
#pragma once

#include <stdint.h>

#include "analysis/facts.h"

struct item;

/* By the group of facts that it is worked out with. COST_RECORD: stands in the record of the
 * conversation. COST_TEXT: what a protocol said, or what must be written as text. COST_LOOK_UP:
 * asks policy, geography, lists or names. */
enum field_cost { COST_RECORD, COST_TEXT, COST_LOOK_UP };

enum field_cost field_cost(enum field_id id);

/* Of knowing the fact and testing it; comparable with other items only. */
uint32_t item_cost(const struct item *item);
