/* How long a stream gets: XTRIM MAXLEN ~ in bounded steps, with a look at the consumer groups
 * before each, so that nobody's unread entries go unsaid. */
#pragma once

#include <stdint.h>

#include "redis/connection.h"
#include "redis/stream.h"

enum { RETENTION_GROUP_BYTES = 64 };

struct retention_report {
	uint64_t trimmed;
	uint64_t unread; /* of those: entries that a group had not read, or not acknowledged; of the
			    group that misses the most */
	char group[RETENTION_GROUP_BYTES]; /* that group, printable; "" without one */
	bool more;                         /* there is more to trim: call again soon */
};

/* Trims the stream to about KEEP entries (Redis drops whole blocks, so some more stay), at most
 * about 10,000 in one call. What is unread goes, too: it is counted and named. 0, or a negative
 * code with *err. */
int retention_trim(struct redis_connection *c, const struct stream_keys *k, uint64_t keep,
	struct retention_report *ret, struct error *err);
