/* Inside delivery: what its callers and its two threads share. Not for others. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "redis/alert_queue.h"
#include "redis/declaration.h"
#include "redis/delivery.h"
#include "redis/heartbeat.h"
#include "redis/latency.h"
#include "redis/lease.h"
#include "redis/store/spool.h"
#include "redis/transfer.h"

enum {
	DELIVERY_BATCH_MAX_BYTES = 1 << 20, /* a batch of large alerts is sent early */
	DELIVERY_READY_MAX_BYTES = 8 << 20, /* of stored alerts that wait in memory for Redis */
};

/* What delivery_status_set gave; one allocation. */
struct status_fields {
	uint32_t n;
	struct heartbeat_field fields[DELIVERY_FIELDS_MAX];
	char text[];
};

/* Alerts that fell out of the queue in memory. */
struct delivery_loss {
	uint64_t by_level[LEVEL_CRITICAL + 1];
	uint64_t total;
	uint64_t first_ns, last_ns; /* packet time */
};

/* What the sender wants the spooler to do, which alone touches the spool. */
enum spool_wish {
	WISH_NONE,
	WISH_REWIND,   /* Redis' stream ends at `tail`, before what it had confirmed */
	WISH_ADVANCE,  /* it ends at `tail`, behind what was numbered */
	WISH_RENUMBER, /* the batch, and what is behind it, goes behind `tail` */
};

/* Alerts that have their number and wait for the sender, in order. */
struct ready_list {
	struct queued_alert *first, **end;
	uint64_t n, bytes;
};

struct delivery {
	struct delivery_config cfg; /* strings are not kept */
	struct stream_keys keys;
	struct redis_endpoint *endpoint;
	struct redis_endpoint *registry; /* where vedette:sensors is */
	int cancel_fd;                   /* an eventfd: written to end every wait of the sender */
	pthread_t sender, spooler;
	bool started;
	struct lease lease;

	/* The spooler's own, and delivery_new's before there is one. NULL: no spool. */
	struct spool *spool;
	struct queued_alert *taken[SPOOL_BATCH_MAX]; /* out of the queue, to be committed */

	/* The sender's own, and delivery_new's before there is one. */
	struct redis_connection *connection; /* set and closed under the lock */
	struct stream_id last_id;            /* given to an alert, or seen in the stream */
	struct stream_id confirmed_id;       /* the highest one that Redis has confirmed */
	uint64_t random;
	uint64_t register_at_us; /* the next attempt; UINT64_MAX: it is done */
	bool has_started;        /* the lease was ours once */
	uint64_t sent_seq;       /* numbers up to it may have been sent before */
	bool told_unregistered, told_untrimmed;
	uint64_t trim_told_us;

	pthread_mutex_t lock;      /* for what follows; never held during I/O or a callback */
	pthread_cond_t work;       /* for the sender: something to do */
	pthread_cond_t spool_work; /* for the spooler */
	pthread_cond_t progress;   /* for those who wait for either */
	struct alert_queue queue;
	struct queued_alert *batch[TRANSFER_MAX]; /* being sent, oldest first */
	uint32_t n_batch;
	uint64_t batch_seq; /* number of the first in it, and */
	uint64_t last_seq;  /* the last one that was given: without a spool, which counts itself */
	struct status_fields *fields; /* NULL: none */
	bool stop, ended;             /* the sender */
	bool stop_spooler, spooler_ended;
	bool batch_turn;       /* the next batch goes before the next heartbeat */
	bool troubled;         /* since a failure, until something went well */
	uint32_t n_flushing;   /* callers who wait in delivery_flush */
	uint32_t n_failed;     /* attempts in a row */
	uint64_t failed_at_us; /* the last of them */
	uint64_t retry_at_us;
	uint64_t status_at_us; /* of the next heartbeat */
	uint64_t connected_at_us;
	uint64_t opened;              /* without a spool: confirmed alerts of revision 1 */
	struct delivery_loss dropped; /* fell out of the queue, not yet declared */
	uint64_t to_trim;             /* delivered since the stream was trimmed */
	struct latency latency;
	struct delivery_stats stats; /* what is counted; delivery_stats fills in the rest */

	/* With a spool. */
	struct spool_counts counts; /* as of the last change of the spool */
	uint32_t n_taken;
	struct ready_list returned; /* unspooled ones that did not get through: taken again first */
	struct ready_list ready;
	uint64_t epoch;      /* changes when `ready` is thrown away */
	bool behind;         /* rows behind ready_seq are in the spool and not in memory */
	uint64_t ready_seq;  /* the last row that was put into `ready`, or may be in Redis */
	uint64_t done_seq;   /* every row up to it is confirmed */
	uint64_t ahead_seq;  /* the last one behind it that is confirmed all the same */
	uint64_t unsure_seq; /* rows up to it may be in Redis: they cannot be given up */
	uint64_t n_done;     /* rows up to done_seq, and */
	uint64_t n_opened;   /* those of them with revision 1, that no commit has told yet */
	uint64_t n_ahead, n_opened_ahead;   /* the same of rows behind it */
	uint64_t n_passed, n_opened_passed; /* unspooled ones, confirmed and not told yet */
	uint64_t n_unspooled;               /* unspooled ones in `ready` or `batch` */
	bool unwritable;                    /* the last commit failed; */
	uint64_t commit_retry_us;           /* the next one */
	bool unreadable;                    /* the last reading failed; */
	uint64_t read_retry_us;             /* the next one */
	bool read_turn;                     /* a reading goes before the next commit */
	uint64_t committed_at_us;
	enum spool_wish wish;
	struct stream_tail tail; /* for the wish */
	struct error wish_error; /* code 0: it was done */
	bool rewind_waits;       /* the spool could not write a rewind, to */
	struct stream_tail rewind_tail;
	bool meet_tail; /* the connection of delivery_new was not compared yet, with */
	struct stream_tail first_tail;
	uint64_t lost_told_us; /* DELIVERY_LOST was noticed */

	/* The spooler's own. */
	char lost_text[DECLARATION_MESSAGE_BYTES]; /* of the last declaration; "" */
};

/* Tells the operator. Without the lock. */
void delivery_notice(struct delivery *d, enum delivery_notice what, const char *text);

/* Waits for COND, at most until UNTIL_US of the monotonic clock. With the lock. */
void delivery_wait(struct delivery *d, pthread_cond_t *cond, uint64_t until_us);

/* The counters as of now. With the lock. */
void delivery_count(const struct delivery *d, struct delivery_stats *ret);

/* ---- the sender: redis/delivery_thread.c ---- */

/* ARG is the delivery. Returns NULL once `stop` is set. */
void *delivery_thread(void *arg);

/* Connects, takes the lease, and learns where the stream ends. NULL with *err. Called without the
 * lock. */
struct redis_connection *delivery_open_stream(struct delivery *d, struct stream_tail *ret_tail,
	bool *ret_needs_operator, struct error *err);

/* These are entered and left with the lock, which is released for I/O and notices. */

/* The connection, if there is one, ends, whatever was wrong. */
void delivery_fail(struct delivery *d, bool needs_operator, const struct error *why);
/* Redis did what it was asked. */
void delivery_succeed(struct delivery *d);

/* redis/delivery_batch.c */
void delivery_send_batch(struct delivery *d);
uint64_t delivery_batch_due_us(const struct delivery *d); /* UINT64_MAX: nothing to send */
/* Says that LAST is somebody else's entry. */
void delivery_other_writer(struct delivery *d, struct stream_id last);

/* redis/delivery_status.c */
void delivery_write_status(struct delivery *d);
void delivery_register(struct delivery *d);
bool delivery_trim_is_due(const struct delivery *d);
void delivery_trim(struct delivery *d);

/* ---- the spooler: redis/spooler.c ---- */

void *spooler_thread(void *arg);
void delivery_stop_spooler(struct delivery *d); /* which is waited for */

/* The sender has the spooler do WISH, for a stream that ends at TAIL, and waits for it. With the
 * lock. 0, or a negative code with *err: the spool could not write it. */
int spooler_ask(struct delivery *d, enum spool_wish wish, const struct stream_tail *tail,
	struct error *err);

/* What is in memory on its way to Redis is thrown away (the spool has it) or taken back (it does
 * not). With the lock. */
void spooler_recall(struct delivery *d);

/* spool_declare_fn; USER is the delivery. */
struct queued_alert *spooler_declare(void *user, const struct spool_loss *loss);

static inline void ready_init(struct ready_list *l)
{
	*l = (struct ready_list){.end = &l->first};
}

static inline void ready_push(struct ready_list *l, struct queued_alert *q)
{
	q->next = NULL;
	*l->end = q;
	l->end = &q->next;
	l->n++;
	l->bytes += q->bytes;
}

/* NULL without one. */
static inline struct queued_alert *ready_take(struct ready_list *l)
{
	struct queued_alert *q = l->first;

	if (!q)
		return NULL;
	l->first = q->next;
	if (!l->first)
		l->end = &l->first;
	l->n--;
	l->bytes -= q->bytes;
	return q;
}

static inline uint64_t ms_to_us(uint32_t ms)
{
	return (uint64_t)ms * 1000;
}
