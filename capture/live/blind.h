/* Reports of blindness of one interface that nobody has taken yet. Pure. */
#pragma once

#include "capture/live/live_source.h"

struct blind_loss {
	uint64_t from_ns, until_ns, lost; /* nothing to tell while lost is 0 */
};

struct blind_absence {
	bool lasts;
	bool is_news;
	enum live_blind_cause cause; /* LINK_DOWN or GONE */
	uint64_t from_ns, until_ns;
};

enum { BLIND_LOSSES = LIVE_BLIND_UNREAD + 1 }; /* causes that lose frames */

/* Zeros: nothing to tell. */
struct blind {
	struct blind_loss losses[BLIND_LOSSES]; /* by cause */
	struct blind_absence absence;
};

/* LOST more frames were lost between FROM_NS and UNTIL_NS, by a CAUSE below BLIND_LOSSES. */
void blind_add_loss(struct blind *b, enum live_blind_cause cause, uint64_t from_ns,
	uint64_t until_ns, uint64_t lost);

/* The interface has been down or gone since FROM_NS, or still is. */
void blind_begin(struct blind *b, enum live_blind_cause cause, uint64_t from_ns);

/* It has been back since UNTIL_NS. Nothing when it was not away. */
void blind_end(struct blind *b, uint64_t until_ns);

/* The next report, without the interface's number; false when there is none. */
bool blind_take(struct blind *b, struct live_blind *ret);
