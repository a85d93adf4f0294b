/* Associations of SCTP as what was seen of them tells: their state, and which addresses each end
 * has. An association may go over several pairs of addresses (RFC 9260 §6.4); the flow table keeps
 * each pair as a conversation of its own, and shards may keep them apart. Here they are put
 * together: by the addresses that INIT, INIT ACK and ASCONF name, and by the verification tag,
 * which is the same on all paths (§8.5). Fixed memory; pure; one thread; packet time only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/signalling/sctp_chunk.h"
#include "common/blob.h"
#include "common/ip.h"
#include "common/str.h"

enum association_state {
	ASSOCIATION_INIT,          /* somebody called */
	ASSOCIATION_INIT_ACK,      /* and was answered */
	ASSOCIATION_COOKIE_ECHOED, /* the caller exists where it says */
	ASSOCIATION_ESTABLISHED,
	ASSOCIATION_SHUTDOWN, /* being ended by agreement */
	ASSOCIATION_CLOSED,
	ASSOCIATION_ABORTED,
};

enum { ASSOCIATION_ADDRESSES = 8, ASSOCIATION_LABEL_BYTES = 12 };

/* Index 0 of pairs is the end that began it, as far as that is known. */
struct association {
	uint32_t tag[2];    /* verification tag of packets to that end; 0: not known yet */
	uint32_t first_tag; /* the one that was seen first: names the association */
	uint16_t port[2];
	uint16_t segment;
	uint8_t state; /* enum association_state */
	uint8_t n_addr[2];
	uint8_t named[2]; /* a bit for each address: the end named it itself */
	uint8_t told[2];  /* the same, for the caller's use: 0 for new addresses */
	bool left_out;    /* an end has more addresses than there is room for */
	bool midstream;   /* its begin was not seen */
	uint64_t paths;   /* bit 8 * i + j: packets between addr[0][i] and addr[1][j] were seen */
	struct ip_addr addr[2][ASSOCIATION_ADDRESSES]; /* in the order in which they became known */
	char label[ASSOCIATION_LABEL_BYTES]; /* what it carries, for the caller's use; "": unknown
					      */
	uint64_t first_ns, last_ns;
	uint64_t birth; /* of the table, as are these */
	uint32_t prev, next;
};

/* One chunk of a packet, and what it says. */
struct association_sight {
	struct ip_addr src, dst;
	uint16_t sport, dport;
	uint16_t segment;
	uint8_t sender;   /* 0: as far as is known otherwise, the sender began it */
	uint8_t chunk;    /* enum sctp_chunk_type */
	uint32_t tag;     /* of the packet */
	uint32_t new_tag; /* of INIT and INIT ACK: initiate tag */
	const struct ip_addr *named, *removed; /* the sender's addresses */
	uint32_t n_named, n_removed;
	uint64_t ts_ns;
};

struct associations;

/* For at most MAX of them, about 560 bytes each, of which only what is used becomes resident. NULL
 * without memory. */
struct associations *associations_new(uint32_t max, uint64_t hash_key);
void associations_free(struct associations *a); /* NULL allowed */

/* The association that S belongs to, with what S says of it; *ret_sender is the index of S's
 * sender. NULL when nothing is known of any (a tag of 0 where there must be one). Valid until the
 * next call. When there is no room, the longest idle goes, of those that are not established, else
 * of the others: a flood of INIT forgets itself. */
struct association *associations_see(
	struct associations *a, const struct association_sight *s, int *ret_sender);

/* The one that was seen between these ends last; *ret_first is the index of the first of them.
 * NULL: none. Valid until the next call of associations_see. */
struct association *associations_find(struct associations *a, uint16_t segment,
	const struct ip_addr *addr, uint16_t port, const struct ip_addr *other_addr,
	uint16_t other_port, int *ret_first);

uint32_t association_path_count(const struct association *a);

/* "established" */
const char *association_state_name(enum association_state s);

/* Given up for want of room: in all, and of these established ones. */
uint64_t associations_evicted(const struct associations *a);
uint64_t associations_evicted_established(const struct associations *a);

/* Tags and paths of established ones that gave way to others: what is seen there next begins anew.
 */
uint64_t associations_ways_forgotten(const struct associations *a);

void associations_save(const struct associations *a, struct blob_writer *w);
bool associations_load(struct associations *a, struct blob_reader *r); /* A is new */
