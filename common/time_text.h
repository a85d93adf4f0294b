/* Packet time as text and back. Time is UTC nanoseconds since 1970, unsigned, in a uint64_t: good
 * until the year 2554. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

#define NS_PER_DAY (86400 * NS_PER_S)
#define NS_PER_S   UINT64_C(1000000000)
#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_US  UINT64_C(1000)

enum { TIME_TEXT_BYTES = 32, DATE_TEXT_BYTES = 12 };

/* 2026-11-22T12:34:56.123456789Z, in BUF of TIME_TEXT_BYTES. Returns BUF. */
char *time_format(uint64_t ts_ns, char *buf);

/* 2026-11-22, in BUF of DATE_TEXT_BYTES. */
char *date_format(uint64_t ts_ns, char *buf);

enum { DATE_LAST_DAYS = 193943 }; /* 2500-12-31 */

/* "2026-11-22" to days since 1970-01-01; false when TEXT is no date of the Gregorian calendar from
 * 1970 to 2500. */
bool date_parse(struct str text, int64_t *ret_days);

/* A date, "2026-11-22T12:34:56Z", or that with a fraction of up to nine digits, to UTC nanoseconds
 * since 1970. False when TEXT is nothing of this kind. */
bool time_parse(struct str text, uint64_t *ret_ns);

/* Days since 1970-01-01 to year, month 1-12, day 1-31 and weekday (0 Monday). */
void date_civil(int64_t days, int *ret_year, int *ret_month, int *ret_day, int *ret_weekday);
