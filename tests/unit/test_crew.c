#include "sensor/crew.h"

#include <assert.h>
#include <sched.h>
#include <stdatomic.h>

#include "tests/unit/suite.h"

enum { LANES = 8, JOBS = 70, PAUSES = 3 };

/* Plain numbers on purpose: a lane is on one thread at a time, the gathering on one, and the crew
 * orders what they write (ThreadSanitizer watches). Only the main thread speaks to Check. */
struct lanes {
	bool done[LANES][JOBS];
	bool pauses_in[LANES][JOBS];
	uint64_t next[LANES];
	uint32_t pauses[LANES]; /* in the job under way */
	bool pausing;
	uint64_t gathered;   /* jobs, to their end */
	uint32_t gatherings; /* of all jobs */
	uint64_t fails_at;   /* job that is not gathered to its end, and nothing behind it */
};

static bool do_job(void *user, uint32_t lane, uint64_t job)
{
	struct lanes *l = user;

	assert(l->next[lane] == job);
	assert(!l->pauses_in[lane][job]); /* what it made before was gathered */
	if (l->pausing && job % 7 == lane % 7 && l->pauses[lane]++ < PAUSES) {
		l->pauses_in[lane][job] = true;
		return false;
	}
	l->pauses[lane] = 0;
	l->done[lane][job] = true;
	l->next[lane]++;
	return true;
}

static bool gather(void *user, uint64_t job)
{
	struct lanes *l = user;
	bool all = true;

	assert(job == l->gathered);
	assert(job < l->fails_at);
	l->gatherings++;
	for (int i = 0; i < LANES; i++) {
		all = all && !l->pauses_in[i][job];
		assert(l->done[i][job] != l->pauses_in[i][job]);
		l->pauses_in[i][job] = false;
	}
	l->gathered += all;
	return all;
}

/* An even number of threads is woken late: what waits is done all the same. */
static struct crew *crew_of(uint32_t threads, struct lanes *l)
{
	const struct crew_config cfg = {.n_threads = threads,
		.n_lanes = LANES,
		.wake_jobs = threads % 2 ? 0 : 2 * LANES,
		.job = do_job,
		.gather = gather,
		.user = l};
	struct error err;
	struct crew *c;

	l->fails_at = JOBS;
	c = crew_new(&cfg, &err);
	ck_assert_ptr_nonnull(c);
	return c;
}

/* Each job with up to AHEAD posted behind it. */
static void run(uint32_t threads, uint64_t ahead, bool pausing)
{
	struct lanes l = {.pausing = pausing};
	struct crew *c = crew_of(threads, &l);
	uint64_t posted = 0;

	for (uint64_t job = 0; job < JOBS; job++) {
		for (; posted <= job + ahead && posted < JOBS; posted++)
			crew_post(c);
		for (uint64_t i = 0; i < job % 3 * LANES && crew_help(c); i++)
			;
		crew_wait(c, job);
		ck_assert_uint_gt(crew_gathered(c), job);
		for (int i = 0; i < LANES; i++)
			ck_assert(l.done[i][job]);
	}
	ck_assert_uint_eq(crew_gathered(c), JOBS);
	ck_assert_uint_eq(crew_backlog(c), 0);
	ck_assert(!crew_help(c));
	ck_assert_uint_eq(l.gatherings, pausing ? JOBS * (1 + PAUSES) : JOBS);
	crew_free(c);
}

START_TEST(each_lane_does_every_job_in_order_and_each_is_gathered)
{
	run((uint32_t)_i, 0, false);
	run((uint32_t)_i, 5, false);
	run((uint32_t)_i, JOBS, false);
}
END_TEST

START_TEST(a_lane_pauses_until_what_it_made_is_gathered)
{
	run((uint32_t)_i, 0, true);
	run((uint32_t)_i, 5, true);
	run((uint32_t)_i, JOBS, true);
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
	ck_assert_uint_eq(crew_backlog(c), LANES);
	crew_free(c); /* the second job is not done any more, and the first not gathered */
	for (int i = 0; i < LANES; i++)
		ck_assert_uint_eq(l.next[i], 1);
	ck_assert_uint_eq(l.gatherings, 0);
}
END_TEST

/* What came of a job is not kept waiting by jobs behind it. */
START_TEST(a_job_is_gathered_as_soon_as_all_lanes_have_done_it)
{
	struct lanes l = {0};
	struct crew *c = crew_of(0, &l);

	crew_post(c);
	crew_post(c);
	for (int i = 0; i < LANES; i++) {
		ck_assert_uint_eq(crew_gathered(c), 0);
		ck_assert(crew_help(c));
	}
	ck_assert_uint_eq(l.gathered, 0);
	ck_assert(crew_help(c));
	ck_assert_uint_eq(crew_gathered(c), 1);
	ck_assert_uint_eq(crew_backlog(c), LANES);
	crew_free(c);
}
END_TEST

/* The caller may look after other things; each post wakes a thread here. */
START_TEST(threads_gather_without_the_caller)
{
	struct lanes l = {.pausing = true};
	struct crew *c = crew_of(1 + 2 * (uint32_t)_i, &l);

	for (uint64_t job = 0; job < JOBS; job++)
		crew_post(c);
	while (crew_gathered(c) < JOBS)
		(void)sched_yield();
	ck_assert_uint_eq(l.gathered, JOBS);
	crew_free(c);
}
END_TEST

/* True, while lanes pause. */
static bool gather_until_it_fails(void *user, uint64_t job)
{
	struct lanes *l = user;

	return job == l->fails_at || gather(user, job);
}

/* What comes behind it is not gathered: GATHER would object. */
struct crowd {
	atomic_uint now, most;
};

static void enter_and_leave(struct crowd *at)
{
	const uint32_t now = atomic_fetch_add(&at->now, 1) + 1;
	uint32_t most = atomic_load(&at->most);

	while (now > most && !atomic_compare_exchange_weak(&at->most, &most, now))
		;
	for (int i = 0; i < 5; i++)
		sched_yield();
	atomic_fetch_sub(&at->now, 1);
}

static bool crowded_job(void *user, uint32_t lane, uint64_t job)
{
	(void)lane;
	(void)job;
	enter_and_leave(user);
	return true;
}

static bool crowded_gathering(void *user, uint64_t job)
{
	(void)job;
	enter_and_leave(user);
	return true;
}

START_TEST(as_many_work_at_once_as_there_are_processors)
{
	struct crowd at = {0};
	const struct crew_config cfg = {.n_threads = 6,
		.n_lanes = LANES,
		.n_processors = (uint32_t)_i,
		.job = crowded_job,
		.gather = crowded_gathering,
		.user = &at};
	struct error err;
	struct crew *c = crew_new(&cfg, &err);

	/* The caller is at work elsewhere; one thread is in any case. */
	for (uint64_t job = 0; job < JOBS; job++)
		crew_post(c);
	while (crew_gathered(c) < JOBS / 2)
		sched_yield();
	ck_assert_uint_le(atomic_load(&at.most), _i > 1 ? (uint32_t)_i - 1 : 1);
	crew_wait(c, JOBS - 1);
	for (uint64_t job = JOBS; job < 10 * JOBS; job++) {
		crew_post(c);
		crew_wait(c, job);
	}
	/* A caller whose wait is over begins beside those that are in the middle of a job. */
	ck_assert_uint_le(atomic_load(&at.most), (uint32_t)_i + 1);
	crew_free(c);
}
END_TEST

START_TEST(what_fails_while_lanes_pause_is_the_last)
{
	struct lanes l = {.pausing = true};
	const struct crew_config cfg = {.n_threads = (uint32_t)_i,
		.n_lanes = LANES,
		.job = do_job,
		.gather = gather_until_it_fails,
		.user = &l};
	struct error err;
	struct crew *c = crew_new(&cfg, &err);

	l.fails_at = 10;
	for (uint64_t job = 0; job < JOBS; job++)
		crew_post(c);
	crew_wait(c, l.fails_at);
	while (crew_help(c))
		;
	crew_free(c);
	ck_assert_uint_eq(l.gathered, l.fails_at);
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

static bool slow_gathering(void *user, uint64_t job)
{
	return slow_job(user, LANES, job);
}

START_TEST(freeing_waits_for_what_is_under_way)
{
	const struct crew_config cfg = {
		.n_threads = 4, .n_lanes = LANES, .job = slow_job, .gather = slow_gathering};
	struct error err;

	for (unsigned n = 1; n <= LANES + 1; n += LANES) {
		struct crew *c = crew_new(&cfg, &err);

		atomic_store(&begun, 0);
		atomic_store(&ended, 0);
		crew_post(c);
		while (atomic_load(&begun) < n)
			;
		crew_free(c);
		ck_assert_uint_eq(atomic_load(&begun), atomic_load(&ended));
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, each_lane_does_every_job_in_order_and_each_is_gathered, 0, 6);
	tcase_add_loop_test(tc, a_lane_pauses_until_what_it_made_is_gathered, 0, 6);
	tcase_add_test(tc, nothing_is_begun_before_it_is_posted);
	tcase_add_test(tc, a_job_is_gathered_as_soon_as_all_lanes_have_done_it);
	tcase_add_loop_test(tc, threads_gather_without_the_caller, 0, 3);
	tcase_add_loop_test(tc, as_many_work_at_once_as_there_are_processors, 1, 5);
	tcase_add_loop_test(tc, what_fails_while_lanes_pause_is_the_last, 0, 6);
	tcase_add_test(tc, freeing_waits_for_what_is_under_way);
}

int main(void)
{
	return suite_main("crew", add_tests);
}
