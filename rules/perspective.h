/* A conversation as one piece of equipment sees it: adds what policy, geography and lists say to
 * the facts of a flow. */
#pragma once

#include <stdbool.h>

#include "analysis/enrich/geo_cache.h"
#include "analysis/enrich/names.h"
#include "analysis/event.h"
#include "analysis/facts.h"
#include "rules/entity.h"
#include "rules/lists/lists.h"
#include "rules/policy/site.h"

struct perspective {
	const struct site *site;
	const struct lists *lists;
	struct geo_cache *geo;
	struct names *names;
	struct entities *entities;
};

/* Facts that are the same from both ends: the flow's own, geography of both addresses, the site. */
void perspective_fill_flow(const struct perspective *p, struct facts *f, const struct event *ev);

/* Facts equipment.*, peer.*, contract.* and network.direction as end SIDE (0 initiator, 1
 * responder) sees them; those of a former call are removed. False, with none of them set, when that
 * end is not the operator's. */
bool perspective_fill_side(
	const struct perspective *p, struct facts *f, const struct event *ev, int side);

/* The declared equipment that end SIDE is, or NULL. */
const struct equipment *perspective_equipment(
	const struct perspective *p, const struct event *ev, int side);

/* The same for the client of a DNS answer. */
bool perspective_fill_dns(const struct perspective *p, struct facts *f, const struct event *ev);

/* The same for the infrastructure that a subscriber's packet is addressed to; its peer is the
 * tunnel end that sent it. */
void perspective_fill_reach(const struct perspective *p, struct facts *f, const struct event *ev);
