/* The least that a flow table can be: open addressing, grows by doubling, forgets nothing. Its hash
 * has no key, so it is for files that nobody made to hurt it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The lower of both ends first. Compared and hashed as words: no padding. */
struct bare_key {
	uint64_t addr[4]; /* as in the packet; IPv4 in the first half of each pair's first word */
	uint16_t port[2];
	uint8_t proto;
	uint8_t version;
	uint8_t zero[2];
};
_Static_assert(sizeof(struct bare_key) == 40, "a key is five words");

struct bare_flow {
	struct bare_key key;
	struct ndpi_flow_struct *ndpi; /* while it is being classified */
	uint32_t packets;
	uint32_t done;
};

struct bare_slot {
	uint32_t hash; /* the upper half */
	uint32_t flow; /* index + 1; 0: empty */
};

struct bare_flows {
	struct bare_flow *all;
	struct bare_slot *slots;
	size_t n, room; /* flows */
	size_t mask;    /* of slots: twice as many as there is room for flows, or more */
};

/* The flow of KEY, made when there is none. NULL without memory. Valid until the next call. */
struct bare_flow *bare_flows_get(struct bare_flows *t, const struct bare_key *key);
void bare_flows_free(struct bare_flows *t);
