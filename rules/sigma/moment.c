#include "rules/sigma/moment.h"

#include "common/time_text.h"

struct moment_range moment_range(enum modifier part)
{
	switch (part) {
	case MOD_MINUTE:
		return (struct moment_range){0, 59};
	case MOD_HOUR:
		return (struct moment_range){0, 23};
	case MOD_DAY:
		return (struct moment_range){1, 31};
	case MOD_WEEK:
		return (struct moment_range){1, 53};
	case MOD_MONTH:
		return (struct moment_range){1, 12};
	default:
		return (struct moment_range){1970, 2554};
	}
}

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* A week belongs to the year of its Thursday. */
static uint64_t week_of(int64_t days, int weekday)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	int day_of_year;
	int year;
	int month;
	int day;
	int ignored;

	date_civil(days - weekday + 3, &year, &month, &day, &ignored);
	day_of_year = before[month - 1] + (month > 2 && is_leap(year)) + day - 1;
	return (uint64_t)day_of_year / 7 + 1;
}

uint64_t moment_part(uint64_t ts_ns, enum modifier part)
{
	int64_t days = (int64_t)(ts_ns / NS_PER_DAY);
	int year;
	int month;
	int day;
	int weekday;

	if (part == MOD_MINUTE)
		return ts_ns / (60 * NS_PER_S) % 60;
	if (part == MOD_HOUR)
		return ts_ns / (3600 * NS_PER_S) % 24;
	date_civil(days, &year, &month, &day, &weekday);
	if (part == MOD_DAY)
		return (uint64_t)day;
	if (part == MOD_MONTH)
		return (uint64_t)month;
	return part == MOD_WEEK ? week_of(days, weekday) : (uint64_t)year;
}
