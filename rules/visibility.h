/* What was seen of each piece of equipment: that nothing was found is worth as much as this. Fed
 * with the events of conversations; pure; one thread; packet time only. Bounded: when full the one
 * that has been silent longest, to the second, is forgotten, and counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/event.h"
#include "common/blob.h"
#include "common/str.h"

struct visibility_counts {
	uint64_t sent_packets, received_packets; /* of conversations that ended */
	uint64_t tcp_flows;                      /* that ended and carried more than an attempt */
	uint64_t tcp_one_way; /* of them, those of which one direction was seen alone */
	uint64_t undecoded_packets;
};

/* Adds the conversation R, which has ended, as end SIDE sees it. */
void visibility_counts_add(struct visibility_counts *c, const struct flow_record *r, int side);

struct visibility_entry {
	const char *name;      /* declared, else the address; borrowed from the table */
	uint32_t equipment_id; /* in the inventory, when it was seen last; UINT32_MAX: undeclared */
	uint64_t first_ns, last_ns;    /* packets of it, sent or received */
	uint64_t sent_ns, received_ns; /* last event that showed this direction; 0: never */
	bool in_period;
	struct visibility_counts period, total; /* since the last visibility_end_period; ever */
};

struct visibility;

/* At most MAX entries. NULL without memory. */
struct visibility *visibility_new(uint32_t max, uint64_t hash_key);
void visibility_free(struct visibility *v); /* NULL allowed */

/* EV is about the equipment NAME, which is end SIDE of its flow; empty: nobody declared it, and it
 * is known by its address. Of such a one that was forgotten, only the beginning of a conversation
 * counts, unless somebody answered or it lasts. False without memory. */
bool visibility_add(struct visibility *v, struct str name, uint32_t equipment_id,
	const struct event *ev, int side);

/* NULL when nothing was seen of NAME, which is declared. */
const struct visibility_entry *visibility_find(const struct visibility *v, struct str name);

/* Calls EACH in the order of the names until it returns other than 0, which is returned. Without
 * memory ERR_SYSTEM. */
typedef int visibility_each_fn(void *user, const struct visibility_entry *e);
int visibility_each(const struct visibility *v, visibility_each_fn *each, void *user);

void visibility_end_period(struct visibility *v);

uint64_t visibility_evicted(const struct visibility *v);

void visibility_counts_save(const struct visibility_counts *c, struct blob_writer *w);
void visibility_counts_load(struct visibility_counts *c, struct blob_reader *r);

void visibility_save(const struct visibility *v, struct blob_writer *w);
bool visibility_load(struct visibility *v, struct blob_reader *r); /* V is new */
