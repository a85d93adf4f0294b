/* What one end of a conversation knows of the other: for perspective*.c alone. */
#pragma once

#include "rules/perspective.h"

/* Sets the facts of one group, none of which is set yet. */
typedef void perspective_fill_fn(struct perspective *p, struct facts *f);

/* A declared piece of equipment that only the sensor itself speaks for. */
extern const struct equipment perspective_canary;

/* Groups that perspective_peer_group fills, a bit each. */
#define PEER_FACT_GROUPS                                                                           \
	(1U << FACT_PEER | 1U << FACT_ENTITY | 1U << FACT_PEER_NAMES | 1U << FACT_PEER_DOMAIN |    \
		1U << FACT_PEER_GEO | 1U << FACT_PEER_GROUPS | 1U << FACT_PEER_SUPPLIER |          \
		1U << FACT_LINKAGE | 1U << FACT_VERDICT | 1U << FACT_CONTRACT_WORDS)

/* Sets the facts of GROUP, one of PEER_FACT_GROUPS, as end P->side of the event at hand sees them.
 */
void perspective_peer_group(struct perspective *p, struct facts *f, enum fact_group group);

/* Fixes what the other end is called from now on, if it is met for the first time. */
void perspective_meet(struct perspective *p, const struct facts *f);

/* Country and autonomous system of an answer; strings are borrowed from the geolocation data. */
void perspective_set_geo(struct facts *f, const struct geo_answer *a, enum field_id country,
	enum field_id number, enum field_id name);
