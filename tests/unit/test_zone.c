#include "common/zone/zone.h"

#include <string.h>
#include <time.h>

#include "tests/unit/suite.h"

static struct zone *open_zone(const char *name)
{
	struct error err = {0};
	struct zone *z = zone_open(name, &err);

	if (!z)
		ck_abort_msg("%s", err.msg);
	return z;
}

START_TEST(test_utc_never_changes)
{
	struct zone *z = open_zone("UTC");

	ck_assert_int_eq(zone_offset_s(z, 0), 0);
	ck_assert_int_eq(zone_offset_s(z, 1795350896), 0);
	ck_assert_int_eq(zone_next_transition_s(z, 0), INT64_MAX);
	ck_assert_int_eq(zone_offset_s(z, INT64_MAX), 0);
	ck_assert_int_eq(zone_offset_s(z, INT64_MIN), 0);
	ck_assert_int_eq(zone_next_transition_s(z, INT64_MIN), INT64_MAX);
	zone_close(z);
	zone_close(NULL);
}
END_TEST

/* Poland in 2026: summer time from 29 March to 25 October, both at 01:00 UTC. */
START_TEST(test_knows_the_second_of_each_change)
{
	const int64_t spring_s = 1774746000;
	const int64_t autumn_s = 1792890000;
	struct zone *z = open_zone("Europe/Warsaw");

	ck_assert_int_eq(zone_offset_s(z, spring_s - 1), 3600);
	ck_assert_int_eq(zone_offset_s(z, spring_s), 7200);
	ck_assert_int_eq(zone_offset_s(z, autumn_s - 1), 7200);
	ck_assert_int_eq(zone_offset_s(z, autumn_s), 3600);
	ck_assert_int_eq(zone_next_transition_s(z, spring_s - 1), spring_s);
	ck_assert_int_eq(zone_next_transition_s(z, spring_s), autumn_s);
	ck_assert_int_eq(zone_next_transition_s(z, autumn_s - 1), autumn_s);
	ck_assert_int_gt(zone_next_transition_s(z, autumn_s), autumn_s);
	zone_close(z);
}
END_TEST

START_TEST(test_goes_on_beyond_the_tables)
{
	struct zone *z = open_zone("Europe/Warsaw");

	ck_assert_int_eq(zone_offset_s(z, 4118083200), 7200);  /* 2100-07-01 */
	ck_assert_int_eq(zone_offset_s(z, 4102444800), 3600);  /* 2100-01-01 */
	ck_assert_int_eq(zone_offset_s(z, 18413395200), 7200); /* 2553-07-01 */
	ck_assert_int_eq(zone_offset_s(z, 18429292800), 3600); /* 2554-01-01 */
	zone_close(z);
}
END_TEST

START_TEST(test_a_zone_without_summer_time_has_an_end)
{
	struct zone *z = open_zone("Asia/Kolkata");

	ck_assert_int_eq(zone_offset_s(z, 1774746000), 19800);
	ck_assert_int_eq(zone_next_transition_s(z, 0), INT64_MAX);
	zone_close(z);
}
END_TEST

/* The C library reads the same files in its own way; it wants them named in TZ, which at the same
 * time shows that TZ is not asked by ours. */
START_TEST(test_agrees_with_the_c_library)
{
	static const char *const names[] = {"Europe/Warsaw", "America/New_York", "Europe/Dublin",
		"Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "America/Sao_Paulo",
		"Asia/Gaza", "Pacific/Apia", "Africa/Monrovia", "America/Argentina/Buenos_Aires",
		"Etc/GMT+5", "Asia/Pyongyang", "America/Port-au-Prince"};
	const int64_t end_s = 2145916800; /* 2038 */
	char *old = getenv("TZ") ? strdup(getenv("TZ")) : NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct zone *z = open_zone(names[i]);

		setenv("TZ", names[i], 1);
		tzset();
		for (int64_t s = 0; s < end_s; s += 5 * 3600 + 1) {
			time_t t = (time_t)s;
			struct tm tm;

			if (!localtime_r(&t, &tm) || zone_offset_s(z, s) != tm.tm_gmtoff)
				ck_abort_msg("%s at %lld: %d, not %ld", names[i], (long long)s,
					(int)zone_offset_s(z, s), tm.tm_gmtoff);
		}
		for (int64_t s = 0; s < end_s;) {
			int64_t next_s = zone_next_transition_s(z, s);

			ck_assert_int_gt(next_s, s);
			if (next_s == INT64_MAX)
				break;
			ck_assert_int_ne(zone_offset_s(z, next_s), zone_offset_s(z, s));
			ck_assert_int_eq(zone_offset_s(z, next_s - 1), zone_offset_s(z, s));
			s = next_s;
		}
		zone_close(z);
	}
	if (old)
		setenv("TZ", old, 1);
	else
		unsetenv("TZ");
	tzset();
	free(old);
}
END_TEST

START_TEST(test_does_not_ask_for_the_time_zone_of_the_process)
{
	struct error err;
	struct zone *z;

	setenv("TZ", "America/New_York", 1);
	z = open_zone("Europe/Warsaw");
	ck_assert_int_eq(zone_offset_s(z, 1795350896), 3600);
	zone_close(z);
	ck_assert_ptr_null(zone_open("", &err)); /* for GLib this means TZ */
	ck_assert_ptr_null(zone_open("localtime", &err));
	unsetenv("TZ");
}
END_TEST

START_TEST(test_refuses_what_is_no_name_of_a_zone)
{
	static const char *const wrong[] = {"", "Europe/Warszawa", "Europe", "Europe/",
		"/Europe/Warsaw", "Europe//Warsaw", "europe/warsaw", "Europe/../Europe/Warsaw",
		"../Etc/UTC", "/usr/share/zoneinfo/UTC", ":UTC", "localtime", "posixrules",
		"leapseconds", "right/Europe/Warsaw", "CET-1CEST", "CET-1CEST,M3.5.0,M10.5.0/3",
		"+01:00", "01", "Z1", "Europe/Warsaw ", "Europe/War\nsaw",
		"Europe/Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error err = {0};

		if (zone_open(wrong[i], &err))
			ck_abort_msg("\"%s\" was taken for a time zone", wrong[i]);
		ck_assert_int_eq(err.code, ERR_CONFIG);
		ck_assert_ptr_nonnull(strstr(err.msg, "Europe/Warsaw"));
		ck_assert_ptr_null(strchr(err.msg, '\n'));
	}
	ck_assert_ptr_null(zone_open("Nowhere/Land", NULL));
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_test(tc, test_utc_never_changes);
	tcase_add_test(tc, test_knows_the_second_of_each_change);
	tcase_add_test(tc, test_goes_on_beyond_the_tables);
	tcase_add_test(tc, test_a_zone_without_summer_time_has_an_end);
	tcase_add_test(tc, test_agrees_with_the_c_library);
	tcase_add_test(tc, test_does_not_ask_for_the_time_zone_of_the_process);
	tcase_add_test(tc, test_refuses_what_is_no_name_of_a_zone);
}

int main(void)
{
	return suite_main("zone", add_tests);
}
