/* Which conversation facts speak of. The rules judge a conversation when it is classified, each
 * minute while it lasts and at its end; what counts conversations counts it once. */
#pragma once

#include <stdint.h>

#include "analysis/facts.h"

/* The same for all that is said of one conversation, by its first packet, ends, transport and
 * segment; 0 for what is no conversation (an answer of DNS, a packet in a tunnel, news of the
 * sensor). Secret HASH_KEY: an attacker chooses the ends. */
uint64_t conversation_id(const struct facts *f, uint64_t hash_key);
