/* The conversations whose label is still being decided: at most MAX, each with the library's state.
 * The longest idle comes first, of those that nobody answered; else of the others: a flood that
 * nobody answers does not take the place of conversations. All memory but that state is reserved at
 * start. One thread. */
#pragma once

#include <stdint.h>

#include "analysis/dpi/classifier.h"

struct detection {
	struct classifier_flow
		*dpi;         /* NULL until a packet was shown, and once the library has decided */
	uint32_t flow;        /* index in the flow table */
	uint16_t packets;     /* of the flow since detection began */
	bool dpi_done;        /* the library has decided */
	bool signalling_done; /* the signalling parsers have */
	bool answered;        /* both sides have spoken */
	bool opened;          /* who began it has said something */
	bool waiting;         /* the label is known since known_ns; facts may still come */
	uint64_t known_ns;
	uint32_t idle_prev, idle_next; /* of the pool */
	uint32_t wait_prev, wait_next;
};

struct detection_pool;

struct detection_pool *detection_pool_new(uint32_t max); /* NULL without memory */

/* Frees the library's state of every detection, too. NULL allowed. */
void detection_pool_free(struct detection_pool *p, struct classifier *c);

uint32_t detection_count(const struct detection_pool *p);

/* For the flow with index FLOW, zero but for it. NULL when the pool is full. */
struct detection *detection_begin(struct detection_pool *p, uint32_t flow);

/* Gives D back with the library's state. */
void detection_end(struct detection_pool *p, struct classifier *c, struct detection *d);

uint32_t detection_index(const struct detection_pool *p, const struct detection *d);
struct detection *detection_at(struct detection_pool *p, uint32_t index);

/* Begins to bring the detection with INDEX into the cache. */
void detection_prefetch(const struct detection_pool *p, uint32_t index);

/* D's flow has spoken. ANSWERED: both its sides have by now. */
void detection_touch(struct detection_pool *p, struct detection *d, bool answered);

/* The one that is missed least, NULL: none. */
struct detection *detection_victim(struct detection_pool *p);

/* The label of D became known at NOW_NS: starts to wait for facts, once. */
void detection_wait(struct detection_pool *p, struct detection *d, uint64_t now_ns);

/* Ends the wait of the one that waits longest and returns it when its label was known at UNTIL_NS
 * or before; else NULL. */
struct detection *detection_waited(struct detection_pool *p, uint64_t until_ns);

/* In the order in which they would have to go: first those that nobody answered. NULL: no more.
 * BEFORE NULL: the first. */
const struct detection *detection_next(
	const struct detection_pool *p, const struct detection *before);
