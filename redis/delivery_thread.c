/* The sender's thread: the connection, its troubles, and whose turn it is. */
#include <inttypes.h>
#include <stdio.h>

#include "redis/delivery_state.h"
#include "redis/monotonic.h"

void delivery_notice(struct delivery *d, enum delivery_notice what, const char *text)
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
	bool other;
	int rc;

	if (!c)
		return NULL;
	rc = stream_check(c, &d->keys, STREAM_SENSOR, err);
	if (rc == 0)
		rc = lease_take(c, &d->keys, &d->lease, !d->has_started, &other, err);
	if (rc == 0)
		rc = stream_tail(c, &d->keys, ret_tail, err);
	if (rc == 0)
		rc = stream_announce_sensor(c, &d->keys, err);
	if (rc == 0) {
		d->has_started = true;
		return c;
	}
	*ret_needs_operator = redis_needs_operator(c);
	redis_close(c);
	return NULL;
}

/* Without a spool: what was confirmed cannot be sent again. */
static void accept_rewind(struct delivery *d, struct stream_id last)
{
	char had[STREAM_ID_BYTES], has[STREAM_ID_BYTES];
	char text[STREAM_KEY_BYTES + 160];

	snprintf(text, sizeof(text),
		"%s in Redis ends at %s, and had confirmed %s: entries between them are lost there",
		d->keys.alerts, stream_id_format(last, has).data,
		stream_id_format(d->confirmed_id, had).data);
	d->confirmed_id = last;
	d->stats.rewinds++;
	pthread_mutex_unlock(&d->lock);
	delivery_notice(d, DELIVERY_REWOUND, text);
	pthread_mutex_lock(&d->lock);
}

static void meet_without_spool(struct delivery *d, const struct stream_tail *tail)
{
	if (stream_id_cmp(tail->id, d->last_id) > 0) {
		delivery_other_writer(d, tail->id);
		d->last_id = tail->id;
	}
	if (stream_id_cmp(tail->id, d->confirmed_id) < 0)
		accept_rewind(d, tail->id);
}

/* The stream has numbers that this spool never gave. */
static void tell_ahead(struct delivery *d, const struct stream_tail *tail)
{
	char text[STREAM_KEY_BYTES + 256];

	snprintf(text, sizeof(text),
		"%s in Redis goes to number %" PRIu64 ", and the spool to %" PRIu64
		": alerts went out unspooled, or the spool is an old copy",
		d->keys.alerts, tail->seq, d->counts.last_seq);
	d->stats.other_writers++;
	pthread_mutex_unlock(&d->lock);
	delivery_notice(d, DELIVERY_OTHER_WRITER, text);
	pthread_mutex_lock(&d->lock);
}

/* Compares where the stream of a new connection ends with what the spool knows. */
static void meet(struct delivery *d, const struct stream_tail *tail)
{
	struct error why;
	const bool is_new = d->counts.last_seq == 0;

	if (!d->spool) {
		meet_without_spool(d, tail);
		d->meet_tail = false;
		return;
	}
	if (stream_id_cmp(tail->id, d->confirmed_id) < 0) {
		/* When the spool cannot write it, `rewind_waits`. */
		(void)spooler_ask(d, WISH_REWIND, tail, &why);
	} else if (tail->seq > d->counts.last_seq ||
		   stream_id_cmp(tail->id, d->counts.last_id) > 0) {
		if (!is_new && tail->seq > d->counts.last_seq)
			tell_ahead(d, tail);
		else if (!is_new)
			delivery_other_writer(d, tail->id);
		(void)spooler_ask(d, WISH_ADVANCE, tail, &why);
	}
	/* Not before: a notice releases the lock, and nothing may be numbered until then. */
	d->meet_tail = false;
	pthread_cond_signal(&d->spool_work);
}

/* ---- trouble ---- */

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

/* Its successor starts from what Redis then says, and the spool has. */
void delivery_fail(struct delivery *d, bool needs_operator, const struct error *why)
{
	enum delivery_notice kind = needs_operator ? DELIVERY_OPERATOR_ERROR : DELIVERY_TROUBLE;
	bool news = !d->troubled || d->stats.trouble != kind;
	/* Once: what refuses on the new connection, too, is waited for. */
	bool at_once = d->connection && redis_wants_reconnect(d->connection) && d->n_failed == 0;

	redis_close(d->connection);
	d->connection = NULL;
	if (d->spool)
		spooler_recall(d);
	d->stats.failures++;
	d->n_failed++;
	d->failed_at_us = monotonic_us();
	d->retry_at_us = d->failed_at_us;
	if (!at_once)
		d->retry_at_us += jitter_us(d, backoff_ms(d, needs_operator));
	d->troubled = true;
	d->stats.trouble = kind;
	memcpy(d->stats.error, why->msg, sizeof(d->stats.error));
	if (news && !d->stop) {
		pthread_mutex_unlock(&d->lock);
		delivery_notice(d, kind, why->msg);
		pthread_mutex_lock(&d->lock);
	}
}

void delivery_succeed(struct delivery *d)
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
	delivery_notice(d, DELIVERY_CONNECTED, text);
	pthread_mutex_lock(&d->lock);
}

static void reconnect(struct delivery *d)
{
	struct redis_connection *c;
	struct stream_tail tail = {.seq = 0};
	bool needs_operator = false;
	struct error why;

	pthread_mutex_unlock(&d->lock);
	c = delivery_open_stream(d, &tail, &needs_operator, &why);
	pthread_mutex_lock(&d->lock);
	if (!c) {
		delivery_fail(d, needs_operator, &why);
		return;
	}
	d->meet_tail = true;
	d->connection = c;
	d->connected_at_us = monotonic_us();
	d->status_at_us = d->connected_at_us;
	d->register_at_us = d->connected_at_us;
	d->batch_turn = true;
	d->stats.reconnects++;
	meet(d, &tail);
}

/* ---- when ---- */

static uint64_t retry_due_us(const struct delivery *d)
{
	uint64_t soon = d->failed_at_us + ms_to_us(d->cfg.retry_ms);

	return d->n_flushing > 0 && soon < d->retry_at_us ? soon : d->retry_at_us;
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void wait_for_work(struct delivery *d, uint64_t batch_us)
{
	delivery_wait(
		d, &d->work, earliest(batch_us, earliest(d->status_at_us, d->register_at_us)));
}

/* A rewind that the spool could not write when it was found. */
static bool can_rewind(const struct delivery *d)
{
	return d->rewind_waits && !d->unwritable && d->n_batch == 0 && d->n_unspooled == 0;
}

/* Alerts come first after a connection and after anything else, so that neither can keep the other
 * from being tried. */
static void step(struct delivery *d)
{
	uint64_t now_us = monotonic_us();
	uint64_t batch_us = delivery_batch_due_us(d);
	bool other_is_due =
		d->status_at_us <= now_us || d->register_at_us <= now_us || delivery_trim_is_due(d);
	struct error why;

	if (!d->connection && retry_due_us(d) <= now_us)
		reconnect(d);
	else if (!d->connection)
		delivery_wait(d, &d->work, retry_due_us(d));
	else if (d->meet_tail)
		meet(d, &d->first_tail);
	else if (can_rewind(d))
		(void)spooler_ask(d, WISH_REWIND, &d->rewind_tail, &why);
	else if (batch_us <= now_us && (d->batch_turn || !other_is_due))
		delivery_send_batch(d);
	else if (d->status_at_us <= now_us)
		delivery_write_status(d);
	else if (d->register_at_us <= now_us)
		delivery_register(d);
	else if (other_is_due)
		delivery_trim(d);
	else
		wait_for_work(d, batch_us);
}

void *delivery_thread(void *arg)
{
	struct delivery *d = arg;

	pthread_mutex_lock(&d->lock);
	while (!d->stop)
		step(d);
	if (d->connection)
		delivery_write_status(d);
	d->ended = true;
	pthread_cond_broadcast(&d->progress);
	pthread_mutex_unlock(&d->lock);
	return NULL;
}
