/* One writer a stream: vedette:{NAME}:lease names it, for as long as it renews the lease in time.
 * It guards no entry (explicit ids do): it finds out that two sensors have one name, or that a
 * spool was copied, and says who the other one is. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "redis/connection.h"
#include "redis/stream.h"

enum { LEASE_IDENTITY_BYTES = 16, LEASE_HOST_BYTES = 65, LEASE_VALUE_BYTES = 192 };

struct lease {
	char value[LEASE_VALUE_BYTES]; /* identity, boot, nonce, pid, host: words */
	uint32_t ttl_ms;
};

/* IDENTITY: the spool's, or of this run. NONCE: random, of this run. Asks the system for the host's
 * name and the boot, once. */
void lease_make(struct lease *l, const uint8_t identity[LEASE_IDENTITY_BYTES], uint64_t nonce,
	uint32_t ttl_ms);

/* Takes the lease or renews it. 0: it is ours. ERR_REDIS with *err, *ret_other true: another
 * process holds it, whom *err names (an operator's matter: redis_needs_operator). AT_START: that of
 * a process that is gone is taken over: one of this boot that had the same spool, whose lock proves
 * it, or whose pid nobody has. */
int lease_take(struct redis_connection *c, const struct stream_keys *k, const struct lease *l,
	bool at_start, bool *ret_other, struct error *err);

/* Gives it back when it is ours. 0, or a negative code with *err. */
int lease_release(struct redis_connection *c, const struct stream_keys *k, const struct lease *l,
	struct error *err);
