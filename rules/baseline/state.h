/* What the parts of the baseline share: for this folder alone. */
#pragma once

#include "rules/baseline/baseline.h"

enum { NONE = UINT32_MAX, HASH_BUCKETS = 65536, OPEN_BUCKETS = 65536 };

/* A conversation that lasts, as far as it was counted. */
struct open_flow {
	uint64_t flow; /* number of its first packet, times two, and the end that saw it */
	uint64_t sent, received;
	uint32_t edge;
	uint32_t next;
};

struct baseline {
	uint64_t hash_key, began_ns, last_ns, deferred;
	struct baseline_edge *edges;
	struct baseline_equipment *equipment;
	struct open_flow *open;
	uint32_t n_edges, n_equipment, edge_room, equipment_room;
	uint32_t open_used, open_room,
		open_free; /* ever used; allocated; first that is free again */
	uint32_t *edge_buckets, *equipment_buckets, *open_buckets;
};

/* The parts that name an edge. */
struct edge_key {
	struct str equipment, segment, peer, app;
	uint16_t port;
	uint8_t proto;
	bool initiator, resumed, peer_is_equipment;
};

/* The edge or equipment of that name, made if it is not there: NONE without room or memory
 * (*ret_memory is false then). */
uint32_t baseline_take_equipment(
	struct baseline *b, struct str name, struct str role, bool *ret_memory);
uint32_t baseline_take_edge(
	struct baseline *b, const struct edge_key *key, uint32_t owner, bool *ret_memory);

/* The days of E up to DAY (since learning began) have room. False without memory. */
bool baseline_grow_days(struct baseline_edge *e, uint32_t day);

uint32_t baseline_find_open(const struct baseline *b, uint64_t flow);
/* NONE without room; *ret_memory as above. */
uint32_t baseline_add_open(struct baseline *b, uint64_t flow, uint32_t edge, bool *ret_memory);
