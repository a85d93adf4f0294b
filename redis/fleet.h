/* All sensors and replays that a Redis knows, read together: requests go to all of them at once,
 * whichever nodes have their keys, and cost one round trip for many. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "redis/connection.h"
#include "redis/reader.h"
#include "redis/route.h"
#include "redis/stream.h"

enum { FLEET_MAX = 8192 }; /* members: what one XREAD may ask for within a reply's bounds */

struct fleet_member {
	struct stream_keys keys;     /* with its name */
	struct reader_status status; /* as of the last fleet_refresh; but `entries` */
	bool has_status;             /* false: it expired, or there never was one */
	bool known;                  /* in vedette:sensors, or named in the selection */
	bool failed;                 /* the last request: it is not answered for */
	char after[READER_ID_BYTES]; /* fleet_read: read up to here; "0-0" at first */
	void *user;                  /* the caller's; NULL at first */
};

bool fleet_is_replay(const struct fleet_member *m);

struct fleet_selection {
	const char *const *names; /* these alone; N_NAMES 0: all that there are */
	size_t n_names;
	bool sensors, replays; /* what of all is meant; a member without status is a sensor */
};

struct fleet;

/* R and the names are borrowed while it lives. NULL without memory. */
struct fleet *fleet_new(struct redis_route *r, const struct fleet_selection *s);
void fleet_free(struct fleet *f); /* NULL allowed */

/* Learns who there is, and everyone's status. Members are never taken away: one that is no longer
 * known says so. 0, or the first failure with *err; the others are up to date then, too. ERR_REDIS
 * when there are more than FLEET_MAX. */
int fleet_refresh(struct fleet *f, struct error *err);

/* Those of the selection, by name; valid until the next fleet_refresh, the members themselves as
 * long as F. */
struct fleet_member *const *fleet_members(const struct fleet *f, size_t *ret_n);
struct fleet_member *fleet_find(const struct fleet *f, struct str name); /* NULL: none */

struct redis_route *fleet_route(const struct fleet *f);

/* One request to each of MEMBERS. ASK queues the commands, as many as `commands` says, with
 * redis_append; ANSWER is given each reply in turn, or R NULL when the connection failed, with the
 * reason in *err; for error replies *err is filled, too. ANSWER returns 0; negative when the
 * failure counts (*err kept); positive to end: the others are not asked to ANSWER any more. */
struct fleet_request {
	unsigned commands;
	size_t window; /* members at a time: bounds what the servers hold ready; 0: 256 */
	void (*ask)(void *user, struct fleet_member *m, struct redis_connection *c);
	int (*answer)(void *user, struct fleet_member *m, unsigned command,
		struct redis_connection *c, const struct redis_reply *r, struct error *err);
	void *user;
};

/* 0, what ANSWER returned to end, or the first failure that counts. Whatever failed, every other
 * member was asked. */
int fleet_ask(struct fleet *f, struct fleet_member *const *members, size_t n,
	const struct fleet_request *q, struct error *err);

/* As reader_entry_fn, with the member that it is of. */
typedef int fleet_entry_fn(void *user, struct fleet_member *m, const struct reader_entry *e);

struct fleet_reading {
	const char *group, *consumer; /* NULL: without a group, behind each member's `after` */
	unsigned count;               /* entries of each member, at most */
	unsigned block_ms;            /* wait for the first one, at most READER_WAIT_MAX_MS */
};

/* What is new of MEMBERS, each member's entries in their order. On a single server that is one
 * blocking command for all; in a Cluster one command for each, in one round trip for each node, and
 * no waiting: *ret_waited says which it was. Returns as fleet_ask. An error reply names no member:
 * *ret_refused (NULL allowed) is then the text of Redis' refusal, "" otherwise. */
enum { FLEET_REFUSED_BYTES = 128 };
int fleet_read(struct fleet *f, struct fleet_member *const *members, size_t n,
	const struct fleet_reading *how, fleet_entry_fn *entry, void *user, bool *ret_waited,
	char *ret_refused, struct error *err);

struct fleet_span {
	uint64_t since_ms, until_ms; /* packet time; both in it */
};

/* Every entry of MEMBERS within SPAN by packet time, those of one millisecond by name, each
 * member's in their order. Holds a few thousand entries at a time, however long the streams are.
 * Each member's `after` becomes the id of its last one. Returns as reader_all. */
int fleet_scan(struct fleet *f, struct fleet_member *const *members, size_t n,
	const struct fleet_span *span, fleet_entry_fn *entry, void *user, struct error *err);
