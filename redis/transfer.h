/* One batch of alerts into a stream, as one transaction: all of it or, when Redis refuses, nothing.
 * Blocks on the connection. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "redis/alert_queue.h"
#include "redis/connection.h"
#include "redis/stream.h"

enum { TRANSFER_MAX = 256 };

struct transfer_report {
	uint32_t read_back; /* of the confirmed: were there already, from an attempt whose reply
			       was lost */
	uint32_t left;      /* neither confirmed nor refused: their ids are no longer free */
	bool taken;         /* under one of these ids there is something else */
};

/* Sends BATCH (N alerts, 1 to TRANSFER_MAX, their ids increasing) and sets `confirmed` of those
 * that Redis has. 0: all are confirmed but ret->left of them, which need new ids behind the
 * stream's last one. Negative with *err: Redis refused all of it, or the connection broke and it is
 * unknown whether it was added: the same batch must be sent again under the same ids. Some may be
 * confirmed nevertheless. */
int transfer_batch(struct redis_connection *c, const struct stream_keys *k,
	struct queued_alert *const *batch, uint32_t n, struct transfer_report *ret,
	struct error *err);

/* Reads the replies to a transaction of N commands whose MULTI and EXEC were queued around them.
 * The array that EXEC returned is *ret; error replies inside it are the caller's to find. 0, or the
 * first failure: then nothing was executed, or the connection broke. */
int transfer_read_transaction(
	struct redis_connection *c, uint32_t n, struct redis_reply *ret, struct error *err);
