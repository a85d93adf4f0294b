/* A set of numbers as ranges, for numbers that come in long runs. Bounded: what finds no room is
 * counted and not kept. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
	uint64_t first, last; /* both in it */
};

enum { RANGES_MAX = 65536 };

struct ranges {
	struct range *items; /* owned; by FIRST, neither touching nor overlapping */
	size_t n, capacity;
	uint64_t left_out; /* numbers that found no room, or no memory */
};

void ranges_done(struct ranges *r); /* empty again, which {0} is */

/* FIRST <= LAST. Cost: a binary search, and a move of what lies behind. */
void ranges_add(struct ranges *r, uint64_t first, uint64_t last);
void ranges_remove(struct ranges *r, uint64_t first, uint64_t last);

bool ranges_has(const struct ranges *r, uint64_t number);
uint64_t ranges_count(const struct ranges *r); /* numbers; without those left out */

/* "17-20,22" into BUF, at most so many whole ranges as fit, with ",..." behind them when there are
 * more. SIZE is at least 64. Returns BUF. */
char *ranges_format(const struct ranges *r, char *buf, size_t size);

/* Adds what TEXT, "17-20,22", names, at most MAX ranges. False when it has another shape; what
 * stands before the fault is added. */
bool ranges_parse(struct ranges *r, const char *text, size_t len, size_t max);
