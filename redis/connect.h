/* Opening connections to single servers: what redis_connect is made of. Not for others. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "redis/connection.h"

enum { CONNECT_SILENCE_MS = 5000 }; /* to connect, and without a byte in or out */

struct connect_config {
	const char *name; /* for messages; NULL: made of the address */
	const char *user; /* NULL: nobody logs in; "": the default user */
	const char *password;
	uint32_t db;
	int silence_ms;
	int loading_ms; /* how long a server may still read its data */
	int cancel_fd;
	const struct redis_endpoint *endpoint; /* whose TLS, if any */
};

/* Connects to the first of N addresses (of one host) that takes it, logs in, selects, pings. NULL
 * with *err and *ret_needs_operator, as redis_connect. */
struct redis_connection *connect_server(const struct redis_address *addresses, uint32_t n,
	const struct connect_config *cfg, bool *ret_needs_operator, struct error *err);

/* How E's servers, or the nodes behind it, are connected to. */
struct connect_config connect_config_of(const struct redis_endpoint *e, int cancel_fd);
