/* A connection to a Redis Cluster: a link to each node that is needed, commands by the slot of
 * their key, redirections followed. Behind redis_connect, not for others. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "redis/connection.h"

struct cluster;

/* Asks the nodes of E in turn who has what, and connects to who has E's slot. NULL with *err and
 * *ret_needs_operator, as redis_connect. */
struct redis_connection *cluster_connect(
	struct redis_endpoint *e, int cancel_fd, bool *ret_needs_operator, struct error *err);
void cluster_free(struct cluster *cl); /* NULL allowed */

/* redis_append, redis_read and redis_send_early of such a connection. */
int cluster_append(struct cluster *cl, int argc, const struct str *argv, struct error *err);
int cluster_read(struct cluster *cl, struct redis_reply *ret, struct error *err);
void cluster_send_early(struct cluster *cl, bool all);

/* Asks anew who has what. No reply may be outstanding. */
int cluster_learn(struct cluster *cl, struct error *err);

/* The node that has SLOT, as far as CL knows; NULL: nobody. Valid until the next call on CL. */
const struct redis_address *cluster_owner(const struct cluster *cl, uint16_t slot);

/* How many keys were found elsewhere than was known. */
uint64_t cluster_moves(const struct cluster *cl);
