#include "sensor/crew.h"

#include <assert.h>
#include <stdatomic.h>

#include "tests/unit/suite.h"

enum { LANES = 8, JOBS = 70, PAUSES = 3 };

/* Plain numbers on purpose: a lane is on one thread at a time, and the crew orders what it writes
 * (ThreadSanitizer watches). */
struct lanes {
	bool done[LANES][JOBS];
	uint64_t next[LANES];
	uint32_t pauses[LANES]; /* in the job under way */
	bool pausing;
};

static bool do_job(void *user, uint32_t lane, uint64_t job)
{
	struct lanes *l = user;

	assert(l->next[lane] == job); /* only the main thread speaks to Check */
	if (l->pausing && job % 7 == lane % 7 && l->pauses[lane]++ < PAUSES)
		return false;
	l->pauses[lane] = 0;
	l->done[lane][job] = true;
	l->next[lane]++;
	return true;
}

/* An even number of threads is woken late: what waits is done all the same. */
static struct crew *crew_of(uint32_t threads, struct lanes *l)
{
	const struct crew_config cfg = {.n_threads = threads,
		.n_lanes = LANES,
		.wake_jobs = threads % 2 ? 0 : 2 * LANES,
		.job = do_job,
		.user = l};
	struct error err;
	struct crew *c = crew_new(&cfg, &err);

	ck_assert_ptr_nonnull(c);
	return c;
}

/* Settles every job with up to AHEAD posted behind it. */
static void run(uint32_t threads, uint64_t ahead, bool pausing)
{
	struct lanes l = {.pausing = pausing};
	struct crew *c = crew_of(threads, &l);
	uint64_t posted = 0;

	for (uint64_t job = 0; job < JOBS; job++) {
		for (; posted <= job + ahead && posted < JOBS; posted++)
			crew_post(c);
		for (;;) {
			bool all = true;

			if (job % 3 == 0)
				while (!crew_is_settled(c, job) && crew_help(c))
					;
			crew_wait(c, job);
			ck_assert(crew_is_settled(c, job));
			for (int i = 0; i < LANES; i++)
				all = all && l.done[i][job];
			if (all)
				break;
			ck_assert(pausing);
			crew_resume(c, job);
		}
	}
	ck_assert_uint_eq(crew_backlog(c), 0);
	ck_assert(!crew_help(c));
	crew_free(c);
}

START_TEST(each_lane_does_every_job_in_order)
{
	run((uint32_t)_i, 0, false);
	run((uint32_t)_i, 5, false);
}
END_TEST

START_TEST(a_lane_pauses_until_it_is_resumed)
{
	run((uint32_t)_i, 0, true);
	run((uint32_t)_i, 5, true);
}
END_TEST

START_TEST(nothing_is_begun_before_it_is_posted)
{
	struct lanes l = {0};
	struct crew *c = crew_of(0, &l);

	ck_assert(!crew_help(c));
	crew_post(c);
	crew_post(c);
	ck_assert_uint_eq(crew_backlog(c), 2 * LANES);
	for (int i = 0; i < LANES; i++)
		ck_assert(crew_help(c));
	ck_assert(crew_is_settled(c, 0) && !crew_is_settled(c, 1));
	ck_assert_uint_eq(crew_backlog(c), LANES);
	crew_free(c); /* the second job is not done any more */
	for (int i = 0; i < LANES; i++)
		ck_assert_uint_eq(l.next[i], 1);
}
END_TEST

static atomic_uint begun, ended;

static bool slow_job(void *user, uint32_t lane, uint64_t job)
{
	(void)user;
	(void)lane;
	(void)job;
	atomic_fetch_add(&begun, 1);
	for (volatile int i = 0; i < 100000; i++)
		;
	atomic_fetch_add(&ended, 1);
	return true;
}

START_TEST(freeing_waits_for_jobs_under_way)
{
	const struct crew_config cfg = {.n_threads = 4, .n_lanes = LANES, .job = slow_job};
	struct error err;
	struct crew *c = crew_new(&cfg, &err);

	crew_post(c);
	while (atomic_load(&begun) == 0)
		;
	crew_free(c);
	ck_assert_uint_eq(atomic_load(&begun), atomic_load(&ended));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, each_lane_does_every_job_in_order, 0, 6);
	tcase_add_loop_test(tc, a_lane_pauses_until_it_is_resumed, 0, 6);
	tcase_add_test(tc, nothing_is_begun_before_it_is_posted);
	tcase_add_test(tc, freeing_waits_for_jobs_under_way);
}

int main(void)
{
	return suite_main("crew", add_tests);
}
