/* A fixed crew of threads that does jobs in lanes, and gathers what came of them. Each lane does
 * every job, in their order and one at a time; lanes go on side by side, on whichever thread is
 * free. Behind them, and just so, each job is gathered. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct crew;

/* Does JOB of LANE, or goes on with it. False: the lane pauses in it until what it has made so far
 * was gathered. */
typedef bool crew_job_fn(void *user, uint32_t lane, uint64_t job);

/* Takes what the lanes made of JOB, which each of them has done or pauses in; all that they wrote
 * is visible, and so is what the gathering before this one wrote. False: there is more to come; the
 * lanes that pause go on with it, and it is gathered again. True while one pauses: that lane does
 * nothing any more, so neither this job nor what is behind it ends, and the crew is to be freed. */
typedef bool crew_gather_fn(void *user, uint64_t job);

struct crew_config {
	uint32_t n_threads; /* 0: the caller's alone, in crew_help and crew_wait */
	uint32_t n_lanes;   /* 1 or more */
	/* At most so many work at once, the caller who does not wait among them, but one thread in
	 * any case: of more than the machine has processors, one that is put aside in the middle of
	 * its job keeps all waiting. 0: any number. */
	uint32_t n_processors;
	/* Jobs of lanes that must wait before a post wakes a thread: to wake one costs as much as a
	 * small job. Those fewer are begun by a thread that is awake, or once the caller helps or
	 * waits. */
	uint32_t wake_jobs;
	crew_job_fn *job;
	crew_gather_fn *gather;
	void *user;
};

/* NULL with *err. */
struct crew *crew_new(const struct crew_config *cfg, struct error *err);

/* NULL allowed. Waits for what is under way; what was not begun is not done any more. */
void crew_free(struct crew *c);

/* One more job for each lane; jobs are numbered from 0. What was written before is visible to them.
 */
void crew_post(struct crew *c);

/* Jobs that nobody has begun, those of each lane counted for themselves. */
uint64_t crew_backlog(struct crew *c);

/* How many jobs were gathered to their end; what that wrote is visible. */
uint64_t crew_gathered(struct crew *c);

/* Does one job of a lane, or gathers one, in the caller's thread. False: there was none that could
 * be begun. */
bool crew_help(struct crew *c);

/* Returns when JOB, which was posted, is gathered to its end; helps meanwhile. */
void crew_wait(struct crew *c, uint64_t job);
