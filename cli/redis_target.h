/* Turns --redis and --state into an open connection. */
#pragma once

#include "common/error.h"
#include "redis/connection.h"
#include "redis/route.h"

struct redis_target;

/* WHERE: a URL (redis/url.h), "private" or NULL for a server of our own, which is started on
 * demand, or "none". STATE_DIR: where the private server keeps its files; NULL: default_state_dir.
 * 0 with *ret (NULL for "none"), or a negative code with *err. From here on SIGPIPE is ignored: a
 * command whose reader leaves still has to close the target, because its private server is stopped
 * by the last user alone. */
int redis_target_open(
	struct redis_target **ret, const char *where, const char *state_dir, struct error *err);
void redis_target_close(struct redis_target *t); /* NULL allowed */

struct redis_connection *redis_target_connection(const struct redis_target *t);

/* Connections by key, for commands that read many streams: opened by the first call, T's own. */
int redis_target_route(struct redis_target *t, struct redis_route **ret, struct error *err);

/* The socket of the private server, NULL for a server of others. */
const char *redis_target_private_socket(const struct redis_target *t);
