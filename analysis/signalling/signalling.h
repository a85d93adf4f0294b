/* Telecom protocols that the classification library does not know, or knows by port alone. Each is
 * recognised by its header. To add one: signalling/<name>.c with `recognise_<name>`, and a line in
 * signalling.def. Pure. */
#pragma once

#include <stdint.h>

#include "capture/packet.h"

enum signalling_verdict {
	SIGNALLING_NO,    /* not this protocol: do not ask again */
	SIGNALLING_MAYBE, /* this packet does not tell; a later one may */
	SIGNALLING_YES,   /* *ret_name names it */
};

/* LAYER's payload, N captured bytes. Of an opaque layer these are at most SIGNALLING_OPAQUE_BYTES:
 * the tunnel's own header. *ret_name is a constant, spelt as in contracts: "NGAP". */
typedef enum signalling_verdict signalling_fn(const struct packet_layer *layer,
	const uint8_t *payload, uint32_t n, const char **ret_name);

enum { SIGNALLING_OPAQUE_BYTES = 8 };

#define SIGNALLING(name) signalling_fn recognise_##name;
#include "analysis/signalling/signalling.def"
#undef SIGNALLING

/* Asks all: the first YES, else MAYBE when one of them says so, else NO. */
signalling_fn signalling_recognise;

/* The version in an SNMP message (RFC 1157 §4, RFC 3416, RFC 3412 §6): 0 to 3, or -1 when this is
 * not one. Nothing behind the version is looked at: in versions 1 and 2c a password follows. */
int snmp_version(const uint8_t *payload, uint32_t n);
