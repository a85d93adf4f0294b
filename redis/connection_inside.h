/* Inside connections: what making them and following a Cluster needs. Not for others. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "redis/connection.h"

struct cluster;
struct redis_tls;

/* A connection without a socket. NAME (copied) stands in messages. No byte for SILENCE_MS: it is
 * broken. NULL without memory. */
struct redis_connection *connection_new(const char *name, int cancel_fd, int silence_ms);

/* C owns FD, a connected socket, from now on. */
void connection_attach(struct redis_connection *c, int fd);

/* C owns T from now on, which stands between it and its socket. NULL allowed. */
void connection_attach_tls(struct redis_connection *c, struct redis_tls *t);

/* C owns CL from now on, which does all that is asked of C. */
void connection_attach_cluster(struct redis_connection *c, struct cluster *cl);

struct cluster *connection_cluster(const struct redis_connection *c); /* NULL: of one server */

/* C owns E from now on. */
void connection_attach_endpoint(struct redis_connection *c, struct redis_endpoint *e);

/* Queues commands that are already written as the protocol wants them and have N_REPLIES. */
int connection_append_written(struct redis_connection *c, const char *bytes, size_t n,
	size_t n_replies, struct error *err);

/* Takes over what went wrong last on FROM, whose refusal or end this is. */
void connection_copy_blame(struct redis_connection *c, const struct redis_connection *from);

/* C is broken from now on, and says WHY. Returns WHY's code, with *err. */
int connection_break(struct redis_connection *c, const struct error *why, struct error *err);

/* The reply that was read last is not what Redis would say. Breaks C. */
int connection_foreign(struct redis_connection *c, struct error *err);

/* Waits for MS; breaks C when it is cancelled meanwhile. */
int connection_nap(struct redis_connection *c, int ms, struct error *err);
