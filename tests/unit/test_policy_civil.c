#include "rules/policy/civil.h"

#include "tests/unit/policy_fixture.h"

static int64_t seconds(const char *date, unsigned hour, unsigned minute)
{
	return (int64_t)(utc(date, hour, minute, 0) / NS_PER_S);
}

struct moment {
	const char *zone;
	const char *local_date;
	unsigned hour, minute;
	const char *utc_date;
	unsigned utc_hour, utc_minute;
};

static const struct moment moments[] = {
	{"UTC", "2026-03-29", 2, 30, "2026-03-29", 2, 30},
	{"Europe/Warsaw", "2026-01-15", 12, 0, "2026-01-15", 11, 0},
	{"Europe/Warsaw", "2026-07-15", 12, 0, "2026-07-15", 10, 0},
	/* 2026-03-29: the clock goes from 02:00 to 03:00 at 01:00 UTC. */
	{"Europe/Warsaw", "2026-03-29", 0, 0, "2026-03-28", 23, 0},
	{"Europe/Warsaw", "2026-03-29", 1, 59, "2026-03-29", 0, 59},
	{"Europe/Warsaw", "2026-03-29", 2, 0, "2026-03-29", 1, 0},
	{"Europe/Warsaw", "2026-03-29", 2, 1, "2026-03-29", 1, 0},
	{"Europe/Warsaw", "2026-03-29", 2, 59, "2026-03-29", 1, 0},
	{"Europe/Warsaw", "2026-03-29", 3, 0, "2026-03-29", 1, 0},
	{"Europe/Warsaw", "2026-03-29", 3, 1, "2026-03-29", 1, 1},
	/* 2026-10-25: the clock goes from 03:00 to 02:00 at 01:00 UTC. */
	{"Europe/Warsaw", "2026-10-25", 1, 59, "2026-10-24", 23, 59},
	{"Europe/Warsaw", "2026-10-25", 2, 0, "2026-10-25", 0, 0},
	{"Europe/Warsaw", "2026-10-25", 2, 59, "2026-10-25", 0, 59},
	{"Europe/Warsaw", "2026-10-25", 3, 0, "2026-10-25", 2, 0},
	{"Europe/Warsaw", "2026-10-26", 0, 0, "2026-10-25", 23, 0},
	{"America/New_York", "2026-11-01", 1, 30, "2026-11-01", 5, 30},
	{"America/New_York", "2026-11-01", 2, 0, "2026-11-01", 7, 0},
	{"Asia/Kolkata", "2026-06-01", 0, 0, "2026-05-31", 18, 30},
	/* Half an hour of summer time. */
	{"Australia/Lord_Howe", "2026-04-05", 1, 45, "2026-04-04", 14, 45},
	{"Australia/Lord_Howe", "2026-04-05", 2, 0, "2026-04-04", 15, 30},
	/* The clock goes back over midnight: 2026-04-04 24:00 is 23:00 again. */
	{"America/Santiago", "2026-04-04", 23, 30, "2026-04-05", 2, 30},
	{"America/Santiago", "2026-04-05", 0, 0, "2026-04-05", 4, 0},
	/* A day that was left out. */
	{"Pacific/Apia", "2011-12-29", 23, 0, "2011-12-30", 9, 0},
	{"Pacific/Apia", "2011-12-30", 12, 0, "2011-12-30", 10, 0},
	{"Pacific/Apia", "2011-12-31", 1, 0, "2011-12-30", 11, 0},
	{"Pacific/Kiritimati", "2026-01-01", 0, 0, "2025-12-31", 10, 0},
};

START_TEST(first_moment_at_which_the_clock_shows_it)
{
	const struct moment *m = &moments[_i];
	struct error err = {0};
	struct zone *z = zone_open(m->zone, &err);
	int64_t got;

	ck_assert_msg(z != NULL, "%s", err.msg);
	got = civil_first_s(z, seconds(m->local_date, m->hour, m->minute));
	ck_assert_msg(got == seconds(m->utc_date, m->utc_hour, m->utc_minute),
		"%s %s %u:%02u is %lld, not %s %u:%02u UTC", m->zone, m->local_date, m->hour,
		m->minute, (long long)got, m->utc_date, m->utc_hour, m->utc_minute);
	zone_close(z);
}
END_TEST

/* By its definition, minute by minute over the days around both changes. */
START_TEST(agrees_with_its_definition)
{
	static const char *const days[] = {"2026-03-28", "2026-10-24"};
	struct error err = {0};
	struct zone *z = zone_open("Europe/Warsaw", &err);

	ck_assert_ptr_nonnull(z);
	for (int d = 0; d < 2; d++) {
		int64_t at_s = seconds(days[d], 0, 0) - 86400;

		for (int64_t local_s = seconds(days[d], 0, 0);
			local_s < seconds(days[d], 0, 0) + INT64_C(172800); local_s += 60) {
			while (at_s + zone_offset_s(z, at_s) < local_s)
				at_s++;
			ck_assert_int_eq(civil_first_s(z, local_s), at_s);
		}
	}
	zone_close(z);
}
END_TEST

START_TEST(days_begin_in_nanoseconds_and_never_before_1970)
{
	struct error err = {0};
	struct zone *warsaw = zone_open("Europe/Warsaw", &err);
	int64_t day;

	ck_assert_ptr_nonnull(warsaw);
	ck_assert(date_parse(STR("2026-03-30"), &day));
	ck_assert_uint_eq(civil_day_ns(warsaw, day), utc("2026-03-29", 22, 0, 0));
	ck_assert_uint_eq(civil_day_ns(warsaw, 0), 0);
	ck_assert_uint_eq(civil_day_ns(warsaw, 1), UINT64_C(82800) * NS_PER_S);
	ck_assert(date_parse(STR("2500-12-31"), &day));
	ck_assert_uint_eq(civil_day_ns(warsaw, day + 1) % NS_PER_S, 0);
	ck_assert_uint_gt(civil_day_ns(warsaw, day + 1), civil_day_ns(warsaw, day));
	zone_close(warsaw);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(tc, first_moment_at_which_the_clock_shows_it, 0,
		(int)(sizeof(moments) / sizeof(moments[0])));
	tcase_add_test(tc, agrees_with_its_definition);
	tcase_add_test(tc, days_begin_in_nanoseconds_and_never_before_1970);
}

int main(void)
{
	return suite_main("policy civil time", add_tests);
}
