#include "sensor/crew.h"

#include <pthread.h>
#include <stdlib.h>

enum { CALLER = 0 }; /* threads are numbered from 1 */

struct lane {
	uint64_t next; /* job */
	uint32_t last; /* thread that it was on: its memory is near there */
	bool busy, paused;
};

struct crew {
	struct crew_config cfg;
	pthread_mutex_t lock;
	pthread_cond_t work;  /* for the threads */
	pthread_cond_t waits; /* for the caller */
	pthread_t *threads;
	uint32_t n_threads, n_asleep, n_at_work;
	struct lane *lanes; /* N_LANES, and behind them the one that gathers */
	struct lane *gathering;
	uint64_t n_posted;
	bool caller_waits;
	bool stop;
};

/* The lock is held in all of these. */

static bool is_settled(const struct crew *c, uint64_t job)
{
	for (uint32_t i = 0; i < c->cfg.n_lanes; i++) {
		const struct lane *l = &c->lanes[i];

		if (l->next < job || (l->next == job && !l->paused))
			return false;
	}
	return true;
}

static bool can_begin(const struct crew *c, const struct lane *l)
{
	return !l->busy && !l->paused && l->next < c->n_posted &&
	       (l != c->gathering || is_settled(c, l->next));
}

/* The lane that is furthest behind, and that is the one that gathers, when it can; of several, one
 * that was on this thread before. */
static struct lane *choose_lane(const struct crew *c, uint32_t thread)
{
	struct lane *chosen = NULL;

	if (can_begin(c, c->gathering))
		return c->gathering;
	for (struct lane *l = c->lanes; l < c->gathering; l++) {
		if (!can_begin(c, l))
			continue;
		if (!chosen || l->next < chosen->next ||
			(l->next == chosen->next && l->last == thread && chosen->last != thread))
			chosen = l;
	}
	return chosen;
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

/* Whether one more thread may work. */
static bool has_room(const struct crew *c)
{
	return c->cfg.n_processors == 0 || c->n_at_work == 0 ||
	       c->n_at_work + !c->caller_waits < c->cfg.n_processors;
}

/* A caller that waits is as good as a thread that sleeps. */
static void wake_one(struct crew *c)
{
	if (!has_room(c))
		return;
	if (c->n_asleep > 0)
		pthread_cond_signal(&c->work);
	else if (c->caller_waits)
		pthread_cond_signal(&c->waits);
}

/* What was not gathered to its end goes on in the lanes that pause, which is the same lanes. */
static void end_gathering(struct crew *c, bool done)
{
	const uint64_t job = c->gathering->next;

	if (done) {
		c->gathering->next++;
		if (c->caller_waits)
			pthread_cond_signal(&c->waits);
		return;
	}
	for (uint32_t i = 0; i < c->cfg.n_lanes; i++) {
		if (c->lanes[i].next == job)
			c->lanes[i].paused = false;
	}
}

/* The lock is given up during the job. False when there was none to begin. */
static bool do_one(struct crew *c, uint32_t thread)
{
	struct lane *l = choose_lane(c, thread);
	const bool gathers = l == c->gathering;
	bool done;

	if (!l)
		return false;
	l->busy = true;
	l->last = thread;
	if (choose_lane(c, thread))
		wake_one(c);
	pthread_mutex_unlock(&c->lock);
	done = gathers ? c->cfg.gather(c->cfg.user, l->next)
		       : c->cfg.job(c->cfg.user, (uint32_t)(l - c->lanes), l->next);
	pthread_mutex_lock(&c->lock);
	l->busy = false;
	if (gathers) {
		end_gathering(c, done);
	} else {
		l->paused = !done;
		l->next += done;
	}
	return true;
}

static bool do_one_in_thread(struct crew *c, uint32_t thread)
{
	bool done;

	if (!has_room(c))
		return false;
	c->n_at_work++;
	done = do_one(c, thread);
	c->n_at_work--;
	return done;
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
		if (do_one_in_thread(c, thread) || c->stop)
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
	pthread_cond_init(&c->waits, NULL);
	c->lanes = calloc(cfg->n_lanes + 1, sizeof(*c->lanes));
	c->threads = calloc(cfg->n_threads + 1, sizeof(*c->threads));
	if (!c->lanes || !c->threads) {
		crew_free(c);
		error_set(err, ERR_SYSTEM, "not enough memory for worker threads");
		return NULL;
	}
	c->gathering = &c->lanes[cfg->n_lanes];
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
	pthread_cond_destroy(&c->waits);
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

uint64_t crew_backlog(struct crew *c)
{
	uint64_t n;

	pthread_mutex_lock(&c->lock);
	n = backlog(c);
	pthread_mutex_unlock(&c->lock);
	return n;
}

uint64_t crew_gathered(struct crew *c)
{
	uint64_t n;

	pthread_mutex_lock(&c->lock);
	n = c->gathering->next;
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
	while (c->gathering->next <= job) {
		if (do_one(c, CALLER))
			continue;
		c->caller_waits = true;
		pthread_cond_wait(&c->waits, &c->lock);
		c->caller_waits = false;
	}
	pthread_mutex_unlock(&c->lock);
}
