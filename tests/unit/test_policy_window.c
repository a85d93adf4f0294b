/* When a window is open: seen through the fact contract.window. */
#include "rules/policy/site.h"

#include "tests/unit/policy_fixture.h"

/* A policy with one window (DAYS, HOURS, ZONE; NULL: none of its own) for the equipment
 * at 10.0.0.1. */
static struct site *with_window(
	const char *days, const char *hours, const char *zone, const char *site_zone)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"schema: 1\n"
		"site: t\n"
		"%s%s\n"
		"networks: {own: [10.0.0.0/8]}\n"
		"suppliers: {acme: {trust: untrusted}}\n"
		"equipment: [{name: a, address: 10.0.0.1, supplier: acme}]\n"
		"windows: {w: {supplier: acme, from: 203.0.113.0/24, days: %s, hours: '%s'%s%s}}\n",
		site_zone ? "timezone: " : "", site_zone ? site_zone : "", days, hours,
		zone ? ", timezone: " : "", zone ? zone : "");
	return site_from(text, NULL);
}

static bool is_open(const struct site *s, uint64_t ts_ns)
{
	struct conversation c = {
		.equipment = at(s, "10.0.0.1", ts_ns),
		.equipment_addr = addr("10.0.0.1"),
		.peer_addr = addr("203.0.113.9"),
		.proto = 6,
		.port = 22,
		.ts_ns = ts_ns,
	};
	struct judgement j;

	site_judge(s, &c, &j);
	ck_assert_int_eq(j.verdict == VERDICT_WINDOW, strcmp(j.window, "inside") == 0);
	return strcmp(j.window, "inside") == 0;
}

/* One span of time in which a window is open: closed a nanosecond before and at its end. */
struct span {
	const char *days, *hours, *zone;
	const char *date; /* UTC */
	unsigned hour, minute;
	const char *end_date;
	unsigned end_hour, end_minute;
};

static const struct span spans[] = {
	{"Tue", "22:00-23:30", "UTC", "2026-02-10", 22, 0, "2026-02-10", 23, 30},
	{"Tue", "22:00-02:00", "UTC", "2026-02-10", 22, 0, "2026-02-11", 2, 0},
	{"Tue", "00:00-24:00", "UTC", "2026-02-10", 0, 0, "2026-02-11", 0, 0},
	{"Tue", "22:00-24:00", "UTC", "2026-02-10", 22, 0, "2026-02-11", 0, 0},
	{"Tue", "22:00-00:00", "UTC", "2026-02-10", 22, 0, "2026-02-11", 0, 0},
	{"Sun", "23:00-01:00", "UTC", "2026-02-15", 23, 0, "2026-02-16", 1, 0},
	{"[Tue, Wed]", "00:00-24:00", "UTC", "2026-02-10", 0, 0, "2026-02-12", 0, 0},
	{"tue", "22:00-02:00", "Europe/Warsaw", "2026-02-10", 21, 0, "2026-02-11", 1, 0},
	{"Tue", "22:00-02:00", "Europe/Warsaw", "2026-07-14", 20, 0, "2026-07-15", 0, 0},
	{"Tue", "08:00-09:00", "Pacific/Kiritimati", "2026-02-09", 18, 0, "2026-02-09", 19, 0},
	{"Tue", "22:00-23:00", "Pacific/Pago_Pago", "2026-02-11", 9, 0, "2026-02-11", 10, 0},
	/* Spring in Warsaw, 2026-03-29, a Sunday: 02:00 to 03:00 do not exist. */
	{"Sat", "22:00-04:00", "Europe/Warsaw", "2026-03-28", 21, 0, "2026-03-29", 2, 0},
	{"Sat", "22:00-02:30", "Europe/Warsaw", "2026-03-28", 21, 0, "2026-03-29", 1, 0},
	{"Sun", "02:30-04:00", "Europe/Warsaw", "2026-03-29", 1, 0, "2026-03-29", 2, 0},
	{"Sun", "01:00-05:00", "Europe/Warsaw", "2026-03-29", 0, 0, "2026-03-29", 3, 0},
	/* Autumn in Warsaw, 2026-10-25, a Sunday: 02:00 to 03:00 happen twice. */
	{"Sat", "22:00-04:00", "Europe/Warsaw", "2026-10-24", 20, 0, "2026-10-25", 3, 0},
	{"Sat", "22:00-02:30", "Europe/Warsaw", "2026-10-24", 20, 0, "2026-10-25", 0, 30},
	{"Sun", "02:30-04:00", "Europe/Warsaw", "2026-10-25", 0, 30, "2026-10-25", 3, 0},
	{"Sun", "02:00-03:00", "Europe/Warsaw", "2026-10-25", 0, 0, "2026-10-25", 2, 0},
	{"Sun", "02:10-02:20", "Europe/Warsaw", "2026-10-25", 0, 10, "2026-10-25", 0, 20},
	{"Sun", "00:00-24:00", "Europe/Warsaw", "2026-10-24", 22, 0, "2026-10-25", 23, 0},
	/* The clock goes back from midnight to 23:00: Saturday, 2026-04-04, has 25 hours. */
	{"Sat", "23:30-00:30", "America/Santiago", "2026-04-05", 2, 30, "2026-04-05", 4, 30},
	/* The clock goes back at 00:01: Sunday begins for a minute, then Saturday once more. */
	{"Sun", "00:00-02:00", "America/St_Johns", "2010-11-07", 2, 30, "2010-11-07", 5, 30},
};

START_TEST(open_for_exactly_its_span)
{
	const struct span *x = &spans[_i];
	struct site *s = with_window(x->days, x->hours, x->zone, NULL);
	uint64_t begin = utc(x->date, x->hour, x->minute, 0);
	uint64_t end = utc(x->end_date, x->end_hour, x->end_minute, 0);

	ck_assert(!is_open(s, begin - 1));
	for (uint64_t ts = begin; ts < end; ts += 600 * NS_PER_S)
		ck_assert_msg(is_open(s, ts), "closed %llu s after its begin",
			(unsigned long long)((ts - begin) / NS_PER_S));
	ck_assert(is_open(s, end - 1));
	for (uint64_t ts = end; ts < end + 86400 * NS_PER_S - (end - begin); ts += 600 * NS_PER_S)
		ck_assert_msg(!is_open(s, ts), "open %llu s after its end",
			(unsigned long long)((ts - end) / NS_PER_S));
	site_close(s);
}
END_TEST

START_TEST(window_in_the_hour_that_the_clock_skips_does_not_open)
{
	struct site *s = with_window("Sun", "02:10-02:50", "Europe/Warsaw", NULL);

	for (uint64_t ts = utc("2026-03-28", 22, 0, 0); ts < utc("2026-03-29", 22, 0, 0);
		ts += 60 * NS_PER_S)
		ck_assert(!is_open(s, ts));
	/* A week later it does. */
	ck_assert(is_open(s, utc("2026-04-05", 0, 10, 0)));
	site_close(s);
}
END_TEST

START_TEST(zone_of_the_site_counts_where_the_window_names_none)
{
	struct site *s = with_window("Tue", "22:00-23:00", NULL, "Europe/Warsaw");

	ck_assert(is_open(s, utc("2026-02-10", 21, 0, 0)));
	ck_assert(!is_open(s, utc("2026-02-10", 22, 0, 0)));
	site_close(s);
	s = with_window("Tue", "22:00-23:00", "America/New_York", "Europe/Warsaw");
	ck_assert(is_open(s, utc("2026-02-11", 3, 0, 0)));
	ck_assert(!is_open(s, utc("2026-02-10", 21, 0, 0)));
	site_close(s);
	s = with_window("Tue", "22:00-23:00", NULL, NULL);
	ck_assert(is_open(s, utc("2026-02-10", 22, 0, 0)));
	site_close(s);
}
END_TEST

START_TEST(only_its_days_begin_it)
{
	struct site *s = with_window("[Mon, Thu]", "20:00-06:00", "UTC", NULL);
	/* 2026-02-09 is a Monday. */
	static const bool open[7] = {true, false, false, true, false, false, false};

	for (unsigned day = 0; day < 7; day++) {
		uint64_t evening = utc("2026-02-09", 21, 0, 0) + day * (86400 * NS_PER_S);

		ck_assert_int_eq(is_open(s, evening), open[day]);
		ck_assert_int_eq(is_open(s, evening + 21600 * NS_PER_S), open[day]);
	}
	site_close(s);
}
END_TEST

START_TEST(any_window_of_the_supplier_counts)
{
	struct site *s = site_from(
		"schema: 1\n"
		"site: t\n"
		"networks: {own: [10.0.0.0/8]}\n"
		"suppliers: {acme: {}, other: {}}\n"
		"equipment: [{name: a, address: 10.0.0.1, supplier: acme}]\n"
		"groups: {tac: [203.0.113.0/24]}\n"
		"windows:\n"
		"  w1: {supplier: acme, from: group:tac, days: Tue, hours: '01:00-02:00'}\n"
		"  w2: {supplier: other, from: group:tac, days: Tue, hours: '03:00-04:00'}\n"
		"  w3: {supplier: acme, from: group:tac, days: Tue, hours: '05:00-06:00'}\n",
		NULL);

	ck_assert(is_open(s, utc("2026-02-10", 1, 30, 0)));
	ck_assert(!is_open(s, utc("2026-02-10", 3, 30, 0)));
	ck_assert(is_open(s, utc("2026-02-10", 5, 30, 0)));
	site_close(s);
}
END_TEST

START_TEST(first_and_last_moments_of_time_are_no_trouble)
{
	struct site *s = with_window(
		"[Mon, Tue, Wed, Thu, Fri, Sat, Sun]", "00:00-24:00", "Pacific/Apia", NULL);

	ck_assert(is_open(s, 0));
	ck_assert(is_open(s, 1));
	ck_assert(is_open(s, UINT64_MAX - 1));
	site_close(s);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_loop_test(
		tc, open_for_exactly_its_span, 0, (int)(sizeof(spans) / sizeof(spans[0])));
	tcase_add_test(tc, window_in_the_hour_that_the_clock_skips_does_not_open);
	tcase_add_test(tc, zone_of_the_site_counts_where_the_window_names_none);
	tcase_add_test(tc, only_its_days_begin_it);
	tcase_add_test(tc, any_window_of_the_supplier_counts);
	tcase_add_test(tc, first_and_last_moments_of_time_are_no_trouble);
}

int main(void)
{
	return suite_main("policy window", add_tests);
}
