#include "common/time_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/unit/suite.h"

static void assert_time(uint64_t ts_ns, const char *want)
{
	char buf[TIME_TEXT_BYTES];
	char date[DATE_TEXT_BYTES];

	ck_assert_ptr_eq(time_format(ts_ns, buf), buf);
	ck_assert_str_eq(buf, want);
	ck_assert_ptr_eq(date_format(ts_ns, date), date);
	buf[10] = '\0';
	ck_assert_str_eq(date, buf);
}

START_TEST(test_writes_time)
{
	assert_time(0, "1970-01-01T00:00:00.000000000Z");
	assert_time(1, "1970-01-01T00:00:00.000000001Z");
	assert_time(NS_PER_S - 1, "1970-01-01T00:00:00.999999999Z");
	assert_time(UINT64_C(1795350896) * NS_PER_S + 123456789, "2026-11-22T12:34:56.123456789Z");
	assert_time(UINT64_C(951782400) * NS_PER_S, "2000-02-29T00:00:00.000000000Z");
	assert_time(UINT64_C(4107542399) * NS_PER_S, "2100-02-28T23:59:59.000000000Z");
	assert_time(UINT64_C(4107542400) * NS_PER_S, "2100-03-01T00:00:00.000000000Z");
	assert_time(UINT64_MAX, "2554-07-21T23:34:33.709551615Z");
}
END_TEST

START_TEST(test_reads_times)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{"1970-01-01", 0},
		{"2026-11-22", UINT64_C(1795305600) * NS_PER_S},
		{"2026-11-22T12:34:56Z", UINT64_C(1795350896) * NS_PER_S},
		{"2026-11-22T12:34:56.5Z", UINT64_C(1795350896) * NS_PER_S + 500 * NS_PER_MS},
		{"2026-11-22T12:34:56.123456789Z", UINT64_C(1795350896) * NS_PER_S + 123456789},
	};
	static const char *const bad[] = {"", "2026-11-2", "2026-11-31", "2026-11-22T",
		"2026-11-22Z", "2026-11-22T12:34:56", "2026-11-22T24:00:00Z",
		"2026-11-22T12:60:00Z", "2026-11-22T12:34:60Z", "2026-11-22T12:34:56.Z",
		"2026-11-22T12:34:56.1234567890Z", "2026-11-22T12:34:56.1x3Z",
		"2026-11-22 12:34:56Z", "2026-11-22T12:34:56ZZ", "2026-11-22T1:34:56Z", "today"};
	uint64_t ns;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert(time_parse(str_from(good[i].text), &ns));
		ck_assert_uint_eq(ns, good[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!time_parse(str_from(bad[i]), &ns), "%s", bad[i]);
}
END_TEST

START_TEST(test_agrees_with_the_c_library)
{
	uint64_t seed = 3;

	for (int round = 0; round < 20000; round++) {
		char want[TIME_TEXT_BYTES];
		char got[TIME_TEXT_BYTES];
		struct tm tm;
		time_t s;
		int year, month, day, weekday;

		seed = seed * 6364136223846793005U + 1442695040888963407U;
		s = (time_t)(seed / NS_PER_S);
		ck_assert_ptr_nonnull(gmtime_r(&s, &tm));
		strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.", &tm);
		snprintf(want + 20, sizeof(want) - 20, "%09uZ", (unsigned)(seed % NS_PER_S));
		ck_assert_str_eq(time_format(seed, got), want);
		date_civil(s / 86400, &year, &month, &day, &weekday);
		ck_assert_int_eq(year, tm.tm_year + 1900);
		ck_assert_int_eq(month, tm.tm_mon + 1);
		ck_assert_int_eq(day, tm.tm_mday);
		ck_assert_int_eq(weekday, (tm.tm_wday + 6) % 7);
	}
}
END_TEST

START_TEST(test_reads_every_day_it_writes)
{
	for (int64_t days = 0; days <= 213503; days++) { /* to UINT64_MAX ns */
		char buf[DATE_TEXT_BYTES];
		int64_t again = -1;
		bool in_range = days <= DATE_LAST_DAYS;

		date_format((uint64_t)days * 86400 * NS_PER_S, buf);
		if (date_parse(str_from(buf), &again) != in_range || (in_range && again != days))
			ck_abort_msg(
				"%s is day %lld, not %lld", buf, (long long)again, (long long)days);
	}
}
END_TEST

START_TEST(test_knows_weekdays_and_years_before_1970)
{
	int year, month, day, weekday;

	date_civil(0, &year, &month, &day, &weekday);
	ck_assert_int_eq(weekday, 3); /* a Thursday */
	date_civil(-1, &year, &month, &day, &weekday);
	ck_assert_int_eq(year, 1969);
	ck_assert_int_eq(month, 12);
	ck_assert_int_eq(day, 31);
	ck_assert_int_eq(weekday, 2);
	date_civil(-25509, &year, &month, &day, &weekday); /* 1900 was no leap year */
	ck_assert_int_eq(year, 1900);
	ck_assert_int_eq(month, 2);
	ck_assert_int_eq(day, 28);
	date_civil(-25508, &year, &month, &day, &weekday);
	ck_assert_int_eq(month, 3);
	ck_assert_int_eq(day, 1);
	date_civil(-719528, &year, &month, &day, &weekday);
	ck_assert_int_eq(year, 0);
	ck_assert_int_eq(month, 1);
	ck_assert_int_eq(day, 1);
	ck_assert_int_eq(weekday, 5); /* a Saturday */
}
END_TEST

START_TEST(test_reads_dates)
{
	int64_t days = -1;

	ck_assert(date_parse(STR("1970-01-01"), &days));
	ck_assert_int_eq(days, 0);
	ck_assert(date_parse(STR("2026-11-22"), &days));
	ck_assert_int_eq(days, 20779);
	ck_assert(date_parse(STR("2000-02-29"), &days));
	ck_assert(date_parse(STR("2500-12-31"), &days));
	ck_assert_int_eq(days, 193943);
	ck_assert(date_parse((struct str){"2026-11-223", 10}, &days));
}
END_TEST

START_TEST(test_refuses_what_is_no_date)
{
	static const char *const wrong[] = {"", "2026", "2026-11", "2026-11-2", "2026-11-222",
		"2026-1-22", "26-11-22", "2026/11/22", "2026-11-22 ", " 2026-11-2", "2026-00-10",
		"2026-13-10", "2026-01-00", "2026-01-32", "2026-04-31", "2026-02-29", "2100-02-29",
		"1969-12-31", "2501-01-01", "-026-11-22", "2026-+1-22", "2026-11- 2", "2026-1a-22",
		"20x6-11-22", "2026-11-2T", "22-11-2026", "2026:11-22", "2026-11:22"};
	int64_t days;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (date_parse(str_from(wrong[i]), &days))
			ck_abort_msg("\"%s\" was taken for a date", wrong[i]);
	}
	ck_assert(!date_parse((struct str){NULL, 0}, &days));
	ck_assert(!date_parse((struct str){"2026-11-2\0", 10}, &days));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_writes_time);
	tcase_add_test(tc, test_reads_times);
	tcase_add_test(tc, test_agrees_with_the_c_library);
	tcase_add_test(tc, test_reads_every_day_it_writes);
	tcase_add_test(tc, test_knows_weekdays_and_years_before_1970);
	tcase_add_test(tc, test_reads_dates);
	tcase_add_test(tc, test_refuses_what_is_no_date);
}

int main(void)
{
	return suite_main("time_text", add_tests);
}
