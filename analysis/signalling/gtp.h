/* What the protocols of the GTP family have in common: messages by their type, information
 * elements, and the words for what is wrong with a message. Shared by the files of this folder;
 * nobody else includes this. */
#pragma once

#include "analysis/signalling/signalling.h"
#include "common/cursor.h"

enum {
	GTP_ECHO_REQUEST = 1,
	GTP_ECHO_RESPONSE = 2,
	GTP_ELEMENT_RECOVERY = 14,
	GTP_ELEMENT_TEID_DATA_1 = 16,
	GTP_ELEMENT_PEER_ADDRESS = 133,
	GTP_ELEMENT_EXTENSION_HEADERS = 141,
	GTP_ELEMENT_TUNNEL_STATUS = 230,
	GTP_ELEMENT_RECOVERY_TIME = 231,
	GTP_ELEMENT_PRIVATE = 255, /* in version 2, too */
	GTP_MAX_ELEMENTS = 4,
};

/* Flags of version 1 (3GPP TS 29.060 §6, TS 29.281 §5.1) behind version and protocol type. */
enum {
	GTP_FLAG_SPARE = 0x08,
	GTP_FLAG_EXTENSION = 0x04,
	GTP_FLAG_SEQUENCE = 0x02,
	GTP_OPTIONAL_FIELDS = 0x07,
};

/* A message by its type. Those that manage a path hold the ELEMENTS alone (0 ends them); of others
 * (elements[0] is GTP_ANY_ELEMENT) it is not asked which they hold. */
enum { GTP_ANY_ELEMENT = 1 };

struct gtp_message {
	uint8_t type;
	const char *name;
	uint8_t elements[GTP_MAX_ELEMENTS];
};

/* NULL: there is none of this TYPE among the N of ALL. */
const struct gtp_message *gtp_find(const struct gtp_message *all, size_t n, uint8_t type);

/* What a walk over the elements of a message found. */
struct gtp_walk {
	bool private_extension;
	bool unexpected;    /* one that this message never holds */
	uint32_t n_residue; /* bytes that are no element */
};

/* Moves behind the optional fields and extension headers of version 1, which FLAGS promise
 * (TS 29.060 §6, TS 29.281 §5.2: length in words of four bytes, the next one's type in the last
 * byte). False where a length is impossible. */
bool gtp_skip_options(struct cursor *c, uint8_t flags);

/* Walks the elements of version 1 (TS 29.060 §7.7, TS 32.295 §6.2.1: one byte of type; below 128
 * the type says the length, from 128 on two bytes do) from C to N bytes behind it. Types are looked
 * at, lengths are believed, nothing else is read. Of a message that was cut the captured part alone
 * counts. */
struct gtp_walk gtp_walk_v1(struct cursor *c, uint32_t n, const struct gtp_message *m);

/* The same of version 2 (TS 29.274 §8.2.1: type, two bytes of length, four spare bits and the
 * instance). */
struct gtp_walk gtp_walk_v2(struct cursor *c, uint32_t n, const struct gtp_message *m);

/* Names M, and adds the facts that all of them have. */
void gtp_tell(struct signalling_message *ret, uint64_t version, const struct gtp_message *m,
	uint32_t n_bytes, const struct gtp_walk *w);

/* Something is wrong with it: "flags". */
void gtp_problem(struct signalling_message *ret, const char *what);

/* An echo of version 1 whose header makes no sense: a version or a length that cannot be. Backdoors
 * send such, since they read nothing but its type. Believed between PORT and one of no other
 * service alone, and when it names no tunnel. */
bool gtp_read_odd_echo(const struct packet_layer *layer, const uint8_t *payload, uint32_t n,
	uint16_t port, struct signalling_message *ret);
