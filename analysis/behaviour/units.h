/* What is remembered of each piece of equipment, of each role and of the site. Bounded, and what
 * nobody declared is bounded apart, since who forges senders makes any number of it: when there is
 * no room the least missed goes, of those the one that was silent longest. A stranger that nobody
 * answered takes nobody's place with its first conversation. Pure; one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/blob.h"
#include "common/slab_index.h"
#include "common/str.h"

enum {
	UNIT_NAME_BYTES = 64, /* a longer one is cut */
	UNIT_MAX_ROLES = 256, /* those beyond share the last one */
};

/* How much a piece of equipment is missed, least first. */
enum unit_rank {
	UNIT_UNHEARD,  /* nobody declared it, and no conversation of it was answered */
	UNIT_HEARD,    /* nobody declared it */
	UNIT_DECLARED, /* the policy names it */
	UNIT_RANKS,
};

struct unit {
	struct slab_link link; /* of age: among those of its rank */
	uint64_t hash;
	uint64_t last_ns;
	uint32_t role; /* number, for units_role_memory */
	char name[UNIT_NAME_BYTES];
	uint8_t name_len;
	uint8_t rank;
	/* its memory follows */
};

struct units;

struct units_config {
	uint32_t max, max_undeclared; /* pieces of equipment */
	uint32_t memory_bytes, role_bytes, site_bytes;
};

struct units *units_new(const struct units_config *cfg); /* NULL without memory */
void units_free(struct units *u);                        /* NULL allowed */

/* What a piece of equipment is seen with. */
enum unit_moment {
	UNIT_BEGINS, /* a conversation begins */
	UNIT_LASTS,  /* it has lasted for a minute or more, and goes on */
	UNIT_ASIDE,  /* it ends, or a message of it is told */
};

struct unit_seen {
	uint64_t hash; /* of the name, keyed */
	struct str name, role;
	enum unit_rank
		rank; /* it is of this one at least from now on, unless it is declared no more */
	enum unit_moment moment;
	uint64_t ts_ns;
};

/* The unit, made when it is not there; until the next call. *RET is NULL with 0 for a stranger that
 * is not to be remembered, and with ERR_SYSTEM without memory. */
int units_at(struct units *u, const struct unit_seen *seen, struct unit **ret);

void *units_memory(const struct unit *unit);
struct str units_role(const struct units *u, const struct unit *unit);
void *units_role_memory(const struct units *u, const struct unit *unit);
void *units_site_memory(const struct units *u);

/* Each unit, the least missed first, of those the longest unseen, until EACH
 * returns other than 0, which is returned. */
typedef int units_each_fn(void *user, struct unit *unit);
int units_each(const struct units *u, units_each_fn *each, void *user);

uint32_t units_count(const struct units *u);
/* Those forgotten; of what is not declared also those that found no room. */
uint64_t units_evicted(const struct units *u, bool declared);
uint64_t units_bytes(const struct units *u); /* held */

/* The three kinds of memory, as they are carried over a restart. */
enum unit_memory { UNIT_OF_EQUIPMENT, UNIT_OF_ROLE, UNIT_OF_SITE };
typedef void units_write_fn(
	const void *user, enum unit_memory kind, const void *memory, struct blob_writer *w);
typedef void units_read_fn(
	void *user, enum unit_memory kind, void *ret_memory, struct blob_reader *r);
void units_save(
	const struct units *u, struct blob_writer *w, units_write_fn *write, const void *user);
bool units_load(
	struct units *u, struct blob_reader *r, units_read_fn *read, void *user); /* U is new */
