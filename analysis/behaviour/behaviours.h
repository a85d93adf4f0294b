/* All behaviours with what they remember: gives each sight to those that want it, and has what they
 * find judged. One thread; packet time only.
 *
 * Memory: a pair of equipment and peer entity takes behaviours_pair_bytes() once it deserves it
 * (pairs.h), a piece of equipment behaviours_equipment_bytes(); as many as struct behaviours_config
 * says, of equipment that nobody declared fewer, then the least missed is forgotten, and counted.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analysis/behaviour/behaviour.h"
#include "analysis/behaviour/pairs.h"
#include "common/blob.h"

enum { BEHAVIOUR_TICK_S = 300 };

/* Who asks. */
struct behaviours_host {
	/* Sets the peer of S, whose equipment is remembered, unless it is a SIGHT_DNS; empty
	 * without memory. */
	void (*name_peer)(void *user, struct sight *s);
	/* Sets country, as_number, tier and indicated of S, whose peer is new or was not asked
	 * about for an hour. */
	void (*learn_peer)(void *user, struct sight *s);
	/* Sets the site's own time of a tick in E: site_day and site_minute. */
	void (*set_time)(void *user, uint64_t ts_ns, struct behaviour_equipment *e);
	/* Sets the facts of E, of which a tick found something, in F; none of them is left of the
	 * one before. */
	void (*introduce)(
		void *user, uint64_t ts_ns, const struct behaviour_equipment *e, struct facts *f);
	/* The facts of a behaviour are set in F beside those of the sight or tick: judge them. */
	void (*judge)(void *user, struct facts *f);
	void *user;
};

struct behaviours_config {
	uint64_t hash_key;
	uint32_t max_pairs, max_equipment; /* in all */
	uint32_t max_undeclared_pairs, max_undeclared_equipment;
	uint32_t max_conversations;
	struct behaviours_host host;
};

struct behaviours_stats {
	struct pairs_stats pairs;
	uint32_t equipment;
	uint64_t equipment_bytes;
	/* That was declared; that was not, with those that found no room (units.h). */
	uint64_t equipment_evicted, undeclared_evicted;
	uint64_t conversations_forgotten; /* lasting ones, whose bytes are partly not counted */
	uint64_t refused;                 /* sights without memory for them */
	uint64_t judged;                  /* findings that were given to the rules */
};

struct behaviours;

struct behaviours *behaviours_new(const struct behaviours_config *cfg); /* NULL without memory */
void behaviours_free(struct behaviours *b);                             /* NULL allowed */

/* S has its members up to APP set; peer may be left to name_peer and country to indicated to
 * learn_peer, and what follows APP is set here, but for the site's time. F holds the facts of the
 * sight, or owes them. */
void behaviours_see(struct behaviours *b, struct sight *s, struct facts *f);

/* Whether behaviours_tick has anything to do at TS_NS. */
bool behaviours_is_due(const struct behaviours *b, uint64_t ts_ns);

/* The packet clock reached TS_NS. Each BEHAVIOUR_TICK_S in which something was seen, every piece of
 * equipment is looked at; F is empty. */
void behaviours_tick(struct behaviours *b, uint64_t ts_ns, struct facts *f);

/* Lists or geolocation data were replaced: peers are asked about again. */
void behaviours_forget_peers(struct behaviours *b);

uint32_t behaviours_pair_bytes(void);
uint32_t behaviours_equipment_bytes(void);
void behaviours_stats(const struct behaviours *b, struct behaviours_stats *ret);

/* What they remember, under the same hash key. Takes about MOST_BYTES at most: of the pairs those
 * that are missed most. What another release remembered under the same name and size is taken up;
 * the rest begins anew. */
void behaviours_save(const struct behaviours *b, size_t most_bytes, struct blob_writer *w);
bool behaviours_load(struct behaviours *b, struct blob_reader *r); /* B is new */
