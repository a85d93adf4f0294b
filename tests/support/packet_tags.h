/* Tags of a packet by kind, for what tests expect of them. */
#pragma once

#include <stddef.h>

#include "capture/packet.h"

/* The outermost (NTH 0, 1, ...) tag of KIND in front of layer LAYER, or NULL. */
static inline const struct packet_tag *packet_tag_nth(
	const struct packet *p, uint32_t layer, enum packet_tag_kind kind, unsigned nth)
{
	for (uint32_t i = 0; i < p->n_tags; i++) {
		const struct packet_tag *t = &p->tags[i];

		if (t->layer <= layer && t->kind == (uint8_t)kind && nth-- == 0)
			return t;
	}
	return NULL;
}

/* The innermost one, or NULL. */
static inline const struct packet_tag *packet_tag_last(
	const struct packet *p, uint32_t layer, enum packet_tag_kind kind)
{
	for (uint32_t i = p->n_tags; i > 0; i--) {
		const struct packet_tag *t = &p->tags[i - 1];

		if (t->layer <= layer && t->kind == (uint8_t)kind)
			return t;
	}
	return NULL;
}
