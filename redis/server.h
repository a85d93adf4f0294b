/* The process behind private.h: a Redis server on a unix socket. It knows nothing of users; the
 * caller serialises. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "common/error.h"

/* Whether a server accepts connections on SOCKET. */
bool server_accepts(const char *socket);

/* Starts redis-server, or valkey-server where there is none, with its data and its log in DIR
 * (absolute), and waits until it serves on SOCKET (absolute; a socket left over there is replaced).
 * It has a session of its own, none of our descriptors, and /dev/null for standard input. Returns
 * its pid, which is a child of ours, or a negative code with *err. */
pid_t server_start(const char *dir, const char *socket, struct error *err);

/* Asks the server on SOCKET to end with its data on disk, and waits until it has. CHILD (0:
 * another's) is reaped. False when it refused or did not end within a minute. */
bool server_stop(const char *socket, pid_t child);
