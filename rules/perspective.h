/* A conversation as one piece of equipment sees it: adds what policy, geography and lists say to
 * the facts of a flow. What costs something is worked out when a rule first asks for it. */
#pragma once

#include <stdbool.h>

#include "analysis/enrich/geo_cache.h"
#include "analysis/enrich/names.h"
#include "analysis/event.h"
#include "analysis/facts.h"
#include "common/memo.h"
#include "rules/entity.h"
#include "rules/lists/lists.h"
#include "rules/policy/learned.h"
#include "rules/policy/site.h"

/* One end of a conversation. */
struct party {
	const struct equipment *equipment; /* NULL: undeclared */
	uint64_t who;                      /* it stands for this in the table of entities */
	uint8_t scope;                     /* enum site_scope */
	uint8_t address_len;
	char address[IP_ADDR_TEXT_BYTES];
};

_Static_assert(sizeof(struct party) == 64, "it is copied for each end of each event");

/* What a policy says that is the same of every conversation. */
struct site_says {
	bool is_read;
	bool has_suppliers, has_groups;
	bool knows_resolvers, knows_ntp, knows_aaa, knows_collectors;
};

/* What it says of one. */
struct verdict_seen {
	enum verdict verdict;
	const char *window; /* as in struct judgement; NULL where no policy is asked */
};

struct perspective {
	const struct site *site;
	const struct lists *lists;
	const struct learned *learned; /* NULL: nothing */
	struct geo_cache *geo;
	struct names *names;
	struct entities *entities;
	/* What LISTS, SITE and LEARNED said: to be renewed with them */
	struct memo *parties, *linkages, *verdicts;
	struct site_says says;
	/* of the event at hand: for perspective*.c alone */
	const struct event *ev;
	uint16_t segment; /* that both ends are in */
	struct party ends[2];
	int side;
	/* as SIDE sees it, once somebody asked */
	struct entity *met;
	bool is_judged;
	struct verdict_seen judged;
};

/* Forgets all that: before the first event, and when SITE, LISTS or LEARNED were replaced.
 * False, with the former ones kept, without memory. */
bool perspective_forget(struct perspective *p, uint64_t hash_key);

/* Frees them; the rest is its owner's. */
void perspective_done(struct perspective *p);

/* Facts that are the same from both ends are owed to F, which is empty: the flow's own, geography
 * of both addresses, the site. P and EV stay as they are until F is cleared. False when neither end
 * is the operator's, so that no side can be taken. */
bool perspective_begin(struct perspective *p, struct facts *f, const struct event *ev);

/* The same for facts equipment.*, peer.*, contract.* and network.direction as end SIDE (0
 * initiator, 1 responder) sees them; those of a former call are removed. False, with none of them
 * owed, when that end is not the operator's. */
bool perspective_take(struct perspective *p, struct facts *f, int side);

/* The declared equipment that end SIDE is, or NULL. */
static inline const struct equipment *perspective_equipment(const struct perspective *p, int side)
{
	return p->ends[side].equipment;
}

/* Its declared name, else its address; valid until the next event. */
static inline struct str perspective_name(const struct perspective *p, int side)
{
	const struct party *end = &p->ends[side];

	return end->equipment ? end->equipment->name : (struct str){end->address, end->address_len};
}

/* What the side that was taken, and whose facts F are, calls the other end; valid until the next
 * side is taken. */
struct str perspective_entity(struct perspective *p, const struct facts *f);

/* The verdict of the conversation as that side sees it; VERDICT_UNDECLARED without a policy. */
struct verdict_seen perspective_verdict(struct perspective *p, const struct facts *f);

/* The same if the conversation had begun at TS_NS; that end is declared, and there is a policy. */
struct verdict_seen perspective_verdict_at(
	const struct perspective *p, const struct facts *f, uint64_t ts_ns);

/* What the inventory says of E, but for its name and address. */
void perspective_set_equipment(struct facts *f, const struct equipment *e);

/* Facts of the client of a DNS answer, which becomes end 0, at once. False when it is not the
 * operator's. */
bool perspective_fill_dns(struct perspective *p, struct facts *f, const struct event *ev);

/* The same for the infrastructure that a subscriber's packet is addressed to; its peer is the
 * tunnel end that sent it, and end 0. */
void perspective_fill_reach(struct perspective *p, struct facts *f, const struct event *ev);
