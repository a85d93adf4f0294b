#include "sensor/crew.h"

#include <pthread.h>
#include <stdlib.h>

enum { NO_LANE = UINT32_MAX, CALLER = 0 }; /* threads are numbered from 1 */

struct lane {
	uint64_t next; /* job */
	uint32_t last; /* thread that it was on: its memory is near there */
	bool busy, paused;
};

struct crew {
	struct crew_config cfg;
	pthread_mutex_t lock;
	pthread_cond_t work, settled;
	pthread_t *threads;
	uint32_t n_threads, n_asleep;
	struct lane *lanes;
	uint64_t n_posted;
	bool caller_waits;
	uint64_t awaited; /* job */
	bool stop;
};

/* The lock is held in all of these. */

static bool can_begin(const struct crew *c, const struct lane *l)
{
	return !l->busy && !l->paused && l->next < c->n_posted;
}

/* The lane that is furthest behind; of several, one that was on this thread before. */
static uint32_t choose_lane(const struct crew *c, uint32_t thread)
{
	uint32_t chosen = NO_LANE;

	for (uint32_t i = 0; i < c->cfg.n_lanes; i++) {
		const struct lane *l = &c->lanes[i];
		const struct lane *than = &c->lanes[chosen == NO_LANE ? i : chosen];

		if (!can_begin(c, l))
			continue;
		if (chosen == NO_LANE || l->next < than->next ||
			(l->next == than->next && l->last == thread && than->last != thread))
			chosen = i;
	}
	return chosen;
}

static bool is_settled(const struct crew *c, uint64_t job)
{
	for (uint32_t i = 0; i < c->cfg.n_lanes; i++) {
		const struct lane *l = &c->lanes[i];

		if (l->next < job || (l->next == job && !l->paused))
			return false;
	}
	return true;
}

static uint64_t backlog(const struct crew *c)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < c->cfg.n_lanes; i++) {
		const struct lane *l = &c->lanes[i];

		n += c->n_posted - l->next - (l->busy || l->paused);
	}
	return n;
}

static void wake_one(struct crew *c)
{
	if (c->n_asleep > 0)
		pthread_cond_signal(&c->work);
}

/* The lock is given up during the job. False when there was none to begin. */
static bool do_one(struct crew *c, uint32_t thread)
{
	const uint32_t i = choose_lane(c, thread);
	struct lane *l;
	bool done;

	if (i == NO_LANE)
		return false;
	l = &c->lanes[i];
	l->busy = true;
	l->last = thread;
	if (choose_lane(c, thread) != NO_LANE)
		wake_one(c);
	pthread_mutex_unlock(&c->lock);
	done = c->cfg.job(c->cfg.user, i, l->next);
	pthread_mutex_lock(&c->lock);
	l->busy = false;
	l->paused = !done;
	l->next += done;
	if (c->caller_waits && is_settled(c, c->awaited))
		pthread_cond_signal(&c->settled);
	return true;
}

struct thread_start {
	struct crew *crew;
	uint32_t thread;
};

static void *thread_main(void *arg)
{
	struct crew *c = ((struct thread_start *)arg)->crew;
	const uint32_t thread = ((struct thread_start *)arg)->thread;

	free(arg);
	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		if (do_one(c, thread) || c->stop)
			continue;
		c->n_asleep++;
		pthread_cond_wait(&c->work, &c->lock);
		c->n_asleep--;
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static int start_thread(struct crew *c, struct error *err)
{
	struct thread_start *start = malloc(sizeof(*start));
	int rc;

	if (!start)
		return error_set(err, ERR_SYSTEM, "not enough memory for worker threads");
	*start = (struct thread_start){c, c->n_threads + 1};
	rc = pthread_create(&c->threads[c->n_threads], NULL, thread_main, start);
	if (rc != 0) {
		free(start);
		return error_set_errno(err, ERR_SYSTEM, rc, "cannot start worker thread %u of %u",
			c->n_threads + 1, c->cfg.n_threads);
	}
	c->n_threads++;
	return 0;
}

struct crew *crew_new(const struct crew_config *cfg, struct error *err)
{
	struct crew *c = calloc(1, sizeof(*c));

	if (!c) {
		error_set(err, ERR_SYSTEM, "not enough memory for worker threads");
		return NULL;
	}
	c->cfg = *cfg;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->settled, NULL);
	c->lanes = calloc(cfg->n_lanes, sizeof(*c->lanes));
	c->threads = calloc(cfg->n_threads + 1, sizeof(*c->threads));
	if (!c->lanes || !c->threads) {
		crew_free(c);
		error_set(err, ERR_SYSTEM, "not enough memory for worker threads");
		return NULL;
	}
	while (c->n_threads < cfg->n_threads) {
		if (start_thread(c, err) != 0) {
			crew_free(c);
			return NULL;
		}
	}
	return c;
}

void crew_free(struct crew *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
	for (uint32_t i = 0; i < c->n_threads; i++)
		pthread_join(c->threads[i], NULL);
	pthread_cond_destroy(&c->settled);
	pthread_cond_destroy(&c->work);
	pthread_mutex_destroy(&c->lock);
	free(c->threads);
	free(c->lanes);
	free(c);
}

void crew_post(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	c->n_posted++;
	if (backlog(c) >= c->cfg.wake_jobs)
		wake_one(c);
	pthread_mutex_unlock(&c->lock);
}

bool crew_is_settled(struct crew *c, uint64_t job)
{
	bool settled;

	pthread_mutex_lock(&c->lock);
	settled = is_settled(c, job);
	pthread_mutex_unlock(&c->lock);
	return settled;
}

void crew_resume(struct crew *c, uint64_t job)
{
	pthread_mutex_lock(&c->lock);
	for (uint32_t i = 0; i < c->cfg.n_lanes; i++) {
		if (c->lanes[i].next == job)
			c->lanes[i].paused = false;
	}
	wake_one(c);
	pthread_mutex_unlock(&c->lock);
}

uint64_t crew_backlog(struct crew *c)
{
	uint64_t n;

	pthread_mutex_lock(&c->lock);
	n = backlog(c);
	pthread_mutex_unlock(&c->lock);
	return n;
}

bool crew_help(struct crew *c)
{
	bool helped;

	pthread_mutex_lock(&c->lock);
	helped = do_one(c, CALLER);
	pthread_mutex_unlock(&c->lock);
	return helped;
}

void crew_wait(struct crew *c, uint64_t job)
{
	pthread_mutex_lock(&c->lock);
	c->caller_waits = true;
	c->awaited = job;
	wake_one(c);
	while (!is_settled(c, job)) {
		if (c->n_threads > 0)
			pthread_cond_wait(&c->settled, &c->lock);
		else
			(void)do_one(c, CALLER);
	}
	c->caller_waits = false;
	pthread_mutex_unlock(&c->lock);
}
