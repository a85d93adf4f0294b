/* A subscriber's packet inside GTP-U that is addressed to infrastructure is told once a minute for
 * each tunnel and destination: a flood of them makes no flood of events. Fixed memory; pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/ip.h"

enum { REACH_SLOTS = 1024 };

struct reach_memory {
	struct {
		uint64_t hash;
		uint64_t told_ns;
	} slots[REACH_SLOTS]; /* what falls on one slot replaces what was there */
};

/* Whether it is due to be told at NOW_NS (packet clock) that TEID reached DST; then it counts as
 * told. KEY: of the keyed hash. */
bool reach_is_due(struct reach_memory *m, uint64_t key, uint32_t teid, const struct ip_addr *dst,
	uint64_t now_ns);
