#include "redis/delivery_state.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "redis/monotonic.h"

enum {
	STATUS_LIVES = 4, /* heartbeats that may be missed */
	STATUS_MIN_TTL_MS = 4000,
	OWN_FIELDS_MAX = 16,
};

static void notice(struct delivery *d, enum delivery_notice what, const char *text)
{
	if (d->cfg.on_notice)
		d->cfg.on_notice(d->cfg.user, what, text);
}

/* ---- connecting ---- */

struct redis_connection *delivery_open_stream(struct delivery *d, struct stream_tail *ret_tail,
	bool *ret_needs_operator, struct error *err)
{
	struct redis_connection *c =
		redis_connect(d->endpoint, d->cancel_fd, ret_needs_operator, err);
	int rc;

	if (!c)
		return NULL;
	rc = stream_check(c, &d->keys, STREAM_SENSOR, err);
	if (rc == 0)
		rc = stream_tail(c, &d->keys, ret_tail, err);
	if (rc == 0)
		rc = stream_announce_sensor(c, &d->keys, err);
	if (rc == 0)
		return c;
	*ret_needs_operator = redis_needs_operator(c);
	redis_close(c);
	return NULL;
}

/* Our entries are numbered behind LAST, which is not ours. */
static void follow_other_writer(struct delivery *d, struct stream_id last)
{
	char id[STREAM_ID_BYTES];
	char text[STREAM_KEY_BYTES + 160];

	snprintf(text, sizeof(text),
		"somebody else writes to %s in Redis, which ends at %s: does another sensor have "
		"this name?",
		d->keys.alerts, stream_id_format(last, id).data);
	if (stream_id_cmp(last, d->last_id) > 0)
		d->last_id = last;
	pthread_mutex_lock(&d->lock);
	d->stats.other_writers++;
	pthread_mutex_unlock(&d->lock);
	notice(d, DELIVERY_OTHER_WRITER, text);
}

static void accept_rewind(struct delivery *d, struct stream_id last)
{
	char had[STREAM_ID_BYTES], has[STREAM_ID_BYTES];
	char text[STREAM_KEY_BYTES + 160];

	snprintf(text, sizeof(text),
		"%s in Redis ends at %s, and had confirmed %s: entries between them are lost there",
		d->keys.alerts, stream_id_format(last, has).data,
		stream_id_format(d->confirmed_id, had).data);
	d->confirmed_id = last;
	pthread_mutex_lock(&d->lock);
	d->stats.rewinds++;
	pthread_mutex_unlock(&d->lock);
	notice(d, DELIVERY_REWOUND, text);
}

/* ---- the thread: trouble ---- */

/* Uniform between half of MS and MS (xorshift64). */
static uint64_t jitter_us(struct delivery *d, uint32_t ms)
{
	uint64_t half = ms_to_us(ms) / 2;

	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return half + d->random % (half + 1);
}

static uint32_t backoff_ms(const struct delivery *d, bool needs_operator)
{
	uint32_t ms = d->cfg.retry_ms;

	for (uint32_t i = 1; i < d->n_failed && ms < d->cfg.retry_max_ms; i++)
		ms = ms > d->cfg.retry_max_ms / 2 ? d->cfg.retry_max_ms : ms * 2;
	return needs_operator ? d->cfg.retry_max_ms : ms;
}

/* The connection, if there is one, ends, whatever was wrong: its successor starts from what Redis
 * then says. With the lock, which is released for the notice. */
static void fail(struct delivery *d, bool needs_operator, const struct error *why)
{
	enum delivery_notice kind = needs_operator ? DELIVERY_OPERATOR_ERROR : DELIVERY_TROUBLE;
	bool news = !d->troubled || d->stats.trouble != kind;

	redis_close(d->connection);
	d->connection = NULL;
	d->stats.failures++;
	d->n_failed++;
	d->failed_at_us = monotonic_us();
	d->retry_at_us = d->failed_at_us + jitter_us(d, backoff_ms(d, needs_operator));
	d->troubled = true;
	d->stats.trouble = kind;
	memcpy(d->stats.error, why->msg, sizeof(d->stats.error));
	if (news && !d->stop) {
		pthread_mutex_unlock(&d->lock);
		notice(d, kind, why->msg);
		pthread_mutex_lock(&d->lock);
	}
}

/* Redis did what it was asked. With the lock, which is released for the notice. */
static void succeed(struct delivery *d)
{
	char text[sizeof(redis_endpoint_url(d->endpoint)->name) + 64];
	bool news = d->troubled;

	d->n_failed = 0;
	d->troubled = false;
	if (!news)
		return;
	snprintf(
		text, sizeof(text), "%s takes alerts again", redis_endpoint_url(d->endpoint)->name);
	pthread_mutex_unlock(&d->lock);
	notice(d, DELIVERY_CONNECTED, text);
	pthread_mutex_lock(&d->lock);
}

/* ---- the thread: work; each of these is entered and left with the lock ---- */

static void reconnect(struct delivery *d)
{
	struct redis_connection *c;
	struct stream_tail tail = {.seq = 0};
	bool needs_operator = false;
	struct error why;

	pthread_mutex_unlock(&d->lock);
	c = delivery_open_stream(d, &tail, &needs_operator, &why);
	if (c && stream_id_cmp(tail.id, d->last_id) > 0)
		follow_other_writer(d, tail.id);
	if (c && stream_id_cmp(tail.id, d->confirmed_id) < 0)
		accept_rewind(d, tail.id);
	pthread_mutex_lock(&d->lock);
	if (!c) {
		fail(d, needs_operator, &why);
		return;
	}
	d->connection = c;
	d->connected_at_us = monotonic_us();
	d->status_at_us = d->connected_at_us;
	d->batch_turn = true;
	d->stats.reconnects++;
}

static void give_id(struct delivery *d, struct queued_alert *q)
{
	q->id = stream_id_next(d->last_id, q->alert.ts_ns);
	d->last_id = q->id;
}

/* With the lock: an alert is not looked into. */
static void take_batch(struct delivery *d)
{
	uint64_t left = DELIVERY_BATCH_MAX_BYTES;

	if (d->n_batch > 0)
		return; /* what was not confirmed is sent again as it was */
	while (d->n_batch < d->cfg.batch && left > 0) {
		uint64_t bytes;
		struct queued_alert *q = alert_queue_take(&d->queue, &bytes);

		if (!q)
			break;
		left -= bytes < left ? bytes : left;
		d->batch[d->n_batch++] = q;
	}
}

/* Without the lock. */
static void give_ids(struct delivery *d)
{
	for (uint32_t i = 0; i < d->n_batch; i++)
		__builtin_prefetch(d->batch[i]);
	for (uint32_t i = 0; i < d->n_batch; i++) {
		if (d->batch[i]->seq > 0)
			continue;
		give_id(d, d->batch[i]);
		d->batch[i]->seq = ++d->last_seq;
	}
}

/* What Redis passed over goes behind the end of the stream. Without the lock. */
static int renumber(struct delivery *d, bool taken, struct error *err)
{
	struct stream_tail tail;
	uint64_t n = 0;
	int rc = stream_tail(d->connection, &d->keys, &tail, err);

	if (rc < 0)
		return rc;
	if (taken || stream_id_cmp(tail.id, d->last_id) > 0)
		follow_other_writer(d, tail.id);
	for (uint32_t i = 0; i < d->n_batch; i++) {
		if (d->batch[i]->confirmed)
			continue;
		give_id(d, d->batch[i]);
		n++;
	}
	pthread_mutex_lock(&d->lock);
	d->stats.renumbered += n;
	pthread_mutex_unlock(&d->lock);
	return 0;
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
		latency_add(&d->latency, now_us - q->added_us);
		d->stats.delivered++;
		d->opened += q->alert.revision == 1;
		alert_queue_release(&d->queue, q);
		ret_done[done++] = q;
	}
	d->n_batch = left;
	pthread_cond_broadcast(&d->progress);
	return done;
}

static void send_batch(struct delivery *d)
{
	struct queued_alert *done[TRANSFER_MAX];
	struct transfer_report report;
	bool needs_operator = false;
	struct error why;
	uint32_t n_done;
	int rc;

	take_batch(d);
	d->batch_turn = false;
	pthread_mutex_unlock(&d->lock);
	give_ids(d);
	rc = transfer_batch(d->connection, &d->keys, d->batch, d->n_batch, &report, &why);
	if (rc == 0 && report.left > 0)
		rc = renumber(d, report.taken, &why);
	if (rc < 0)
		needs_operator = redis_needs_operator(d->connection);
	for (uint32_t i = 0; d->cfg.on_delivered && i < d->n_batch; i++) {
		if (d->batch[i]->confirmed)
			d->cfg.on_delivered(d->cfg.user, &d->batch[i]->alert);
	}
	pthread_mutex_lock(&d->lock);
	d->stats.read_back += report.read_back;
	n_done = settle(d, done);
	if (rc < 0)
		fail(d, needs_operator, &why);
	else
		succeed(d);
	pthread_mutex_unlock(&d->lock);
	for (uint32_t i = 0; i < n_done; i++)
		free(done[i]);
	pthread_mutex_lock(&d->lock);
}

struct own_fields {
	struct heartbeat_field fields[OWN_FIELDS_MAX];
	char values[OWN_FIELDS_MAX][24];
	uint32_t n;
};

static void own_text(struct own_fields *o, struct str name, struct str value)
{
	assert(o->n < OWN_FIELDS_MAX);
	o->fields[o->n++] = (struct heartbeat_field){name, value};
}

static void own_number(struct own_fields *o, struct str name, uint64_t value)
{
	snprintf(o->values[o->n], sizeof(o->values[0]), "%" PRIu64, value);
	own_text(o, name, str_from(o->values[o->n]));
}

static void list_own_fields(const struct delivery *d, struct own_fields *ret)
{
	const struct delivery_stats *s = &d->stats;

	ret->n = 0;
	own_text(ret, STR("state"), d->stop ? STR("stopped") : STR("running"));
	own_number(ret, STR("raised"), s->raised);
	own_number(ret, STR("delivered"), s->delivered);
	own_number(ret, STR("alerts"), d->opened);
	own_number(ret, STR("queued"), d->queue.count);
	own_number(ret, STR("lost"), s->lost);
	own_number(ret, STR("lost_informational"), s->lost_by_level[LEVEL_INFORMATIONAL]);
	own_number(ret, STR("lost_low"), s->lost_by_level[LEVEL_LOW]);
	own_number(ret, STR("lost_medium"), s->lost_by_level[LEVEL_MEDIUM]);
	own_number(ret, STR("lost_high"), s->lost_by_level[LEVEL_HIGH]);
	own_number(ret, STR("lost_critical"), s->lost_by_level[LEVEL_CRITICAL]);
	own_number(ret, STR("reconnects"), s->reconnects);
}

static void write_status(struct delivery *d)
{
	struct heartbeat_field fields[OWN_FIELDS_MAX + DELIVERY_FIELDS_MAX];
	uint32_t ttl_ms = d->cfg.status_ms > UINT32_MAX / STATUS_LIVES
				  ? UINT32_MAX
				  : d->cfg.status_ms * STATUS_LIVES;
	struct status_fields *theirs = d->fields;
	bool needs_operator = false;
	struct own_fields own;
	struct error why;
	uint32_t n;
	int rc;

	list_own_fields(d, &own);
	n = own.n;
	memcpy(fields, own.fields, n * sizeof(fields[0]));
	for (uint32_t i = 0; theirs && i < theirs->n; i++)
		fields[n++] = theirs->fields[i];
	d->batch_turn = true;
	d->fields = NULL; /* borrowed, unless new ones come meanwhile */
	d->status_at_us = monotonic_us() + ms_to_us(d->cfg.status_ms);
	pthread_mutex_unlock(&d->lock);
	rc = heartbeat_write(d->connection, &d->keys, fields, n,
		ttl_ms < STATUS_MIN_TTL_MS ? STATUS_MIN_TTL_MS : ttl_ms, &why);
	if (rc < 0)
		needs_operator = redis_needs_operator(d->connection);
	pthread_mutex_lock(&d->lock);
	if (!d->fields)
		d->fields = theirs;
	else
		free(theirs);
	if (rc < 0) {
		fail(d, needs_operator, &why);
		return;
	}
	d->stats.heartbeats++;
	if (d->queue.count == 0)
		succeed(d); /* else it is for the alerts to say */
}

/* ---- the thread: when ---- */

/* When the next batch is due; UINT64_MAX without one. */
static uint64_t batch_due_us(const struct delivery *d)
{
	const struct queued_alert *first = alert_queue_first(&d->queue);

	if (d->n_batch > 0)
		return 0;
	if (!first)
		return UINT64_MAX;
	if (d->n_flushing > 0 || d->queue.waiting >= d->cfg.batch ||
		d->queue.bytes >= DELIVERY_BATCH_MAX_BYTES)
		return 0;
	return first->added_us + ms_to_us(d->cfg.flush_ms);
}

static uint64_t retry_due_us(const struct delivery *d)
{
	uint64_t soon = d->failed_at_us + ms_to_us(d->cfg.retry_ms);

	return d->n_flushing > 0 && soon < d->retry_at_us ? soon : d->retry_at_us;
}

/* Alerts come first after a connection and after a heartbeat, so that neither can keep the other
 * from being tried. */
static void step(struct delivery *d)
{
	uint64_t now_us = monotonic_us();
	uint64_t batch_us = batch_due_us(d);
	bool status_is_due = d->status_at_us <= now_us;

	if (!d->connection && retry_due_us(d) <= now_us)
		reconnect(d);
	else if (!d->connection)
		delivery_wait(d, &d->work, retry_due_us(d));
	else if (batch_us <= now_us && (d->batch_turn || !status_is_due))
		send_batch(d);
	else if (status_is_due)
		write_status(d);
	else
		delivery_wait(d, &d->work, batch_us < d->status_at_us ? batch_us : d->status_at_us);
}

void *delivery_thread(void *arg)
{
	struct delivery *d = arg;

	pthread_mutex_lock(&d->lock);
	while (!d->stop)
		step(d);
	if (d->connection)
		write_status(d);
	d->ended = true;
	pthread_cond_broadcast(&d->progress);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}
