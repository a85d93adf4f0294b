/* For tests of behaviours: memory of the sizes that one declares, sights of a conversation, and a
 * set of facts to look at what is said. */
#pragma once

#include <string.h>

#include "analysis/behaviour/behaviour.h"
#include "common/time_text.h"
#include "tests/unit/suite.h"

enum { FIXTURE_BYTES = 65536, FIXTURE_HOSTS = 4096 };

struct scene {
	const struct behaviour *behaviour;
	struct behaviour_memory memory;
	struct facts facts;
	struct event ev;
	struct sight sight;
	struct ip_addr peer;
	char *pairs;   /* of each host with the equipment */
	uint32_t said; /* how often there was something to judge */
};

static inline void scene_open(struct scene *c, const struct behaviour *b)
{
	memset(c, 0, sizeof(*c));
	c->behaviour = b;
	c->memory = (struct behaviour_memory){.hash_key = 7,
		.equipment = calloc(1, b->equipment_bytes + 1),
		.role = calloc(1, b->role_bytes + 1),
		.site = calloc(1, b->site_bytes + 1)};
	c->pairs = calloc(FIXTURE_HOSTS, b->pair_bytes + 1);
	c->facts.arena = arena_new(FIXTURE_BYTES);
	c->sight.ev = &c->ev;
	c->sight.peer_addr = &c->peer;
	c->sight.peer_is_own = true;
}

static inline void scene_close(struct scene *c)
{
	free(c->pairs);
	free(c->memory.equipment);
	free(c->memory.role);
	free(c->memory.site);
	arena_free(c->facts.arena);
}

/* As the sight stands. True when the behaviour says something; FACTS hold it then. */
static inline bool scene_see(struct scene *c)
{
	const uint32_t met = behaviour_needs_met(&c->sight, c->memory.pair);
	bool said;

	arena_reset(c->facts.arena);
	facts_clear(&c->facts);
	c->ev.ts_ns = c->sight.ts_ns;
	said = behaviour_wants(c->behaviour, c->sight.kind, c->sight.side, met) &&
	       c->behaviour->see(&c->sight, &c->memory, &c->facts);
	c->said += said;
	return said;
}

static inline uint64_t scene_num(const struct scene *c, enum field_id id)
{
	return facts_num(&c->facts, id);
}

/* The peer is host N, below FIXTURE_HOSTS: 10.x.x.x. */
static inline void scene_peer(struct scene *c, uint32_t n)
{
	const uint8_t v4[4] = {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	c->peer = ip_addr_from_v4(v4);
	c->memory.pair = c->pairs + (size_t)n * c->behaviour->pair_bytes;
}
