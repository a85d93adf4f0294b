/* Many small allocations that end together. Never returns memory before arena_reset or arena_free.
 * Not thread-safe. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

struct arena;

struct arena *arena_new(size_t block_bytes); /* NULL without memory */
void arena_free(struct arena *a);            /* NULL allowed */

/* Keeps the first block for what comes next and gives the others back. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type. NULL without memory. */
void *arena_alloc(struct arena *a, size_t bytes);

/* A copy of TEXT with a NUL behind it that len does not count. {NULL, 0} without memory. */
struct str arena_str(struct arena *a, struct str text);
/* The N texts of PARTS, one behind the other; otherwise the same. */
struct str arena_join(struct arena *a, const struct str *parts, size_t n);
struct str arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Bytes handed out since arena_reset, with the padding between them. */
size_t arena_used_bytes(const struct arena *a);
