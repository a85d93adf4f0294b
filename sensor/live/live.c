#include "sensor/live/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/time_text.h"
#include "sensor/confine/sandbox.h"
#include "sensor/live/live_state.h"
#include "sensor/period.h"

/* Ending may take five seconds. The source takes two of them at most; conversations that end with
 * the run are judged until three are gone; delivery takes what is left of most of the rest. */
enum {
	STOP_MS = 4300,
	STOP_JUDGE_MS = 3000,
	STOP_DELIVERY_MAX_MS = 1500,
	STOP_DELIVERY_MIN_MS = 200,
	EVENTS_PER_CLOCK = 256,
};

enum { OUT_OF_TIME = 1 }; /* ends the pipeline, and is no error */

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

void live_stop(struct live_run *l)
{
	uint_fast64_t not_yet = 0;

	(void)atomic_compare_exchange_strong(&l->stop_ms, &not_yet, live_monotonic_ms());
	live_ask(l);
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

	live_canary_raised(l, a);
	if (l->delivery)
		(void)delivery_add(l->delivery, a); /* what falls out is declared there */
	if (l->cfg.print && (fwrite(a->json.data, 1, a->json.len, stdout) != a->json.len ||
				    putchar('\n') == EOF))
		return error_set(&l->sink_error, ERR_SYSTEM, "standard output cannot be written");
	return 0;
}

/* A full table of conversations that end with the run takes longer to judge than ending may take.
 */
static bool is_out_of_time(struct live_run *l, const struct event *ev)
{
	if (!l->is_stopping || ev->flow.end != FLOW_END_INPUT || l->events_to_clock-- > 0)
		return false;
	l->events_to_clock = EVENTS_PER_CLOCK;
	return live_monotonic_ms() - atomic_load(&l->stop_ms) > STOP_JUDGE_MS;
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
	int rc = arena ? 0 : ERR_SYSTEM;

	if (rc == 0 && !day)
		rc = live_last_turn(l); /* what came out while the rings were drained */
	if (rc != 0) {
		arena_free(arena);
		return rc;
	}
	p.blind = blind;
	p.n_blind = blind_log_report(&l->blind, l->cfg.capture.interfaces, arena, blind,
		BLIND_LOG_INTERVALS, &p.blind_lost);
	rc = analyst_period(l->analyst, &p);
	arena_free(arena);
	return rc;
}

static int on_clock_step(void *user, uint64_t ts_ns, const struct clock_step *step)
{
	struct live_run *l = user;
	char text[STEP_TEXT_BYTES];
	const struct sensor_event ev = step_event(ts_ns, step, text);

	l->cfg.log(text);
	return analyst_sensor(l->analyst, &ev, ts_ns);
}

static int on_settled(void *user, uint64_t ts_ns)
{
	return analyst_settle(((struct live_run *)user)->analyst, ts_ns);
}

static int on_finish(void *user, uint64_t ts_ns)
{
	struct live_run *l = user;
	const int rc = analyst_finish(l->analyst, ts_ns);

	live_last_status(l);
	return rc;
}

/* The last words come now, and the conversations that are left are counted: run_pipeline. */
static int end_early(struct live_run *l, uint64_t ts_ns)
{
	int rc = on_period(l, ts_ns, false, &l->stats);

	if (rc == 0)
		rc = on_finish(l, ts_ns);
	return rc == 0 ? OUT_OF_TIME : rc;
}

static int on_event(void *user, const struct event *ev)
{
	struct live_run *l = user;

	if (is_out_of_time(l, ev))
		return end_early(l, ev->ts_ns);
	l->ends += ev->kind == EVENT_FLOW_END;
	return analyst_event(l->analyst, ev);
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
			"%s: %s is on, so packets are merged before they are seen, with sizes and "
			"counts that the wire never had; turn it off: ethtool -K %s gro off lro "
			"off",
			f.name,
			f.gro && f.lro ? "GRO and LRO"
			: f.gro        ? "GRO"
				       : "LRO",
			f.name);
		l->cfg.log(text);
	}
}

/* Waits are counted by the clock that nobody sets. */
static void init_changed(pthread_cond_t *changed)
{
	pthread_condattr_t monotonic;

	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
}

static void warn_of_subscribers(const struct live_run *l)
{
	size_t n;

	(void)site_subscribers(l->knowledge->site, &n);
	if (n == 0 && site_is_declared(l->knowledge->site))
		l->cfg.log(
			"the policy names no networks.subscribers: what subscribers send outside "
			"tunnels and access lines is inspected like equipment's");
}

struct live_run *live_run_open(
	const struct live_run_config *cfg, const char *control_path, struct error *err)
{
	struct live_run *l = calloc(1, sizeof(*l));

	if (!l) {
		error_set(err, ERR_SYSTEM, "not enough memory for the sensor");
		return NULL;
	}
	l->cfg = *cfg;
	l->cfg.capture.now_ns = live_wall_ns;
	pthread_mutex_init(&l->lock, NULL);
	pthread_mutex_init(&l->reload_lock, NULL);
	init_changed(&l->changed);
	live_signals_block();
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
		l->opened_ns = live_wall_ns(NULL);
		warn_of_offloads(l);
		warn_of_subscribers(l);
		live_filter_remember(l);
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
	int files[STATE_STORE_DESCRIPTORS + DELIVERY_DESCRIPTORS];
	struct sandbox_config sc = {
		.capture_fds = fds, .control_fd = control_fd(l->control), .file_fds = files};
	char text[128];

	sc.n_file_fds = live_keep_descriptors(l, files);
	if (l->delivery)
		sc.n_file_fds += delivery_descriptors(l->delivery, files + sc.n_file_fds);
	sc.n_capture_fds = live_source_fds(l->source, fds, SANDBOX_MAX_CAPTURE_FDS);
	if (l->cfg.sandbox && sandbox_enter(&sc, err) < 0)
		return err->code;
	live_keep_begun(l);
	(void)snprintf(text, sizeof(text), "watching %zu interface%s%s",
		l->cfg.capture.n_interfaces, l->cfg.capture.n_interfaces == 1 ? "" : "s",
		l->cfg.sandbox ? "" : ", not confined (--no-sandbox)");
	l->cfg.log(text);
	return 0;
}

static int start_threads(struct live_run *l, struct error *err)
{
	const struct control_ops ops = {
		live_op_status, live_op_canary, live_op_reload, live_op_stop, live_op_baseline};
	int rc = l->delivery ? delivery_start(l->delivery, err) : 0;

	if (rc == 0)
		rc = live_keep_start(l, err);
	if (rc == 0)
		rc = live_signals_start(l, err);
	return rc == 0 ? control_start(l->control, &ops, l, err) : rc;
}

/* With what was kept, unless that is of no use. */
static int open_analyst(struct live_run *l, struct error *err)
{
	struct analyst_config ac = {
		.learn_ns = l->cfg.learn_ns,
		.hash_key = l->cfg.hash_key,
		.max_findings = l->cfg.max_findings,
		.window_ns = l->cfg.window_ns,
		.repeat_ns = l->cfg.repeat_ns,
	};
	int rc;

	knowledge_fill(l->knowledge, &ac);
	analyst_free(l->analyst);
	l->analyst = analyst_new(&ac, on_alert, l, err);
	if (!l->analyst)
		return err->code;
	rc = live_keep_load(l, err);
	return rc == ERR_INPUT ? open_analyst(l, err) : rc; /* there is nothing to load any more */
}

/* A findings_last_fn: USER is the delivery. */
static uint32_t last_revision(void *user, const char *alert_id)
{
	return delivery_last_revision(user, alert_id);
}

static int run_pipeline(struct live_run *l, struct error *err)
{
	const struct pipeline_config pc = {
		.source = l->source,
		.site = l->knowledge->site,
		.hash_key = l->cfg.hash_key,
		.workers = l->cfg.workers,
		.max_flows = l->cfg.max_flows,
		.max_detections = l->cfg.max_detections,
		.keep_duplicates = l->cfg.keep_duplicates,
		.progress = on_progress,
		.input_fault = on_fault,
		.resume = live_keep_pipeline(l),
		.keep = l->keeper ? live_keep_all : NULL,
		.ready = confine,
		.wants_turn = live_wants_turn,
		.turn = live_turn,
		.user = l,
	};
	const struct pipeline_consumer consumer = {
		l, on_event, on_tick, on_period, on_clock_step, on_settled, on_finish};
	int rc = pipeline_run(&pc, &consumer, &l->stats, err);

	if (rc == ERR_INPUT && live_keep_pipeline(l)) {
		live_keep_refuse(l, err->msg);
		rc = open_analyst(l, err);
		return rc == 0 ? run_pipeline(l, err) : rc;
	}
	if (rc == OUT_OF_TIME) {
		l->unjudged = l->stats.shards.flows - l->ends;
		return 0;
	}
	if (rc != 0 && l->sink_error.code != ERR_OK)
		*err = l->sink_error;
	else if (rc != 0 && err->code == ERR_OK)
		error_set(err, (enum error_code)rc, "the run ended early for want of memory");
	return rc;
}

/* What came in is processed + dropped + unread: the last word on it. */
static void log_totals(const struct live_run *l)
{
	const struct live_totals t = live_add_up(l);
	char text[256];

	(void)snprintf(text, sizeof(text),
		"%llu packets processed, %llu dropped by the kernel, %llu by the interfaces, %llu "
		"left "
		"unread",
		(unsigned long long)l->stats.frames, (unsigned long long)t.kernel_drops,
		(unsigned long long)t.interface_drops, (unsigned long long)t.unread);
	l->cfg.log(text);
	if (l->unjudged == 0)
		return;
	(void)snprintf(text, sizeof(text),
		"%llu conversations that were open at the end were not judged a last time: too "
		"many for "
		"the time that ending may take",
		(unsigned long long)l->unjudged);
	l->cfg.log(text);
}

/* What was raised is delivered, spooled for the next start, queued (and ends with us) or lost. */
static void log_alerts(const struct live_run *l)
{
	struct delivery_stats s;
	char text[256];

	if (!l->delivery)
		return;
	delivery_stats(l->delivery, &s);
	(void)snprintf(text, sizeof(text),
		"%llu alerts raised, %llu delivered, %llu spooled, %llu not delivered, %llu lost",
		(unsigned long long)s.raised, (unsigned long long)s.delivered,
		(unsigned long long)s.spooled, (unsigned long long)s.queued,
		(unsigned long long)s.lost);
	l->cfg.log(text);
}

/* How long the delivery of the last alerts may take. */
static uint32_t time_to_deliver(struct live_run *l)
{
	const uint64_t asked_ms = atomic_load(&l->stop_ms);
	const uint64_t gone_ms = asked_ms ? live_monotonic_ms() - asked_ms : 0;

	if (gone_ms + STOP_DELIVERY_MAX_MS <= STOP_MS)
		return STOP_DELIVERY_MAX_MS;
	if (gone_ms + STOP_DELIVERY_MIN_MS >= STOP_MS)
		return STOP_DELIVERY_MIN_MS;
	return (uint32_t)(STOP_MS - gone_ms);
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
	struct error why;
	int rc;

	l->delivery = delivery;
	l->started_ns = live_wall_ns(NULL);
	rc = open_analyst(l, err);
	if (rc != 0)
		return rc;
	if (delivery) /* what was saved on the way may be older than what it has */
		analyst_go_on_behind(l->analyst, last_revision, delivery);
	rc = start_threads(l, err);
	if (rc == 0)
		rc = run_pipeline(l, err);
	end_turns(l);
	log_totals(l);
	if (delivery && delivery_stop(delivery, time_to_deliver(l), &why) < 0) {
		if (rc == 0) {
			*err = why; /* which the caller says */
			rc = why.code;
		} else {
			l->cfg.log(why.msg);
		}
	}
	live_keep_end(l);
	live_signals_end(l);
	log_alerts(l);
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

void live_run_close(struct live_run *l)
{
	if (!l)
		return;
	control_close(l->control);
	live_keep_free(l);
	analyst_free(l->analyst);
	source_close(l->source);
	knowledge_free(l->knowledge);
	knowledge_free(l->fresh);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->reload_lock);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
