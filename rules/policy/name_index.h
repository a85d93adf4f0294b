/* Names to numbers, sorted once, then read by any number of threads. */
#pragma once

#include <stdint.h>

#include "common/arena.h"
#include "common/str.h"

struct name_entry {
	struct str name;
	uint32_t id;
};

struct name_index {
	struct name_entry *entries; /* sorted by name */
	const char **texts;         /* the same names, NULL-terminated, for nearest_name */
	uint32_t n;
};

/* IX of the N names, NUL-terminated and borrowed; the id of each is its place in NAMES. 0, -1
 * without memory, or 1 when two are the same: *ret_first and *ret_second are their places. */
int name_index_build(struct name_index *ix, struct arena *arena, const struct str *names,
	uint32_t n, uint32_t *ret_first, uint32_t *ret_second);

/* UINT32_MAX when no entry has NAME. */
uint32_t name_index_find(const struct name_index *ix, struct str name);
