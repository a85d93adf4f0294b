#include "sensor/gang.h"

#include <stdatomic.h>

#include "tests/unit/suite.h"

enum { MAX_JOBS = 100 };

struct tally {
	atomic_uint done[MAX_JOBS];
};

static void job(void *user, uint32_t i)
{
	struct tally *t = user;

	atomic_fetch_add(&t->done[i], 1);
}

START_TEST(each_job_once)
{
	static const uint32_t threads[] = {0, 1, 2, 7, 1000};
	static const uint32_t jobs[] = {0, 1, 2, 7, MAX_JOBS};

	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		for (size_t j = 0; j < sizeof(jobs) / sizeof(jobs[0]); j++) {
			struct tally t = {0};

			gang_run(threads[i], jobs[j], job, &t);
			for (uint32_t k = 0; k < MAX_JOBS; k++)
				ck_assert_uint_eq(t.done[k], k < jobs[j]);
		}
	}
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, each_job_once);
}

int main(void)
{
	return suite_main("gang", add_tests);
}
