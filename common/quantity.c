#include "common/quantity.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	uint64_t factor;
};

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

/* The number at the start of TEXT times the factor of the unit that is the rest of it. */
static bool read(const char *text, const struct unit *units, size_t n, uint64_t most, uint64_t *ret)
{
	uint64_t v = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		const uint64_t digit = (uint64_t)(*at - '0');

		if (v > (most - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (at == text)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(at, units[i].name) != 0)
			continue;
		*ret = v * units[i].factor;
		return v <= most / units[i].factor;
	}
	*ret = 0;
	return v == 0 && *at == '\0';
}

bool quantity_bytes(const char *text, uint64_t *ret)
{
	static const struct unit units[] = {{"", 1}, {"K", UINT64_C(1) << 10},
		{"M", UINT64_C(1) << 20}, {"G", UINT64_C(1) << 30}, {"T", UINT64_C(1) << 40}};

	return read(text, units, sizeof(units) / sizeof(units[0]), UINT64_C(1) << 50, ret);
}

bool quantity_ms(const char *text, uint64_t *ret)
{
	static const struct unit units[] = {
		{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", DAY_MS}};

	return read(text, units, sizeof(units) / sizeof(units[0]), 36525 * DAY_MS, ret);
}

char *quantity_bytes_format(uint64_t bytes, char *buf)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
	size_t unit = 0;

	while (bytes >= 10000 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		bytes /= 1000;
		unit++;
	}
	snprintf(buf, QUANTITY_TEXT_BYTES, "%" PRIu64 " %s", bytes, units[unit]);
	return buf;
}
