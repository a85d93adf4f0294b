/* Parts of dates (Sigma specification 2.1, "Time Modifiers"), in UTC. */
#pragma once

#include <stdint.h>

#include "rules/sigma/program.h"

struct moment_range {
	unsigned first, last;
};

/* What PART, MOD_MINUTE to MOD_YEAR, may be. */
struct moment_range moment_range(enum modifier part);

/* PART of the moment TS_NS. Weeks are those of ISO 8601: they begin on Mondays, and the first one
 * of a year holds its first Thursday. */
uint64_t moment_part(uint64_t ts_ns, enum modifier part);
