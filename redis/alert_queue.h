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
	struct queued_alert *next; /* in the queue, or among those that were dropped */
	uint64_t seq;              /* counts what was pushed, from 0 */
	uint64_t added_us;         /* the owner's clock */
	uint64_t bytes;            /* of the allocation */
	struct alert alert;        /* its strings are the copy's own */
	struct stream_id id;       /* 0-0 until it is sent for the first time */
	bool confirmed;            /* by Redis */
	char text[];
};

struct queued_alert *queued_alert_new(const struct alert *a); /* NULL without memory */

struct alert_queue {
	struct {
		struct queued_alert *first, *last;
		uint64_t bytes;
	} levels[LEVEL_CRITICAL + 1];
	uint64_t count, bytes; /* with those taken and not yet released */
	uint64_t waiting;      /* without them */
	uint64_t max_bytes;
	uint64_t next_seq;
};

/* Appends Q. What had to go for it is in the returned list, the caller's now: NULL, a number of
 * older alerts, or Q alone, when only alerts above its level, or taken ones, could make room. Cost:
 * in proportion to what is dropped. */
struct queued_alert *alert_queue_push(struct alert_queue *queue, struct queued_alert *q);

/* The oldest one that waits; NULL without one. */
const struct queued_alert *alert_queue_first(const struct alert_queue *queue);

/* Takes it: it still counts, and cannot be dropped, until it is released. */
struct queued_alert *alert_queue_take(struct alert_queue *queue);

/* Q, which was taken, counts no longer; the caller frees it. */
void alert_queue_release(struct alert_queue *queue, const struct queued_alert *q);

void alert_queue_clear(struct alert_queue *queue); /* frees what waits */
