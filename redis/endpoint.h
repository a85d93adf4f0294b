/* Where a Redis is, as addresses: looked up once, connected to any number of times. Connecting
 * makes stream sockets and uses socket, setsockopt, connect, poll and close alone: no file, no name
 * server. hiredis' own connecting calls getaddrinfo each time. One thread at a time. */
#pragma once

#include <stdint.h>

#include "common/error.h"
#include "redis/address.h"
#include "redis/url.h"

struct redis_endpoint;

/* Parses URL (redis/url.h) and looks its hosts up. KEY (NULL: any): what the connections are for,
 * where keys have nodes of their own. NULL with *err: ERR_USAGE for the URL, ERR_REDIS when none of
 * its hosts has an address. */
struct redis_endpoint *redis_endpoint_new(const char *url, const char *key, struct error *err);
/* The same for KEY, without looking anything up. NULL without memory. */
struct redis_endpoint *redis_endpoint_for(const struct redis_endpoint *e, struct str key);
void redis_endpoint_free(struct redis_endpoint *e); /* NULL allowed */

const struct redis_url *redis_endpoint_url(const struct redis_endpoint *e);
int redis_endpoint_slot(const struct redis_endpoint *e); /* of the key; -1: any */

struct redis_tls_files;

/* NULL: in the clear. */
struct redis_tls_files *redis_endpoint_tls(const struct redis_endpoint *e);

/* The name in the certificate of who is at A: what the URL says of all, else the host that was
 * looked up, else the address, in BUF of REDIS_ADDRESS_BYTES. */
const char *redis_endpoint_server_name(
	const struct redis_endpoint *e, const struct redis_address *a, char *buf);

/* Whom to ask: the addresses of the URL's hosts, then those that were learned; the one that was
 * preferred last comes first. I < redis_endpoint_count. */
uint32_t redis_endpoint_count(const struct redis_endpoint *e);
const struct redis_address *redis_endpoint_at(const struct redis_endpoint *e, uint32_t i);

/* A is the one to ask first from now on. Unknown ones are ignored. */
void redis_endpoint_prefer(struct redis_endpoint *e, const struct redis_address *a);

/* A can be asked, too, should the others be gone: at most 64 of them, then the oldest makes room.
 */
void redis_endpoint_learn(struct redis_endpoint *e, const struct redis_address *a);
