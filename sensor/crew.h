/* A fixed crew of threads that does jobs in lanes. Each lane does every job, in their order and one
 * at a time; lanes go on side by side, on whichever thread is free. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct crew;

/* Does JOB of LANE, or goes on with it. False: the lane pauses in it until crew_resume. */
typedef bool crew_job_fn(void *user, uint32_t lane, uint64_t job);

struct crew_config {
	uint32_t n_threads; /* 0: the caller's alone, in crew_help and crew_wait */
	uint32_t n_lanes;   /* 1 or more */
	/* Jobs that must wait before a post wakes a thread, those of each lane counted for
	 * themselves: to wake one costs as much as a small job. Those fewer are begun by a thread
	 * that is awake, or once the caller helps or waits. */
	uint32_t wake_jobs;
	crew_job_fn *job;
	void *user;
};

/* NULL with *err. */
struct crew *crew_new(const struct crew_config *cfg, struct error *err);

/* NULL allowed. Waits for jobs under way; those that were not begun are not done any more. */
void crew_free(struct crew *c);

/* One more job for each lane; jobs are numbered from 0. What was written before is visible to them.
 */
void crew_post(struct crew *c);

/* Whether each lane has done JOB or pauses in it; what it wrote until then is visible. */
bool crew_is_settled(struct crew *c, uint64_t job);

/* Lets the lanes go on that pause in JOB. */
void crew_resume(struct crew *c, uint64_t job);

/* Jobs that nobody has begun, those of each lane counted for themselves. */
uint64_t crew_backlog(struct crew *c);

/* Does one of these in the caller's thread. False: there was none that could be begun. */
bool crew_help(struct crew *c);

/* Returns when JOB, which was posted, is settled. */
void crew_wait(struct crew *c, uint64_t job);
