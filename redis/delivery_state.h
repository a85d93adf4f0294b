/* Inside delivery: what its callers and its thread share. Not for others. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "redis/alert_queue.h"
#include "redis/delivery.h"
#include "redis/heartbeat.h"
#include "redis/latency.h"
#include "redis/transfer.h"

enum { DELIVERY_BATCH_MAX_BYTES = 1 << 20 }; /* a batch of large alerts is sent early */

/* What delivery_status_set gave; one allocation. */
struct status_fields {
	uint32_t n;
	struct heartbeat_field fields[DELIVERY_FIELDS_MAX];
	char text[];
};

struct delivery {
	struct delivery_config cfg; /* url and name are not kept */
	struct stream_keys keys;
	struct redis_endpoint *endpoint;
	int cancel_fd; /* an eventfd: written to end every wait of the thread */
	pthread_t thread;
	bool started;

	/* The thread's own, and delivery_new's before there is one. */
	struct redis_connection *connection; /* set and closed under the lock */
	struct stream_id last_id;            /* given to an alert, or seen in the stream */
	uint64_t last_seq;                   /* the same of its number */
	struct stream_id confirmed_id;       /* the last one that Redis has confirmed */
	uint64_t random;

	pthread_mutex_t lock;    /* for what follows; never held during I/O or a callback */
	pthread_cond_t work;     /* for the thread: something to do */
	pthread_cond_t progress; /* for those who wait for it */
	struct alert_queue queue;
	struct queued_alert *batch[TRANSFER_MAX]; /* being sent, oldest first */
	uint32_t n_batch;
	struct status_fields *fields; /* NULL: none */
	bool stop, ended;
	bool batch_turn;       /* the next batch goes before the next heartbeat */
	bool troubled;         /* since a failure, until something went well */
	uint32_t n_flushing;   /* callers who wait in delivery_flush */
	uint32_t n_failed;     /* attempts in a row */
	uint64_t failed_at_us; /* the last of them */
	uint64_t retry_at_us;
	uint64_t status_at_us; /* of the next heartbeat */
	uint64_t connected_at_us;
	uint64_t opened;           /* confirmed alerts of revision 1 */
	struct delivery_loss loss; /* since delivery_loss_take */
	struct latency latency;
	struct delivery_stats stats; /* what is counted; delivery_stats fills in the rest */
};

/* Connects and learns where the stream ends. NULL with *err. Called without the lock. */
struct redis_connection *delivery_open_stream(struct delivery *d, struct stream_tail *ret_tail,
	bool *ret_needs_operator, struct error *err);

/* The thread: ARG is the delivery. Returns NULL once `stop` is set. */
void *delivery_thread(void *arg);

static inline uint64_t ms_to_us(uint32_t ms)
{
	return (uint64_t)ms * 1000;
}

/* Waits for COND, at most until UNTIL_US of the monotonic clock. With the lock. */
void delivery_wait(struct delivery *d, pthread_cond_t *cond, uint64_t until_us);
