/* The sender: a batch into Redis, and what became of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis/delivery_state.h"
#include "redis/monotonic.h"

/* ---- what goes ---- */

uint64_t delivery_batch_due_us(const struct delivery *d)
{
	const struct queued_alert *first = alert_queue_first(&d->queue);

	if (d->n_batch > 0 || d->ready.n > 0)
		return 0;
	if (d->spool || (!first && d->dropped.total == 0))
		return UINT64_MAX;
	if (!first || d->n_flushing > 0 || d->queue.waiting >= d->cfg.batch ||
		d->queue.bytes >= DELIVERY_BATCH_MAX_BYTES)
		return 0;
	return first->added_us + ms_to_us(d->cfg.flush_ms);
}

/* Without a spool: what fell out of the queue gets numbers of its own, and is declared. */
static struct queued_alert *declare_dropped(struct delivery *d)
{
	const uint64_t first = d->last_seq + 1;
	struct spool_loss loss = {
		.cause = SPOOL_LOST_QUEUE,
		.n = d->dropped.total,
		.ranges = {{first, d->last_seq + d->dropped.total}},
		.n_ranges = 1,
		.first_ns = d->dropped.first_ns,
		.last_ns = d->dropped.last_ns,
		.ts_ns = d->dropped.last_ns,
	};
	struct queued_alert *q;

	memcpy(loss.by_level, d->dropped.by_level, sizeof(loss.by_level));
	q = spooler_declare(d, &loss);
	if (!q)
		return NULL; /* at the next batch, then */
	q->added_us = monotonic_us();
	q->order = d->queue.next_order++;
	d->last_seq += d->dropped.total;
	alert_queue_admit(&d->queue, q);
	d->stats.raised++;
	memset(&d->dropped, 0, sizeof(d->dropped));
	return q;
}

/* With the lock: an alert is not looked into. */
static void take_batch(struct delivery *d)
{
	uint64_t left = DELIVERY_BATCH_MAX_BYTES;

	if (d->n_batch > 0)
		return; /* what was not confirmed is sent again as it was */
	if (!d->spool && d->dropped.total > 0) {
		d->batch[0] = declare_dropped(d);
		d->n_batch = d->batch[0] != NULL;
	}
	while (d->n_batch < d->cfg.batch && left > 0) {
		uint64_t bytes = 0;
		struct queued_alert *q =
			d->spool ? ready_take(&d->ready) : alert_queue_take(&d->queue, &bytes);

		if (!q)
			break;
		if (d->spool)
			bytes = q->bytes;
		left -= bytes < left ? bytes : left;
		d->batch[d->n_batch++] = q;
	}
	if (!d->spool) { /* numbers are counted here and written by give_ids */
		d->batch_seq = d->last_seq + 1;
		d->last_seq += d->n_batch;
	}
	if (d->spool && d->behind && d->ready.bytes < DELIVERY_READY_MAX_BYTES / 2)
		pthread_cond_signal(&d->spool_work);
	for (uint32_t i = 0; d->spool && i < d->n_batch; i++) {
		if (!d->batch[i]->unspooled)
			d->unsure_seq = d->batch[i]->seq;
	}
}

static void give_id(struct delivery *d, struct queued_alert *q)
{
	q->id = stream_id_next(d->last_id, q->alert.ts_ns);
	d->last_id = q->id;
}

/* Without the lock: a look into each alert costs time. The spool gives them where there is one. */
static void give_ids(struct delivery *d)
{
	for (uint32_t i = 0; i < d->n_batch; i++)
		__builtin_prefetch(d->batch[i]);
	for (uint32_t i = 0; i < d->n_batch; i++) {
		if (d->batch[i]->seq > 0)
			continue;
		give_id(d, d->batch[i]);
		d->batch[i]->seq = d->batch_seq + i;
	}
}

/* ---- what became of it ---- */

static void count_done(struct delivery *d, const struct queued_alert *q, bool in_order)
{
	const bool opens = q->alert.revision == 1;

	if (!d->spool) {
		d->stats.delivered++;
		d->opened += opens;
		alert_queue_release(&d->queue, q);
	} else if (q->unspooled) {
		d->n_passed++;
		d->n_opened_passed += opens;
		d->n_unspooled--;
		d->stats.unspooled++;
		alert_queue_release(&d->queue, q);
	} else if (in_order) {
		d->n_done++;
		d->n_opened += opens;
		d->done_seq = q->seq;
	} else {
		d->n_ahead++;
		d->n_opened_ahead += opens;
		if (q->seq > d->ahead_seq)
			d->ahead_seq = q->seq;
	}
}

/* Nothing before them is missing any more. */
static void join_ahead(struct delivery *d)
{
	if (d->n_ahead == 0)
		return;
	d->n_done += d->n_ahead;
	d->n_opened += d->n_opened_ahead;
	if (d->ahead_seq > d->done_seq)
		d->done_seq = d->ahead_seq;
	d->n_ahead = 0;
	d->n_opened_ahead = 0;
}

/* Counts what was confirmed and puts it into RET_DONE, to be freed; the rest stays. Returns how
 * many those are. With the lock. */
static uint32_t settle(struct delivery *d, struct queued_alert **ret_done)
{
	uint64_t now_us = monotonic_us();
	uint32_t left = 0;
	uint32_t done = 0;

	for (uint32_t i = 0; i < d->n_batch; i++) {
		struct queued_alert *q = d->batch[i];

		if (!q->confirmed) {
			d->batch[left++] = q;
			continue;
		}
		if (stream_id_cmp(q->id, d->confirmed_id) > 0)
			d->confirmed_id = q->id;
		if (q->added_us > 0)
			latency_add(&d->latency, now_us - q->added_us);
		count_done(d, q, left == 0 && d->n_ahead == 0);
		ret_done[done++] = q;
	}
	d->n_batch = left;
	if (left == 0)
		join_ahead(d);
	else
		d->batch_seq = d->batch[0]->seq;
	d->to_trim += done;
	if (done > 0 && d->spool)
		pthread_cond_signal(&d->spool_work);
	pthread_cond_broadcast(&d->progress);
	return done;
}

/* ---- somebody else ---- */

void delivery_other_writer(struct delivery *d, struct stream_id last)
{
	char id[STREAM_ID_BYTES];
	char text[STREAM_KEY_BYTES + 160];

	snprintf(text, sizeof(text),
		"somebody else writes to %s in Redis, which ends at %s: does another sensor have "
		"this name?",
		d->keys.alerts, stream_id_format(last, id).data);
	d->stats.other_writers++;
	pthread_mutex_unlock(&d->lock);
	delivery_notice(d, DELIVERY_OTHER_WRITER, text);
	pthread_mutex_lock(&d->lock);
}

/* What Redis passed over goes behind the end of the stream. With the lock. */
static int renumber(struct delivery *d, bool other, struct error *err)
{
	const struct stream_id known = d->spool ? d->counts.last_id : d->last_id;
	struct stream_tail tail;
	uint64_t n = d->n_batch;
	int rc;

	pthread_mutex_unlock(&d->lock);
	rc = stream_tail(d->connection, &d->keys, &tail, err);
	pthread_mutex_lock(&d->lock);
	if (rc < 0)
		return rc;
	if (other || stream_id_cmp(tail.id, known) > 0)
		delivery_other_writer(d, tail.id);
	if (d->spool) {
		rc = spooler_ask(d, WISH_RENUMBER, &tail, err);
	} else {
		if (stream_id_cmp(tail.id, d->last_id) > 0)
			d->last_id = tail.id;
		for (uint32_t i = 0; i < d->n_batch; i++)
			give_id(d, d->batch[i]);
	}
	if (rc == 0)
		d->stats.renumbered += n;
	return rc;
}

void delivery_send_batch(struct delivery *d)
{
	struct queued_alert *done[TRANSFER_MAX];
	struct transfer_report report;
	bool needs_operator = false;
	struct error why;
	uint32_t n_done;
	bool is_new;
	int rc;

	take_batch(d);
	d->batch_turn = false;
	if (d->n_batch == 0)
		return;
	pthread_mutex_unlock(&d->lock);
	give_ids(d);
	/* What was never sent can only be passed by somebody else. */
	is_new = d->batch[0]->seq > d->sent_seq;
	if (d->batch[d->n_batch - 1]->seq > d->sent_seq)
		d->sent_seq = d->batch[d->n_batch - 1]->seq;
	rc = transfer_batch(d->connection, &d->keys, d->batch, d->n_batch, &report, &why);
	if (rc < 0)
		needs_operator = redis_needs_operator(d->connection);
	for (uint32_t i = 0; d->cfg.on_delivered && i < d->n_batch; i++) {
		if (d->batch[i]->confirmed)
			d->cfg.on_delivered(d->cfg.user, &d->batch[i]->alert);
	}
	pthread_mutex_lock(&d->lock);
	d->stats.read_back += report.read_back;
	n_done = settle(d, done);
	if (rc == 0 && d->n_batch > 0) {
		rc = renumber(d, report.taken || is_new, &why);
		if (rc < 0)
			needs_operator = redis_needs_operator(d->connection);
	}
	if (rc < 0)
		delivery_fail(d, needs_operator, &why);
	else
		delivery_succeed(d);
	pthread_mutex_unlock(&d->lock);
	for (uint32_t i = 0; i < n_done; i++)
		free(done[i]);
	pthread_mutex_lock(&d->lock);
}
