/* What the application layer said, kept for the life of a flow in one block of memory of its true
 * size: most flows say little, and a struct flow_details is 600 bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analysis/event.h"
#include "common/arena.h"

enum { DETAILS_MAX_BYTES = 4096 };

struct details;

/* Copies D, at most DETAILS_MAX_BYTES: strings that do not fit any more are left out, in the order
 * of details.c. NULL when D says nothing or without memory. */
struct details *details_pack(const struct flow_details *d);
void details_free(struct details *packed); /* NULL allowed */

size_t details_bytes(const struct details *packed); /* 0 for NULL */

/* Fills *RET; its strings are put into ARENA. NULL gives details that say nothing. */
void details_unpack(const struct details *packed, struct arena *arena, struct flow_details *ret);

/* Details that say nothing. */
extern const struct flow_details details_none;
void details_clear(struct flow_details *ret);
