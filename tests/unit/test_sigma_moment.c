/* Parts of dates, held against gmtime. */
#include <stdlib.h>
#include <time.h>

#include "common/time_text.h"
#include "rules/sigma/moment.h"
#include "tests/unit/suite.h"

static unsigned part(uint64_t second, enum modifier m)
{
	return (unsigned)moment_part(second * NS_PER_S + 999999999, m);
}

static void check(uint64_t second)
{
	time_t t = (time_t)second;
	struct tm tm;
	char week[8];

	ck_assert_ptr_nonnull(gmtime_r(&t, &tm));
	strftime(week, sizeof(week), "%V", &tm);
	ck_assert_uint_eq(part(second, MOD_MINUTE), (unsigned)tm.tm_min);
	ck_assert_uint_eq(part(second, MOD_HOUR), (unsigned)tm.tm_hour);
	ck_assert_uint_eq(part(second, MOD_DAY), (unsigned)tm.tm_mday);
	ck_assert_uint_eq(part(second, MOD_MONTH), (unsigned)tm.tm_mon + 1);
	ck_assert_uint_eq(part(second, MOD_YEAR), (unsigned)tm.tm_year + 1900);
	ck_assert_uint_eq(part(second, MOD_WEEK), (unsigned)strtoul(week, NULL, 10));
}

/* Every day to 2554, at another second of it. */
START_TEST(agree_with_gmtime)
{
	enum { LAST_DAY = 213500, STEP_S = 86400 };

	for (uint64_t day = 0; day < LAST_DAY; day++)
		check(day * STEP_S + day * 7919 % STEP_S);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, agree_with_gmtime);
}

int main(void)
{
	return suite_main("sigma moment", add_tests);
}
