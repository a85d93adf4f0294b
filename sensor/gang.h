/* A few jobs done by several threads at once, at set-up: before privileges and system calls are
 * given up. */
#pragma once

#include <stdint.h>

typedef void gang_job_fn(void *user, uint32_t job);

/* Does JOB(USER, i) for each i below N_JOBS, once each, on N_THREADS threads beside the caller's,
 * and returns when all are done. Threads that cannot be started are done without. */
void gang_run(uint32_t n_threads, uint32_t n_jobs, gang_job_fn *job, void *user);
