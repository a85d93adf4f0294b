#include "analysis/reach.h"

#include <string.h>

#include "common/hash/hash.h"
#include "common/time_text.h"

#define REACH_AGAIN_NS (60 * NS_PER_S)

bool reach_is_due(struct reach_memory *m, uint64_t key, uint32_t teid, const struct ip_addr *dst,
	uint64_t now_ns)
{
	uint8_t bytes[sizeof(teid) + sizeof(*dst)];
	uint64_t hash;

	memcpy(bytes, &teid, sizeof(teid));
	memcpy(bytes + sizeof(teid), dst, sizeof(*dst));
	hash = hash64(bytes, sizeof(bytes), key);
	const uint32_t i = (uint32_t)(hash % REACH_SLOTS);

	if (m->slots[i].hash == hash && m->slots[i].told_ns != 0 &&
		now_ns < m->slots[i].told_ns + REACH_AGAIN_NS)
		return false;
	m->slots[i].hash = hash;
	m->slots[i].told_ns = now_ns;
	return true;
}
