/* The alerts of a replay into a Redis Stream [hiredis, nowhere else but in redis/]. A sensor's go
 * there by redis/delivery.h.
 *
 * vedette:{NAME}:alerts   stream; entry ids are <packet ms>-<n>, explicit and increasing; fields
 *                         json, id, rule, level, equipment, seq, revision
 * vedette:{NAME}:status   hash: mode, run, raised, delivered, alerts, first, last, finished
 * vedette:sensors         set of names
 *
 * Entries go to vedette:{NAME}:alerts:staging:<client id>, which is renamed when it is complete, so
 * a reader sees the former run or the new one, never a half. Two replays of one name at once do
 * not meet: no two connections of a server have the same client id, and the one that finishes last
 * is seen. A staging key that a killed run left behind expires within the hour. The stream of a
 * sensor is not replaced. One thread. */
#pragma once

#include <stdint.h>

#include "common/error.h"
#include "redis/connection.h"
#include "rules/alert.h"

struct publisher;

struct publisher_config {
	const char *name; /* of the replay: 1 to 128 letters, digits, . _ - */
	uint32_t batch;   /* entries whose replies are read together, 1 to 256; 0: 128 */
};

/* Borrows C, which must outlive the publisher and serves nobody else meanwhile. NULL with *err. */
struct publisher *publisher_new(
	struct redis_connection *c, const struct publisher_config *cfg, struct error *err);
void publisher_free(struct publisher *p); /* NULL allowed; what was not finished stays invisible */

/* Queues A (copied) and sends what goes without waiting. Waits for Redis when two batches are full
 * and the first of them is not confirmed. 0, or a negative code with *err: not every alert so far
 * is delivered, and every later call fails with the same error. */
int publisher_add(struct publisher *p, const struct alert *a, struct error *err);

/* Sends what is queued, waits until Redis has confirmed every entry, and makes the stream visible
 * in one step, with its status hash, which replaces that of the former run. An empty run replaces
 * the stream by nothing. Nothing may be added afterwards. */
int publisher_finish(struct publisher *p, struct error *err);

const char *publisher_name(const struct publisher *p);
const char *publisher_stream(
	const struct publisher *p); /* the key that readers see: "vedette:{NAME}:alerts" */
