/* Recognises a packet that was seen a moment ago: mirrors at two taps, or both sides of one switch
 * port, show it twice, in other VLANs, behind other labels, between other hardware addresses, one
 * hop further on.
 *
 * Two packets are the same when their first IP headers agree in all that routers leave alone
 * (everything but TTL or hop limit, DSCP and ECN, and the checksum over these) and so do the first
 * 128 bytes behind: they hold the transport checksum, which stands for the rest. Total length,
 * identification and fragment offset are part of the header, so fragments are told apart.
 *
 * How long a copy is waited for depends on what an identical packet could be otherwise:
 *   50 ms  IPv4 with an identification, TCP, SCTP, ICMP echo. A host numbers its packets; and of
 *          these protocols a second packet with the same sequence number and content says nothing
 *          that the first did not. So a retransmission within 50 ms is dropped, too, where its
 *          number does not tell (IPv6, and IPv4 with number 0), as are acknowledgements that
 * repeat: nothing is judged differently, the counters miss it. Packets that go round in a routing
 *          loop are copies as well; their number shows in the count of those dropped.
 *   1 ms   all else, such as UDP without a number: a program may send the same bytes again, but
 *          hardly that soon.
 * The time runs from the first copy: what somebody repeats for ever is not dropped for ever.
 *
 * Not recognised: copies that one tap cut shorter than those 128 bytes, copies of taps whose clocks
 * differ by more, and what is not IP.
 *
 * Fixed memory: 65,536 packets in sets of four (1 MiB). In a set that is full the oldest packet is
 * forgotten, and counted when a copy of it could still come. Pure, but for its own memory; one
 * thread. Cost: a hash of some 150 bytes and one cache line a packet. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "capture/frame.h"
#include "capture/packet.h"
#include "common/blob.h"
#include "common/time_text.h"

#define DUPLICATES_WINDOW_NS       (50 * NS_PER_MS)
#define DUPLICATES_WINDOW_SHORT_NS NS_PER_MS

enum { DUPLICATES_SLOTS = 65536, DUPLICATES_PAYLOAD_BYTES = 128 };

struct duplicates;

struct duplicates *duplicates_new(uint64_t hash_key); /* NULL without memory */
void duplicates_free(struct duplicates *d);           /* NULL allowed */

/* A number for what P, decoded from FRAME, has in common with its copies; 0: it is never taken for
 * one. Fetches ahead what duplicates_seen will look at: ask for some packets, then look at them. */
uint64_t duplicates_digest(
	const struct duplicates *d, const struct frame *frame, const struct packet *p);

/* Whether P, whose number is DIGEST, is a copy of a packet given here before. NOW_NS never
 * decreases. */
bool duplicates_seen(struct duplicates *d, uint64_t digest, const struct frame *frame,
	const struct packet *p, uint64_t now_ns);

/* Both at once. */
bool duplicates_check(
	struct duplicates *d, const struct frame *frame, const struct packet *p, uint64_t now_ns);

/* Packets that were forgotten before their time: a copy of them was not recognised. */
uint64_t duplicates_forgotten(const struct duplicates *d);

/* What copies could still come of at NOW_NS; the digests hold for the same hash key alone. */
void duplicates_save(const struct duplicates *d, uint64_t now_ns, struct blob_writer *w);
bool duplicates_load(struct duplicates *d, struct blob_reader *r); /* D is new */
