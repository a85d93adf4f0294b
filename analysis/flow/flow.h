/* One conversation as the flow table keeps it: 176 bytes, so that a million of them that came in
 * few ways fit in 512 MB with everything around them. Numbers that differ by direction are kept by
 * end of the key; who began is one bit, so it can be corrected at any time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "analysis/dpi/classifier.h"
#include "analysis/event.h"
#include "analysis/flow/ways.h"
#include "capture/packet.h"

struct details;

/* Both ends in byte order of (address, port): each direction gives the same key. No padding: it is
 * hashed as bytes; what names the pair of hosts stands in front. */
struct flow_key {
	struct ip_addr addr[2];
	uint8_t proto;
	uint8_t ip_version;
	uint16_t port[2];
	uint16_t segment;
};

_Static_assert(sizeof(struct flow_key) == 40, "the key is hashed as bytes");

/* What a flow waits for: each class has one timeout and one list. In the order of the ranks. */
enum flow_class {
	FLOW_CLASS_OVER,        /* closed or reset: late packets may still come */
	FLOW_CLASS_TCP_OPENING, /* nobody answered yet */
	FLOW_CLASS_SCTP_OPENING,
	FLOW_CLASS_TCP_HALF_CLOSED_LONE, /* a FIN, and nobody answered */
	FLOW_CLASS_UDP_LONE,             /* one packet */
	FLOW_CLASS_ICMP_LONE,
	FLOW_CLASS_OTHER_LONE,
	FLOW_CLASS_UDP_ONE_WAY,
	FLOW_CLASS_ICMP_ONE_WAY,
	FLOW_CLASS_OTHER_ONE_WAY,
	FLOW_CLASS_TCP_ONE_WAY, /* established, as far as one direction shows it */
	FLOW_CLASS_TCP_HALF_CLOSED_ONE_WAY,
	FLOW_CLASS_SCTP_ONE_WAY,
	FLOW_CLASS_TCP,
	FLOW_CLASS_TCP_HALF_CLOSED,
	FLOW_CLASS_UDP,
	FLOW_CLASS_SCTP,
	FLOW_CLASS_ICMP,
	FLOW_CLASS_OTHER,
	FLOW_CLASS_COUNT,
};

/* How much a flow is missed when there is no room for all, least first. What one side alone can
 * bring about in any number never outranks what was answered. */
enum flow_rank {
	FLOW_RANK_OVER,
	FLOW_RANK_LONE, /* one packet, or attempts that nobody answered */
	FLOW_RANK_ONE_WAY,
	FLOW_RANK_ANSWERED,
	FLOW_RANK_COUNT,
};

#define FLOW_NONE UINT32_MAX

/* What each packet needs is in front: two or three cache lines. */
struct flow {
	struct flow_key key;
	uint32_t hash, hash_next; /* of the table */
	uint64_t last_ns;
	uint64_t packets[2], bytes[2], payload_bytes[2]; /* by end of the key */
	uint32_t detection; /* index in the detection pool, FLOW_NONE: finished */
	uint32_t tcp_mark; /* first sequence number of the SYN; else first acknowledgement number */
	uint8_t tcp_flags[2]; /* by end of the key */
	uint8_t state : 2;    /* enum flow_state */
	uint8_t end : 4;      /* enum flow_end; set when the conversation itself ended */
	uint8_t watch;        /* enum signalling_id: who reads its packets */
	uint8_t class;        /* enum flow_class */
	bool initiator_end : 1;
	bool midstream : 1;
	bool has_syn : 1; /* tcp_mark is a SYN's */
	bool has_mark : 1;
	bool has_teid : 1;
	bool has_mac : 1; /* both ends' */
	bool subscriber_tunnel : 1;
	bool is_tunnel : 1;
	bool fragment_overlap : 1;
	bool label_is_signalling : 1;
	bool is_dns : 1;     /* its messages may hold answers */
	bool classified : 1; /* EVENT_FLOW_CLASSIFIED was emitted */
	bool resumed : 1;    /* the program was restarted while its label was being decided */
	uint8_t due;         /* events that the current tick owes, bits of enum event_kind */
	uint32_t undecoded_packets;
	uint32_t list_prev, list_next; /* of its class, longest idle first */
	uint32_t teid;

	/* Of little use to most packets. */
	uint64_t first_seq, first_ns;
	struct details *details; /* owned; NULL: nothing was said */
	union {
		struct classifier_label dpi;
		const char *signalling; /* when label_is_signalling */
	} label;
	uint32_t way; /* number, for flow_way_at; owned */
	uint8_t icmp_type, icmp_code;
	uint8_t snmp_version; /* number in the header plus one; 0: none seen */
};

_Static_assert(sizeof(struct flow) <= 176, "see the head of this file");
_Static_assert(offsetof(struct flow, first_seq) <= 136, "what each packet needs");

/* The key of a layer; *ret_src_end is the end (0 or 1) that sent it. */
void flow_key_make(
	struct flow_key *ret, const struct packet_layer *l, uint16_t segment, uint8_t *ret_src_end);

/* Of the hosts and the protocol alone. */
uint64_t flow_key_hash_hosts(const struct flow_key *k, uint64_t key);

/* Of all of it, where HOSTS is that of its hosts. */
uint64_t flow_key_hash_among(const struct flow_key *k, uint64_t hosts);

uint64_t flow_key_hash(const struct flow_key *k, uint64_t key);

static inline bool flow_key_eq(const struct flow_key *a, const struct flow_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The flow, whose packets came in this WAY, as the analyst stage sees it, but for its label. */
void flow_record_fill(struct flow_record *ret, const struct flow *f, const struct flow_way *way);
