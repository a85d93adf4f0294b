/* The other end of a conversation as one party, fixed at first sight: what DNS or a reload says
 * later does not split a finding in two, and no rule changes what another one's alerts say. A
 * bounded table of (equipment, segment, peer address), least recently used out first within a set
 * of eight. Pure; one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/blob.h"
#include "common/ip.h"
#include "common/str.h"

enum { ENTITY_TEXT_BYTES = 160 };

struct entity {
	uint32_t len; /* 0: nothing named it yet */
	char text[ENTITY_TEXT_BYTES];
};

struct entities;

struct entities *entities_new(uint64_t key); /* NULL without memory; takes about 12 MiB */
void entities_free(struct entities *e);      /* NULL allowed */

/* By what EQUIPMENT (the declared name, or the bytes of an address) stands in the table. */
uint64_t entities_who(const struct entities *e, struct str equipment);

/* The entity of PEER, met in SEGMENT (0: undeclared), for the equipment that WHO stands for.
 * *ret_new: it was not met before, or forgotten, and has no text. Valid until the next call.
 * Touches two cache lines. */
struct entity *entities_at(struct entities *e, uint64_t who, uint16_t segment,
	const struct ip_addr *peer, bool *ret_new);

/* The same, NULL when it was not met before, or forgotten. Changes nothing. */
const struct entity *entities_peek(
	const struct entities *e, uint64_t who, uint16_t segment, const struct ip_addr *peer);

/* Gives E, which has none, its text, cut to its size. */
void entity_name(struct entity *e, struct str text);

uint64_t entities_evicted(const struct entities *e);

/* They hold for the same hash key alone. */
void entities_save(const struct entities *e, struct blob_writer *w);
bool entities_load(struct entities *e, struct blob_reader *r); /* E is new */
