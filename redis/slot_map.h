/* Which node of a Redis Cluster has which slots, as one of them tells. Pure: from a reply that may
 * say anything. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "redis/address.h"
#include "redis/connection.h"
#include "redis/slot.h"

enum {
	SLOT_NODES_MAX = 1024, /* what Redis itself recommends at most */
	SLOT_NOBODY = 0xffff,
};

struct slot_map {
	struct redis_address *nodes; /* those that write; owned */
	uint32_t n_nodes, capacity;
	uint16_t owner[REDIS_SLOTS]; /* index of a node, or SLOT_NOBODY */
};

void slot_map_init(struct slot_map *m); /* nobody has anything */
void slot_map_free(struct slot_map *m);

/* From the reply R to CLUSTER SLOTS of the node ASKED, whose address stands where a reply has none.
 * *m, which slot_map_init has seen, is replaced, or left as it was with ERR_REDIS and *err: R is
 * not what Redis would say, or gives a node a name and no address; ERR_SYSTEM: no memory. */
int slot_map_parse(struct slot_map *m, const struct redis_reply *r,
	const struct redis_address *asked, struct error *err);

/* NULL: nobody has it. */
const struct redis_address *slot_map_owner(const struct slot_map *m, uint16_t slot);

/* False without room: nothing has changed. */
bool slot_map_set(struct slot_map *m, uint16_t slot, const struct redis_address *a);

/* What a node says instead of doing what it was asked: "MOVED 42 192.0.2.1:6379". */
enum redirect_kind {
	REDIRECT_NONE, /* something else */
	REDIRECT_MOVED,
	REDIRECT_ASK,
	REDIRECT_WAIT, /* TRYAGAIN, CLUSTERDOWN: the same node in a moment */
};

struct redirect {
	enum redirect_kind kind;
	uint16_t slot;           /* MOVED, ASK */
	struct redis_address to; /* MOVED, ASK */
	bool is_name;            /* there is a name where `to` should be */
};

/* From TEXT, an error reply without its '-', of the node ASKED. */
struct redirect redirect_parse(struct str text, const struct redis_address *asked);
