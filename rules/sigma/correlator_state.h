/* What the parts of the correlator share: for correlator*.c alone. */
#pragma once

#include "rules/sigma/correlation_link.h"
#include "rules/sigma/correlator.h"

#define CORRELATOR_NONE UINT32_MAX

enum entry_flags {
	ENTRY_COUNTED = 1, /* in the list of its group */
	ENTRY_HEAD = 2,    /* the one that its conversation is found by */
	ENTRY_LIVE = 4,    /* the conversation goes on */
};

/* One conversation in one group, or what a value of it grew by. */
struct entry {
	uint64_t conversation;
	uint64_t ts_ns;
	uint64_t value; /* what it adds; of value_count and shares the hash of the text */
	uint64_t last;  /* of a head: the value when it was last seen */
	uint64_t group_hash;
	uint32_t next_hash;    /* chain of the bucket, or of the free list */
	uint32_t older, newer; /* in the group, or among those that are spent */
	uint32_t group;        /* while it counts */
	uint32_t correlation;
	uint8_t place; /* of the rule */
	uint8_t flags;
};

/* Numbers in order, some of them several times. */
struct bag {
	uint64_t *items; /* owned */
	uint32_t n, capacity;
	uint32_t n_distinct;
};

/* What counts in one group of a correlation. */
struct tally {
	struct digest key; /* of the correlation and the values */
	uint32_t correlation;
	uint32_t next_hash;
	uint32_t older, newer;         /* of the correlation */
	uint32_t all_older, all_newer; /* of all, by last event */
	uint32_t oldest, newest;       /* entries */
	uint32_t n_entries, n_heads;
	uint64_t begin_ns, last_ns; /* first and last event */
	uint64_t born;              /* orders those that are decided when their time is over */
	uint64_t sum;
	struct bag bag;
	char *texts;        /* owned: the values of group-by, each with a NUL behind it */
	uint32_t texts_len; /* bytes */
	uint32_t *per_rule; /* owned: entries that count, by place of the rule */
	uint64_t *chains;   /* owned: see correlator_chain.c; NULL: not ordered */
	uint64_t chains_serial;
	uint32_t chain_best;
	bool is_met;
	struct kept_facts *facts; /* owned: of the last event, when the end of the time decides */
	struct digest alerts[CORRELATED_ALERTS];
	uint32_t n_alerts;                     /* ever: the last ones are there */
	char (*values)[CORRELATED_TEXT_BYTES]; /* owned: of value_count */
	uint32_t n_values;                     /* ever */
};

/* Of one correlation. */
struct group_list {
	uint32_t oldest, newest;
	uint32_t n, n_entries;
};

struct correlator {
	struct correlator_config cfg;
	struct correlator_stats stats;
	uint64_t ts_ns, conversation; /* of the event at hand */
	uint64_t serial;              /* of events */
	uint64_t next_own;            /* name of the next event that belongs to no conversation */
	struct entry *entries;
	uint32_t *entry_buckets; /* as many as there is room for entries: a power of two, or 0 */
	uint32_t entry_room, entry_fresh, entry_free;
	uint32_t spent_oldest, spent_newest, n_spent;
	struct tally *groups;
	uint32_t *group_buckets;
	uint32_t group_room, group_fresh, group_free;
	struct group_list all;
	struct group_list *lists; /* by number of the correlation */
	struct arena *arena;      /* of facts */
	struct facts facts;       /* of an event that is past */
};

static inline const struct correlation *correlator_rule(const struct correlator *c, uint32_t number)
{
	return c->cfg.sigma->correlations[number];
}

/* correlator_table.c */

/* The group of OF under KEY, or CORRELATOR_NONE. */
uint32_t group_find(
	const struct correlator *c, const struct correlation *of, const struct digest *key);

/* A new one without events; TEXTS is copied. CORRELATOR_NONE without memory. May give up others. */
uint32_t group_add(struct correlator *c, const struct correlation *of, const struct digest *key,
	const char *texts, uint32_t texts_len);

/* Its entries with it: those of conversations that go on are kept aside when KEEP. */
void group_remove(struct correlator *c, uint32_t g, bool keep);

/* It has had an event now. */
void group_touch(struct correlator *c, uint32_t g);

/* Counts an entry in group G at its end. CORRELATOR_NONE without memory. May give up other groups,
 * never G. */
uint32_t entry_add(struct correlator *c, uint32_t g, const struct entry *like);

/* The head of CONVERSATION in the group of HASH, or CORRELATOR_NONE. VALUE is compared when
 * BY_VALUE. */
uint32_t entry_find(const struct correlator *c, const struct entry *like, bool by_value);

/* Entry I counts no more. */
void entry_uncount(struct correlator *c, uint32_t i);

/* Gives entry I, whose value V counts, another value. */
void entry_change(struct correlator *c, uint32_t i, uint64_t value);

/* Puts an entry aside that counts in no group: a conversation that goes on. */
bool entry_add_spent(struct correlator *c, const struct entry *like);

/* correlator_tell.c */

/* M, with the facts F, is told to FEEDS. As correlator_match. */
int correlator_tell(struct correlator *c, const struct correlation_feed *feeds,
	uint64_t conversation, const struct rule_match *m, struct facts *f, const char *alert_id);

/* The time of group G is over: its condition is judged, and the group is gone. */
int correlator_decide(struct correlator *c, uint32_t g);

/* correlator_measure.c */

bool bag_insert(struct bag *b, uint64_t value); /* false without memory */
void bag_remove(struct bag *b, uint64_t value);

static inline bool correlation_has_bag(const struct correlation *of)
{
	return of->type == CORRELATE_VALUE_COUNT || of->type == CORRELATE_VALUE_PERCENTILE;
}

static inline bool correlation_is_temporal(const struct correlation *of)
{
	return of->type == CORRELATE_TEMPORAL || of->type == CORRELATE_TEMPORAL_ORDERED;
}

/* Values are texts, told apart by their hashes. */
static inline bool correlation_has_texts(const struct correlation *of)
{
	return of->type == CORRELATE_VALUE_COUNT || of->measure == MEASURE_SHARE;
}

/* What GROUP measures, for the event with VALUE. False when there is nothing to compare. */
bool group_measure(const struct correlation *of, const struct tally *g, uint64_t value,
	uint64_t *ret_numerator, uint64_t *ret_denominator);

bool correlation_is_met(const struct correlation *of, uint64_t numerator, uint64_t denominator);

/* Of temporal_ordered: an event of the rule at PLACE. Returns how many rules the longest chain in
 * order has that ends with it, and when that began. */
uint32_t group_chain(const struct correlation *of, struct tally *g, uint32_t place, uint64_t ts_ns,
	uint64_t serial, uint64_t *ret_first_ns);

/* How many numbers the chains of OF take. */
static inline size_t chain_size(const struct correlation *of)
{
	return of->type == CORRELATE_TEMPORAL_ORDERED ? 2 * (size_t)of->n_refs * of->n_refs : 0;
}
