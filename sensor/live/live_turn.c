/* What the main thread does between two batches, some ten times a second: losses and news become
 * sensor events, what other threads wait for is done. */
#include <stdio.h>
#include <string.h>

#include "common/time_text.h"
#include "sensor/live/live_state.h"

enum {
	TURN_MS = 100,   /* losses are looked at so often */
	BLIND_MS = 1000, /* losses that go on are told so often, in one */
	TELL_MS = 5000,  /* the status hash is refreshed so often */
};

#define SILENCE_NS (300 * NS_PER_S)

int live_sensor_event(struct live_run *l, const struct sensor_event *ev)
{
	uint64_t now_ns = pipeline_now_ns(l->pipeline);

	if (now_ns == 0) /* no packet yet: the clock that will stamp the first one */
		now_ns = live_wall_ns(NULL);
	return analyst_sensor(l->analyst, ev, now_ns);
}

static int tell_blind(struct live_run *l, const struct live_blind *b)
{
	const char *name = l->cfg.capture.interfaces[b->interface];
	const bool is_over = b->until_ns != 0;
	const bool is_absence = b->cause >= LIVE_BLIND_LINK_DOWN;
	char from[TIME_TEXT_BYTES], until[TIME_TEXT_BYTES];
	char text[256];
	struct sensor_event ev = {
		.kind = is_absence && is_over ? SENSOR_EVENT_RESTORED : SENSOR_EVENT_BLIND,
		.from_ns = b->from_ns,
		.until_ns = b->until_ns,
		.interface = str_from(name),
		.cause = str_from(blind_cause_name(b->cause)),
		.lost = b->lost,
	};

	blind_log_add(&l->blind, b);
	if (b->lost > 0)
		(void)snprintf(text, sizeof(text), "%s lost %llu packets (%s) between %s and %s",
			name, (unsigned long long)b->lost, blind_cause_name(b->cause),
			time_format(b->from_ns, from), time_format(b->until_ns, until));
	else if (is_over)
		(void)snprintf(text, sizeof(text), "%s gave no packets (%s) from %s to %s", name,
			blind_cause_name(b->cause), time_format(b->from_ns, from),
			time_format(b->until_ns, until));
	else
		(void)snprintf(text, sizeof(text), "%s gives no packets (%s) since %s", name,
			blind_cause_name(b->cause), time_format(b->from_ns, from));
	l->cfg.log(text);
	ev.message = str_from(text);
	return live_sensor_event(l, &ev);
}

/* What passed between the former run and this one, once the packet clock has come to the time at
 * which this one began. */
static int tell_restart(struct live_run *l)
{
	const uint64_t from_ns = l->blind_from_ns;
	int rc = 0;

	if (from_ns == 0 || (!l->is_stopping && pipeline_now_ns(l->pipeline) < l->opened_ns))
		return 0;
	l->blind_from_ns = 0;
	for (uint32_t i = 0; i < l->cfg.capture.n_interfaces && rc == 0; i++) {
		const struct live_blind b = {i, LIVE_BLIND_RESTART, from_ns, l->opened_ns, 0};

		rc = tell_blind(l, &b);
	}
	return rc;
}

static int tell_news(struct live_run *l)
{
	struct live_news news[LIVE_MAX_NEWS];
	uint32_t n;
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	n = l->n_news;
	memcpy(news, l->news, n * sizeof(*news));
	l->n_news = 0;
	pthread_mutex_unlock(&l->lock);
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		const struct sensor_event ev = {
			.kind = news[i].kind,
			.cause = str_from(news[i].cause),
			.message = str_from(news[i].text),
		};

		rc = live_sensor_event(l, &ev);
	}
	return rc;
}

/* What the interfaces have seen and lost, all of them together. */
struct live_totals live_add_up(const struct live_run *l)
{
	struct live_totals sum = {0};

	for (uint32_t i = 0; i < l->cfg.capture.n_interfaces; i++) {
		struct live_interface f;

		live_source_interface(l->source, i, &f);
		sum.kernel_drops += f.kernel_drops;
		sum.interface_drops += f.interface_drops;
		sum.unread += f.unread;
	}
	return sum;
}

/* Without a first packet no packet clock runs that could end a day: a mirror that was never fed is
 * told by the wall clock. */
static int tell_silence(struct live_run *l)
{
	const uint64_t now_ns = live_wall_ns(NULL);
	const struct sensor_event ev = {
		.kind = SENSOR_EVENT_BLIND,
		.from_ns = l->started_ns,
		.cause = STR("silent"),
		.message = STR("no interface has given a packet since the start: is the mirror "
			       "session up, and does it send to these interfaces?"),
	};

	if (l->told_silence || l->stats.frames > 0 || now_ns < l->started_ns ||
		now_ns - l->started_ns < SILENCE_NS)
		return 0;
	l->told_silence = true;
	l->cfg.log(ev.message.data);
	return live_sensor_event(l, &ev);
}

/* All that became known since the last time. */
static int tell(struct live_run *l)
{
	const bool is_due = l->is_stopping || l->turned_ms - l->blind_ms >= BLIND_MS;
	struct live_blind b;
	int rc = 0;

	if (is_due)
		l->blind_ms = l->turned_ms;
	while (is_due && rc == 0 && live_source_blind(l->source, &b))
		rc = tell_blind(l, &b);
	if (rc == 0)
		rc = tell_restart(l);
	if (rc == 0)
		rc = tell_silence(l);
	return rc == 0 ? tell_news(l) : rc;
}

enum { STATUS_FIELDS = 12, STATUS_TEXT_BYTES = 24 };

/* Fields of the status hash that are numbers. */
struct status_fields {
	struct delivery_field fields[STATUS_FIELDS];
	char texts[STATUS_FIELDS][STATUS_TEXT_BYTES];
	uint32_t n;
};

static void put(struct status_fields *s, const char *name, uint64_t v)
{
	(void)snprintf(s->texts[s->n], STATUS_TEXT_BYTES, "%llu", (unsigned long long)v);
	s->fields[s->n] = (struct delivery_field){name, s->texts[s->n]};
	s->n++;
}

static void tell_status(struct live_run *l)
{
	const uint64_t now_ms = live_monotonic_ms();
	struct status_fields s = {.n = 0};
	struct live_totals totals;
	char packet_time[TIME_TEXT_BYTES] = "";
	struct analyst_stats judged;

	if (!l->delivery || (l->told_ms && now_ms - l->told_ms < TELL_MS))
		return;
	l->told_ms = now_ms;
	totals = live_add_up(l);
	analyst_stats(l->analyst, &judged);
	if (l->stats.frames > 0)
		(void)time_format(pipeline_now_ns(l->pipeline), packet_time);
	s.fields[s.n++] = (struct delivery_field){"version", VEDETTE_VERSION};
	s.fields[s.n++] = (struct delivery_field){"packet_time", packet_time};
	put(&s, "packets", l->stats.frames);
	put(&s, "kernel_drops", totals.kernel_drops);
	put(&s, "interface_drops", totals.interface_drops);
	put(&s, "duplicates", l->stats.duplicate_packets);
	put(&s, "subscribers", l->stats.subscriber_packets);
	put(&s, "blind_intervals", l->blind.n);
	put(&s, "findings_open", judged.findings.open_now);
	put(&s, "findings_evicted", judged.findings.evicted);
	put(&s, "reloads", l->reloads);
	put(&s, "reloads_refused", l->reloads_refused);
	(void)delivery_status_set(l->delivery, s.fields, s.n);
}

bool live_wants_turn(void *user)
{
	struct live_run *l = user;

	return atomic_load(&l->asked) || live_monotonic_ms() - l->turned_ms >= TURN_MS;
}

int live_turn(void *user, struct pipeline *p)
{
	struct live_run *l = user;
	int rc;

	l->turned_ms = live_monotonic_ms();
	l->pipeline = p;
	atomic_store(&l->asked, false);
	if (atomic_load(&l->stop_ms) != 0 && !l->is_stopping) {
		l->is_stopping = true;
		l->stopped_ns = live_wall_ns(NULL);
		live_source_stop(l->source);
	}
	live_swap(l);
	rc = tell(l);
	live_keep_turn(l);
	live_canary_send(l);
	live_status_fill(l);
	live_baseline_fill(l);
	tell_status(l);
	return rc;
}

int live_last_turn(struct live_run *l)
{
	return tell(l);
}

void live_last_status(struct live_run *l)
{
	l->told_ms = 0;
	tell_status(l);
}
