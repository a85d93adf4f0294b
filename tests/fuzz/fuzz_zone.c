/* The name of a time zone: refused, or civil time that can be asked at any moment. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/zone/zone.h"
#include "rules/policy/civil.h"

enum { MAX_BYTES = 256, DAY_S = 86400, CHANGES = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_zone(const struct zone *z)
{
	int64_t at = INT64_C(-4000000000);

	for (int i = 0; i < CHANGES; i++) {
		const int64_t next = zone_next_transition_s(z, at);
		const int32_t offset = zone_offset_s(z, at);

		assert(offset > -2 * DAY_S && offset < 2 * DAY_S && next > at);
		if (next == INT64_MAX)
			break;
		assert(zone_offset_s(z, next - 1) == offset && zone_offset_s(z, next) != offset);
		at = next;
	}
	for (int64_t day = 20000; day < 20400; day++) {
		const int64_t first_s = civil_first_s(z, day * DAY_S);

		assert(first_s + zone_offset_s(z, first_s) >= day * DAY_S);
		assert(first_s < civil_first_s(z, (day + 1) * DAY_S));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = size <= MAX_BYTES ? malloc(size + 1) : NULL;
	struct error err = {0};
	struct zone *z;

	if (!name)
		return 0;
	memcpy(name, data, size);
	name[size] = '\0';
	z = zone_open(name, &err);
	if (z)
		check_zone(z);
	else
		assert(err.code == ERR_CONFIG && err.msg[0] != '\0');
	zone_close(z);
	free(name);
	return 0;
}
