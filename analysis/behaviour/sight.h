/* What one piece of equipment was seen to do with one peer: what behaviours are fed with. Made by
 * the analyst stage of an event, once for each end that is the operator's. Borrowed, for the call.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/event.h"
#include "common/str.h"

enum sight_kind {
	SIGHT_BEGIN,   /* once per conversation: its label is decided, or given up */
	SIGHT_UPDATE,  /* it lasts: each minute of packet time in which it spoke */
	SIGHT_BURST,   /* it lasts for a minute or more and spoke again after a silence */
	SIGHT_END,     /* once per conversation */
	SIGHT_DNS,     /* the equipment got an answer of DNS; no conversation, no peer */
	SIGHT_MESSAGE, /* a message that a signalling parser thinks worth telling */
};

enum { SIGHT_KINDS = SIGHT_MESSAGE + 1 };

struct sight {
	enum sight_kind kind;
	/* ... and everything else about it. Of SIGHT_DNS the dns_* members alone; of SIGHT_MESSAGE
	 * the flow, without details, and the message. */
	const struct event *ev;
	uint64_t ts_ns; /* packet clock: never decreases */
	uint8_t side;   /* end of EV's flow that is the equipment; 0: it began the conversation */

	struct str equipment; /* declared name, or the address as text */
	bool declared;
	struct str role; /* empty where nobody declared it */
	struct str peer; /* entity: its name, AS and prefix, or address */
	const struct ip_addr *peer_addr;
	bool peer_is_own;       /* the operator's; else external or multicast */
	bool peer_is_external;  /* the world's */
	bool peer_is_equipment; /* declared */
	struct str country;     /* of the peer; empty: unknown */
	uint32_t as_number;     /* of the peer; 0: unknown */
	uint8_t tier;           /* of its linkage to an adversary, 1 the strongest; 0: none */
	bool indicated;         /* a feed warns of it */
	bool ordered;           /* a contract, exception, window or approved edge allows it */
	bool violation;         /* the policy forbids it */
	bool out_of_window;     /* maintenance of the supplier was not open when it spoke last */
	bool by_window;         /* a window is what allows it, judged by its first packet */
	bool outlasts_window;   /* ... and it is over, and nothing else allows it */
	struct str app;         /* label that is certain, else empty */

	/* IP bytes since this conversation was last counted: of UPDATE, BURST and END. */
	uint64_t sent, received; /* by the equipment */
	int64_t site_day;        /* days since 1970, at the site's own time */
	uint32_t site_minute;    /* of that day: 0 to 1439 */

	/* What is known of this equipment with this peer. */
	bool first;             /* they were never seen together before, or were forgotten */
	uint64_t pair_first_ns; /* when they first were; of FIRST: now */
	uint32_t pair_flows;    /* conversations so far, with this one */
};

/* Hours of the site's own time since 1970. */
static inline uint32_t site_hour(int64_t site_day, uint32_t site_minute)
{
	return (uint32_t)(site_day * 24) + site_minute / 60;
}
