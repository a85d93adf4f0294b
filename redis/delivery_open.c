/* Setting a delivery up: all that opens a file, looks a name up or makes a descriptor. */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "redis/delivery_state.h"
#include "redis/monotonic.h"

enum {
	BATCH_DEFAULT = 128,
	FLUSH_MS_DEFAULT = 5,
	STATUS_MS_DEFAULT = 5000,
	RETRY_MS_DEFAULT = 100,
	RETRY_MAX_MS_DEFAULT = 5000,
	STATUS_LIVES = 4, /* heartbeats that may be missed */
	STATUS_MIN_TTL_MS = 4000,
	UNSURE_ROWS = 4096, /* a killed process may have sent more than it has told the spool */
};

static const uint64_t QUEUE_BYTES_DEFAULT = 64 << 20;
static const uint64_t SPOOL_BYTES_DEFAULT = 1 << 30;

static void set_config(struct delivery *d, const struct delivery_config *cfg)
{
	d->cfg = *cfg;
	d->cfg.url = NULL;
	d->cfg.name = NULL;
	d->cfg.spool_path = NULL;
	if (cfg->batch == 0)
		d->cfg.batch = BATCH_DEFAULT;
	if (cfg->flush_ms == 0)
		d->cfg.flush_ms = FLUSH_MS_DEFAULT;
	if (cfg->status_ms == 0)
		d->cfg.status_ms = STATUS_MS_DEFAULT;
	if (cfg->retry_ms == 0)
		d->cfg.retry_ms = RETRY_MS_DEFAULT;
	if (cfg->spool_bytes == 0)
		d->cfg.spool_bytes = SPOOL_BYTES_DEFAULT;
	if (cfg->retry_max_ms == 0)
		d->cfg.retry_max_ms = RETRY_MAX_MS_DEFAULT;
	d->queue.max_bytes = cfg->max_queue_bytes ? cfg->max_queue_bytes : QUEUE_BYTES_DEFAULT;
	d->to_trim = UINT64_MAX / 2; /* at the start, once */
	d->register_at_us = 0;
	assert(d->cfg.batch <= TRANSFER_MAX);
}

static void init_locks(struct delivery *d)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->work, &monotonic);
	pthread_cond_init(&d->spool_work, &monotonic);
	pthread_cond_init(&d->progress, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static int open_spool(struct delivery *d, const struct delivery_config *cfg, struct error *err)
{
	const struct spool_config sc = {
		.path = cfg->spool_path,
		.name = cfg->name,
		.max_bytes = d->cfg.spool_bytes,
		.max_age_ms = cfg->spool_age_ms,
		.keep_ms = cfg->resend_window_ms,
		.declare = spooler_declare,
		.user = d,
	};
	struct spool_report report;

	assert(cfg->now_ms);
	d->spool = spool_open(&sc, &report, err);
	if (!d->spool)
		return err->code;
	spool_counts(d->spool, &d->counts);
	d->confirmed_id = d->counts.confirmed_id;
	d->done_seq = d->counts.confirmed_seq;
	d->ready_seq = d->done_seq;
	d->unsure_seq = d->done_seq + UNSURE_ROWS;
	if (d->unsure_seq > d->counts.last_seq)
		d->unsure_seq = d->counts.last_seq;
	d->sent_seq = d->unsure_seq;
	d->behind = true;
	d->unwritable = report.unwritable;
	if (report.text[0])
		delivery_notice(
			d, report.unwritable ? DELIVERY_UNSPOOLED : DELIVERY_LOST, report.text);
	d->lost_text[0] = '\0';
	return 0;
}

static int make_lease(struct delivery *d, struct error *err)
{
	uint8_t identity[LEASE_IDENTITY_BYTES];
	uint32_t ttl_ms = d->cfg.status_ms > UINT32_MAX / STATUS_LIVES
				  ? UINT32_MAX
				  : d->cfg.status_ms * STATUS_LIVES;
	uint64_t nonce;

	if (getrandom(&d->random, sizeof(d->random), 0) != sizeof(d->random) ||
		getrandom(&nonce, sizeof(nonce), 0) != sizeof(nonce) ||
		getrandom(identity, sizeof(identity), 0) != sizeof(identity))
		return error_set_errno(err, ERR_SYSTEM, errno, "no random number");
	d->random |= 1;
	if (d->spool)
		spool_identity(d->spool, identity);
	lease_make(&d->lease, identity, nonce,
		ttl_ms < STATUS_MIN_TTL_MS ? STATUS_MIN_TTL_MS : ttl_ms);
	return 0;
}

/* The first connection, whose refusal is the caller's to report, unless it passes by itself and the
 * spool can wait. */
static int connect_first(struct delivery *d, struct error *err)
{
	bool needs_operator = false;

	d->connected_at_us = monotonic_us();
	d->connection = delivery_open_stream(d, &d->first_tail, &needs_operator, err);
	if (!d->connection && (!d->spool || needs_operator))
		return err->code;
	if (!d->connection) {
		pthread_mutex_lock(&d->lock);
		delivery_fail(d, false, err);
		pthread_mutex_unlock(&d->lock);
		return 0;
	}
	d->meet_tail = d->spool != NULL;
	if (d->spool)
		return 0;
	d->last_id = d->first_tail.id;
	d->confirmed_id = d->first_tail.id;
	d->last_seq = d->first_tail.seq;
	return 0;
}

static int open_all(struct delivery *d, const struct delivery_config *cfg, struct error *err)
{
	int rc = stream_keys_make(cfg->name, &d->keys, err);

	d->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (rc == 0 && d->cancel_fd < 0)
		rc = error_set_errno(err, ERR_SYSTEM, errno, "cannot make an event descriptor");
	if (rc == 0 && cfg->spool_path)
		rc = open_spool(d, cfg, err);
	if (rc == 0)
		rc = make_lease(d, err);
	if (rc < 0)
		return rc;
	d->endpoint = redis_endpoint_new(cfg->url, d->keys.alerts, err);
	if (!d->endpoint)
		return err->code;
	d->registry = redis_endpoint_new(cfg->url, STREAM_SENSORS_KEY, err);
	return d->registry ? connect_first(d, err) : err->code;
}

struct delivery *delivery_new(const struct delivery_config *cfg, struct error *err)
{
	struct delivery *d = calloc(1, sizeof(*d));
	struct error why = {0};

	if (!d) {
		error_set(err, ERR_SYSTEM, "out of memory");
		return NULL;
	}
	d->cancel_fd = -1;
	ready_init(&d->ready);
	ready_init(&d->returned);
	set_config(d, cfg);
	init_locks(d);
	if (open_all(d, cfg, &why) < 0) {
		if (err)
			*err = why;
		delivery_free(d);
		return NULL;
	}
	return d;
}

_Static_assert((int)SPOOL_DESCRIPTORS <= (int)DELIVERY_DESCRIPTORS, "the spool's fit");

uint32_t delivery_descriptors(const struct delivery *d, int *ret)
{
	return d->spool ? spool_descriptors(d->spool, ret) : 0;
}

uint32_t delivery_last_revision(struct delivery *d, const char *alert_id)
{
	assert(!d->started);
	return d->spool ? spool_last_revision(d->spool, alert_id) : 0;
}

int delivery_start(struct delivery *d, struct error *err)
{
	sigset_t all, before;
	int rc = 0;

	assert(!d->started);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (d->spool)
		rc = pthread_create(&d->spooler, NULL, spooler_thread, d);
	if (rc == 0) {
		rc = pthread_create(&d->sender, NULL, delivery_thread, d);
		if (rc != 0 && d->spool)
			delivery_stop_spooler(d);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return error_set_errno(err, ERR_SYSTEM, rc, "cannot start the threads for Redis");
	d->started = true;
	return 0;
}
