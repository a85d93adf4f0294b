/* Behaviours: what shows over time and over many conversations. Each measures; rules of the
 * category `behaviour` judge. To add one: behaviour/<name>.c with `const struct behaviour
 * behaviour_<name>`, a line in behaviours.def, its facts in fields.def. Pure; one thread; packet
 * time only; integers only, since floating point differs between machines.
 *
 * State is memory that the framework (pairs.h, units.h) keeps and bounds: zeroed when new, without
 * pointers, and saved as it lies. What is read back may be anything: a behaviour must be safe with
 * every content of it (indices are taken modulo, counts are clamped). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/behaviour/sight.h"
#include "analysis/facts.h"

/* State of one behaviour, aligned to 8 bytes; what it declares 0 bytes of points nowhere. PAIR is
 * NULL where the sight has no peer or the two have had nothing to do with each other yet that is
 * worth memory (an answered conversation, a second one, or 16 KiB). */
struct behaviour_memory {
	void *pair;        /* of the equipment with the peer entity */
	void *equipment;   /* of the equipment with everybody */
	void *role;        /* of all equipment of this role; undeclared equipment is one role */
	void *site;        /* of all equipment */
	uint64_t hash_key; /* secret: for hashing what an attacker may choose */
};

/* What a sight must have, beside its kind, to tell a behaviour anything. */
enum behaviour_need {
	NEED_PAIR,      /* memory of the pair */
	NEED_ANSWERED,  /* the conversation is established */
	NEED_EXTERNAL,  /* the peer is the world's */
	NEED_UNORDERED, /* the policy does not order it */
	NEED_SENT,      /* the equipment sent something since the last time */
	NEED_WINDOW,    /* a window is what lets the peer in, or would if it were open */
	BEHAVIOUR_NEEDS,
};

/* The needs that S with PAIR's memory meets, a bit each. */
static inline uint32_t behaviour_needs_met(const struct sight *s, const void *pair)
{
	const bool answered = s->kind != SIGHT_DNS && s->ev->flow.state == FLOW_ESTABLISHED;

	return (uint32_t)(pair != NULL) << NEED_PAIR | (uint32_t)answered << NEED_ANSWERED |
	       (uint32_t)s->peer_is_external << NEED_EXTERNAL |
	       (uint32_t)!s->ordered << NEED_UNORDERED | (uint32_t)(s->sent > 0) << NEED_SENT |
	       (uint32_t)(s->by_window || s->out_of_window) << NEED_WINDOW;
}

/* One sight, of a kind that the behaviour wants, with all that it needs. True when there is
 * something to judge: the facts of the behaviour are set in RET then, beside those of the
 * conversation (equipment.*, peer.*, contract.*, destination.*; strings may be put into RET's
 * arena); else none is. It says so when something is new, not at each sight: each time costs an
 * evaluation of rules. */
typedef bool behaviour_see_fn(
	const struct sight *s, const struct behaviour_memory *m, struct facts *ret);

/* Who it is that a tick speaks of. */
struct behaviour_equipment {
	struct str name, role;
	bool declared;
	int64_t site_day;     /* at the site's own time */
	uint32_t site_minute; /* of the tick */
};

/* Each five minutes of packet time, for each piece of equipment in the order of units_each; PAIR is
 * NULL. RET holds the facts equipment.* and site.* alone, and of the behaviour's none
 * where there is nothing to say: that must be cheap. */
typedef bool behaviour_tick_fn(uint64_t ts_ns, const struct behaviour_equipment *e,
	const struct behaviour_memory *m, struct facts *ret);

struct behaviour {
	const char *name; /* value of the fact behaviour.name: "beacon" */
	uint32_t pair_bytes, equipment_bytes, role_bytes, site_bytes;
	uint32_t kinds;          /* bits of enum sight_kind that SEE wants */
	uint32_t callers;        /* of these, those that it wants of who began the conversation */
	uint32_t needs;          /* bits of enum behaviour_need: without all of them no SEE */
	behaviour_see_fn *see;   /* NULL: none */
	behaviour_tick_fn *tick; /* NULL: none */
};

/* Whether B sees sights of KIND, at this SIDE of the conversation, that meet the needs MET. */
static inline bool behaviour_wants(
	const struct behaviour *b, enum sight_kind kind, int side, uint32_t met)
{
	const uint32_t kinds = side == 0 ? b->kinds : b->kinds & ~b->callers;

	return b->see && (kinds >> kind & 1) && !(b->needs & ~met);
}

#define BEHAVIOUR(name) extern const struct behaviour behaviour_##name;
#include "analysis/behaviour/behaviours.def"
#undef BEHAVIOUR
