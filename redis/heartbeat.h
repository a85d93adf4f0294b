/* A sensor's status hash. */
#pragma once

#include <stdint.h>

#include "redis/connection.h"
#include "redis/stream.h"

struct heartbeat_field {
	struct str name, value;
};

/* Replaces the whole hash by mode (sensor), heartbeat (the server's clock) and FIELDS in one
 * transaction; it expires after TTL_MS (0: never). 0, or a negative code with *err: the former hash
 * stays. */
int heartbeat_write(struct redis_connection *c, const struct stream_keys *k,
	const struct heartbeat_field *fields, uint32_t n, uint32_t ttl_ms, struct error *err);
