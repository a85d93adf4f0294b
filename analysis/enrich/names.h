/* Which names did this client resolve to get this address? Learned from DNS answers, bounded: a
 * table of CAPACITY (segment, client, address) keys with up to 4 names each, least recently used
 * out first. Pure; one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/blob.h"
#include "common/ip.h"
#include "common/str.h"

enum { NAMES_PER_ADDRESS = 4, NAMES_NAME_BYTES = 256 };

struct names;

/* KEY is the hash key. NULL without memory: all memory is taken here, CAPACITY × about 170 bytes,
 * 64 of them for names, in a ring of their own: where names are long, the oldest pairs go before
 * CAPACITY is reached. CAPACITY is 1 to 2^25. */
struct names *names_new(size_t capacity, uint64_t key);
void names_free(struct names *n);

/* CLIENT in SEGMENT (0: undeclared) got ADDR as an answer for NAME at TS_NS. Names longer than
 * NAMES_NAME_BYTES - 1 are cut, ASCII letters are kept in lower case, an empty name is nothing. */
void names_learn(struct names *n, uint16_t segment, const struct ip_addr *client,
	const struct ip_addr *addr, struct str name, uint64_t ts_ns);

/* Names by which CLIENT in SEGMENT resolved ADDR, latest first, written to RET; borrowed until the
 * next names_learn. Returns their number. */
size_t names_find(struct names *n, uint16_t segment, const struct ip_addr *client,
	const struct ip_addr *addr, struct str ret[NAMES_PER_ADDRESS]);

/* Pairs that were forgotten, with all their names, to make room. */
uint64_t names_evicted(const struct names *n);

/* Everything but the hash key: what is loaded goes on as what was saved would have. */
void names_save(const struct names *n, struct blob_writer *w);

/* Into N, which is new and of the same capacity. False when R says something else; N then is good
 * for names_free alone. */
bool names_load(struct names *n, struct blob_reader *r);
