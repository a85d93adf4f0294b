/* Where a socket connects to. No name is looked up here. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/str.h"

struct redis_address {
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
		struct sockaddr_un local;
	} u;
	socklen_t bytes;
};

enum { REDIS_ADDRESS_BYTES = 64 };

/* HOST is an address in figures (not a name), PORT 1 to 65535. */
bool redis_address_set(struct redis_address *a, struct str host, uint16_t port);

bool redis_address_eq(const struct redis_address *a, const struct redis_address *b);

/* The same host with another port. Not for a unix socket. */
struct redis_address redis_address_with_port(const struct redis_address *a, uint16_t port);

/* "192.0.2.1:6379", "[2001:db8::1]:6379" in BUF of REDIS_ADDRESS_BYTES. Not for a unix socket.
 * Returns BUF. */
char *redis_address_format(const struct redis_address *a, char *buf);

char *redis_address_host(const struct redis_address *a, char *buf); /* without port and brackets */

/* A connected descriptor, non-blocking and closed at exec, or -errno: ETIMEDOUT after TIMEOUT_MS,
 * ECANCELED when CANCEL_FD (as in redis_wait) can be read. */
int redis_address_connect(const struct redis_address *a, int64_t timeout_ms, int cancel_fd);

enum redis_wait_result { REDIS_WAIT_TIMEOUT, REDIS_WAIT_READY, REDIS_WAIT_CANCELLED };

/* Waits until FD (-1: nothing) is ready for EVENTS (of poll), or CANCEL_FD (-1: nothing) can be
 * read: another thread wants this one to give up. */
enum redis_wait_result redis_wait(int fd, short events, int64_t timeout_ms, int cancel_fd);
