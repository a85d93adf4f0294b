/* Finds what a stream lacks: its entries are numbered from 1 on without holes, so a number that is
 * not there was lost, and is either declared by a later alert or not. One stream, read in its
 * order. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"
#include "redis/ranges.h"
#include "redis/reader.h"

enum gaps_result {
	GAPS_NEXT,       /* the number that was due, or the first one that is read */
	GAPS_HOLE,       /* numbers between the last one and this are missing */
	GAPS_BACK,       /* not above the last one: the order is broken, or it came before */
	GAPS_UNNUMBERED, /* the entry has no number */
};

struct gaps {
	uint64_t first, last; /* numbers seen; 0: none yet */
	uint64_t numbered, unnumbered, back;
	struct ranges missing;  /* between first and last, not declared so far */
	struct ranges declared; /* as lost, by alerts read so far */
	uint64_t declared_n;    /* what those alerts say was lost, also before it had a number */
};

void gaps_done(struct gaps *g); /* as new, which {0} is */

/* Looks at an entry. *ret_hole: the numbers that are missing in front of it, for GAPS_HOLE. */
enum gaps_result gaps_see(struct gaps *g, const struct reader_entry *e, struct range *ret_hole);

/* Missing numbers that nothing names as lost. What was lost before it had a number leaves no hole.
 */
uint64_t gaps_undeclared(const struct gaps *g);

/* Whether JSON declares a loss of alerts; then *ret_n is how many, and RET (NULL allowed) takes the
 * numbers that it names. */
bool gaps_declaration(struct str json, uint64_t *ret_n, struct ranges *ret);
