/* What a sensor carries over a restart, in the state database: the packet clock, the conversations,
 * names learned from DNS, peers, what was seen of equipment, the day so far, open findings, learned
 * edges.
 *
 * Not in it: what nDPI has seen of conversations and remembers beyond them; bytes of packets, and
 * so fragments that wait for the rest of their datagram; what can be looked up again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/blob.h"
#include "common/error.h"
#include "redis/store/state_store.h"
#include "redis/stream.h"
#include "rules/analyst.h"
#include "rules/policy/site.h"
#include "sensor/pipeline.h"

/* Of which run it is, and of when. */
struct state_about {
	char name[STREAM_NAME_MAX + 1]; /* of the sensor; "" of a replay */
	uint64_t hash_key;
	uint64_t packet_ns; /* packet clock; 0: no packet came yet */
	uint64_t saved_ns;  /* wall clock; 0: a replay */
	bool is_whole;      /* all had ended; else it was saved on the way, without conversations */
};

/* Parts, each a section of the database. */
enum state_part {
	STATE_ABOUT,
	STATE_READER,
	STATE_FLOWS, /* only when it is whole */
	STATE_DAY,
	STATE_NAMES,
	STATE_PEERS,
	STATE_EQUIPMENT,
	STATE_FINDINGS,
	STATE_CORRELATIONS, /* releases before had none */
	STATE_NOISE,        /* the same */
	STATE_BASELINE,     /* the same */
	STATE_ASSOCIATIONS, /* the same */
	STATE_BEHAVIOURS,   /* the same */
	STATE_SENSOR,       /* of a live run: its own business */
	STATE_BASELINE_END, /* of `vedette baseline learn`: as if all conversations had ended */
	STATE_PARTS
};

/* As it is to be saved. */
struct state_image {
	struct blob_writer parts[STATE_PARTS];
	uint64_t saved_ns; /* of what it is about */
	bool is_whole;
};

void state_image_init(struct state_image *image);
void state_image_done(struct state_image *image);

/* Of what a state is made; all borrowed, with nothing under way. */
struct state_source {
	const struct state_about *about;
	const struct site *site;
	const struct pipeline *pipeline;
	const struct pipeline_stats *stats;
	const struct analyst *analyst;
};

/* Fills IMAGE but for STATE_SENSOR. False without memory, or when it is beyond all bounds. */
bool state_take(struct state_image *image, const struct state_source *from);

/* Any thread. 0, or a negative code with *err. */
int state_write(struct state_store *store, const struct state_image *image, struct error *err);

/* As it was saved. */
struct state_found {
	bool is_there; /* else nothing was ever saved */
	struct state_about about;
	struct state_sections sections; /* what the readers below borrow */
	struct str *segments;           /* owned: names by number, from 1 */
	uint32_t n_segments;
	struct pipeline_parts_read pipeline;
	struct analyst_parts_read analyst;
	struct blob_reader sensor;
};

/* Reads what STORE has; what makes no sense is ERR_INPUT. state_found_done is due in any case. */
int state_read(struct state_found *ret, struct state_store *store, struct error *err);
void state_found_done(struct state_found *found);

/* The baseline in SECTIONS, whole, for those who look at it: of STATE_BASELINE_END where that is.
 * False when there is none. */
bool state_find_baseline(const struct state_sections *sections, struct blob_reader *ret);

/* Whether the sensor NAME, at NOW_NS by the wall clock, may go on from it: ERR_CONFIG, with what
 * to do, for another one's, and for one that lies in the future. */
int state_check(
	const struct state_found *found, const char *name, uint64_t now_ns, struct error *err);

/* Whether SITE gives the segments that were in use the numbers that they had; else it has to be
 * loaded again, in place of what state_site returns. */
bool state_fits_site(const struct state_found *found, const struct site *site);
struct site *state_site(const struct state_found *found); /* owned; NULL without memory */
