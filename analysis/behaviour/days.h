/* Days on which somebody was seen, and how much about them is new lately. Part of a behaviour's
 * memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct days {
	int32_t day;    /* of the last sight */
	uint16_t n;     /* before that */
	uint16_t churn; /* what was new, DAYS_CHURN_ONE each, and fades: an eighth of it each day */
	uint8_t known;  /* seen at all */
	uint8_t pad[3];
};

enum { DAYS_CHURN_ONE = 16 };

/* Seen on DAY. True when that is a new one, and not the first. */
static inline bool days_turn(struct days *d, int64_t day)
{
	const int64_t elapsed = day - d->day;

	if (!d->known) {
		*d = (struct days){.day = (int32_t)day, .known = 1};
		return false;
	}
	if (elapsed <= 0)
		return false;
	for (int64_t i = 0; i < elapsed && d->churn > 0; i++)
		d->churn = (uint16_t)(d->churn * 7u / 8u);
	if (d->n < UINT16_MAX)
		d->n++;
	d->day = (int32_t)day;
	return true;
}

/* Something is new. */
static inline void days_churn(struct days *d)
{
	if (d->churn < UINT16_MAX - DAYS_CHURN_ONE)
		d->churn = (uint16_t)(d->churn + DAYS_CHURN_ONE);
}

/* About how much was new in the last week. */
static inline uint32_t days_new_in_week(const struct days *d)
{
	return (d->churn + DAYS_CHURN_ONE - 1u) / DAYS_CHURN_ONE;
}
