/* The keys of a sensor or replay in Redis, and the ids of its stream's entries. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"
#include "redis/connection.h"
#include "rules/alert.h"

#define STREAM_SENSORS_KEY "vedette:sensors" /* set of all names */

enum { STREAM_NAME_MAX = 128, STREAM_KEY_BYTES = STREAM_NAME_MAX + 64, STREAM_ID_BYTES = 48 };

struct stream_id {
	uint64_t ms, n;
};

/* Negative, 0 or positive, as memcmp. */
int stream_id_cmp(struct stream_id a, struct stream_id b);

/* Packet time when it is later than the last entry's, else the next number of the last entry's
 * millisecond. 0-0 is no id. */
struct stream_id stream_id_next(struct stream_id last, uint64_t ts_ns);

/* "1790000000123-0", in BUF of STREAM_ID_BYTES. */
struct str stream_id_format(struct stream_id id, char *buf);
bool stream_id_parse(struct str text, struct stream_id *ret);

/* A decimal number up to MAX, digits only. */
bool stream_number_parse(struct str text, uint64_t max, uint64_t *ret);

/* False when TEXT is no id. */
bool stream_id_parse(struct str text, struct stream_id *ret);

struct stream_keys {
	char name[STREAM_NAME_MAX + 1];
	char alerts[STREAM_KEY_BYTES]; /* what readers see: "vedette:{NAME}:alerts" */
	char status[STREAM_KEY_BYTES];
	char lease[STREAM_KEY_BYTES];
};

/* 0, or ERR_USAGE with *err: NAME is not 1 to STREAM_NAME_MAX letters, digits, dots, underscores
 * and hyphens. */
int stream_keys_make(const char *name, struct stream_keys *ret, struct error *err);
bool stream_name_ok(const char *name);

enum stream_mode { STREAM_REPLAY, STREAM_SENSOR };

const char *stream_mode_name(enum stream_mode m); /* "sensor" */

/* Whether the keys are free or of the right type, and the stream is one of MODE: a replay must not
 * wipe out what a sensor gathered. A sensor's status expires when it stops, a replay's does not: a
 * stream without status is a sensor's. 0, or a negative code with *err. */
int stream_check(struct redis_connection *c, const struct stream_keys *k, enum stream_mode mode,
	struct error *err);

struct stream_tail {
	struct stream_id id; /* of the entry that was added last, even when it was deleted since;
				0-0 without a stream */
	uint64_t seq;        /* of the last entry that is there; 0: it has none */
};

int stream_tail(struct redis_connection *c, const struct stream_keys *k, struct stream_tail *ret,
	struct error *err);

/* The stream is a sensor's from its start on: status, without a time to live. */
int stream_announce_sensor(
	struct redis_connection *c, const struct stream_keys *k, struct error *err);

/* Where an alert stands in its stream. */
struct stream_place {
	struct stream_id id;
	uint64_t seq;   /* consecutive, from 1: readers find a gap */
	bool unspooled; /* it went past the spool */
};

/* Queues the XADD of A at PLACE to KEY, as redis_append does. */
int stream_append(struct redis_connection *c, const char *key, const struct stream_place *place,
	const struct alert *a, struct error *err);

/* The server's clock, the same for all who write to it. */
int stream_server_time(struct redis_connection *c, uint64_t *ret_ns, struct error *err);
