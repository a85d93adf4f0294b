/* Reads alerts back from the streams of sensors and replays. What is read was written by whoever
 * may write to this Redis: every string is hostile. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/str.h"
#include "redis/connection.h"

struct reader_status {
	uint64_t entries;                                  /* in the stream now: revisions */
	uint64_t alerts;                                   /* that the last finished run opened */
	uint64_t raised, delivered, spooled, queued, lost; /* as the sensor counts them */
	uint64_t lag_ms;    /* age of the oldest one that Redis has not confirmed */
	uint64_t last_seq;  /* number of the last one that was raised */
	char mode[16];      /* "replay", "sensor"; "" when unknown */
	char state[16];     /* of a sensor: "running", "stopped" */
	char run[64];       /* differs from run to run */
	char finished[32];  /* by the server's clock, ISO 8601; "" when it is not */
	char heartbeat[32]; /* of a sensor, by the same clock; "" when it has not been heard of for
			       long */
};

/* Takes the fields of R, the reply to HGETALL of a status; what is unknown is left out. False when
 * R is no such reply. */
bool reader_status_take(struct reader_status *s, const struct redis_reply *r);

/* The state of NAME; all empty when there is none. */
int reader_status(
	struct redis_connection *c, const char *name, struct reader_status *ret, struct error *err);

struct reader_stream {
	char *name;
	struct reader_status status;
};

/* All sensors and replays known to this Redis, the one that finished or was heard of last first,
 * those of which neither is known last, equal ones by name. What is no name (stream_name_ok) is
 * left out. Free with reader_streams_free. */
int reader_streams(
	struct redis_connection *c, struct reader_stream **ret, size_t *ret_n, struct error *err);
void reader_streams_free(struct reader_stream *streams, size_t n);

struct reader_entry {
	struct str stream;    /* name of the sensor or replay, where several are read; else empty */
	struct str stream_id; /* "1790000000123-0" */
	/* Empty where the entry has no such field. */
	struct str json, id, rule, level, equipment;
	struct str seq;       /* number in the stream, from 1; a gap is a loss */
	struct str revision;  /* of the alert */
	struct str unspooled; /* "1": it went past the spool */
	bool deleted;         /* it has no fields any more: a pending entry that was deleted */
};

/* Takes R, an entry as Redis lists it: [id, [field, value, ...]], or [id, nil]. The strings are
 * borrowed from R. False when it has another shape. */
bool reader_entry_parse(const struct redis_reply *r, struct reader_entry *ret);

/* The strings are borrowed during the call, in which C is not used. Not 0 ends the reading. */
typedef int reader_entry_fn(void *user, const struct reader_entry *e);

/* Every entry of NAME's stream in order, in pages. 0, what ENTRY returned when it was not 0, or a
 * negative code with *err; one when a new run replaces the stream meanwhile: what was read is of
 * the former run. */
int reader_all(struct redis_connection *c, const char *name, reader_entry_fn *entry, void *user,
	struct error *err);

enum { READER_ID_BYTES = 48, READER_WAIT_MAX_MS = 2000 };

/* Entries after AFTER ("$": after the last one there is now; READER_ID_BYTES), at most a page of
 * them, waiting TIMEOUT_MS (at most READER_WAIT_MAX_MS) for one. AFTER becomes the id of the last.
 * Returns as reader_all; 0 without entries is a time-out. */
int reader_follow(struct redis_connection *c, const char *name, char *after, unsigned timeout_ms,
	reader_entry_fn *entry, void *user, struct error *err);
