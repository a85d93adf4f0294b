/* A few jobs done by several threads at once, at set-up: before privileges and system calls are
 * given up. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { GANG_MAX_THREADS = 64 };

typedef void gang_job_fn(void *user, uint32_t job);

/* Of gang_begin until gang_end, and not moved. */
struct gang {
	gang_job_fn *job;
	void *user;
	pthread_t threads[GANG_MAX_THREADS];
	uint32_t n_threads;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t first; /* job is done */
	uint32_t n_jobs, next;
	bool first_is_done;
};

/* Begins to do JOB(USER, i) for each i below N_JOBS, once each, on N_THREADS threads: the first one
 * alone, the others as they come. What the caller does meanwhile is its own affair. Threads that
 * cannot be started are done without. */
void gang_begin(struct gang *g, uint32_t n_threads, uint32_t n_jobs, gang_job_fn *job, void *user);

/* Does what is left in the caller's thread, too, and returns when all is done, visible to it. */
void gang_end(struct gang *g);

/* Instead: returns when what was begun is done; the rest is not done any more. */
void gang_cancel(struct gang *g);

/* Both at once: N_THREADS threads beside the caller's. */
void gang_run(uint32_t n_threads, uint32_t n_jobs, gang_job_fn *job, void *user);
