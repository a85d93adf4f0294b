/* What is remembered of each piece of equipment with each peer entity. Bounded, and those of
 * equipment that nobody declared are bounded apart: when there is no room the one that is missed
 * least goes, of those the one that was seen longest ago. What strangers alone can bring about in
 * any number never outranks what was answered, nor that what the policy or a list speaks of; nor do
 * equipment's forged senders take the room of what is declared. Pure; one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/blob.h"
#include "common/slab_index.h"

/* How much a pair is missed, least first. */
enum pair_rank {
	PAIR_NOISE,    /* nobody answered, and it was tried once */
	PAIR_MET,      /* one conversation that was answered, or some that were not */
	PAIR_KNOWN,    /* several, or much was sent */
	PAIR_RELEVANT, /* the policy speaks of it, or the equipment itself calls in spite of it */
	PAIR_LISTED,   /* a list speaks of the peer, and the equipment had to do with it */
	PAIR_RANKS,
};

struct pair {
	struct slab_link link; /* of age: among those of its rank, of declared equipment or not */
	uint64_t equipment, peer; /* keyed hashes of the names */
	uint64_t first_ns, last_ns;
	uint32_t memory;    /* SLAB_NONE: it has none yet */
	uint32_t flows;     /* conversations so far */
	uint32_t as_number; /* of the peer, as of learned_ns */
	uint64_t learned_ns;
	char country[3];
	uint8_t tier;
	bool indicated;
	uint8_t rank;
	bool declared; /* the equipment is */
};

struct pairs_stats {
	uint32_t now, with_memory;
	uint64_t evicted[PAIR_RANKS];
	uint64_t without_memory; /* times that there was no room for what a pair remembers */
	uint64_t bytes;          /* held */
};

struct pairs;

struct pairs_config {
	uint32_t max, max_undeclared; /* pairs; of equipment that nobody declared */
	uint32_t memory_bytes;        /* of each that deserves them */
};

struct pairs *pairs_new(const struct pairs_config *cfg); /* NULL without memory */
void pairs_free(struct pairs *p);                        /* NULL allowed */

/* Two hashed names. */
struct pair_names {
	uint64_t equipment, peer;
	bool declared; /* the equipment is */
};

/* The pair of NAMES, made when it is not there: *ret_new. It counts as seen at TS_NS. Until the
 * next call. NULL without memory. */
struct pair *pairs_at(struct pairs *p, struct pair_names names, uint64_t ts_ns, bool *ret_new);

/* It has at least this rank from now on. */
void pairs_raise(struct pairs *p, struct pair *pair, enum pair_rank rank);

/* What PAIR remembers, zeroed when new; NULL when there is no room for it. */
void *pairs_memory(struct pairs *p, struct pair *pair);

void pairs_stats(const struct pairs *p, struct pairs_stats *ret);

/* WRITE_MEMORY and READ_MEMORY carry what one pair remembers. */
typedef void pairs_write_fn(const void *user, const void *memory, struct blob_writer *w);
typedef void pairs_read_fn(void *user, void *ret_memory, struct blob_reader *r);

/* At most MOST pairs: those that are missed most. */
void pairs_save(const struct pairs *p, uint32_t most, struct blob_writer *w, pairs_write_fn *write,
	const void *user);
bool pairs_load(
	struct pairs *p, struct blob_reader *r, pairs_read_fn *read, void *user); /* P is new */
