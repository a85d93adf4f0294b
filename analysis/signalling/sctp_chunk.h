/* The chunks of an SCTP packet (RFC 9260 §3.2): what they say of the association, and the data that
 * they carry. Pure; borrows the bytes it is given, which are hostile and may be cut. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/ip.h"
#include "common/str.h"

/* RFC 9260 §3.2; 64 is RFC 8260 §2.1, 128 and 193 are RFC 5061 §4.1. */
enum sctp_chunk_type {
	SCTP_CHUNK_DATA = 0,
	SCTP_CHUNK_INIT = 1,
	SCTP_CHUNK_INIT_ACK = 2,
	SCTP_CHUNK_SACK = 3,
	SCTP_CHUNK_HEARTBEAT = 4,
	SCTP_CHUNK_HEARTBEAT_ACK = 5,
	SCTP_CHUNK_ABORT = 6,
	SCTP_CHUNK_SHUTDOWN = 7,
	SCTP_CHUNK_SHUTDOWN_ACK = 8,
	SCTP_CHUNK_ERROR = 9,
	SCTP_CHUNK_COOKIE_ECHO = 10,
	SCTP_CHUNK_COOKIE_ACK = 11,
	SCTP_CHUNK_SHUTDOWN_COMPLETE = 14,
	SCTP_CHUNK_I_DATA = 64,
	SCTP_CHUNK_ASCONF_ACK = 128,
	SCTP_CHUNK_ASCONF = 193,
};

struct sctp_chunk {
	uint8_t type, flags;
	const uint8_t *value; /* behind the chunk's header */
	uint32_t n;           /* of these captured */
	uint32_t length;      /* of these, as the header says */
	uint32_t next;        /* where the next chunk begins, at most the packet's N */
};

/* The chunk that begins at AT of the payload of a packet, N captured bytes. False: there is none.
 */
bool sctp_chunk_at(const uint8_t *payload, uint32_t n, uint32_t at, struct sctp_chunk *ret);

/* "init-ack"; NULL for types that say nothing of an association. */
const char *sctp_chunk_name(uint8_t type);

/* The type of that name (I-DATA is DATA then), or -1. */
int sctp_chunk_find(struct str name);

enum { SCTP_MAX_ADDRESSES = 8 };

/* Addresses that the sender names as its own: the parameters 5 and 6 (RFC 9260 §3.3.2.1). */
struct sctp_addresses {
	struct ip_addr
		addr[SCTP_MAX_ADDRESSES]; /* the first ones, none twice, none 0.0.0.0 or :: */
	uint32_t n;
	uint32_t left_out; /* more of them */
};

struct sctp_init {
	uint32_t tag; /* initiate tag: of packets to the sender from now on; never 0 */
	struct sctp_addresses addresses;
};

/* INIT and INIT ACK (§3.3.2, §3.3.3). False for other chunks, and when the fixed part was cut. */
bool sctp_read_init(const struct sctp_chunk *c, struct sctp_init *ret);

/* Addresses that the sender adds to the association and takes out of it, and the one that it wants
 * to be reached at first (RFC 5061 §4.2). */
struct sctp_asconf {
	struct sctp_addresses added, removed;
	bool has_primary;
	struct ip_addr primary;
};

bool sctp_read_asconf(const struct sctp_chunk *c, struct sctp_asconf *ret);

struct sctp_data {
	uint32_t ppid;        /* payload protocol identifier */
	bool begins;          /* else a later fragment of a message */
	const uint8_t *bytes; /* the user's */
	uint32_t n;           /* captured; 0: none */
};

/* DATA (§3.3.1) and I-DATA with bytes in them. False for other chunks, when the header was cut, and
 * for later fragments in I-DATA, which name no protocol. */
bool sctp_read_data(const struct sctp_chunk *c, struct sctp_data *ret);
