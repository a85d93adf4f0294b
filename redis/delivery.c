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

void delivery_wait(struct delivery *d, pthread_cond_t *cond, uint64_t until_us)
{
	struct timespec ts = {.tv_sec = (time_t)(until_us / 1000000),
		.tv_nsec = (long)(until_us % 1000000 * 1000)};

	pthread_cond_timedwait(cond, &d->lock, &ts);
}

static void count_dropped(struct delivery *d, const struct alert *a)
{
	struct delivery_loss *l = &d->dropped;

	if (!d->spool) {
		d->stats.lost++;
		d->stats.lost_by_level[a->level]++;
	}
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
	assert(!d->stop);
	d->stats.raised++;
	if (q)
		dropped = alert_queue_push(&d->queue, q);
	else
		count_dropped(d, a);
	for (const struct queued_alert *lost = dropped; lost; lost = lost->next) {
		count_dropped(d, &lost->alert);
		kept = kept && lost != q;
	}
	/* The first one sets the timer, a full batch ends it. */
	wake = d->queue.waiting == 1 || d->queue.waiting == d->cfg.batch ||
	       d->queue.bytes >= DELIVERY_BATCH_MAX_BYTES;
	if (wake)
		pthread_cond_signal(d->spool ? &d->spool_work : &d->work);
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

static uint64_t lag_ms(const struct delivery *d, const struct delivery_stats *s, uint64_t now_us)
{
	const struct queued_alert *first = alert_queue_first(&d->queue);
	const uint64_t now_ms = d->cfg.now_ms ? d->cfg.now_ms(d->cfg.user) : 0;

	if (s->spooled > 0 && d->counts.oldest_ms > 0)
		return now_ms > d->counts.oldest_ms ? now_ms - d->counts.oldest_ms : 0;
	if (!d->spool && d->n_batch > 0)
		first = d->batch[0];
	return first && now_us > first->added_us ? (now_us - first->added_us) / 1000 : 0;
}

/* What the spool counts for good, and what happened since it was told. */
static void count_spooled(const struct delivery *d, struct delivery_stats *ret)
{
	const struct spool_counts *c = &d->counts;
	const uint64_t unstored = d->n_done + d->n_ahead;

	ret->raised = c->raised + d->queue.count + d->dropped.total + d->n_passed;
	ret->delivered = c->delivered + unstored + d->n_passed;
	ret->spooled = c->spooled - unstored;
	ret->lost = c->lost + d->dropped.total;
	for (int level = 0; level <= LEVEL_CRITICAL; level++)
		ret->lost_by_level[level] = c->lost_by_level[level] + d->dropped.by_level[level];
	ret->resent = c->again;
	ret->spool_bytes = c->bytes;
	ret->last_seq = c->last_seq;
	ret->confirmed_seq = d->done_seq;
}

void delivery_count(const struct delivery *d, struct delivery_stats *ret)
{
	uint64_t now_us = monotonic_us();

	*ret = d->stats;
	ret->queued = d->queue.count;
	ret->queued_bytes = d->queue.bytes;
	ret->last_seq = d->last_seq;
	ret->confirmed_seq = d->n_batch > 0 ? d->batch_seq - 1 : d->last_seq;
	if (d->spool)
		count_spooled(d, ret);
	ret->lag_ms = lag_ms(d, ret, now_us);
	ret->connected = d->connection && !d->troubled;
	if (ret->connected && now_us > d->connected_at_us)
		ret->connected_ms = (now_us - d->connected_at_us) / 1000;
	ret->latency_p50_us = latency_quantile_us(&d->latency, 500);
	ret->latency_p99_us = latency_quantile_us(&d->latency, 990);
}

void delivery_stats(struct delivery *d, struct delivery_stats *ret)
{
	pthread_mutex_lock(&d->lock);
	delivery_count(d, ret);
	pthread_mutex_unlock(&d->lock);
}

/* ---- waiting ---- */

static bool list_waits(const struct ready_list *l, uint64_t order)
{
	for (const struct queued_alert *q = l->first; q; q = q->next) {
		if (q->unspooled && q->order < order)
			return true;
	}
	return false;
}

/* Whether something that was added before number ORDER has neither been confirmed, stored nor lost.
 */
static bool waits_in_memory(const struct delivery *d, uint64_t order)
{
	const struct queued_alert *first = alert_queue_first(&d->queue);

	if (first && first->order < order)
		return true;
	for (uint32_t i = 0; i < d->n_taken; i++) {
		if (d->taken[i]->order < order)
			return true;
	}
	for (uint32_t i = 0; i < d->n_batch; i++) {
		if ((!d->spool || d->batch[i]->unspooled) && d->batch[i]->order < order)
			return true;
	}
	return list_waits(&d->returned, order) || list_waits(&d->ready, order);
}

static bool waits_in_spool(const struct delivery *d, uint64_t seq)
{
	return d->spool && d->counts.spooled > d->n_done + d->n_ahead && d->done_seq < seq;
}

/* With the lock. */
static bool flush_until(struct delivery *d, uint64_t end_us)
{
	uint64_t order = d->queue.next_order;
	uint64_t seq = UINT64_MAX; /* not yet known */
	bool waits = true;

	d->n_flushing++;
	pthread_cond_signal(&d->work);
	pthread_cond_signal(&d->spool_work);
	for (;;) {
		waits = waits_in_memory(d, order) || (!d->spool && d->dropped.total > 0);
		if (!waits && seq == UINT64_MAX)
			seq = d->counts.last_seq;
		waits = waits || waits_in_spool(d, seq);
		if (!waits || d->ended || monotonic_us() >= end_us)
			break;
		delivery_wait(d, &d->progress, end_us);
	}
	d->n_flushing--;
	return !waits;
}

/* With the lock. */
static int not_in_redis(struct delivery *d, uint32_t timeout_ms, struct error *err)
{
	struct delivery_stats s;

	delivery_count(d, &s);
	return error_set(err, ERR_REDIS, "%" PRIu64 " alerts are not in Redis after %u ms%s%s",
		s.queued + s.spooled, (unsigned)timeout_ms, d->troubled ? ": " : "",
		d->troubled ? d->stats.error : "");
}

int delivery_flush(struct delivery *d, uint32_t timeout_ms, struct error *err)
{
	int rc = 0;

	pthread_mutex_lock(&d->lock);
	if (!flush_until(d, monotonic_us() + ms_to_us(timeout_ms)))
		rc = not_in_redis(d, timeout_ms, err);
	pthread_mutex_unlock(&d->lock);
	return rc;
}

void delivery_stop_spooler(struct delivery *d)
{
	pthread_mutex_lock(&d->lock);
	d->stop_spooler = true;
	pthread_cond_signal(&d->spool_work);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->spooler, NULL);
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
	pthread_join(d->sender, NULL);
	if (d->spool) {
		delivery_stop_spooler(d);
		rc = d->queue.count == 0 ? 0 : rc; /* the spool has what Redis has not */
	}
	d->started = false;
	return rc;
}

static void free_list(struct ready_list *l)
{
	struct queued_alert *q;

	while ((q = ready_take(l)) != NULL)
		free(q);
}

void delivery_free(struct delivery *d)
{
	if (!d)
		return;
	if (d->started)
		delivery_stop(d, 0, NULL);
	redis_close(d->connection);
	redis_endpoint_free(d->endpoint);
	redis_endpoint_free(d->registry);
	spool_close(d->spool);
	if (d->cancel_fd >= 0)
		close(d->cancel_fd);
	for (uint32_t i = 0; i < d->n_batch; i++)
		free(d->batch[i]);
	for (uint32_t i = 0; i < d->n_taken; i++)
		free(d->taken[i]);
	free_list(&d->ready);
	free_list(&d->returned);
	alert_queue_clear(&d->queue);
	free(d->fields);
	pthread_cond_destroy(&d->progress);
	pthread_cond_destroy(&d->spool_work);
	pthread_cond_destroy(&d->work);
	pthread_mutex_destroy(&d->lock);
	free(d);
}
