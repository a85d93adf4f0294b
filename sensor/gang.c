#include "sensor/gang.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MAX_THREADS = 64 };

struct gang {
	gang_job_fn *job;
	void *user;
	uint32_t n_jobs;
	atomic_uint next;
};

static void *work(void *arg)
{
	struct gang *g = arg;
	uint32_t i;

	while ((i = atomic_fetch_add(&g->next, 1)) < g->n_jobs)
		g->job(g->user, i);
	return NULL;
}

void gang_run(uint32_t n_threads, uint32_t n_jobs, gang_job_fn *job, void *user)
{
	struct gang g = {.job = job, .user = user, .n_jobs = n_jobs};
	pthread_t threads[MAX_THREADS];
	uint32_t n = 0;

	if (n_jobs > 0 && n_threads > n_jobs - 1)
		n_threads = n_jobs - 1;
	while (n < n_threads && n < MAX_THREADS && pthread_create(&threads[n], NULL, work, &g) == 0)
		n++;
	(void)work(&g);
	while (n > 0)
		(void)pthread_join(threads[--n], NULL);
}
