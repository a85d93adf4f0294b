#include "rules/baseline/trend.h"

enum { LEAST_DAYS = 3, MOST_PERCENT = 1000000 };

static int32_t rising(const uint64_t *bytes, uint32_t n)
{
	int32_t more = 0;

	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = i + 1; k < n; k++)
			more += (bytes[k] > bytes[i]) - (bytes[k] < bytes[i]);
	}
	return more * 100 / (int32_t)(n * (n - 1) / 2);
}

static uint64_t sum(const uint64_t *bytes, uint32_t n)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < n; i++)
		total = bytes[i] > UINT64_MAX - total ? UINT64_MAX : total + bytes[i];
	return total;
}

static int64_t growth(uint64_t first, uint64_t last)
{
	while (last > UINT64_MAX / 200 || first > UINT64_MAX / 200) {
		last >>= 1;
		first >>= 1;
	}
	if (first == 0)
		return last == 0 ? 0 : MOST_PERCENT;
	if (last < first)
		return -(int64_t)((first - last) * 100 / first);
	last = (last - first) * 100 / first;
	return last < MOST_PERCENT ? (int64_t)last : MOST_PERCENT;
}

void baseline_trend(const struct baseline_edge *e, uint32_t last_day, struct baseline_trend *ret)
{
	uint64_t bytes[BASELINE_MAX_DAYS] = {0};
	const uint64_t *from = bytes;
	uint32_t n = last_day >= e->first_day ? last_day - e->first_day + 1U : 0;

	*ret = (struct baseline_trend){0};
	if (n > BASELINE_MAX_DAYS)
		n = BASELINE_MAX_DAYS;
	for (uint32_t i = 0; i < e->n_days && i < n; i++)
		bytes[i] = e->days[i].bytes;
	if (n > LEAST_DAYS)
		n--;
	if (n > LEAST_DAYS) {
		from++;
		n--;
	}
	if (n < LEAST_DAYS)
		return;
	ret->days = n;
	ret->rising = rising(from, n);
	ret->growth_percent = growth(sum(from, n / 3), sum(from + n - n / 3, n / 3));
}
