#include "sensor/gang.h"

#include <string.h>

/* False: none is left. */
static bool take(struct gang *g, uint32_t *ret)
{
	bool is_taken;

	pthread_mutex_lock(&g->lock);
	*ret = g->next;
	g->next += *ret < g->n_jobs;
	while (*ret > 0 && *ret < g->n_jobs && !g->first_is_done)
		pthread_cond_wait(&g->first, &g->lock);
	is_taken = *ret < g->n_jobs;
	pthread_mutex_unlock(&g->lock);
	return is_taken;
}

static void end_first(struct gang *g)
{
	pthread_mutex_lock(&g->lock);
	g->first_is_done = true;
	pthread_cond_broadcast(&g->first);
	pthread_mutex_unlock(&g->lock);
}

static void *work(void *arg)
{
	struct gang *g = arg;
	uint32_t i;

	while (take(g, &i)) {
		g->job(g->user, i);
		if (i == 0)
			end_first(g);
	}
	return NULL;
}

void gang_begin(struct gang *g, uint32_t n_threads, uint32_t n_jobs, gang_job_fn *job, void *user)
{
	memset(g, 0, sizeof(*g));
	g->job = job;
	g->user = user;
	g->n_jobs = n_jobs;
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->first, NULL);
	if (n_threads > n_jobs)
		n_threads = n_jobs;
	while (g->n_threads < n_threads && g->n_threads < GANG_MAX_THREADS &&
		pthread_create(&g->threads[g->n_threads], NULL, work, g) == 0)
		g->n_threads++;
}

static void join(struct gang *g)
{
	while (g->n_threads > 0)
		(void)pthread_join(g->threads[--g->n_threads], NULL);
	pthread_cond_destroy(&g->first);
	pthread_mutex_destroy(&g->lock);
}

void gang_end(struct gang *g)
{
	(void)work(g);
	join(g);
}

void gang_cancel(struct gang *g)
{
	pthread_mutex_lock(&g->lock);
	g->n_jobs = 0;
	pthread_cond_broadcast(&g->first);
	pthread_mutex_unlock(&g->lock);
	join(g);
}

void gang_run(uint32_t n_threads, uint32_t n_jobs, gang_job_fn *job, void *user)
{
	struct gang g;

	if (n_jobs > 0 && n_threads > n_jobs - 1)
		n_threads = n_jobs - 1;
	gang_begin(&g, n_threads, n_jobs, job, user);
	gang_end(&g);
}
