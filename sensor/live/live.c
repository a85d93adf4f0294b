#include "sensor/live/live.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/time_text.h"
#include "sensor/confine/sandbox.h"
#include "sensor/live/live_state.h"
#include "sensor/period.h"

enum {
	TURN_MS = 100,          /* losses are looked at so often */
	TELL_MS = 5000,         /* the status hash is refreshed so often */
	STOP_DELIVERY_MS = 1500 /* of the five seconds that ending may take */
};

uint64_t live_monotonic_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / NS_PER_MS;
}

uint64_t live_wall_ns(void *user)
{
	struct timespec t;

	(void)user;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

void live_ask(struct live_run *l)
{
	atomic_store(&l->asked, true);
}

void live_tell(struct live_run *l, enum sensor_event_kind kind, const char *cause, const char *text)
{
	l->cfg.log(text);
	pthread_mutex_lock(&l->lock);
	if (l->n_news < LIVE_MAX_NEWS) {
		struct live_news *n = &l->news[l->n_news++];

		n->kind = kind;
		(void)snprintf(n->cause, sizeof(n->cause), "%s", cause);
		(void)snprintf(n->text, sizeof(n->text), "%s", text);
	} else {
		l->news_dropped++;
	}
	live_ask(l);
	pthread_mutex_unlock(&l->lock);
}

/* ---- the pipeline's consumer ---- */

static int on_alert(void *user, const struct alert *a)
{
	struct live_run *l = user;

	l->last_ns = a->ts_ns;
	live_canary_raised(l, a);
	if (l->delivery)
		(void)delivery_add(l->delivery, a); /* what falls out is declared: tell_lost */
	if (l->cfg.print && (fwrite(a->json.data, 1, a->json.len, stdout) != a->json.len ||
				    putchar('\n') == EOF))
		return error_set(&l->sink_error, ERR_SYSTEM, "standard output cannot be written");
	return 0;
}

static int on_event(void *user, const struct event *ev)
{
	return analyst_event(((struct live_run *)user)->analyst, ev);
}

static int on_tick(void *user, uint64_t ts_ns)
{
	return analyst_tick(((struct live_run *)user)->analyst, ts_ns);
}

static int on_period(void *user, uint64_t until_ns, bool day, const struct pipeline_stats *so_far)
{
	struct live_run *l = user;
	struct sensor_period p = period_of(until_ns, day, so_far);
	struct arena *arena = arena_new(BLIND_LOG_INTERVALS * 128);
	struct str blind[BLIND_LOG_INTERVALS];
	int rc;

	if (!arena)
		return ERR_SYSTEM;
	p.blind = blind;
	p.n_blind = blind_log_report(&l->blind, l->cfg.capture.interfaces, arena, blind,
		BLIND_LOG_INTERVALS, &p.blind_lost);
	rc = analyst_period(l->analyst, &p);
	arena_free(arena);
	return rc;
}

static int on_settled(void *user, uint64_t ts_ns)
{
	return analyst_settle(((struct live_run *)user)->analyst, ts_ns);
}

static int on_finish(void *user, uint64_t ts_ns)
{
	return analyst_finish(((struct live_run *)user)->analyst, ts_ns);
}

static void on_progress(void *user, const struct pipeline_stats *so_far)
{
	struct live_run *l = user;

	(void)so_far;
	if (l->cfg.print)
		(void)fflush(stdout);
}

static void on_fault(void *user, const struct error *err)
{
	((struct live_run *)user)->cfg.log(err->msg);
}

/* ---- the main thread's turn ---- */

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

/* Alerts that fell out of delivery's queue: the loss is an alert itself, and of a level that goes
 * last. */
static int tell_lost(struct live_run *l)
{
	struct delivery_loss lost;
	char text[256];
	struct sensor_event ev = {.kind = SENSOR_EVENT_ALERTS_LOST};
	int n = 0;

	if (!l->delivery || !delivery_loss_take(l->delivery, &lost))
		return 0;
	n = snprintf(text, sizeof(text),
		"%llu alerts found no room while Redis was away:", (unsigned long long)lost.total);
	for (int level = LEVEL_CRITICAL; level >= LEVEL_INFORMATIONAL; level--) {
		if (lost.by_level[level] > 0 && n > 0 && (size_t)n < sizeof(text))
			n += snprintf(text + n, sizeof(text) - (size_t)n, " %llu %s",
				(unsigned long long)lost.by_level[level],
				rule_level_name((enum rule_level)level));
	}
	l->cfg.log(text);
	ev.message = str_from(text);
	ev.from_ns = lost.first_ns;
	ev.until_ns = lost.last_ns;
	ev.lost = lost.total;
	return live_sensor_event(l, &ev);
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

static void tell_status(struct live_run *l)
{
	char frames[24], packet_time[TIME_TEXT_BYTES], lost[24], alerts[24];
	struct analyst_stats judged;
	const struct delivery_field fields[] = {
		{"version", VEDETTE_VERSION},
		{"packets", frames},
		{"packet_time", packet_time},
		{"packets_lost", lost},
		{"findings_open", alerts},
	};
	const uint64_t now_ms = live_monotonic_ms();

	if (!l->delivery || (l->told_ms && now_ms - l->told_ms < TELL_MS))
		return;
	l->told_ms = now_ms;
	analyst_stats(l->analyst, &judged);
	(void)snprintf(frames, sizeof(frames), "%llu", (unsigned long long)l->stats.frames);
	(void)snprintf(lost, sizeof(lost), "%llu", (unsigned long long)l->blind.lost);
	(void)snprintf(alerts, sizeof(alerts), "%u", judged.findings.open_now);
	packet_time[0] = '\0';
	if (l->stats.frames > 0)
		(void)time_format(pipeline_now_ns(l->pipeline), packet_time);
	(void)delivery_status_set(l->delivery, fields, sizeof(fields) / sizeof(fields[0]));
}

static bool wants_turn(void *user)
{
	struct live_run *l = user;

	return atomic_load(&l->asked) || live_monotonic_ms() - l->turned_ms >= TURN_MS;
}

static int turn(void *user, struct pipeline *p)
{
	struct live_run *l = user;
	struct live_blind b;
	int rc = 0;

	l->turned_ms = live_monotonic_ms();
	l->pipeline = p;
	atomic_store(&l->asked, false);
	if (atomic_load(&l->stop) && !l->is_stopping) {
		l->is_stopping = true;
		live_source_stop(l->source);
	}
	while (rc == 0 && live_source_blind(l->source, &b))
		rc = tell_blind(l, &b);
	live_swap(l);
	if (rc == 0)
		rc = tell_news(l);
	if (rc == 0)
		rc = tell_lost(l);
	if (rc == 0)
		rc = live_canary_send(l);
	live_status_fill(l);
	tell_status(l);
	return rc;
}

/* ---- signals ---- */

/* Each in a thread of its own, so that a reload that takes long does not hold up an end. */
static void signals_of_end(sigset_t *ret)
{
	(void)sigemptyset(ret);
	(void)sigaddset(ret, SIGINT);
	(void)sigaddset(ret, SIGTERM);
}

static void signals_of_reload(sigset_t *ret)
{
	(void)sigemptyset(ret);
	(void)sigaddset(ret, SIGHUP);
}

static bool has_ended(struct live_run *l)
{
	bool ended;

	pthread_mutex_lock(&l->lock);
	ended = l->ended;
	pthread_mutex_unlock(&l->lock);
	return ended;
}

static void *wait_for_end(void *arg)
{
	struct live_run *l = arg;
	sigset_t set;
	int number;

	signals_of_end(&set);
	while (sigwait(&set, &number) == 0 && !has_ended(l)) {
		atomic_store(&l->stop, true);
		live_ask(l);
	}
	return NULL;
}

static void *wait_for_reload(void *arg)
{
	struct live_run *l = arg;
	sigset_t set;
	int number;

	signals_of_reload(&set);
	while (sigwait(&set, &number) == 0 && !has_ended(l)) {
		struct error err;

		(void)live_reload(l, "SIGHUP", &err);
	}
	return NULL;
}

static int start_waiter(struct live_run *l, void *(*wait)(void *), int wake_by, struct error *err)
{
	struct waiter *w = &l->waiters[l->n_waiters];
	const int rc = pthread_create(&w->thread, NULL, wait, l);

	if (rc != 0)
		return error_set_errno(
			err, ERR_SYSTEM, rc, "cannot start a thread that waits for signals");
	w->wake_by = wake_by;
	l->n_waiters++;
	return 0;
}

static void end_waiters(struct live_run *l)
{
	for (uint32_t i = 0; i < l->n_waiters; i++) {
		(void)pthread_kill(l->waiters[i].thread, l->waiters[i].wake_by);
		(void)pthread_join(l->waiters[i].thread, NULL);
	}
	l->n_waiters = 0;
}

/* ---- opening and running ---- */

/* Segments that are put together before they are captured have sizes and counts that the wire never
 * saw. */
static void warn_of_offloads(const struct live_run *l)
{
	for (uint32_t i = 0; i < l->cfg.capture.n_interfaces; i++) {
		struct live_interface f;
		char text[256];

		live_source_interface(l->source, i, &f);
		if (!f.gro && !f.lro)
			continue;
		(void)snprintf(text, sizeof(text),
			"%s: %s is on, so packets are merged before they are seen and their sizes "
			"and "
			"counts are not the wire's; turn it off: ethtool -K %s gro off lro off",
			f.name,
			f.gro && f.lro ? "GRO and LRO"
			: f.gro        ? "GRO"
				       : "LRO",
			f.name);
		l->cfg.log(text);
	}
}

struct live_run *live_run_open(
	const struct live_run_config *cfg, const char *control_path, struct error *err)
{
	struct live_run *l = calloc(1, sizeof(*l));
	sigset_t set;

	if (!l) {
		error_set(err, ERR_SYSTEM, "not enough memory for the sensor");
		return NULL;
	}
	l->cfg = *cfg;
	l->cfg.capture.now_ns = live_wall_ns;
	pthread_mutex_init(&l->lock, NULL);
	pthread_mutex_init(&l->reload_lock, NULL);
	pthread_cond_init(&l->changed, NULL);
	signals_of_end(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	signals_of_reload(&set);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	l->knowledge = calloc(1, sizeof(*l->knowledge));
	if (!l->knowledge)
		error_set(err, ERR_SYSTEM, "not enough memory for the sensor");
	else if (knowledge_open(l->knowledge, cfg->knowledge, err) == 0)
		l->control = control_open(control_path, err);
	if (l->control) {
		struct live_config capture = l->cfg.capture;

		capture.drop = site_subscribers(l->knowledge->site, &capture.n_drop);
		capture.keep = site_spared(l->knowledge->site, &capture.n_keep);
		l->source = live_source_open(&capture, err);
	}
	if (l->source) {
		warn_of_offloads(l);
		return l;
	}
	live_run_close(l);
	return NULL;
}

/* Pipeline's "ready": every thread is there. */
static int confine(void *user, struct error *err)
{
	struct live_run *l = user;
	int fds[SANDBOX_MAX_CAPTURE_FDS];
	struct sandbox_config sc = {.capture_fds = fds, .control_fd = control_fd(l->control)};
	char text[128];

	sc.n_capture_fds = live_source_fds(l->source, fds, SANDBOX_MAX_CAPTURE_FDS);
	if (l->cfg.sandbox && sandbox_enter(&sc, err) < 0)
		return err->code;
	(void)snprintf(text, sizeof(text), "watching %zu interface%s%s",
		l->cfg.capture.n_interfaces, l->cfg.capture.n_interfaces == 1 ? "" : "s",
		l->cfg.sandbox ? "" : ", not confined (--no-sandbox)");
	l->cfg.log(text);
	return 0;
}

static int start_threads(struct live_run *l, struct error *err)
{
	const struct control_ops ops = {
		live_op_status, live_op_canary, live_op_reload, live_op_stop};
	int rc = l->delivery ? delivery_start(l->delivery, err) : 0;

	if (rc == 0)
		rc = start_waiter(l, wait_for_end, SIGTERM, err);
	if (rc == 0)
		rc = start_waiter(l, wait_for_reload, SIGHUP, err);
	return rc == 0 ? control_start(l->control, &ops, l, err) : rc;
}

static int run_pipeline(struct live_run *l, struct error *err)
{
	const struct pipeline_config pc = {
		.source = l->source,
		.site = l->knowledge->site,
		.interfaces = l->cfg.capture.interfaces,
		.hash_key = l->cfg.hash_key,
		.workers = l->cfg.workers,
		.max_flows = l->cfg.max_flows,
		.max_detections = l->cfg.max_detections,
		.keep_duplicates = l->cfg.keep_duplicates,
		.progress = on_progress,
		.input_fault = on_fault,
		.ready = confine,
		.wants_turn = wants_turn,
		.turn = turn,
		.user = l,
	};
	const struct pipeline_consumer consumer = {
		l, on_event, on_tick, on_period, on_settled, on_finish};
	int rc = pipeline_run(&pc, &consumer, &l->stats, err);

	if (rc != 0 && l->sink_error.code != ERR_OK)
		*err = l->sink_error;
	else if (rc != 0 && err->code == ERR_OK)
		error_set(err, (enum error_code)rc, "the run ended early for want of memory");
	return rc;
}

/* Whoever waits for a turn is told that there will be none. */
static void end_turns(struct live_run *l)
{
	pthread_mutex_lock(&l->lock);
	l->ended = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

int live_run(struct live_run *l, struct delivery *delivery, struct error *err)
{
	const struct analyst_config ac = {
		.site = l->knowledge->site,
		.lists = l->knowledge->lists,
		.sigma = l->knowledge->sigma,
		.geo = l->knowledge->geo,
		.hash_key = l->cfg.hash_key,
		.max_findings = l->cfg.max_findings,
		.window_ns = l->cfg.window_ns,
		.repeat_ns = l->cfg.repeat_ns,
	};
	struct error why;
	int rc;

	l->delivery = delivery;
	l->started_ns = live_wall_ns(NULL);
	l->analyst = analyst_new(&ac, on_alert, l, err);
	if (!l->analyst)
		return err->code;
	rc = start_threads(l, err);
	if (rc == 0)
		rc = run_pipeline(l, err);
	end_turns(l);
	if (delivery && delivery_stop(delivery, STOP_DELIVERY_MS, &why) < 0) {
		l->cfg.log(why.msg);
		if (rc == 0) {
			*err = why;
			rc = why.code;
		}
	}
	end_waiters(l);
	return rc;
}

void live_run_notice(void *user, enum delivery_notice what, const char *text)
{
	const struct live_run *l = user;

	(void)what;
	l->cfg.log(text);
}

void live_run_delivered(void *user, const struct alert *a)
{
	live_canary_delivered(user, a);
}

static void free_knowledge(struct knowledge *k)
{
	if (k)
		knowledge_close(k);
	free(k);
}

void live_run_close(struct live_run *l)
{
	if (!l)
		return;
	control_close(l->control);
	analyst_free(l->analyst);
	source_close(l->source);
	free_knowledge(l->knowledge);
	free_knowledge(l->fresh);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->reload_lock);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
