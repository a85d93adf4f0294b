/* What the application layer said, kept for the life of a flow in one block of memory of its true
 * size: most flows say little, and a struct flow_details is 600 bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/event.h"
#include "common/arena.h"
#include "common/blob.h"

enum { DETAILS_MAX_BYTES = 4096 };

struct details;

/* Copies D, at most DETAILS_MAX_BYTES: strings that do not fit any more are left out, in the order
 * of details.c. NULL when D says nothing or without memory. */
struct details *details_pack(const struct flow_details *d);
void details_free(struct details *packed); /* NULL allowed */

size_t details_bytes(const struct details *packed); /* 0 for NULL */

/* A copy in ARENA; NULL without memory. */
const struct details *details_copy(const struct details *packed, struct arena *arena);

/* Fills *RET, whose strings lie in PACKED. NULL gives details that say nothing. */
void details_unpack(const struct details *packed, struct flow_details *ret);

/* Whoever reads EV's details calls this first: they may be unpacked to ROOM then. */
static inline void event_unpack(struct event *ev, struct flow_details *room)
{
	if (!ev->packed)
		return;
	details_unpack(ev->packed, room);
	ev->details = room;
	ev->packed = NULL;
}

/* Details that say nothing. */
extern const struct flow_details details_none;
void details_clear(struct flow_details *ret);

void details_save(const struct details *packed, struct blob_writer *w); /* PACKED may be NULL */

/* FIND_RISK gives the constant that says the same as a name of a risk; NULL: there is none any
 * more. *RET is owned; NULL when they say nothing or without memory. False when R says something
 * else. */
bool details_load(
	struct blob_reader *r, const char *(*find_risk)(struct str name), struct details **ret);
