/* The spooler's thread: out of the queue in memory, into the spool, and on to the sender. It alone
 * touches the spool; what the sender wants of it, it asks for. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis/delivery_state.h"
#include "redis/monotonic.h"

enum {
	TOLD_MS = 500,   /* a confirmation stands in the spool after this, */
	TOLD_MAX = 1024, /* or as soon as there are so many */
	TIDY_MS = 5000,  /* the window moves, and what is too old goes */
	RETRY_MS = 2000, /* after the spool could not be written or read */
	READ_BYTES = 1 << 20,
	LOST_NEWS_MS = 10000, /* between two lines about losses */
	ROOM_BYTES = 3 << 20, /* more than one commit takes */
	AGE_SLACK_MS = 1000,
};

static uint64_t wall_ms(const struct delivery *d)
{
	return d->cfg.now_ms ? d->cfg.now_ms(d->cfg.user) : (uint64_t)monotonic_ms();
}

struct queued_alert *spooler_declare(void *user, const struct spool_loss *loss)
{
	struct delivery *d = user;

	declaration_message(loss, d->lost_text);
	return declaration_new(d->keys.name, loss);
}

static void free_list(struct queued_alert *first)
{
	while (first) {
		struct queued_alert *next = first->next;

		free(first);
		first = next;
	}
}

/* ---- what is in memory; with the lock ---- */

/* Whoever waits for Redis without standing in the spool is the queue's again. */
static void recall(struct delivery *d, struct queued_alert *q)
{
	if (!q->unspooled) {
		free(q);
		return;
	}
	d->n_unspooled--;
	ready_push(&d->returned, q);
}

static void recall_ready(struct delivery *d)
{
	struct queued_alert *q;

	while ((q = ready_take(&d->ready)) != NULL)
		recall(d, q);
	d->epoch++;
	d->behind = true;
}

/* Rows that the sender has not taken are left to the spool. */
static void forget_ready(struct delivery *d)
{
	if (d->ready.n == 0 || d->n_unspooled > 0)
		return;
	d->ready_seq = d->ready.first->seq - 1;
	recall_ready(d);
}

void spooler_recall(struct delivery *d)
{
	struct ready_list former = d->returned;

	ready_init(&d->returned);
	for (uint32_t i = 0; i < d->n_batch; i++)
		recall(d, d->batch[i]);
	d->n_batch = 0;
	recall_ready(d);
	if (former.n > 0) { /* which are later ones */
		*d->returned.end = former.first;
		d->returned.end = former.end;
		d->returned.n += former.n;
		d->returned.bytes += former.bytes;
	}
	d->ready_seq = d->done_seq;
	d->n_ahead = 0;
	d->n_opened_ahead = 0;
}

/* Gives Q, which stands in the spool, to the sender; false: not now, it will be read back. */
static bool hand_on(struct delivery *d, struct queued_alert *q)
{
	if (!d->connection || d->behind || d->ready.bytes >= DELIVERY_READY_MAX_BYTES) {
		d->behind = true;
		return false;
	}
	d->ready_seq = q->seq;
	ready_push(&d->ready, q);
	return true;
}

/* Whether the next commit may have to give rows up. */
static bool may_evict(const struct delivery *d, uint64_t now_ms)
{
	const struct spool_counts *c = &d->counts;
	const uint64_t max = d->cfg.spool_bytes;

	return c->bytes + ROOM_BYTES >= max || c->bytes >= max / 10 * 8 ||
	       (d->cfg.spool_age_ms > 0 && c->oldest_ms > 0 &&
		       c->oldest_ms + d->cfg.spool_age_ms < now_ms + AGE_SLACK_MS);
}

/* What must not be given up: it is in the sender's hands, or may be in Redis. */
static uint64_t held_seq(const struct delivery *d)
{
	uint64_t held = d->unsure_seq > d->done_seq ? d->unsure_seq : 0;

	return d->ready.n > 0 && d->ready_seq > held ? d->ready_seq : held;
}

/* ---- committing ---- */

static void take(struct delivery *d)
{
	uint64_t left = DELIVERY_BATCH_MAX_BYTES;

	while (d->n_taken < SPOOL_BATCH_MAX && left > 0) {
		uint64_t bytes;
		struct queued_alert *q = ready_take(&d->returned);

		if (q)
			bytes = q->bytes;
		else
			q = alert_queue_take(&d->queue, &bytes);
		if (!q)
			return;
		left -= bytes < left ? bytes : left;
		q->unspooled = false;
		d->taken[d->n_taken++] = q;
	}
}

static void forget_dropped(struct delivery_loss *l, const struct spool_commit *told)
{
	bool more = false;

	for (int i = 0; i <= LEVEL_CRITICAL; i++) {
		l->by_level[i] -= told->dropped[i];
		l->total -= told->dropped[i];
		more |= l->by_level[i] > 0;
	}
	if (!more)
		memset(l, 0, sizeof(*l));
}

/* With the lock. *ret_gone: what the caller frees without it. */
static void settle_commit(struct delivery *d, const struct spool_commit *told,
	const struct spool_committed *done, struct queued_alert **ret_gone)
{
	struct ready_list gone;

	ready_init(&gone);
	forget_dropped(&d->dropped, told);
	d->n_passed -= told->passed_n;
	d->n_opened_passed -= told->passed_opened;
	for (uint32_t i = 0; i < d->n_taken; i++) {
		struct queued_alert *q = d->taken[i];

		alert_queue_release(&d->queue, q);
		if (q->evicted || !hand_on(d, q))
			ready_push(&gone, q);
	}
	d->n_taken = 0;
	for (uint32_t i = 0; i < done->n_declarations; i++) {
		if (!hand_on(d, done->declarations[i]))
			ready_push(&gone, done->declarations[i]);
	}
	*ret_gone = gone.first;
	pthread_cond_signal(&d->work);
	pthread_cond_broadcast(&d->progress);
}

/* Without the lock. */
static void tell_lost(struct delivery *d)
{
	char text[DECLARATION_MESSAGE_BYTES + 64];
	const uint64_t now_us = monotonic_us();

	if (!d->lost_text[0])
		return;
	if (d->lost_told_us == 0 || now_us - d->lost_told_us > ms_to_us(LOST_NEWS_MS)) {
		d->lost_told_us = now_us;
		snprintf(text, sizeof(text), "%s (%" PRIu64 " in all)", d->lost_text,
			d->counts.lost);
		delivery_notice(d, DELIVERY_LOST, text);
	}
	d->lost_text[0] = '\0';
}

/* With the lock, which is released meanwhile. */
static void commit(struct delivery *d)
{
	struct spool_commit in = {.batch = d->taken};
	struct spool_committed done = {.n_declarations = 0};
	const uint64_t told_done = d->n_done, told_opened = d->n_opened;
	struct spool_counts counts;
	struct queued_alert *gone = NULL;
	struct error why;
	bool news;
	int rc;

	d->read_turn = true;
	in.now_ms = wall_ms(d);
	if (may_evict(d, in.now_ms)) /* only what may be in Redis is spared */
		forget_ready(d);
	take(d);
	in.n = d->n_taken;
	in.confirmed_seq = d->done_seq;
	in.confirmed_id = d->confirmed_id;
	in.held_seq = held_seq(d);
	in.passed_n = d->n_passed;
	in.passed_opened = d->n_opened_passed;
	memcpy(in.dropped, d->dropped.by_level, sizeof(in.dropped));
	in.dropped_first_ns = d->dropped.first_ns;
	in.dropped_last_ns = d->dropped.last_ns;
	pthread_mutex_unlock(&d->lock);
	rc = spool_commit(d->spool, &in, &done, &why);
	spool_counts(d->spool, &counts);
	pthread_mutex_lock(&d->lock);
	d->committed_at_us = monotonic_us();
	news = d->unwritable != (rc < 0);
	d->unwritable = rc < 0;
	if (rc == 0) {
		d->counts = counts;
		d->n_done -= told_done;
		d->n_opened -= told_opened;
		settle_commit(d, &in, &done, &gone);
	} else {
		d->stats.spool_failures++;
		d->commit_retry_us = d->committed_at_us + ms_to_us(RETRY_MS);
	}
	pthread_mutex_unlock(&d->lock);
	free_list(gone);
	if (rc == 0)
		tell_lost(d);
	d->lost_text[0] = '\0';
	if (news)
		delivery_notice(d, rc < 0 ? DELIVERY_UNSPOOLED : DELIVERY_SPOOLED,
			rc < 0 ? why.msg : "the spool is written again");
	pthread_mutex_lock(&d->lock);
}

/* ---- past the spool, while it cannot be written ---- */

static bool can_pass(const struct delivery *d)
{
	return d->unwritable && d->connection && !d->meet_tail && !d->behind && d->ready.n == 0 &&
	       d->n_batch == 0 && d->n_unspooled == 0 &&
	       (d->n_taken > 0 || d->returned.n > 0 || d->queue.waiting > 0);
}

/* One batch at a time: nothing is on its way that the next successful commit would have to wait for
 * long. */
static void pass(struct delivery *d)
{
	take(d);
	for (uint32_t i = 0; i < d->n_taken; i++) {
		struct queued_alert *q = d->taken[i];

		if (q->seq == 0)
			spool_number(d->spool, q);
		q->unspooled = true;
		ready_push(&d->ready, q);
		d->n_unspooled++;
	}
	d->n_taken = 0;
	pthread_cond_signal(&d->work);
}

/* ---- reading back ---- */

static bool can_read(const struct delivery *d)
{
	return d->behind && d->connection && !d->meet_tail &&
	       d->ready.bytes < DELIVERY_READY_MAX_BYTES / 2;
}

static void read_back(struct delivery *d)
{
	struct queued_alert *rows[SPOOL_BATCH_MAX];
	const uint64_t after = d->ready_seq;
	const uint64_t epoch = d->epoch;
	struct error why;
	uint32_t n = 0;
	int rc;

	d->read_turn = false;
	pthread_mutex_unlock(&d->lock);
	rc = spool_read(d->spool, after, SPOOL_BATCH_MAX, READ_BYTES, rows, &n, &why);
	pthread_mutex_lock(&d->lock);
	if (epoch != d->epoch || !d->connection) {
		pthread_mutex_unlock(&d->lock);
		for (uint32_t i = 0; i < n; i++)
			free(rows[i]);
		pthread_mutex_lock(&d->lock);
		return;
	}
	if (rc < 0) {
		/* A damaged file is read at the next start, what can be. */
		d->behind = !spool_is_corrupt(d->spool);
		d->read_retry_us = monotonic_us() + ms_to_us(RETRY_MS);
		d->stats.spool_failures++;
		if (!d->unreadable) {
			d->unreadable = true;
			pthread_mutex_unlock(&d->lock);
			delivery_notice(d, DELIVERY_UNSPOOLED, why.msg);
			pthread_mutex_lock(&d->lock);
		}
		return;
	}
	d->unreadable = false;
	for (uint32_t i = 0; i < n; i++) {
		d->ready_seq = rows[i]->seq;
		ready_push(&d->ready, rows[i]);
	}
	d->behind = n > 0 && d->ready_seq < d->counts.last_seq;
	pthread_cond_signal(&d->work);
	pthread_cond_broadcast(&d->progress);
}

/* ---- what the sender wants; with the lock, which is released meanwhile ---- */

static int rewind_spool(struct delivery *d, struct error *err)
{
	const struct stream_tail tail = d->tail;
	struct spool_rewound done = {.again = 0};
	char had[STREAM_ID_BYTES], has[STREAM_ID_BYTES];
	char text[STREAM_KEY_BYTES + 320];
	int rc;

	commit(d); /* what was confirmed; when that fails, more is sent again, and read back */
	pthread_mutex_unlock(&d->lock);
	rc = spool_rewind(d->spool, tail.id, tail.seq, wall_ms(d), &done, err);
	if (rc == 0 && done.declaration)
		free(done.declaration); /* which is a row, and read back with the others */
	pthread_mutex_lock(&d->lock);
	d->rewind_waits = rc < 0;
	d->rewind_tail = tail;
	if (rc < 0)
		return rc;
	snprintf(text, sizeof(text),
		"%s in Redis ends at %s, and had confirmed %s: of what is missing %" PRIu64
		" alerts are sent again, %" PRIu64 " are lost",
		d->keys.alerts, stream_id_format(tail.id, has).data,
		stream_id_format(d->confirmed_id, had).data, done.again, done.lost);
	spool_counts(d->spool, &d->counts);
	d->confirmed_id = tail.id;
	d->done_seq = done.confirmed_seq;
	d->n_done = 0;
	d->n_opened = 0;
	spooler_recall(d);
	d->stats.rewinds++;
	pthread_mutex_unlock(&d->lock);
	delivery_notice(d, DELIVERY_REWOUND, text);
	tell_lost(d);
	pthread_mutex_lock(&d->lock);
	return 0;
}

static int renumber_spool(struct delivery *d, struct error *err)
{
	int rc;

	recall_ready(d);
	pthread_mutex_unlock(&d->lock);
	/* The sender waits: the batch is its own, and as it left it. */
	rc = spool_renumber(d->spool, d->batch[0]->seq - 1, d->tail.id, d->batch, d->n_batch, err);
	pthread_mutex_lock(&d->lock);
	d->ready_seq = d->done_seq;
	for (uint32_t i = 0; i < d->n_batch; i++) {
		if (!d->batch[i]->unspooled)
			d->ready_seq = d->batch[i]->seq;
	}
	if (d->ahead_seq > d->ready_seq)
		d->ready_seq = d->ahead_seq;
	spool_counts(d->spool, &d->counts);
	return rc;
}

static void grant(struct delivery *d)
{
	struct error why = {.code = ERR_OK};
	int rc = 0;

	switch (d->wish) {
	case WISH_NONE:
		return;
	case WISH_REWIND:
		rc = rewind_spool(d, &why);
		break;
	case WISH_ADVANCE:
		spool_advance(d->spool, d->tail.seq, d->tail.id);
		spool_counts(d->spool, &d->counts);
		break;
	case WISH_RENUMBER:
		rc = renumber_spool(d, &why);
		break;
	}
	d->wish_error = why;
	if (rc == 0)
		d->wish_error.code = ERR_OK;
	d->wish = WISH_NONE;
	pthread_cond_broadcast(&d->progress);
}

int spooler_ask(
	struct delivery *d, enum spool_wish wish, const struct stream_tail *tail, struct error *err)
{
	d->tail = *tail;
	d->wish = wish;
	pthread_cond_signal(&d->spool_work);
	while (d->wish != WISH_NONE)
		delivery_wait(d, &d->progress, monotonic_us() + 1000000);
	if (d->wish_error.code != ERR_OK)
		*err = d->wish_error;
	return d->wish_error.code;
}

/* ---- when ---- */

static uint64_t commit_due_us(const struct delivery *d)
{
	const struct queued_alert *first = alert_queue_first(&d->queue);
	const uint64_t confirmed = d->n_done + d->n_passed;
	uint64_t due = d->committed_at_us + ms_to_us(confirmed > 0 ? TOLD_MS : TIDY_MS);

	if (d->meet_tail) /* numbers go on behind those in the stream */
		return UINT64_MAX;
	if (d->unwritable) /* what is on its way past the spool is waited for */
		return d->n_unspooled > 0 ? UINT64_MAX : d->commit_retry_us;
	if (d->n_taken > 0 || d->returned.n > 0 || d->dropped.total > 0 || confirmed >= TOLD_MAX ||
		d->queue.waiting >= d->cfg.batch || d->queue.bytes >= DELIVERY_BATCH_MAX_BYTES ||
		(first && d->n_flushing > 0))
		return 0;
	if (first && first->added_us + ms_to_us(d->cfg.flush_ms) < due)
		due = first->added_us + ms_to_us(d->cfg.flush_ms);
	return due;
}

static void step(struct delivery *d)
{
	const uint64_t now_us = monotonic_us();
	const uint64_t due_us = commit_due_us(d);
	const bool reads = can_read(d) && d->read_retry_us <= now_us;

	if (d->wish != WISH_NONE)
		grant(d);
	else if (due_us <= now_us && !(reads && d->read_turn))
		commit(d);
	else if (reads)
		read_back(d);
	else if (can_pass(d))
		pass(d);
	else
		delivery_wait(d, &d->spool_work,
			can_read(d) && d->read_retry_us < due_us ? d->read_retry_us : due_us);
}

static bool has_more(const struct delivery *d)
{
	return d->n_taken > 0 || d->returned.n > 0 || d->queue.waiting > 0 || d->n_done > 0 ||
	       d->n_passed > 0 || d->dropped.total > 0;
}

void *spooler_thread(void *arg)
{
	struct delivery *d = arg;

	pthread_mutex_lock(&d->lock);
	while (!d->stop_spooler)
		step(d);
	spooler_recall(d);
	do {
		commit(d);
	} while (!d->unwritable && has_more(d));
	d->spooler_ended = true;
	pthread_cond_broadcast(&d->progress);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}
