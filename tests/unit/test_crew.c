#include "sensor/crew.h"

#include <stdatomic.h>

#include "tests/unit/suite.h"

enum { JOBS = 100, ROUNDS = 200 };

static void count_job(void *user, uint32_t job)
{
	uint32_t *counts = user;

	counts[job]++; /* no atomic: each job is done once, and crew_wait orders the writes
			  (ThreadSanitizer watches) */
}

static void each_job_once(uint32_t threads)
{
	struct error err;
	struct crew *c = crew_new(threads, &err);
	uint32_t counts[JOBS] = {0};

	ck_assert_ptr_nonnull(c);
	for (uint32_t round = 1; round <= ROUNDS; round++) {
		crew_start(c, count_job, counts, JOBS);
		crew_wait(c);
		for (int i = 0; i < JOBS; i++)
			ck_assert_uint_eq(counts[i], round);
	}
	crew_free(c);
}

START_TEST(every_job_is_done_once_by_any_number_of_threads)
{
	each_job_once((uint32_t)_i);
}
END_TEST

START_TEST(waiting_without_work_returns)
{
	struct error err;
	struct crew *c = crew_new(3, &err);

	crew_wait(c);
	crew_wait(c);
	crew_free(c);
}
END_TEST

static void nothing(void *user, uint32_t job)
{
	(void)job;
	atomic_fetch_add((atomic_uint *)user, 1);
}

START_TEST(freeing_waits_for_jobs_under_way)
{
	struct error err;
	struct crew *c = crew_new(4, &err);
	atomic_uint done = 0;

	crew_start(c, nothing, &done, JOBS);
	crew_free(c);
	ck_assert_uint_eq(atomic_load(&done), JOBS);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, every_job_is_done_once_by_any_number_of_threads, 0, 6);
	tcase_add_test(tc, waiting_without_work_returns);
	tcase_add_test(tc, freeing_waits_for_jobs_under_way);
}

int main(void)
{
	return suite_main("crew", add_tests);
}
