/* What each declared piece of equipment did with whom, over a set time: its edges. An edge is
 * (equipment, segment, who began, peer entity, transport, port called, label). A person approves
 * edges (policy/learned.h); nothing here decides anything.
 *
 * Sums do not depend on where a conversation is cut: each is counted once, with all its bytes, to
 * the edge that it belonged to when it was first counted. Pure; one thread; packet time only.
 * Bounded: what finds no room is refused and counted, and nothing that was learned makes room for
 * it, so that a flood of peers displaces none that were there before. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/blob.h"
#include "common/ip.h"
#include "common/str.h"

enum {
	BASELINE_MAX_EDGES = 32768,
	BASELINE_EQUIPMENT_EDGES = 2048, /* of one piece of equipment */
	BASELINE_MAX_EQUIPMENT = 16384,
	BASELINE_MAX_OPEN = 65536,
	BASELINE_MAX_DAYS = 64,
	BASELINE_ADDRESSES = 8,
	BASELINE_TEXT_BYTES = 255, /* of a name; what is longer is cut */
	BASELINE_INDICATOR = 4,    /* weaker than any tier: a feed warns of the peer */
};

/* What a conversation was so far, as one end of it saw it. Strings are borrowed. */
struct baseline_sight {
	struct str equipment, role, segment; /* segment empty: undeclared */
	struct str peer;                     /* its entity: name, AS and prefix, or address */
	struct str app;                      /* label that is certain, else empty */
	struct ip_addr peer_addr;
	uint64_t flow; /* number of its first packet */
	uint64_t ts_ns, first_ns, last_ns;
	uint64_t sent, received; /* IP bytes since it began, by the equipment */
	uint16_t port;           /* called; 0: the protocol has none */
	uint8_t proto;           /* IANA */
	uint8_t tier;   /* of its linkage to an adversary, or BASELINE_INDICATOR; 0: none */
	bool initiator; /* the equipment began it */
	bool peer_is_equipment;
	bool answered;  /* both spoke, and it was no refusal */
	bool uncovered; /* no contract, window or exception allows it */
	bool resumed;   /* the sensor was restarted while its label was decided */
	bool ended;
};

struct baseline_day {
	uint64_t bytes; /* both ways */
	uint32_t flows; /* that were first counted on it */
	bool seen;
};

struct baseline_edge {
	struct str equipment, segment, peer, app; /* owned by the edge */
	uint32_t owner;                           /* place among the equipment */
	uint32_t next;                            /* chain of the hash */
	uint64_t hash;
	uint16_t port;
	uint8_t proto, tier; /* the strongest; 0: none */
	bool initiator, resumed, peer_is_equipment;
	uint64_t flows, answered, uncovered;
	uint64_t sent, received;
	uint64_t first_ns, last_ns;
	struct ip_addr addresses[BASELINE_ADDRESSES];
	uint8_t n_addresses;
	bool more_addresses; /* than there is room for */
	uint8_t first_day;   /* since the day on which learning began */
	uint8_t n_days;
	struct baseline_day *days; /* from first_day on; owned */
};

struct baseline_equipment {
	struct str name, role; /* owned */
	uint32_t next;
	uint64_t hash;
	uint32_t edges;
	uint64_t flows;
	uint64_t
		unanswered; /* conversations that others tried and it did not answer: not learned */
	uint64_t refused;   /* conversations of edges without room */
};

struct baseline_stats {
	uint64_t began_ns, last_ns; /* of learning, packet time; 0: not yet */
	uint32_t edges, equipment;
	uint64_t flows, unanswered, refused;
	uint64_t deferred; /* told of at their end, for want of room for those that last */
};

struct baseline;

struct baseline *baseline_new(uint64_t hash_key); /* NULL without memory */
void baseline_free(struct baseline *b);           /* NULL allowed */

/* Learning begins at TS_NS, unless it has begun before. */
void baseline_begin(struct baseline *b, uint64_t ts_ns);

/* A conversation that lasts or has ended, after baseline_begin. Not before it has its label. False
 * without memory: it is not learned then. */
bool baseline_add(struct baseline *b, const struct baseline_sight *s);

/* In the order in which they were met. */
uint32_t baseline_edges(const struct baseline *b);
const struct baseline_edge *baseline_edge(const struct baseline *b, uint32_t i);
uint32_t baseline_equipment_count(const struct baseline *b);
const struct baseline_equipment *baseline_equipment(const struct baseline *b, uint32_t i);

/* Packet time; 0: it has not begun. */
uint64_t baseline_began_ns(const struct baseline *b);

void baseline_stats(const struct baseline *b, struct baseline_stats *ret);

/* OPEN: with what it knows of conversations that last; false when these are not saved. */
void baseline_save(const struct baseline *b, bool open, struct blob_writer *w);
bool baseline_load(struct baseline *b, struct blob_reader *r); /* B is new */
