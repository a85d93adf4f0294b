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

/* State of one behaviour, aligned to 8 bytes. NULL where it declares 0 bytes, and PAIR where the
 * sight has no peer or the two have had nothing to do with each other yet that is worth memory
 * (an answered conversation, a second one, or 16 KiB). */
struct behaviour_memory {
	void *pair;        /* of the equipment with the peer entity */
	void *equipment;   /* of the equipment with everybody */
	void *role;        /* of all equipment of this role; undeclared equipment is one role */
	void *site;        /* of all equipment */
	uint64_t hash_key; /* secret: for hashing what an attacker may choose */
};

/* One sight. True when there is something to judge: the facts of the behaviour are set in RET then,
 * beside those of the conversation (equipment.*, peer.*, contract.*, destination.*; strings may be
 * put into RET's arena). It says so when something is new, not at each sight: each time costs an
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

/* Each five minutes of packet time, for each piece of equipment in the order in which they were
 * met; PAIR is NULL. RET holds the facts equipment.* and site.* alone. Must be cheap when there is
 * nothing to say. */
typedef bool behaviour_tick_fn(uint64_t ts_ns, const struct behaviour_equipment *e,
	const struct behaviour_memory *m, struct facts *ret);

struct behaviour {
	const char *name; /* value of the fact behaviour.name: "beacon" */
	uint32_t pair_bytes, equipment_bytes, role_bytes, site_bytes;
	uint32_t kinds;          /* bits of enum sight_kind that SEE wants */
	behaviour_see_fn *see;   /* NULL: none */
	behaviour_tick_fn *tick; /* NULL: none */
};

#define BEHAVIOUR(name) extern const struct behaviour behaviour_##name;
#include "analysis/behaviour/behaviours.def"
#undef BEHAVIOUR
