/* What a Diameter message tells: over TCP, and inside SCTP. */
#pragma once

#include "analysis/signalling/diameter_read.h"
#include "analysis/signalling/signalling.h"

/* Adds to M what the message that BYTES begin with says, N captured ones; names of nodes without
 * identities. Returns its length, as its header says; 0: it is none. */
uint32_t diameter_tell(const uint8_t *bytes, uint32_t n, struct signalling_message *m);
