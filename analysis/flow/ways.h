/* How the packets of conversations came: the tags, hardware addresses and headers around their
 * first ones. Most conversations of a link come in one of a few ways, so each way is kept once, for
 * as long as a flow has it. As many ways as flows at most. Pure; one thread. */
#pragma once

#include <stdint.h>

#include "analysis/flow/tags.h"
#include "capture/packet.h"

/* No padding: it is hashed as bytes. */
struct flow_way {
	struct flow_tags tags[2]; /* by end of the key: around the first packet that it sent */
	uint8_t mac[2][6];        /* by end of the key */
	uint8_t path[PACKET_MAX_PATH];
	uint8_t n_path;
};

_Static_assert(sizeof(struct flow_way) == 2 * FLOW_TAGS_BYTES + 12 + PACKET_MAX_PATH + 1,
	"it is hashed as bytes");

struct flow_ways;

/* For at most MAX_FLOWS. HASH_KEY is secret. NULL without memory. */
struct flow_ways *flow_ways_new(uint32_t max_flows, uint64_t hash_key);
void flow_ways_free(struct flow_ways *w); /* NULL allowed */

/* The way with a number, until the next call; that of 0, which no flow need take or give, is all
 * zero. */
const struct flow_way *flow_way_at(const struct flow_ways *w, uint32_t number);

/* One flow more has WAY, which may be that of flow_way_at: its number. 0 without memory. */
uint32_t flow_way_take(struct flow_ways *w, const struct flow_way *way);

/* One flow less has the way with this number. */
void flow_way_give(struct flow_ways *w, uint32_t number);

uint32_t flow_ways_count(const struct flow_ways *w); /* different ones now, but for that of 0 */
