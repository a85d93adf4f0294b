#include "rules/conversation.h"

#include "common/hash/hash.h"

/* Of a size that has no padding. */
struct identity {
	struct ip_addr ends[2];
	uint64_t first_ns;
	uint64_t ports[2];
	uint64_t names; /* hash of transport and segment */
};

_Static_assert(sizeof(struct identity) == 64, "it is hashed as bytes");

uint64_t conversation_id(const struct facts *f, uint64_t hash_key)
{
	const struct fact_value *from = facts_get(f, FIELD_SOURCE_IP);
	const struct fact_value *to = facts_get(f, FIELD_DESTINATION_IP);
	struct identity id = {.first_ns = facts_num(f, FIELD_EVENT_START)};
	struct str transport, segment;

	if (!from || !to || !facts_has(f, FIELD_FLOW_PHASE))
		return 0;
	transport = facts_str(f, FIELD_NETWORK_TRANSPORT);
	segment = facts_str(f, FIELD_FLOW_SEGMENT);
	id.ends[0] = from->ip;
	id.ends[1] = to->ip;
	id.ports[0] = facts_num(f, FIELD_SOURCE_PORT);
	id.ports[1] = facts_num(f, FIELD_DESTINATION_PORT);
	id.names = hash64(segment.data ? segment.data : "", segment.len,
		hash64(transport.data ? transport.data : "", transport.len, hash_key));
	return hash64(&id, sizeof(id), hash_key) | 1;
}
