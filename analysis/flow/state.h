/* What packets say of their conversation: its state, its end, who began it. Pure; changes the flow
 * it is given and which way that came, and nothing else. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/flow/sighting.h"

/* Everything of a packet that a flow needs: of most, the sighting alone. */
struct flow_packet {
	const struct sighting *sighting; /* of layer */
	const struct packet *packet;
	const struct packet_layer *layer; /* of packet */
	/* Behind the transport header; borrowed. None of opaque layers; and none, unless it is the
	 * flow's first packet, for flow_add. */
	const uint8_t *payload;
	uint32_t payload_captured;
};

/* Fills F, fresh from the table, with what its first packet says. Counts nothing yet. */
void flow_open(struct flow *f, const struct flow_packet *p, uint64_t seq, uint64_t ts_ns);

/* Counts one packet, the first included, and moves the state. WAYS: where F's way is kept. */
void flow_add(struct flow *f, const struct flow_packet *p, struct flow_ways *ways);

/* AT begins a new conversation under the key of F, which is over: a SYN with another sequence
 * number, an INIT. */
bool flow_is_succeeded(const struct flow *f, const struct sighting *at);

/* The class that F's state puts it in. */
enum flow_class flow_class(const struct flow *f);
