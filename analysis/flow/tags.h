/* The tags that stood around one packet (VLANs, labels, keys), packed: a flow keeps those of both
 * its ends, and there are many flows. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/packet.h"

enum {
	FLOW_TAGS_BYTES = 16, /* five labels; or two VLANs, three labels and a VNI */
	FLOW_MAX_TAGS = FLOW_TAGS_BYTES / 2,
};

/* All zero: no tags. Each is a kind in four bits and its value in as many as the kind needs, two to
 * five bytes in all; outermost first. */
struct flow_tags {
	uint8_t bytes[FLOW_TAGS_BYTES];
};

/* Keeps the tags in front of layer LAYER of P. One that finds no room is left out. */
void flow_tags_set(struct flow_tags *ret, const struct packet *p, uint32_t layer);

/* The tag at *AT, which is 0 for the outermost and moves on; its layer is 0. False when there are
 * no more; T may be anything, as what was saved may. */
bool flow_tags_next(const struct flow_tags *t, uint32_t *at, struct packet_tag *ret);
