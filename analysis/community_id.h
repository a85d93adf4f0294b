/* Community id version 1: one text that names a conversation in every tool
 * (github.com/corelight/community-id-spec). */
#pragma once

#include "analysis/event.h"

enum { COMMUNITY_ID_BYTES = 32 };

/* "1:" and 28 characters, seed 0, NUL-terminated, in BUF of COMMUNITY_ID_BYTES. Returns BUF. */
char *community_id(const struct flow_record *r, char *buf);
