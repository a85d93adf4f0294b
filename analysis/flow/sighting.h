/* What one layer of a packet adds to its conversation. Whoever decodes a packet writes it, while
 * the packet is in his processor's cache; whoever counts it, on another processor most likely,
 * needs nothing else of most packets. A cache line. Pure. */
#pragma once

#include <stdint.h>

#include "analysis/flow/flow.h"
#include "capture/frame.h"
#include "capture/packet.h"

enum {
	SIGHTING_MAC = 1 << 0,        /* the outermost header, and hardware addresses around it */
	SIGHTING_SUBSCRIBER = 1 << 1, /* carries what is a subscriber's */
	SIGHTING_OPAQUE = 1 << 2,     /* it, or what it carries, is for no classifier */
	SIGHTING_TUNNEL = 1 << 3,     /* there is a layer inside */
	SIGHTING_OVERLAP = 1 << 4,    /* put together of fragments that contradict each other */
	SIGHTING_LOSS = 1 << 5,      /* was not decoded to its end for want of bytes or knowledge */
	SIGHTING_ASSEMBLED = 1 << 6, /* of fragments: its layer knows how many packets and bytes */
	SIGHTING_REACH = 1 << 7,     /* whom a subscriber's packet in it is addressed to matters */
	SIGHTING_CHUNK = 1 << 8,     /* sctp_chunk was captured */
	SIGHTING_LATE = 1 << 9,      /* older than the packet clock */
	SIGHTING_MARKED = 1 << 10,   /* a reset with an urgent pointer, which no TCP sends */
};

struct sighting {
	struct flow_key key;
	uint32_t hash;  /* of the key */
	uint32_t bytes; /* IP header and all it carries, unless ASSEMBLED */
	uint32_t payload_bytes;
	uint32_t tcp_seq, tcp_ack;
	uint16_t notes;  /* SIGHTING_* */
	uint8_t src_end; /* end of the key that sent it */
	union {
		uint8_t tcp_flags;
		uint8_t sctp_chunk; /* type of the first one */
	};
};

_Static_assert(sizeof(struct sighting) == 64, "a cache line");

/* Of LAYER of P, which was decoded from FRAME and seen in SEGMENT at TS_NS of the packet clock.
 * HASH_KEY: of the flow tables that it is for. Returns the hash of its hosts, for shard_choose. */
uint64_t sighting_make(struct sighting *ret, const struct frame *frame, const struct packet *p,
	uint32_t layer, uint16_t segment, uint64_t ts_ns, uint64_t hash_key);
