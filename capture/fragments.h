/* Puts fragmented IP datagrams together again: IPv4 (RFC 791 §3.2, RFC 815) and IPv6 (RFC 8200
 * §4.5, RFC 5722). All memory is reserved at start. Fragments may come in any order, more than
 * once, and cut by the capture. Pure; time is what the caller says it is. One thread.
 *
 * Datagrams leave in a queue: complete, timed out, evicted, or left over at the end of the input.
 * After each fragments_add and fragments_expire, take what is due:
 *
 *	while (fragments_due(f, &d)) {
 *		fragments_copy(f, buffer);    d.bytes bytes
 *		decode_datagram(...);         in the surroundings d.around
 *		fragments_pop(f);
 *	}
 *
 * Overlaps. In IPv4 the copy that came last is used (RFC 791 §3.2, step 8), although hosts differ
 * there: that is why an overlap with other bytes is reported. In IPv6 any overlap but an exact
 * duplicate ends the datagram, with all fragments that are still to come (RFC 5722 §4). Exact
 * duplicates are tolerated in both (RFC 8200 §4.5).
 *
 * Time. RFC 1122 §3.3.2 and RFC 8200 §4.5 let a host wait 60 seconds and more; here it is 30 from
 * the first fragment to arrive, which is what most hosts do with IPv4: a sensor holds the fragments
 * of all of them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"
#include "capture/packet.h"
#include "common/time_text.h"

#define FRAGMENTS_TIMEOUT_NS (30 * NS_PER_S)

enum {
	FRAGMENTS_MAX_PIECES = 512, /* of a datagram: 65,535 bytes in packets of 148 */
	FRAGMENTS_MAX_HEADER_BYTES = 256,
	FRAGMENTS_PAGE_BYTES = 2048,
};

enum fragment_fault {
#define FAULT(name, text) FRAGMENT_FAULT_##name,
#include "capture/fragment_faults.def"
#undef FAULT
	FRAGMENT_FAULT_COUNT
};

struct fragments_config {
	uint64_t hash_key; /* secret where strangers choose the addresses */
	uint32_t max_datagrams;
	uint32_t max_bytes; /* of what they carry; 256 KiB to 128 MiB */
};

struct fragments_stats {
	uint64_t fragments;          /* given to fragments_add */
	uint64_t completed;          /* datagrams */
	uint64_t completed_cut;      /* of these: not all bytes were captured */
	uint64_t timed_out;          /* datagrams, as are those below */
	uint64_t evicted;            /* the oldest, for want of room */
	uint64_t unfinished;         /* at the end of the input */
	uint64_t without_first;      /* of these three: nobody knows their ports */
	uint64_t overlaps_different; /* fragments with other bytes than came before */
	uint64_t overlaps_equal;     /* fragments, or parts of them, that came again */
	uint64_t tiny_first;         /* too short for the transport header (RFC 1858, RFC 7112) */
	uint64_t faults[FRAGMENT_FAULT_COUNT]; /* fragments */
	uint32_t held;                         /* datagrams, now */
	uint32_t held_bytes;                   /* of the memory for what they carry, now */
};

/* A datagram that is due. */
struct datagram {
	const struct packet *around; /* of the first fragment, or, without it, of one; borrowed */
	uint32_t layer;              /* of AROUND, that was the fragment */
	uint32_t interface;          /* of that frame */
	const char *interface_name;  /* of that frame, borrowed from whom it was */
	uint32_t bytes;              /* that fragments_copy writes: headers and what was captured */
	uint32_t wire_len;           /* of the IP packet; at least BYTES */
	uint32_t wire_packets;       /* fragments that it came in */
	uint64_t wire_bytes;         /* of their IP packets */
	uint32_t frames;             /* sum of what fragments_add was told */
	bool complete;               /* else its header still says "fragment" */
	bool overlap;                /* with other bytes, or in IPv6 at all */
};

struct fragments;

struct fragments *fragments_new(const struct fragments_config *cfg); /* NULL without memory */
void fragments_free(struct fragments *f);                            /* NULL allowed */

/* Takes layer LAYER of P, which is a fragment, decoded from FRAME. SEGMENT tells networks apart
 * that use the same addresses. FRAMES: in how many captured frames it came (1, but for a fragment
 * inside of a datagram). NOW_NS never decreases. False: refused and counted; the caller has to
 * account for it. */
bool fragments_add(struct fragments *f, const struct frame *frame, const struct packet *p,
	uint32_t layer, uint32_t segment, uint32_t frames, uint64_t now_ns);

/* Datagrams whose first fragment came FRAGMENTS_TIMEOUT_NS ago become due. */
void fragments_expire(struct fragments *f, uint64_t now_ns);

/* All become due. */
void fragments_finish(struct fragments *f);

bool fragments_any_due(const struct fragments *f);

/* The datagram that is due first; false: none. */
bool fragments_due(const struct fragments *f, struct datagram *ret);

/* Writes it: the IP header of the first fragment, made that of the whole, and what was captured
 * from the start without a gap. One that is not complete keeps a header that says so; without the
 * first fragment there is nothing behind that. */
void fragments_copy(const struct fragments *f, uint8_t *buf);
void fragments_pop(struct fragments *f);

void fragments_stats(const struct fragments *f, struct fragments_stats *ret);
const char *fragment_fault_name(enum fragment_fault fault);
const char *fragment_fault_text(enum fragment_fault fault);
