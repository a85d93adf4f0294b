#include "common/time_text.h"

#include "common/decimal.h"

enum { S_PER_DAY = 86400, DAYS_PER_400_YEARS = 146097, FIRST_YEAR = 1970, LAST_YEAR = 2500 };

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
	static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* Years are counted from March here: the leap day is then the last of its year, and (153 m + 2) / 5
 * the days before month m. */
static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t month_from_march = (month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * DAYS_PER_400_YEARS + day_of_era - 719468;
}

void date_civil(int64_t days, int *ret_year, int *ret_month, int *ret_day, int *ret_weekday)
{
	int64_t z = days + 719468; /* days since 0000-03-01 */
	int64_t era = (z >= 0 ? z : z - (DAYS_PER_400_YEARS - 1)) / DAYS_PER_400_YEARS;
	int64_t day_of_era = z - era * DAYS_PER_400_YEARS;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

	*ret_year = (int)(year_of_era + era * 400 + (month <= 2));
	*ret_month = (int)month;
	*ret_day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
	*ret_weekday = (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

static char *put_date(char *at, int64_t days)
{
	int year;
	int month;
	int day;
	int weekday;

	date_civil(days, &year, &month, &day, &weekday);
	at = decimal_put_fixed(at, (unsigned)year, 4);
	*at++ = '-';
	at = decimal_put_fixed(at, (unsigned)month, 2);
	*at++ = '-';
	return decimal_put_fixed(at, (unsigned)day, 2);
}

char *time_format(uint64_t ts_ns, char *buf)
{
	uint64_t ts_s = ts_ns / NS_PER_S;
	unsigned second_of_day = (unsigned)(ts_s % S_PER_DAY);
	char *at = put_date(buf, (int64_t)(ts_s / S_PER_DAY));

	*at++ = 'T';
	at = decimal_put_fixed(at, second_of_day / 3600, 2);
	*at++ = ':';
	at = decimal_put_fixed(at, second_of_day / 60 % 60, 2);
	*at++ = ':';
	at = decimal_put_fixed(at, second_of_day % 60, 2);
	*at++ = '.';
	at = decimal_put_fixed(at, (unsigned)(ts_ns % NS_PER_S), 9);
	*at++ = 'Z';
	*at = '\0';
	return buf;
}

char *date_format(uint64_t ts_ns, char *buf)
{
	*put_date(buf, (int64_t)(ts_ns / NS_PER_S / S_PER_DAY)) = '\0';
	return buf;
}

static bool parse_digits(const char *at, int n, int *ret)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (at[i] < '0' || at[i] > '9')
			return false;
		value = value * 10 + (at[i] - '0');
	}
	*ret = value;
	return true;
}

bool date_parse(struct str text, int64_t *ret_days)
{
	int year;
	int month;
	int day;

	if (text.len != 10 || text.data[4] != '-' || text.data[7] != '-')
		return false;
	if (!parse_digits(text.data, 4, &year) || !parse_digits(text.data + 5, 2, &month) ||
		!parse_digits(text.data + 8, 2, &day))
		return false;
	if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12)
		return false;
	if (day < 1 || day > days_in_month(year, month))
		return false;
	*ret_days = days_from_civil(year, month, day);
	return true;
}

/* Two digits at TEXT, below LIMIT. */
static bool two_digits(const char *text, uint64_t limit, uint64_t *ret)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*ret = (uint64_t)(text[0] - '0') * 10 + (uint64_t)(text[1] - '0');
	return *ret < limit;
}

/* ".123456789Z", or "Z" */
static bool parse_fraction(struct str text, uint64_t *ret_ns)
{
	uint64_t unit_ns = NS_PER_S;
	uint32_t i = 1;

	*ret_ns = 0;
	if (text.len == 0 || text.data[text.len - 1] != 'Z')
		return false;
	if (text.len == 1)
		return true;
	if (text.data[0] != '.' || text.len < 3 || text.len > 11)
		return false;
	for (; i + 1 < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		unit_ns /= 10;
		*ret_ns += (uint64_t)(text.data[i] - '0') * unit_ns;
	}
	return true;
}

bool time_parse(struct str text, uint64_t *ret_ns)
{
	enum { DATE_BYTES = 10, SECOND_BYTES = 19 };
	uint64_t hour = 0, minute = 0, second = 0, fraction_ns = 0;
	int64_t days;

	if (text.len < DATE_BYTES || !date_parse((struct str){text.data, DATE_BYTES}, &days))
		return false;
	if (text.len > DATE_BYTES) {
		const char *p = text.data + DATE_BYTES;

		if (text.len <= SECOND_BYTES || p[0] != 'T' || p[3] != ':' || p[6] != ':' ||
			!two_digits(p + 1, 24, &hour) || !two_digits(p + 4, 60, &minute) ||
			!two_digits(p + 7, 60, &second) ||
			!parse_fraction(
				(struct str){text.data + SECOND_BYTES, text.len - SECOND_BYTES},
				&fraction_ns))
			return false;
	}
	*ret_ns = ((uint64_t)days * S_PER_DAY + hour * 3600 + minute * 60 + second) * NS_PER_S +
		  fraction_ns;
	return true;
}
