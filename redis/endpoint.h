/* Where a Redis is, as addresses: resolved once, connected to any number of times. Connecting makes
 * one stream socket and uses socket, setsockopt, connect, poll and close alone: no file, no name
 * server. hiredis' own connecting calls getaddrinfo each time. */
#pragma once

#include <stdint.h>

#include "common/error.h"
#include "redis/url.h"

struct redis_endpoint;

/* Parses URL (redis/url.h) and looks its host up. KEY (copied; NULL: any): what the connections are
 * for, where keys have nodes of their own. NULL with *err: ERR_USAGE for the URL, ERR_REDIS for a
 * host without an address. */
struct redis_endpoint *redis_endpoint_new(const char *url, const char *key, struct error *err);
void redis_endpoint_free(struct redis_endpoint *e); /* NULL allowed */

const struct redis_url *redis_endpoint_url(const struct redis_endpoint *e);
int redis_endpoint_slot(const struct redis_endpoint *e); /* of the key; -1: any */

/* A connected descriptor, non-blocking and closed at exec; the host's addresses are tried in turn,
 * TIMEOUT_MS each. ERR_REDIS with *err that names the remedy; ERR_SYSTEM when there is no socket.
 * CANCEL_FD as in redis_wait. */
int redis_endpoint_connect(
	const struct redis_endpoint *e, int timeout_ms, int cancel_fd, struct error *err);

enum redis_wait_result { REDIS_WAIT_TIMEOUT, REDIS_WAIT_READY, REDIS_WAIT_CANCELLED };

/* Waits until FD (-1: nothing) is ready for EVENTS (of poll), or CANCEL_FD (-1: nothing) can be
 * read: another thread wants this one to give up. */
enum redis_wait_result redis_wait(int fd, short events, int64_t timeout_ms, int cancel_fd);
