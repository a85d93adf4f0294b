/* Finding a server through those who watch it (Redis Sentinel). Not for others than connect.c. */
#pragma once

#include <stdbool.h>

#include "redis/connection.h"

/* Asks the sentinels of E in turn for their master's address, the one that was right last time
 * first, connects there, and has the server say that it is a master: what a sentinel says may be
 * old. NULL with *err and *ret_needs_operator, as redis_connect, when none of them led to one. */
struct redis_connection *sentinel_connect(
	struct redis_endpoint *e, int cancel_fd, bool *ret_needs_operator, struct error *err);

/* The address in R, what a sentinel answered to GET-MASTER-ADDR-BY-NAME MASTER. ERR_REDIS with
 * *err: it is none, or has a name in it. */
int sentinel_parse_address(const struct redis_reply *r, const char *master,
	struct redis_address *ret, struct error *err);
