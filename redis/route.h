/* Connections by key, for readers of many streams. One server: one connection for all keys. A
 * Cluster: one for the keys of each node, so that a node that is gone takes no others with it. A
 * connection that broke is opened again when it is asked for. One thread at a time. */
#pragma once

#include "common/error.h"
#include "common/str.h"
#include "redis/connection.h"

struct redis_route;

/* Looks the hosts of URL up, and connects. NULL with *err as of redis_open. */
struct redis_route *redis_route_open(const char *url, struct error *err);
void redis_route_close(struct redis_route *r); /* NULL allowed */

/* The connection on which commands with KEY go, in *ret: it belongs to R. The same pointer for keys
 * of one node, valid until the next redis_route_to for a key of that node. Keys that move meanwhile
 * are followed by the connection, and known to the next redis_route_to. A node that failed less
 * than a second ago fails with the same error at once. */
int redis_route_to(
	struct redis_route *r, struct str key, struct redis_connection **ret, struct error *err);
