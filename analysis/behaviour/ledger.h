/* How much of each conversation that lasts was counted already, so that nothing is counted twice.
 * Bounded: when there is no room the one that was counted longest ago is forgotten, and what it
 * sent until the next time is not counted. Pure; one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/blob.h"

struct ledger;

struct ledger *ledger_new(uint32_t max); /* NULL without memory */
void ledger_free(struct ledger *l);      /* NULL allowed */

/* The conversation FLOW (number of its first packet) has sent TOTAL so far, by end. Returns in
 * *ret_fresh what of that was not counted before. BEGAN: an earlier call must have been made for
 * it, so that one that is not known was forgotten. ENDED: no other call will follow. */
void ledger_count(struct ledger *l, uint64_t flow, const uint64_t total[2], bool began, bool ended,
	uint64_t ret_fresh[2]);

uint64_t ledger_forgotten(const struct ledger *l);

void ledger_save(const struct ledger *l, struct blob_writer *w);
bool ledger_load(struct ledger *l, struct blob_reader *r); /* L is new */
