#include "sensor/crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	pthread_t *threads;
	uint32_t n_threads;
	crew_job_fn *job;
	void *user;
	uint32_t n_jobs, next_job, done_jobs;
	bool stop;
};

/* Takes jobs until none is left. The lock is held at entry and exit, not during a job. */
static void do_jobs(struct crew *c)
{
	while (c->next_job < c->n_jobs) {
		uint32_t i = c->next_job++;

		pthread_mutex_unlock(&c->lock);
		c->job(c->user, i);
		pthread_mutex_lock(&c->lock);
		if (++c->done_jobs == c->n_jobs)
			pthread_cond_signal(&c->done);
	}
}

static void *thread_main(void *arg)
{
	struct crew *c = arg;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		do_jobs(c);
		if (!c->stop)
			pthread_cond_wait(&c->work, &c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct crew *crew_new(uint32_t n, struct error *err)
{
	struct crew *c = calloc(1, sizeof(*c));

	if (!c) {
		error_set(err, ERR_SYSTEM, "not enough memory for %u worker threads", n);
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->done, NULL);
	if (n <= 1)
		return c;
	c->threads = calloc(n, sizeof(*c->threads));
	while (c->threads && c->n_threads < n) {
		int rc = pthread_create(&c->threads[c->n_threads], NULL, thread_main, c);

		if (rc != 0) {
			error_set_errno(err, ERR_SYSTEM, rc, "cannot start worker thread %u of %u",
				c->n_threads + 1, n);
			crew_free(c);
			return NULL;
		}
		c->n_threads++;
	}
	if (!c->threads) {
		crew_free(c);
		error_set(err, ERR_SYSTEM, "not enough memory for %u worker threads", n);
		return NULL;
	}
	return c;
}

void crew_free(struct crew *c)
{
	if (!c)
		return;
	crew_wait(c);
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
	for (uint32_t i = 0; i < c->n_threads; i++)
		pthread_join(c->threads[i], NULL);
	free(c->threads);
	pthread_cond_destroy(&c->work);
	pthread_cond_destroy(&c->done);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void crew_start(struct crew *c, crew_job_fn *job, void *user, uint32_t n_jobs)
{
	pthread_mutex_lock(&c->lock);
	c->job = job;
	c->user = user;
	c->n_jobs = n_jobs;
	c->next_job = 0;
	c->done_jobs = 0;
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
}

void crew_wait(struct crew *c)
{
	pthread_mutex_lock(&c->lock);
	if (c->n_threads == 0)
		do_jobs(c);
	while (c->done_jobs < c->n_jobs)
		pthread_cond_wait(&c->done, &c->lock);
	c->n_jobs = 0;
	c->next_job = 0;
	c->done_jobs = 0;
	pthread_mutex_unlock(&c->lock);
}
