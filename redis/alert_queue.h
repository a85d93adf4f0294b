/* Alerts that wait for Redis: in the order in which they came, bounded by bytes. When there is no
 * room, the oldest of the lowest level go first. Pure; one thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "redis/stream.h"
#include "rules/alert.h"

/* A copy of an alert in one allocation, which free() ends. */
struct queued_alert {
	struct queued_alert *next; /* among those that were dropped */
	uint64_t order;            /* counts what was pushed, from 0 */
	uint64_t added_us;         /* the owner's clock */
	uint64_t bytes;            /* of the allocation and the place in the queue */
	struct alert alert;        /* its strings are the copy's own */
	uint64_t seq;              /* its number in the stream; 0: it has none yet */
	struct stream_id id;       /* its id there, once it has a number */
	bool unspooled;            /* goes out without standing in the spool */
	bool evicted;              /* by the commit that was to store it: lost and declared */
	bool confirmed;            /* by Redis */
	char text[];
};

struct queued_alert *queued_alert_new(const struct alert *a); /* NULL without memory */

/* What the queue knows of an alert that waits. The alert itself was written by another thread a
 * while ago: to read it costs a cache miss, so it is left to the one who sends it. */
struct alert_place {
	struct queued_alert *alert;
	uint64_t order, bytes;
};

struct alert_ring {
	struct alert_place *places; /* owned */
	uint64_t first, count, capacity;
	uint64_t bytes;
};

struct alert_queue {
	struct alert_ring levels[LEVEL_CRITICAL + 1];
	uint64_t count, bytes; /* with those taken and not yet released */
	uint64_t waiting;      /* without them */
	uint64_t max_bytes;
	uint64_t next_order;
};

/* Appends Q. What had to go for it is in the returned list, the caller's now: NULL, a number of
 * older alerts, or Q alone, when only alerts above its level, or taken ones, could make room, or
 * there is no memory. Cost: in proportion to what is dropped; now and then the places move. */
struct queued_alert *alert_queue_push(struct alert_queue *queue, struct queued_alert *q);

/* The oldest one that waits; NULL without one. */
const struct queued_alert *alert_queue_first(const struct alert_queue *queue);

/* Takes it: it still counts, and cannot be dropped, until it is released. *ret_bytes (NULL
 * allowed): its bytes, without a look into it. */
struct queued_alert *alert_queue_take(struct alert_queue *queue, uint64_t *ret_bytes);

/* Q, which was taken, counts no longer; the caller frees it. */
void alert_queue_release(struct alert_queue *queue, const struct queued_alert *q);

/* Counts Q, which never waited, as taken. */
void alert_queue_admit(struct alert_queue *queue, const struct queued_alert *q);

/* Frees what waits, and the places. */
void alert_queue_clear(struct alert_queue *queue);
