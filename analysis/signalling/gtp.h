/* What the protocols of the GTP family have in common: information elements, and the words for what
 * is wrong with a message. Shared by the files of this folder; nobody else includes this. */
#pragma once

#include "analysis/signalling/signalling.h"
#include "common/cursor.h"

enum {
	GTP_ELEMENT_RECOVERY = 14,
	GTP_ELEMENT_TEID_DATA_1 = 16,
	GTP_ELEMENT_PEER_ADDRESS = 133,
	GTP_ELEMENT_EXTENSION_HEADERS = 141,
	GTP_ELEMENT_TUNNEL_STATUS = 230,
	GTP_ELEMENT_RECOVERY_TIME = 231,
	GTP_ELEMENT_PRIVATE = 255,
	GTP_MAX_ELEMENTS = 4,
};

/* A message by its type, and the elements that it may hold (0 ends them). */
struct gtp_message {
	uint8_t type;
	const char *name;
	uint8_t elements[GTP_MAX_ELEMENTS];
};

/* What a walk over the elements of a message found. */
struct gtp_walk {
	bool private_extension;
	bool unexpected;    /* one that this message never holds */
	uint32_t n_residue; /* bytes that are no element */
};

/* Walks the elements of version 1 (3GPP TS 29.060 §7.7: one byte of type; below 128 the type says
 * the length, from 128 on two bytes do) from C to N bytes behind it. Types are looked at, lengths
 * are believed, nothing else is read. Of a message that was cut the captured part alone counts. */
struct gtp_walk gtp_walk_v1(struct cursor *c, uint32_t n, const struct gtp_message *m);

/* Adds the facts that all of them have. */
void gtp_tell(struct signalling_message *m, uint64_t version, uint64_t type, uint32_t n_bytes,
	const struct gtp_walk *w);
