#include "sensor/gang.h"

#include <stdatomic.h>

#include "tests/unit/suite.h"

enum { MAX_JOBS = 100 };

struct tally {
	atomic_uint done[MAX_JOBS];
	bool first_is_done; /* plain on purpose: ThreadSanitizer watches */
	atomic_bool may_end;
	atomic_uint too_early;
};

static void job(void *user, uint32_t i)
{
	struct tally *t = user;

	if (i == 0)
		t->first_is_done = true;
	else if (!t->first_is_done)
		atomic_fetch_add(&t->too_early, 1);
	atomic_fetch_add(&t->done[i], 1);
}

START_TEST(each_job_once_and_the_first_before_all_others)
{
	static const uint32_t threads[] = {0, 1, 2, 7, 1000};
	static const uint32_t jobs[] = {0, 1, 2, 7, MAX_JOBS};

	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		for (size_t j = 0; j < sizeof(jobs) / sizeof(jobs[0]); j++) {
			struct tally t = {0};

			gang_run(threads[i], jobs[j], job, &t);
			for (uint32_t k = 0; k < MAX_JOBS; k++)
				ck_assert_uint_eq(t.done[k], k < jobs[j]);
			ck_assert_uint_eq(t.too_early, 0);
		}
	}
}
END_TEST

/* The first job lasts until the caller says so. */
static void slow_job(void *user, uint32_t i)
{
	struct tally *t = user;

	while (i == 0 && !atomic_load(&t->may_end))
		;
	job(user, i);
}

START_TEST(the_caller_goes_on_meanwhile)
{
	struct tally t = {0};
	struct gang g;

	gang_begin(&g, 3, 7, slow_job, &t);
	for (uint32_t i = 0; i < 7; i++)
		ck_assert_uint_eq(t.done[i], 0);
	atomic_store(&t.may_end, true);
	gang_end(&g);
	for (uint32_t i = 0; i < 7; i++)
		ck_assert_uint_eq(t.done[i], 1);
	ck_assert_uint_eq(t.too_early, 0);
}
END_TEST

START_TEST(without_threads_all_is_done_at_the_end)
{
	struct tally t = {0};
	struct gang g;

	gang_begin(&g, 0, 7, job, &t);
	ck_assert_uint_eq(t.done[0], 0);
	gang_end(&g);
	for (uint32_t i = 0; i < 7; i++)
		ck_assert_uint_eq(t.done[i], 1);
}
END_TEST

/* With a job under way, and others that wait for it. */
START_TEST(what_is_cancelled_is_not_begun)
{
	struct tally t = {0};
	struct gang g;

	for (uint32_t n_threads = 0; n_threads < 4; n_threads++) {
		atomic_store(&t.may_end, true);
		gang_begin(&g, n_threads, MAX_JOBS, slow_job, &t);
		gang_cancel(&g);
		ck_assert_uint_le(t.done[0], n_threads);
	}
	ck_assert_uint_eq(t.too_early, 0);
	for (uint32_t i = 1; i < MAX_JOBS; i++)
		ck_assert_uint_le(t.done[i], 3);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, each_job_once_and_the_first_before_all_others);
	tcase_add_test(tc, the_caller_goes_on_meanwhile);
	tcase_add_test(tc, without_threads_all_is_done_at_the_end);
	tcase_add_test(tc, what_is_cancelled_is_not_begun);
}

int main(void)
{
	return suite_main("gang", add_tests);
}
