/* What a live run carries over its restart. The main thread takes it, into memory; a thread of its
 * own writes it to the state database, so that no disk holds up the capture. Once a minute of
 * packet time all but the conversations is saved, which a kill then cannot take; at a stop, these
 * too. */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/time_text.h"
#include "sensor/live/live_state.h"
#include "sensor/state.h"

enum { LAYOUT_VERSION = 1, MAX_ASIDE = 1000 };

#define KEEP_EVERY_NS (60 * NS_PER_S)

/* An edge that was learned is sooner out of a kill's reach: there are few new ones, after a while.
 */
#define KEEP_EDGES_NS (5 * NS_PER_S)

struct live_keeper {
	char path[PATH_MAX];
	struct state_store *store;
	struct state_found found; /* until it was gone on from */
	struct state_image image; /* the thread's while has_job is set */
	pthread_t thread;
	bool has_thread;
	bool is_taken;        /* the image is of the end, and not written yet */
	uint64_t kept_ns;     /* packet clock, when the last image was taken */
	uint32_t kept_edges;  /* that were learned by then */
	uint64_t skipped;     /* images not taken: the one before was still being written */
	uint64_t longest_us;  /* that the main thread was busy with one */
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t changed;
	bool has_job, stop;
	bool has_failed; /* the last time: said once */
	uint64_t saved, failures, bytes;
	uint64_t saved_ns; /* wall clock, when the last one that was written was taken */
};

/* The state-refused event, and the line for the operator. */
static void tell(struct live_run *l, const char *path, const char *why, const char *what)
{
	char text[NEWS_TEXT_BYTES];

	(void)snprintf(text, sizeof(text),
		"%.200s cannot be used, so the sensor begins with nothing: %.300s%s", path, why,
		what);
	live_tell(l, SENSOR_EVENT_STATE_REFUSED, "", text);
}

/* To PATH.refused-N, the first that is free. */
static bool move_aside(const char *path, char *to, size_t size)
{
	for (int i = 1; i < MAX_ASIDE; i++) {
		(void)snprintf(to, size, "%s.refused-%d", path, i);
		if (access(to, F_OK) != 0)
			return rename(path, to) == 0;
	}
	return false;
}

static void begin_anew(struct live_run *l)
{
	struct live_keeper *k = l->keeper;
	struct error err;

	k->store = state_store_open(k->path, STATE_STORE_KEEP, NULL, &err);
	if (!k->store)
		l->cfg.log(err.msg);
}

void live_keep_refuse(struct live_run *l, const char *why)
{
	struct live_keeper *k = l->keeper;
	char to[PATH_MAX + 32], what[PATH_MAX + 64] = "";

	state_found_done(&k->found);
	(void)state_store_close(k->store, NULL);
	k->store = NULL;
	if (move_aside(k->path, to, sizeof(to))) {
		(void)snprintf(what, sizeof(what), "; it was moved to %s", to);
		begin_anew(l);
	}
	tell(l, k->path, why, what);
	l->blind_from_ns = 0;
}

/* Segments keep the numbers that conversations and names know them by. */
static int fit_site(struct live_run *l, struct error *err)
{
	struct knowledge_config cfg = *l->cfg.knowledge;
	const struct state_found *found = &l->keeper->found;
	struct knowledge *fresh;
	struct site *before;
	int rc;

	if (state_fits_site(found, l->knowledge->site))
		return 0;
	before = state_site(found);
	fresh = calloc(1, sizeof(*fresh));
	if (!before || !fresh) {
		site_close(before);
		free(fresh);
		return error_set(err, ERR_SYSTEM, "not enough memory to go on");
	}
	cfg.before = before;
	cfg.faults = NULL;
	rc = knowledge_open(fresh, &cfg, err);
	site_close(before);
	if (rc != 0) {
		free(fresh);
		return rc;
	}
	knowledge_free(l->knowledge);
	l->knowledge = fresh;
	return 0;
}

/* What the live run itself knew. */
static bool load_sensor(struct live_run *l, struct blob_reader r)
{
	if (blob_u16(&r) != LAYOUT_VERSION)
		return false;
	l->blind_from_ns = blob_u64(&r);
	return blind_log_load(&l->blind, l->cfg.capture.interfaces,
		       (uint32_t)l->cfg.capture.n_interfaces, l->blind_from_ns, &r) &&
	       blob_at_end(&r);
}

static int use_found(struct live_run *l, struct error *err)
{
	struct live_keeper *k = l->keeper;
	int rc = state_check(&k->found, l->cfg.name, live_wall_ns(NULL), err);

	if (rc == 0 && l->cfg.has_seed && k->found.about.hash_key != l->cfg.hash_key)
		rc = error_set(err, ERR_CONFIG, "it was saved with another --seed");
	if (rc == 0)
		rc = fit_site(l, err);
	if (rc == 0 && !load_sensor(l, k->found.sensor))
		rc = error_set(err, ERR_INPUT, "what it says of the sensor makes no sense");
	if (rc == 0)
		l->cfg.hash_key = k->found.about.hash_key;
	return rc;
}

/* A run that forgets leaves nothing that a later one would go on from. */
static void forget(struct live_run *l, const char *path)
{
	struct state_store *store;
	struct error err;

	if (access(path, F_OK) != 0)
		return;
	store = state_store_open(path, STATE_STORE_KEEP, NULL, &err);
	if (!store || state_store_replace(store, NULL, 0, &err) < 0)
		l->cfg.log(err.msg);
	(void)state_store_close(store, NULL);
}

int live_run_keep(struct live_run *l, const char *path, bool fresh, struct error *err)
{
	struct state_store_report report = {""};
	struct live_keeper *k;
	struct error why;

	if (fresh) {
		forget(l, path);
		return 0;
	}
	k = calloc(1, sizeof(*k));
	if (!k)
		return error_set(err, ERR_SYSTEM, "not enough memory for what is to be kept");
	l->keeper = k;
	(void)snprintf(k->path, sizeof(k->path), "%s", path);
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->changed, NULL);
	state_image_init(&k->image);
	k->store = state_store_open(path, STATE_STORE_KEEP, &report, &why);
	if (!k->store) {
		tell(l, path, why.msg, "; nothing is kept in this run");
		return 0;
	}
	if (report.moved_to[0] != '\0')
		tell(l, path, "it is damaged; it was moved to ", report.moved_to);
	if (state_read(&k->found, k->store, &why) < 0 ||
		(k->found.is_there && use_found(l, &why) < 0))
		live_keep_refuse(l, why.msg);
	return 0;
}

int live_keep_load(struct live_run *l, struct error *err)
{
	struct live_keeper *k = l->keeper;
	struct error why;

	if (!k || !k->found.is_there)
		return 0;
	if (analyst_load(l->analyst, &k->found.analyst, &why) == 0)
		return 0;
	live_keep_refuse(l, why.msg);
	return error_set(err, ERR_INPUT, "%s", why.msg);
}

struct pipeline_parts_read *live_keep_pipeline(struct live_run *l)
{
	struct live_keeper *k = l->keeper;

	return k && k->found.is_there ? &k->found.pipeline : NULL;
}

/* ---- saving ---- */

/* LOCK is held, and given up meanwhile. */
static void write_image(struct live_keeper *k, void (*log)(const char *text))
{
	struct error err;
	uint64_t bytes = 0;
	bool is_news;
	int rc;

	pthread_mutex_unlock(&k->lock);
	rc = state_write(k->store, &k->image, &err);
	for (int i = 0; i < STATE_PARTS; i++)
		bytes += k->image.parts[i].len;
	pthread_mutex_lock(&k->lock);
	is_news = rc < 0 && !k->has_failed;
	k->has_failed = rc < 0;
	k->failures += rc < 0;
	k->saved += rc == 0;
	if (rc == 0) {
		k->bytes = bytes;
		k->saved_ns = k->image.saved_ns;
	}
	if (is_news)
		log(err.msg);
}

static void *thread_main(void *arg)
{
	const struct live_run *l = arg;
	struct live_keeper *k = l->keeper;

	pthread_mutex_lock(&k->lock);
	while (!k->stop) {
		if (!k->has_job) {
			pthread_cond_wait(&k->changed, &k->lock);
			continue;
		}
		write_image(k, l->cfg.log);
		k->has_job = false;
		pthread_cond_broadcast(&k->changed);
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

/* Fills the image, which is nobody's. FROM_NS: when a blind interval begins if this is what the
 * next run goes on from. */
static bool take(struct live_run *l, bool whole, uint64_t from_ns)
{
	struct live_keeper *k = l->keeper;
	struct blob_writer *own = &k->image.parts[STATE_SENSOR];
	struct state_about about = {.hash_key = l->cfg.hash_key,
		.packet_ns = pipeline_now_ns(l->pipeline),
		.saved_ns = live_wall_ns(NULL),
		.is_whole = whole};
	const struct state_source from = {
		&about, l->knowledge->site, l->pipeline, &l->stats, l->analyst};

	(void)snprintf(about.name, sizeof(about.name), "%s", l->cfg.name);
	blob_clear(own);
	blob_put_u16(own, LAYOUT_VERSION);
	blob_put_u64(own, from_ns);
	blind_log_save(&l->blind, l->cfg.capture.interfaces, own);
	return state_take(&k->image, &from) && !own->failed;
}

static uint64_t monotonic_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static bool is_busy(struct live_keeper *k)
{
	bool busy;

	pthread_mutex_lock(&k->lock);
	busy = k->has_job;
	pthread_mutex_unlock(&k->lock);
	return busy;
}

static bool is_due(const struct live_keeper *k, uint64_t now_ns, uint32_t edges)
{
	return now_ns >= k->kept_ns + (edges == k->kept_edges ? KEEP_EVERY_NS : KEEP_EDGES_NS);
}

void live_keep_turn(struct live_run *l)
{
	struct live_keeper *k = l->keeper;
	const uint64_t now_ns = pipeline_now_ns(l->pipeline);
	const uint32_t edges = baseline_edges(analyst_baseline(l->analyst));
	uint64_t began_us;

	if (!k || !k->store || l->is_stopping || !is_due(k, now_ns, edges))
		return;
	k->kept_ns = now_ns;
	if (is_busy(k)) {
		k->skipped++;
		return;
	}
	k->kept_edges = edges;
	began_us = monotonic_us();
	if (!take(l, false, live_wall_ns(NULL))) {
		l->cfg.log("not enough memory to save what the sensor knows; it is tried again in "
			   "a minute");
		return;
	}
	began_us = monotonic_us() - began_us;
	if (began_us > k->longest_us)
		k->longest_us = began_us;
	pthread_mutex_lock(&k->lock);
	k->has_job = true;
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->lock);
}

static void wait_until_idle(struct live_keeper *k)
{
	pthread_mutex_lock(&k->lock);
	while (k->has_job && k->has_thread)
		pthread_cond_wait(&k->changed, &k->lock);
	pthread_mutex_unlock(&k->lock);
}

int live_keep_all(void *user, struct pipeline *p, struct error *err)
{
	struct live_run *l = user;
	struct live_keeper *k = l->keeper;
	const uint64_t from_ns = l->stopped_ns ? l->stopped_ns : live_wall_ns(NULL);
	int rc;

	l->pipeline = p;
	rc = live_last_turn(l);
	/* What comes after a restart is later: nothing is held back any more. */
	if (rc == 0)
		rc = analyst_settle(l->analyst, UINT64_MAX);
	if (rc < 0)
		return error_set(err, ERR_SYSTEM, "the run ended early for want of memory");
	live_last_status(l);
	if (!k->store)
		return 0;
	wait_until_idle(k);
	k->is_taken = take(l, true, from_ns);
	if (!k->is_taken) {
		l->cfg.log("too many conversations to save, or not enough memory: they will begin "
			   "anew");
		k->is_taken = take(l, false, from_ns);
	}
	return 0;
}

int live_keep_start(struct live_run *l, struct error *err)
{
	struct live_keeper *k = l->keeper;
	int rc;

	if (!k || !k->store)
		return 0;
	rc = pthread_create(&k->thread, NULL, thread_main, l);
	if (rc != 0)
		return error_set_errno(err, ERR_SYSTEM, rc, "cannot start the thread that saves");
	k->has_thread = true;
	return 0;
}

uint32_t live_keep_descriptors(const struct live_run *l, int *ret)
{
	const struct live_keeper *k = l->keeper;

	return k && k->store ? state_store_descriptors(k->store, ret) : 0;
}

void live_keep_begun(struct live_run *l)
{
	struct live_keeper *k = l->keeper;
	struct analyst_stats judged;
	char text[256], time[TIME_TEXT_BYTES];

	if (!k || !k->found.is_there)
		return;
	analyst_stats(l->analyst, &judged);
	(void)snprintf(text, sizeof(text),
		"going on from what was saved at %s (%s): %u open findings",
		time_format(k->found.about.saved_ns, time),
		k->found.about.is_whole ? "at a stop, with the conversations"
					: "on the way, without the conversations",
		judged.findings.open_now);
	l->cfg.log(text);
	state_found_done(&k->found);
}

static void end_thread(struct live_keeper *k)
{
	if (!k->has_thread)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_cond_broadcast(&k->changed);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->thread, NULL);
	k->has_thread = false;
}

void live_keep_end(struct live_run *l)
{
	struct live_keeper *k = l->keeper;

	if (!k)
		return;
	wait_until_idle(k);
	end_thread(k);
	if (!k->is_taken)
		return;
	pthread_mutex_lock(&k->lock);
	write_image(k, l->cfg.log);
	pthread_mutex_unlock(&k->lock);
	k->is_taken = false;
}

void live_keep_status(const struct live_run *l, struct json_writer *w)
{
	struct live_keeper *k = l->keeper;
	char time[TIME_TEXT_BYTES];

	json_key(w, "kept");
	if (!k || !k->store) {
		json_null(w);
		return;
	}
	pthread_mutex_lock(&k->lock);
	json_object_begin(w);
	json_key(w, "saved_at");
	if (k->saved_ns)
		json_text(w, time_format(k->saved_ns, time));
	else
		json_null(w);
	json_key(w, "saved");
	json_u64(w, k->saved);
	json_key(w, "failed");
	json_u64(w, k->failures);
	json_key(w, "skipped");
	json_u64(w, k->skipped);
	json_key(w, "bytes");
	json_u64(w, k->bytes);
	json_key(w, "longest_us");
	json_u64(w, k->longest_us);
	json_object_end(w);
	pthread_mutex_unlock(&k->lock);
}

void live_keep_free(struct live_run *l)
{
	struct live_keeper *k = l->keeper;
	struct error err;

	if (!k)
		return;
	end_thread(k);
	state_found_done(&k->found);
	state_image_done(&k->image);
	if (state_store_close(k->store, &err) < 0)
		l->cfg.log(err.msg);
	pthread_cond_destroy(&k->changed);
	pthread_mutex_destroy(&k->lock);
	free(k);
	l->keeper = NULL;
}
