/* The main of a unit test: one suite, one case, any number of tests. */
#pragma once

#include <check.h>
#include <stdlib.h>

/* How far a test came is what Check says of one that died, and a sanitizer says more. To note it
 * at each assertion, which moves all that was noted before, takes longer than what is tested. */
#define _mark_point(file, line) ((void)0)

static inline int suite_main(const char *name, void (*add_tests)(TCase *tc))
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 100);
	add_tests(tc);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
