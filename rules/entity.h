/* The other end of a conversation as one party, fixed at first sight: what DNS or a reload says
 * later does not split a finding in two. A bounded table of (equipment, segment, peer address),
 * least recently used out first within a set of eight. Pure; one thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/ip.h"
#include "common/str.h"

enum { ENTITY_TEXT_BYTES = 160 };

struct entities;

struct entities *entities_new(uint64_t key); /* NULL without memory; takes about 13 MiB */
void entities_free(struct entities *e);      /* NULL allowed */

/* The entity of PEER, met in SEGMENT (0: undeclared), for EQUIPMENT: what was fixed before, else
 * PROPOSED (cut to its size) from now on. Borrowed until the next call. */
struct str entities_fix(struct entities *e, struct str equipment, uint16_t segment,
	const struct ip_addr *peer, struct str proposed);

uint64_t entities_evicted(const struct entities *e);
