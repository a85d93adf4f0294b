/* The sender: heartbeat and lease, the set of names, retention. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "redis/delivery_state.h"
#include "redis/monotonic.h"
#include "redis/registration.h"
#include "redis/retention.h"

enum {
	OWN_FIELDS_MAX = 32,
	REGISTER_RETRY_S = 60,
	TRIM_STEP_MIN = 256, /* entries that came since the stream was trimmed */
	TRIM_STEP_SHARE = 8, /* of what is retained */
	TRIM_NEWS_S = 60,    /* between two lines of what a group missed */
};

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

static uint64_t opened(const struct delivery *d)
{
	return d->spool ? d->counts.opened + d->n_opened + d->n_opened_passed : d->opened;
}

static void list_own_fields(const struct delivery *d, struct own_fields *ret)
{
	struct delivery_stats s;

	delivery_count(d, &s);
	ret->n = 0;
	own_text(ret, STR("state"), d->stop ? STR("stopped") : STR("running"));
	own_number(ret, STR("raised"), s.raised);
	own_number(ret, STR("delivered"), s.delivered);
	own_number(ret, STR("alerts"), opened(d));
	own_number(ret, STR("spooled"), s.spooled);
	own_number(ret, STR("queued"), s.queued);
	own_number(ret, STR("lost"), s.lost);
	own_number(ret, STR("lost_unknown"), s.lost_by_level[0]);
	own_number(ret, STR("lost_informational"), s.lost_by_level[LEVEL_INFORMATIONAL]);
	own_number(ret, STR("lost_low"), s.lost_by_level[LEVEL_LOW]);
	own_number(ret, STR("lost_medium"), s.lost_by_level[LEVEL_MEDIUM]);
	own_number(ret, STR("lost_high"), s.lost_by_level[LEVEL_HIGH]);
	own_number(ret, STR("lost_critical"), s.lost_by_level[LEVEL_CRITICAL]);
	own_number(ret, STR("resent"), s.resent);
	own_number(ret, STR("unspooled"), s.unspooled);
	own_number(ret, STR("lag"), s.spooled + s.queued);
	own_number(ret, STR("lag_ms"), s.lag_ms);
	own_number(ret, STR("last_seq"), s.last_seq);
	own_number(ret, STR("confirmed_seq"), s.confirmed_seq);
	own_number(ret, STR("spool_bytes"), s.spool_bytes);
	own_number(ret, STR("trimmed"), s.trimmed);
	own_number(ret, STR("trimmed_unread"), s.trimmed_unread);
	own_number(ret, STR("reconnects"), s.reconnects);
}

/* Lease and status. Without the lock. */
static int beat(struct delivery *d, bool last, const struct heartbeat_field *fields, uint32_t n,
	struct error *err)
{
	bool other;
	int rc = last ? 0 : lease_take(d->connection, &d->keys, &d->lease, false, &other, err);

	if (rc == 0)
		rc = heartbeat_write(
			d->connection, &d->keys, fields, n, last ? 0 : d->lease.ttl_ms, err);
	if (rc == 0 && last)
		rc = lease_release(d->connection, &d->keys, &d->lease, err);
	return rc;
}

void delivery_write_status(struct delivery *d)
{
	struct heartbeat_field fields[OWN_FIELDS_MAX + DELIVERY_FIELDS_MAX];
	struct status_fields *theirs = d->fields;
	const bool last = d->stop;
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
	rc = beat(d, last, fields, n, &why);
	if (rc < 0)
		needs_operator = redis_needs_operator(d->connection);
	pthread_mutex_lock(&d->lock);
	if (!d->fields)
		d->fields = theirs;
	else
		free(theirs);
	if (rc < 0) {
		delivery_fail(d, needs_operator, &why);
		return;
	}
	d->stats.heartbeats++;
	if (d->queue.count == 0 && d->counts.spooled == d->n_done)
		delivery_succeed(d); /* else it is for the alerts to say */
}

/* ---- the set of names ---- */

void delivery_register(struct delivery *d)
{
	char text[sizeof(((struct error *)NULL)->msg) + STREAM_NAME_MAX + 128];
	struct error why;
	int rc;

	d->batch_turn = true;
	pthread_mutex_unlock(&d->lock);
	rc = registration_add(d->registry, d->cancel_fd, d->keys.name, &why);
	if (rc < 0 && !d->told_unregistered) {
		d->told_unregistered = true;
		snprintf(text, sizeof(text),
			"%s is not in %s, where readers look for sensors, and is added later: %s",
			d->keys.name, STREAM_SENSORS_KEY, why.msg);
		delivery_notice(d, DELIVERY_UNREGISTERED, text);
	}
	pthread_mutex_lock(&d->lock);
	d->register_at_us = rc == 0 ? UINT64_MAX : monotonic_us() + REGISTER_RETRY_S * 1000000ull;
}

/* ---- retention ---- */

bool delivery_trim_is_due(const struct delivery *d)
{
	const uint64_t share = d->cfg.retain / TRIM_STEP_SHARE;

	return d->cfg.retain > 0 && d->to_trim >= (share > TRIM_STEP_MIN ? share : TRIM_STEP_MIN);
}

/* Without the lock. */
static void tell_trimmed(struct delivery *d, const struct retention_report *r)
{
	char text[STREAM_KEY_BYTES + RETENTION_GROUP_BYTES + 256];
	const uint64_t now_us = monotonic_us();

	if (d->trim_told_us > 0 && now_us - d->trim_told_us < TRIM_NEWS_S * 1000000ull)
		return;
	d->trim_told_us = now_us;
	snprintf(text, sizeof(text),
		"retention took %" PRIu64 " entries from %s that the consumer group %s had not "
		"read or not acknowledged: raise --retain, or see why it is behind",
		r->unread, d->keys.alerts, r->group);
	delivery_notice(d, DELIVERY_TRIMMED, text);
}

void delivery_trim(struct delivery *d)
{
	struct retention_report report = {.more = false};
	bool needs_operator = false;
	struct error why;
	int rc;

	d->batch_turn = true;
	pthread_mutex_unlock(&d->lock);
	rc = retention_trim(d->connection, &d->keys, d->cfg.retain, &report, &why);
	if (rc < 0)
		needs_operator = redis_needs_operator(d->connection);
	if (rc < 0 && needs_operator && !d->told_untrimmed) {
		d->told_untrimmed = true;
		delivery_notice(d, DELIVERY_TRIMMED, why.msg);
	}
	if (report.unread > 0)
		tell_trimmed(d, &report);
	pthread_mutex_lock(&d->lock);
	d->stats.trimmed += report.trimmed;
	d->stats.trimmed_unread += report.unread;
	if (!report.more)
		d->to_trim = 0;
	/* A right that is missing for this alone keeps no alert from Redis. */
	if (rc < 0 && !needs_operator)
		delivery_fail(d, false, &why);
}
