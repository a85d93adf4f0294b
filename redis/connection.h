/* One synchronous connection to Redis, with timeouts; every reply is read, bounded and classified
 * [hiredis]. Differences between hiredis 0.14 and 1.2 live in connection.c alone. One thread at a
 * time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "common/str.h"
#include "redis/endpoint.h"

struct redis_connection;

/* URL as in redis/url.h. Connects, authenticates, selects, pings; while Redis loads its data
 * (LOADING) it is asked again for up to 60 s. NULL with *err (ERR_REDIS; ERR_USAGE for a malformed
 * URL) that names the remedy. */
struct redis_connection *redis_open(const char *url, struct error *err);

/* The same to an endpoint, whose names are not looked up again; E must outlive the connection. Of a
 * Sentinel the server is the one that it calls the master now, and that says so itself. Of a
 * Cluster each command goes to the node that has its key, and goes on to another one when the keys
 * move (MOVED, ASK); what that passes by itself (TRYAGAIN, CLUSTERDOWN) is tried again for two
 * seconds. Only a transaction, or a command with several keys, must keep to one slot. When
 * CANCEL_FD (-1: none; borrowed while the connection lives) can be read, every call on the
 * connection that waits gives up: another thread's way to end this one in time. *ret_needs_operator
 * (NULL allowed): as redis_needs_operator when it failed. */
struct redis_connection *redis_connect(
	struct redis_endpoint *e, int cancel_fd, bool *ret_needs_operator, struct error *err);
void redis_close(struct redis_connection *c); /* NULL allowed */

enum redis_kind { REDIS_NIL, REDIS_STATUS, REDIS_STRING, REDIS_INTEGER, REDIS_ARRAY, REDIS_ERROR };

struct redis_reply {
	enum redis_kind kind;
	struct str str; /* STATUS, STRING, ERROR */
	int64_t integer;
	size_t n;         /* ARRAY */
	const void *impl; /* for redis_reply_at */
};

/* Item I of an array reply, I < n. */
struct redis_reply redis_reply_at(const struct redis_reply *r, size_t i);

/* Sends one command of ARGC binary-safe arguments and waits for its reply, which stays valid until
 * the next call on C. 0, or a negative code with *err: I/O errors (no byte for 5 s, no whole reply
 * within 60 s), replies that are not Redis' or too large (64 MiB, 262,144 items, 8 levels), and
 * error replies, whose text *err carries. ret->kind is REDIS_ERROR in the last case alone: then C
 * is still good; otherwise every later call fails with the same error. No replies may be
 * outstanding. */
int redis_command(struct redis_connection *c, int argc, const struct str *argv,
	struct redis_reply *ret, struct error *err);

/* Pipelining: queue any number of commands (copied; sent by the next redis_read), then read exactly
 * as many replies. redis_read is like redis_command; an error reply inside an array is not looked
 * for. When redis_append fails, so does every redis_read after it: its result may be left unread.
 */
int redis_append(struct redis_connection *c, int argc, const struct str *argv, struct error *err);
int redis_read(struct redis_connection *c, struct redis_reply *ret, struct error *err);

/* Sends what goes without waiting of what is queued, unless it is little (64 KiB) and not ALL, so
 * that Redis works meanwhile. What goes wrong is told by the next redis_read. */
void redis_send_early(struct redis_connection *c, bool all);

/* Fills *err as redis_read does for the error reply R, which was found inside an array. Returns
 * ERR_REDIS. */
int redis_refused(struct redis_connection *c, const struct redis_reply *r, struct error *err);

/* Whether the last failure on C was an error reply that is the same until a person acts (a
 * password, a right, a key of another type), unlike those that pass by themselves (OOM, READONLY,
 * LOADING, a broken connection ...). redis_set_needs_operator says so of what a caller found. */
bool redis_needs_operator(const struct redis_connection *c);
void redis_set_needs_operator(struct redis_connection *c, bool needs_operator);

/* Whether the last failure on C was that of a server that is not the one to ask any more (READONLY
 * after a failover, a redirection that could not be followed): a new connection may be to the right
 * one at once. One that fails in the same way is to be waited out. */
bool redis_wants_reconnect(const struct redis_connection *c);

/* Whether every later call on C fails. */
bool redis_is_broken(const struct redis_connection *c);

/* Fills *err: C answered something that Redis would not (WHAT: "XADD"). C is not used any more.
 * Returns ERR_REDIS. */
int redis_nonsense(struct redis_connection *c, const char *what, struct error *err);
