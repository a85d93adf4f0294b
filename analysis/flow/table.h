/* The flow table: at most MAX flows, found by a keyed hash, in one list per class from the longest
 * idle to the latest. All memory is reserved at start; pages are touched as flows come. Chains of
 * equal hash are bounded. Every operation but the visits is O(1). One thread. */
#pragma once

#include <stdint.h>

#include "analysis/flow/flow.h"

struct flow_table;

struct flow_table *flow_table_new(uint32_t max); /* NULL without memory */
void flow_table_free(
	struct flow_table *t); /* NULL allowed; the caller has freed what the flows own */

/* Idle time after which a flow of CLASS ends. */
uint64_t flow_timeout_ns(enum flow_class class);

uint32_t flow_table_count(const struct flow_table *t);

/* HASH: of KEY, as a sighting has it: keyed with what nobody knows. */
struct flow *flow_table_find(const struct flow_table *t, const struct flow_key *key, uint32_t hash);

/* Each starts to bring into the cache what the next step needs: the bucket of HASH; the flow that
 * its bucket names. */
void flow_table_prefetch_bucket(const struct flow_table *t, uint32_t hash);
void flow_table_prefetch_flow(const struct flow_table *t, uint32_t hash);

/* The flow that the bucket of HASH names: that of HASH most likely. NULL: none. */
const struct flow *flow_table_first(const struct flow_table *t, uint32_t hash);

/* The same for the whole record of the flow with INDEX. */
void flow_table_prefetch_at(const struct flow_table *t, uint32_t index);

/* A new flow of class OTHER under KEY, which is not in the table, zero but for its key; NULL when
 * the table or the chain of HASH is full: flow_table_victim has to go first. */
struct flow *flow_table_add(
	struct flow_table *t, const struct flow_key *key, uint32_t hash, uint64_t ts_ns);

/* Puts back F, which was in a table before, behind those of its class; for an empty table whose
 * flows all come this way, in the order of their lists. HASH: of its key. The copy, without a
 * detection and what F owed; NULL when there is no room, or F comes out of order or under a key
 * that is there. */
struct flow *flow_table_put(struct flow_table *t, const struct flow *f, uint32_t hash);

/* Whether the lists have A in front of B, of the same class. */
bool flow_spoke_before(const struct flow *a, const struct flow *b);

/* F spoke at TS_NS and is of CLASS now. TS_NS never decreases from call to call. */
void flow_table_touch(struct flow_table *t, struct flow *f, uint64_t ts_ns, enum flow_class class);

/* The flow that has to go so that one with HASH can be added: the longest idle of the lowest rank,
 * of those with the same hash when there are too many of these (*ret_crowded). NULL when the table
 * is empty. */
struct flow *flow_table_victim(struct flow_table *t, uint32_t hash, bool *ret_crowded);

enum flow_rank flow_rank(const struct flow *f);

void flow_table_remove(struct flow_table *t, struct flow *f);

uint32_t flow_table_index(const struct flow_table *t, const struct flow *f);
struct flow *flow_table_at(struct flow_table *t, uint32_t index);

/* Visits may change flows, but not add, touch or remove them. */
typedef void flow_visit_fn(void *user, struct flow *f);

/* The flows whose timeout has passed at NOW_NS. Cost: their number, plus those that fell silent in
 * the same 100 ms. */
void flow_table_visit_expired(
	struct flow_table *t, uint64_t now_ns, flow_visit_fn *visit, void *user);

/* The flows that spoke at SINCE_NS or later. Cost: their number. */
void flow_table_visit_recent(
	struct flow_table *t, uint64_t since_ns, flow_visit_fn *visit, void *user);

void flow_table_visit_all(struct flow_table *t, flow_visit_fn *visit, void *user);
