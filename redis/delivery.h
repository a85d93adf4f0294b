/* A live sensor's alerts into its Redis Stream, by way of a spool on disk: whatever Redis and the
 * disk do, adding an alert stays cheap [hiredis, nowhere else but in redis/].
 *
 * Adding puts a copy into a queue in memory. The spooler's thread commits what is queued to the
 * spool (redis/store/spool.h), where each alert gets its number (`seq`, consecutive over restarts)
 * and its id in the stream. The sender's thread puts what is committed into Redis, in order. So a
 * commit never waits for Redis, and Redis never for the disk. Without a spool (spool_path NULL) the
 * sender takes from the queue itself.
 *
 * At every instant raised = delivered + spooled + queued + lost. With a spool the counters are
 * those of its whole life, and hold across restarts and kills: an alert counts as raised for good
 * once it is committed; what is queued, and lost with the process, was not. Without one they are
 * the run's.
 *
 * Exactly once: a batch is one transaction (MULTI, EXEC), so a refusal (out of memory, read-only
 * ...) adds none of it and the order is kept. When the reply was lost, the same batch with the same
 * ids is sent again; Redis refuses an id that is not greater than the stream's last, and then the
 * entry under it is read back: the same alert is delivered. Anything else there is another writer:
 * said, counted, and the alert goes behind it under a new id, which the spool knows before Redis
 * does. So it does, unsaid, when the entry was deleted meanwhile. When Redis lost what it had
 * confirmed (a failover, a restart), all that the spool still has of it is sent again.
 *
 * When an alert is lost (no room, too old, a damaged file), another one says so: its cause, exact
 * counts by level, and the numbers that are missing in the stream (redis/declaration.h).
 *
 * While the spool cannot be written and Redis can, alerts go straight out, with the field
 * `unspooled` in their entry.
 *
 * vedette:{NAME}:alerts, a stream, and vedette:sensors, a set, are as publisher.h describes them.
 * vedette:{NAME}:lease names the one writer (redis/lease.h). vedette:{NAME}:status is a hash with a
 * time to live: see docs/redis.md, and what delivery_status_set gave.
 *
 * Every failure closes the connection, waits (exponential, with jitter) and connects again, to the
 * addresses that delivery_new resolved: no name is looked up later. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "rules/alert.h"

struct delivery;

enum delivery_notice {
	DELIVERY_CONNECTED,      /* again, after trouble */
	DELIVERY_TROUBLE,        /* Redis is away, or refuses for a while; retried */
	DELIVERY_OPERATOR_ERROR, /* Redis refuses until a person acts (NOPERM, WRONGTYPE, another
				    sensor has the lease ...); retried slowly */
	DELIVERY_OTHER_WRITER,   /* somebody else wrote to the stream: a cloned sensor, a stray XADD
				  */
	DELIVERY_REWOUND,        /* Redis lost entries that it had confirmed (restarted empty, a
				    failover, a deleted stream) */
	DELIVERY_LOST,           /* alerts are lost, and declared */
	DELIVERY_UNSPOOLED,      /* the spool cannot be written */
	DELIVERY_SPOOLED,        /* again it can */
	DELIVERY_TRIMMED,        /* retention took what a consumer group had not read */
	DELIVERY_UNREGISTERED,   /* the name is not in vedette:sensors */
	DELIVERY_NOTICES
};

struct delivery_config {
	const char *url;       /* redis/url.h */
	const char *name;      /* of the sensor: stream_name_ok */
	uint32_t batch;        /* alerts a transaction, 1 to 256; 0: 128 */
	uint32_t flush_ms;     /* the longest that an alert waits for others; 0: 5 */
	uint32_t status_ms;    /* between two heartbeats; 0: 5000; the hash lives four times as
				  long, at least 4 s, and so does the lease */
	uint32_t retry_ms;     /* first wait after a failure, doubled at each further one; 0: 100 */
	uint32_t retry_max_ms; /* the longest wait, and every one after an operator error;
				  0: 5000 */
	uint64_t max_queue_bytes; /* of alerts that wait in memory, with what keeps them; 0: 64 MiB
				   */

	const char *spool_path;    /* NULL: no spool */
	uint64_t spool_bytes;      /* what the spool may take; 0: 1 GiB */
	uint64_t spool_age_ms;     /* what waits longer is given up; 0: no bound */
	uint64_t resend_window_ms; /* how long the spool keeps what Redis has confirmed */
	uint64_t retain;           /* entries that the stream keeps, about; 0: all */
	/* The wall clock, in milliseconds: for the ages in the spool. Needed with a spool. Any
	 * thread of delivery's. */
	uint64_t (*now_ms)(void *user);

	/* Both are called in one of delivery's threads and may call delivery_add, delivery_stats
	 * and delivery_status_set, nothing else of this header. NULL allowed. */

	/* Something that the operator wants to read: once when it begins, not at each attempt. TEXT
	 * is one printable line without a password. */
	void (*on_notice)(void *user, enum delivery_notice what, const char *text);
	/* Redis has confirmed A, whose strings are borrowed during the call. Once an alert, and
	 * once more when Redis had lost it. */
	void (*on_delivered)(void *user, const struct alert *a);
	void *user;
};

/* Opens the spool, resolves the host, connects, and checks rights and keys, so that a wrong URL,
 * password, right or name, or a second sensor of this name, is refused before the first packet;
 * waits up to 60 s for a Redis that loads its data. With a spool, a Redis that is only away for now
 * is no error. Starts no thread. The last call that looks up a name, opens a file or makes a
 * descriptor other than a stream socket. NULL with *err. */
struct delivery *delivery_new(const struct delivery_config *cfg, struct error *err);

/* Descriptors that the spool's thread writes to, for the system call filter: at most
 * DELIVERY_DESCRIPTORS into RET; returns how many. */
enum { DELIVERY_DESCRIPTORS = 4 };

uint32_t delivery_descriptors(const struct delivery *d, int *ret);

/* The highest revision of the alert ALERT_ID that the spool knows; 0: none. Before delivery_start
 * alone. */
uint32_t delivery_last_revision(struct delivery *d, const char *alert_id);

/* Starts the threads, with all signals blocked. 0, or ERR_SYSTEM with *err. Once. */
int delivery_start(struct delivery *d, struct error *err);

/* Queues a copy of A. Never waits for Redis: allocates, and holds a mutex for some pointers. When
 * the queue is full, the oldest alerts of the lowest level go, which may be A itself; what is being
 * sent stays. False when A itself was lost. Before delivery_start, too, and in any thread. */
bool delivery_add(struct delivery *d, const struct alert *a);

struct delivery_field {
	const char *name; /* not one of those that delivery writes itself */
	const char *value;
};

enum { DELIVERY_FIELDS_MAX = 64 };

/* Replaces what the status hash says beside delivery's own fields: N fields, at most
 * DELIVERY_FIELDS_MAX (copied). A field that is not repeated leaves the hash, too. False without
 * memory: the former ones stay. Any thread. */
bool delivery_status_set(struct delivery *d, const struct delivery_field *fields, uint32_t n);

struct delivery_stats {
	uint64_t raised;    /* all that there ever was */
	uint64_t delivered; /* confirmed by Redis, and not lost there since */
	uint64_t spooled;   /* on disk, not yet confirmed */
	uint64_t queued;    /* in memory alone */
	uint64_t lost;      /* declared lost, or about to be */
	uint64_t lost_by_level[LEVEL_CRITICAL + 1]; /* [0]: of unknown level */
	uint64_t queued_bytes;
	uint64_t spool_bytes;    /* on disk */
	uint64_t last_seq;       /* number of the last alert that has one */
	uint64_t confirmed_seq;  /* all up to it are in Redis, or lost */
	uint64_t resent;         /* had been confirmed, and went out again: Redis had lost them */
	uint64_t unspooled;      /* of this run: sent without standing in the spool */
	uint64_t trimmed;        /* entries that retention took, and */
	uint64_t trimmed_unread; /* those that a consumer group had not read or acknowledged */
	uint64_t lag_ms;         /* age of the oldest that is spooled or queued; 0: none is */
	uint64_t spool_failures; /* commits that failed */
	uint64_t read_back;      /* of those delivered: found in Redis after a lost reply */
	uint64_t renumbered;     /* sent again under another id: the first was taken or passed */
	uint64_t other_writers;  /* times that somebody else's entry was found in the stream */
	uint64_t rewinds;        /* times that Redis had lost what it had confirmed */
	uint64_t reconnects;     /* connections after the first */
	uint64_t failures;       /* attempts that failed, of any kind */
	uint64_t heartbeats;     /* written */
	bool connected;
	uint64_t connected_ms;        /* how long the present connection has lasted */
	uint64_t latency_p50_us;      /* from delivery_add to Redis' reply, of all delivered; */
	uint64_t latency_p99_us;      /* within 12.5 % above */
	enum delivery_notice trouble; /* TROUBLE or OPERATOR_ERROR while not connected */
	char error[sizeof(((struct error *)0)->msg)]; /* of the last failure; "" before the first */
};

/* A consistent view of all counters. Any thread. */
void delivery_stats(struct delivery *d, struct delivery_stats *ret);

/* Waits until all that was added before the call is confirmed by Redis or lost, at most TIMEOUT_MS;
 * a wait after a failure is cut short. 0, or ERR_REDIS with *err that says how many are left. Any
 * thread but delivery's own. */
int delivery_flush(struct delivery *d, uint32_t timeout_ms, struct error *err);

/* Flushes, writes the status a last time (with state stopped, for good), gives the lease back, and
 * ends the threads within TIMEOUT_MS, whatever Redis does; the disk is waited for. Nothing may be
 * added afterwards; stats stay readable. 0 when all is confirmed, or stands in the spool for the
 * next start; else as delivery_flush: what is queued then is gone. */
int delivery_stop(struct delivery *d, uint32_t timeout_ms, struct error *err);

/* Stops with no time to spare unless it is stopped; closes the spool. NULL allowed. */
void delivery_free(struct delivery *d);
