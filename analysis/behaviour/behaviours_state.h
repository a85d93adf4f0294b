/* Shared by behaviours*.c; nobody else includes this. */
#pragma once

#include "analysis/behaviour/behaviours.h"
#include "analysis/behaviour/ledger.h"
#include "analysis/behaviour/units.h"

enum {
#define BEHAVIOUR(name) NUMBER_OF_##name,
#include "analysis/behaviour/behaviours.def"
#undef BEHAVIOUR
	BEHAVIOURS
};

enum behaviour_part {
	BEHAVIOUR_PAIR,
	BEHAVIOUR_EQUIPMENT,
	BEHAVIOUR_ROLE,
	BEHAVIOUR_SITE,
	BEHAVIOUR_PARTS
};

struct behaviours {
	struct behaviours_config cfg;
	struct pairs *pairs;
	struct units *units;
	struct ledger *ledger;
	uint64_t seen_ns;  /* the last sight */
	uint64_t tick_ns;  /* the last tick that was given to behaviours */
	uint64_t peers_ns; /* what was learned of a peer before is old */
	uint64_t refused, judged;
	/* Where the part of each behaviour begins in a memory of each kind; the last: how long that
	 * is. */
	uint32_t offsets[BEHAVIOURS + 1][BEHAVIOUR_PARTS];
	/* Who sees sights of a kind, at a side of the conversation, that meet these needs: a bit
	 * each. */
	uint32_t seers[SIGHT_KINDS][2][1U << BEHAVIOUR_NEEDS];
};

_Static_assert(BEHAVIOURS <= 32, "a bit each");

extern const struct behaviour *const behaviours_all[];

/* What behaviour I remembers in one memory of this kind, aligned. */
uint32_t behaviours_bytes(enum behaviour_part part, uint32_t i);
