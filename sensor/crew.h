/* A fixed crew of threads that does numbered jobs side by side. */
#pragma once

#include <stdint.h>

#include "common/error.h"

struct crew;

typedef void crew_job_fn(void *user, uint32_t job);

/* N threads; 0 or 1: none, the jobs are then done by crew_wait in the caller's thread. NULL with
 * *err. */
struct crew *crew_new(uint32_t n, struct error *err);
void crew_free(struct crew *c); /* NULL allowed; waits for jobs under way */

/* Begins jobs 0 … N_JOBS - 1, each once, in any order and by any thread. Everything written before
 * is visible to them. */
void crew_start(struct crew *c, crew_job_fn *job, void *user, uint32_t n_jobs);

/* Returns when all jobs of the last crew_start are done; what they wrote is visible. Returns at
 * once when none was started. */
void crew_wait(struct crew *c);
