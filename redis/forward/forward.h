/* Hands the alerts of sensors on to something else, at least once: a consumer group on each stream,
 * and an entry is acknowledged only when its target has it. Several forwarders of one group share
 * the work; what one of them left behind is taken over by the others. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "redis/fleet.h"
#include "redis/forward/target.h"
#include "redis/route.h"

enum { FORWARD_NAME_MAX = 128 };

struct forward_stats {
	uint64_t forwarded;   /* entries that came for the first time */
	uint64_t redelivered; /* of this consumer, from before it started or lost Redis */
	uint64_t claimed;     /* taken over from other consumers */
	uint64_t notices;     /* alerts of its own: silent sensors, missing entries */
	uint64_t acknowledged;
	uint64_t missing;        /* numbers that streams lack, and nothing declares */
	uint64_t deleted;        /* entries that were gone while they were pending */
	uint64_t foreign;        /* entries without an alert, acknowledged and not forwarded */
	uint64_t failures;       /* of the target */
	uint64_t reconnects;     /* times that Redis was away */
	uint64_t waiting;        /* now: put to the target, and not yet safe there */
	uint64_t unacknowledged; /* now: safe there, and Redis has not taken it yet */
	uint64_t sensors;        /* now */
};

enum forward_wish { FORWARD_STOP = 1, FORWARD_REOPEN = 2, FORWARD_STATUS = 4 };

struct forward_config {
	const char *group, *consumer;     /* forward_name_ok */
	struct fleet_selection selection; /* of sensors */
	bool from_now; /* a group that is new begins with what comes; else with what is there */
	uint32_t min_idle_ms; /* so long an entry was with another consumer before it is taken over
			       */
	const struct forward_target_type *type;
	void *target;                              /* of type->open */
	unsigned (*wishes)(void *user);            /* enum forward_wish, since the last call */
	void (*say)(void *user, const char *text); /* one line for the operator */
	void (*status)(void *user, const struct forward_stats *s); /* FORWARD_STATUS */
	void *user;
};

/* Of groups and consumers: 1 to FORWARD_NAME_MAX letters, digits, dots, underscores, hyphens. */
bool forward_name_ok(const char *name);

/* Forwards until FORWARD_STOP. A Redis that is away and a target that refuses are waited for, with
 * a growing pause (0.1 s to 5 s). 0 when it was told to stop, or the target closed; negative with
 * *err for what waiting does not mend: memory, a name that is no sensor's. What was put and not
 * acknowledged then stays pending in the group, for the next forwarder. */
int forward_run(const struct forward_config *cfg, struct redis_route *r, struct error *err);
