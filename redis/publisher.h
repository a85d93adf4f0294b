/* Alerts into a Redis Stream [hiredis, nowhere else but in redis/].
 *
 * vedette:{NAME}:alerts   stream; entry ids are <packet ms>-<n>, explicit and increasing; fields
 * json, id, rule, level, equipment, seq vedette:{NAME}:status   hash: mode (replay or sensor), run,
 * raised, delivered, alerts, first, last, finished vedette:sensors         set of names
 *
 * A replay writes to vedette:{NAME}:alerts:staging:<client id> and renames it when it is complete,
 * so a reader sees the former run or the new one, never a half. Two replays of one name at once do
 * not meet: no two connections of a server have the same client id, and the one that finishes last
 * is seen. A staging key that a killed run left behind expires within the hour. A replay does not
 * replace the stream of a sensor, nor does a sensor append to a replay's. One thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "redis/connection.h"
#include "rules/alert.h"

struct publisher;

struct publisher_config {
	const char *name; /* of the sensor or replay: 1 to 128 letters, digits, . _ - */
	bool staged;      /* a replay: replace the stream at publisher_finish */
	uint32_t batch;   /* entries per pipeline, 1 to 256; 0: 128 */
};

/* Borrows C, which must outlive the publisher and serves nobody else meanwhile. NULL with *err. */
struct publisher *publisher_new(
	struct redis_connection *c, const struct publisher_config *cfg, struct error *err);
void publisher_free(struct publisher *p); /* NULL allowed; what was not finished stays invisible */

/* Queues A (copied); sends a batch when it is full. 0, or a negative code with *err: not every
 * alert so far is delivered, and every later call fails with the same error. */
int publisher_add(struct publisher *p, const struct alert *a, struct error *err);

/* Sends what is queued, reads every reply and compares the entry's id in it with the one that was
 * sent. */
int publisher_flush(struct publisher *p, struct error *err);

/* Flushes, then makes a staged stream visible in one step, with its status hash. An empty run
 * replaces the stream by nothing. Nothing may be added afterwards. */
int publisher_finish(struct publisher *p, struct error *err);

/* Entries that Redis has confirmed. */
uint64_t publisher_delivered(const struct publisher *p);

const char *publisher_name(const struct publisher *p);
const char *publisher_stream(
	const struct publisher *p); /* the key that readers see: "vedette:{NAME}:alerts" */
