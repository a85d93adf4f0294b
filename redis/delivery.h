/* A live sensor's alerts into its Redis Stream, in a thread of its own: whatever Redis does, adding
 * an alert stays cheap [hiredis, nowhere else but in redis/].
 *
 * vedette:{NAME}:alerts, a stream, and vedette:sensors, a set, are as publisher.h describes them.
 * vedette:{NAME}:status is a hash with a time to live: mode (sensor), state (running, stopped),
 * heartbeat (the server's clock), raised, delivered, alerts (that were opened, of those delivered),
 * queued, lost, lost_LEVEL, reconnects, and what delivery_status_set gave.
 *
 * Exactly once: an alert keeps its explicit stream id until Redis has confirmed it. A batch is one
 * transaction (MULTI, EXEC), so a refusal (out of memory, read-only ...) adds none of it and the
 * order is kept. When the reply was lost, the same batch with the same ids is sent again; Redis
 * refuses an id that is not greater than the stream's last, and then the entry under it is read
 * back: the same alert is delivered. Anything else there is another writer: said, counted, and the
 * alert goes behind it under a new id. So it does, unsaid, when the entry was deleted meanwhile.
 *
 * Every failure closes the connection, waits (exponential, with jitter) and connects again, to the
 * addresses that delivery_new resolved: no name is looked up later.
 *
 * At every instant raised = delivered + queued + lost. The queue is in memory: what is queued ends
 * with the process. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "rules/alert.h"

struct delivery;

enum delivery_notice {
	DELIVERY_CONNECTED,      /* again, after trouble */
	DELIVERY_TROUBLE,        /* Redis is away, or refuses for a while; retried */
	DELIVERY_OPERATOR_ERROR, /* Redis refuses until a person acts (NOPERM, WRONGTYPE ...);
				    retried slowly */
	DELIVERY_OTHER_WRITER,   /* somebody else wrote to the stream: a cloned sensor, a stray XADD
				  */
	DELIVERY_REWOUND,        /* Redis lost entries that it had confirmed (restarted empty, a
				    failover, a deleted stream) */
};

struct delivery_config {
	const char *url;       /* redis/url.h */
	const char *name;      /* of the sensor: stream_name_ok */
	uint32_t batch;        /* alerts a transaction, 1 to 256; 0: 128 */
	uint32_t flush_ms;     /* the longest that an alert waits for others; 0: 5 */
	uint32_t status_ms;    /* between two heartbeats; 0: 5000; the hash lives four times as
				  long, at least 4 s */
	uint32_t retry_ms;     /* first wait after a failure, doubled at each further one; 0: 100 */
	uint32_t retry_max_ms; /* the longest wait, and every one after an operator error;
				  0: 5000 */
	uint64_t max_queue_bytes; /* of alerts that wait, with what keeps them; 0: 64 MiB */

	/* Both are called in the delivery thread and may call delivery_add, delivery_stats and
	 * delivery_status_set, nothing else of this header. NULL allowed. */

	/* Something that the operator wants to read: once when it begins, not at each attempt. TEXT
	 * is one printable line without a password. */
	void (*on_notice)(void *user, enum delivery_notice what, const char *text);
	/* Redis has confirmed A, whose strings are borrowed during the call. Once an alert. */
	void (*on_delivered)(void *user, const struct alert *a);
	void *user;
};

/* Resolves the host, connects, and checks rights and keys, so that a wrong URL, password, right or
 * name is refused before the first packet; waits up to 60 s for a Redis that loads its data. Starts
 * no thread. The last call that looks up a name, opens a file or makes a descriptor other than a
 * stream socket. NULL with *err. */
struct delivery *delivery_new(const struct delivery_config *cfg, struct error *err);

/* Starts the thread, with all signals blocked. 0, or ERR_SYSTEM with *err. Once. */
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

/* Alerts that were lost since the last call, by level and with the packet time of the first and the
 * last of them, to be declared. False when there are none. Any thread. */
struct delivery_loss {
	uint64_t by_level[LEVEL_CRITICAL + 1]; /* index: enum rule_level */
	uint64_t total;
	uint64_t first_ns, last_ns;
};

bool delivery_loss_take(struct delivery *d, struct delivery_loss *ret);

struct delivery_stats {
	uint64_t raised;    /* given to delivery_add */
	uint64_t delivered; /* confirmed by Redis */
	uint64_t queued;    /* waiting or being sent */
	uint64_t lost;      /* fell out of the full queue */
	uint64_t lost_by_level[LEVEL_CRITICAL + 1];
	uint64_t queued_bytes;
	uint64_t read_back;     /* of those delivered: found in Redis after a lost reply */
	uint64_t renumbered;    /* sent again under another id: the first was taken or passed */
	uint64_t other_writers; /* times that somebody else's entry was found in the stream */
	uint64_t rewinds;       /* times that Redis had lost what it had confirmed */
	uint64_t reconnects;    /* connections after the first */
	uint64_t failures;      /* attempts that failed, of any kind */
	uint64_t heartbeats;    /* written */
	bool connected;
	uint64_t connected_ms;        /* how long the present connection has lasted */
	uint64_t latency_p50_us;      /* from delivery_add to Redis' reply, of all delivered; */
	uint64_t latency_p99_us;      /* within 12.5 % above */
	enum delivery_notice trouble; /* TROUBLE or OPERATOR_ERROR while not connected */
	char error[sizeof(((struct error *)0)->msg)]; /* of the last failure; "" before the first */
};

/* A consistent view of all counters. Any thread. */
void delivery_stats(struct delivery *d, struct delivery_stats *ret);

/* Waits until all that was added before the call is confirmed or lost, at most TIMEOUT_MS; a wait
 * after a failure is cut short. 0, or ERR_REDIS with *err that says how many are left. Any thread
 * but delivery's own. */
int delivery_flush(struct delivery *d, uint32_t timeout_ms, struct error *err);

/* Flushes, writes the status a last time (with state stopped), and ends the thread within
 * TIMEOUT_MS, whatever Redis does. Nothing may be added afterwards; stats stay readable, and what
 * is queued then was not delivered. Returns as delivery_flush. */
int delivery_stop(struct delivery *d, uint32_t timeout_ms, struct error *err);

/* Stops with no time to spare unless it is stopped. NULL allowed. */
void delivery_free(struct delivery *d);
