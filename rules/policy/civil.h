/* From the clock on a wall to moments. Pure. */
#pragma once

#include <stdint.h>

#include "common/zone/zone.h"

enum { CIVIL_DAY_S = 86400 };

/* The first second since 1970, in UTC, at which a clock in Z shows LOCAL_S (civil seconds since
 * 1970) or more. A time that the clock skips is the moment of the skip; of a time that it shows
 * twice it is the first. Never decreases with LOCAL_S. */
int64_t civil_first_s(const struct zone *z, int64_t local_s);

/* The moment at which DAY (days since 1970) begins in Z, in nanoseconds since 1970; 0 when it is
 * before that. */
uint64_t civil_day_ns(const struct zone *z, int64_t day);
