#include "redis/delivery.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
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
};

static const uint64_t QUEUE_BYTES_DEFAULT = 64 << 20;

void delivery_wait(struct delivery *d, pthread_cond_t *cond, uint64_t until_us)
{
	struct timespec ts = {.tv_sec = (time_t)(until_us / 1000000),
		.tv_nsec = (long)(until_us % 1000000 * 1000)};

	pthread_cond_timedwait(cond, &d->lock, &ts);
}

static void set_config(struct delivery *d, const struct delivery_config *cfg)
{
	d->cfg = *cfg;
	d->cfg.url = NULL;
	d->cfg.name = NULL;
	if (cfg->batch == 0)
		d->cfg.batch = BATCH_DEFAULT;
	if (cfg->flush_ms == 0)
		d->cfg.flush_ms = FLUSH_MS_DEFAULT;
	if (cfg->status_ms == 0)
		d->cfg.status_ms = STATUS_MS_DEFAULT;
	if (cfg->retry_ms == 0)
		d->cfg.retry_ms = RETRY_MS_DEFAULT;
	if (cfg->retry_max_ms == 0)
		d->cfg.retry_max_ms = RETRY_MAX_MS_DEFAULT;
	d->queue.max_bytes = cfg->max_queue_bytes ? cfg->max_queue_bytes : QUEUE_BYTES_DEFAULT;
	assert(d->cfg.batch <= TRANSFER_MAX);
}

static void init_locks(struct delivery *d)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->work, &monotonic);
	pthread_cond_init(&d->progress, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

/* The first connection, whose refusal is the caller's to report. */
static int open_first(struct delivery *d, const struct delivery_config *cfg, struct error *err)
{
	struct stream_tail tail;
	bool needs_operator;
	int rc = stream_keys_make(cfg->name, &d->keys, err);

	if (rc < 0)
		return rc;
	if (getrandom(&d->random, sizeof(d->random), 0) != sizeof(d->random))
		return error_set_errno(err, ERR_SYSTEM, errno, "no random number");
	d->random |= 1;
	d->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (d->cancel_fd < 0)
		return error_set_errno(err, ERR_SYSTEM, errno, "cannot make an event descriptor");
	d->endpoint = redis_endpoint_new(cfg->url, d->keys.alerts, err);
	if (d->endpoint)
		d->connection = delivery_open_stream(d, &tail, &needs_operator, err);
	if (!d->connection)
		return err->code;
	d->last_id = tail.id;
	d->confirmed_id = tail.id;
	d->last_seq = tail.seq;
	d->connected_at_us = monotonic_us();
	return 0;
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
	set_config(d, cfg);
	init_locks(d);
	if (open_first(d, cfg, &why) < 0) {
		if (err)
			*err = why;
		delivery_free(d);
		return NULL;
	}
	return d;
}

int delivery_start(struct delivery *d, struct error *err)
{
	sigset_t all, before;
	int rc;

	assert(!d->started);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&d->thread, NULL, delivery_thread, d);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return error_set_errno(err, ERR_SYSTEM, rc, "cannot start the thread for Redis");
	d->started = true;
	return 0;
}

static void count_lost(struct delivery *d, const struct alert *a)
{
	struct delivery_loss *l = &d->loss;

	d->stats.lost++;
	d->stats.lost_by_level[a->level]++;
	if (l->total == 0 || a->ts_ns < l->first_ns)
		l->first_ns = a->ts_ns;
	if (l->total == 0 || a->ts_ns > l->last_ns)
		l->last_ns = a->ts_ns;
	l->by_level[a->level]++;
	l->total++;
}

bool delivery_add(struct delivery *d, const struct alert *a)
{
	struct queued_alert *q = queued_alert_new(a);
	struct queued_alert *dropped = NULL;
	bool kept = q != NULL;
	bool wake;

	if (q)
		q->added_us = monotonic_us();
	pthread_mutex_lock(&d->lock);
	assert(!d->ended);
	d->stats.raised++;
	if (q)
		dropped = alert_queue_push(&d->queue, q);
	else
		count_lost(d, a);
	for (const struct queued_alert *lost = dropped; lost; lost = lost->next) {
		count_lost(d, &lost->alert);
		kept = kept && lost != q;
	}
	/* The first one sets the timer, a full batch ends it. */
	wake = d->queue.waiting == 1 || d->queue.waiting == d->cfg.batch ||
	       d->queue.bytes >= DELIVERY_BATCH_MAX_BYTES;
	if (wake)
		pthread_cond_signal(&d->work);
	if (dropped)
		pthread_cond_broadcast(&d->progress);
	pthread_mutex_unlock(&d->lock);
	while (dropped) {
		struct queued_alert *next = dropped->next;

		free(dropped);
		dropped = next;
	}
	return kept;
}

static struct str copy_text(const char *text, char **at)
{
	size_t len = strlen(text);
	struct str ret = {*at, (uint32_t)len};

	memcpy(*at, text, len);
	*at += len;
	return ret;
}

bool delivery_status_set(struct delivery *d, const struct delivery_field *fields, uint32_t n)
{
	size_t bytes = sizeof(struct status_fields);
	struct status_fields *f, *former;
	char *at;

	assert(n <= DELIVERY_FIELDS_MAX);
	for (uint32_t i = 0; i < n; i++)
		bytes += strlen(fields[i].name) + strlen(fields[i].value);
	f = malloc(bytes);
	if (!f)
		return false;
	f->n = n;
	at = f->text;
	for (uint32_t i = 0; i < n; i++) {
		f->fields[i].name = copy_text(fields[i].name, &at);
		f->fields[i].value = copy_text(fields[i].value, &at);
	}
	pthread_mutex_lock(&d->lock);
	former = d->fields;
	d->fields = f;
	pthread_mutex_unlock(&d->lock);
	free(former);
	return true;
}

bool delivery_loss_take(struct delivery *d, struct delivery_loss *ret)
{
	pthread_mutex_lock(&d->lock);
	*ret = d->loss;
	memset(&d->loss, 0, sizeof(d->loss));
	pthread_mutex_unlock(&d->lock);
	return ret->total > 0;
}

void delivery_stats(struct delivery *d, struct delivery_stats *ret)
{
	uint64_t now_us = monotonic_us();

	pthread_mutex_lock(&d->lock);
	*ret = d->stats;
	ret->queued = d->queue.count;
	ret->queued_bytes = d->queue.bytes;
	ret->connected = d->connection && !d->troubled;
	if (ret->connected && now_us > d->connected_at_us)
		ret->connected_ms = (now_us - d->connected_at_us) / 1000;
	ret->latency_p50_us = latency_quantile_us(&d->latency, 500);
	ret->latency_p99_us = latency_quantile_us(&d->latency, 990);
	pthread_mutex_unlock(&d->lock);
}

/* Whether something that was added before number ORDER is neither confirmed nor lost. */
static bool waits_before(const struct delivery *d, uint64_t order)
{
	const struct queued_alert *first =
		d->n_batch > 0 ? d->batch[0] : alert_queue_first(&d->queue);

	return first && first->order < order;
}

/* With the lock. */
static bool flush_until(struct delivery *d, uint64_t end_us)
{
	uint64_t order = d->queue.next_order;

	d->n_flushing++;
	pthread_cond_signal(&d->work);
	while (waits_before(d, order) && !d->ended && monotonic_us() < end_us)
		delivery_wait(d, &d->progress, end_us);
	d->n_flushing--;
	return !waits_before(d, order);
}

int delivery_flush(struct delivery *d, uint32_t timeout_ms, struct error *err)
{
	int rc = 0;

	pthread_mutex_lock(&d->lock);
	if (!flush_until(d, monotonic_us() + ms_to_us(timeout_ms)))
		rc = error_set(err, ERR_REDIS,
			"%" PRIu64 " alerts are not in Redis after %u ms%s%s", d->queue.count,
			(unsigned)timeout_ms, d->troubled ? ": " : "",
			d->troubled ? d->stats.error : "");
	pthread_mutex_unlock(&d->lock);
	return rc;
}

int delivery_stop(struct delivery *d, uint32_t timeout_ms, struct error *err)
{
	uint64_t end_us = monotonic_us() + ms_to_us(timeout_ms);
	int rc = delivery_flush(d, d->started ? timeout_ms : 0, err);

	if (!d->started)
		return rc;
	pthread_mutex_lock(&d->lock);
	d->stop = true;
	pthread_cond_signal(&d->work);
	while (!d->ended && monotonic_us() < end_us)
		delivery_wait(d, &d->progress, end_us);
	pthread_mutex_unlock(&d->lock);
	/* Whatever it still waits for, it gives up. The counter cannot overflow. */
	(void)!write(d->cancel_fd, &(uint64_t){1}, sizeof(uint64_t));
	pthread_join(d->thread, NULL);
	d->started = false;
	return rc;
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	if (d->started)
		delivery_stop(d, 0, NULL);
	redis_close(d->connection);
	redis_endpoint_free(d->endpoint);
	if (d->cancel_fd >= 0)
		close(d->cancel_fd);
	for (uint32_t i = 0; i < d->n_batch; i++)
		free(d->batch[i]);
	alert_queue_clear(&d->queue);
	free(d->fields);
	pthread_cond_destroy(&d->progress);
	pthread_cond_destroy(&d->work);
	pthread_mutex_destroy(&d->lock);
	free(d);
}
