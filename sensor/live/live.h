/* The sensor beside a mirror port: interfaces in, alerts out, for years. Joins the capture source,
 * the pipeline, the analyst stage and the delivery to Redis, and answers on the control socket.
 *
 * Threads: the caller's is the pipeline's own (reader); beside it the pipeline's workers, the
 * delivery's, the control socket's, and one that waits for signals (SIGHUP: reload; SIGTERM and
 * SIGINT: end). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/live/live_source.h"
#include "common/error.h"
#include "redis/delivery.h"
#include "sensor/confine/privileges.h"
#include "sensor/control/control.h"
#include "sensor/knowledge.h"

struct live_run_config {
	const char *name;                         /* of the sensor */
	const struct knowledge_config *knowledge; /* read again at each reload */
	struct live_config capture;               /* filter and drop aside, as given */
	uint64_t hash_key;
	bool has_seed; /* it was asked for: what was saved under another key is of no use */
	uint32_t workers, max_flows, max_detections, max_findings;
	uint64_t window_ns, repeat_ns; /* of findings */
	uint64_t learn_ns;             /* how long edges are learned; 0: not */
	bool keep_duplicates;
	bool sandbox;                  /* false: --no-sandbox */
	bool print;                    /* alerts on standard output, too */
	void (*log)(const char *text); /* a line for the operator; any thread */
};

struct live_run;

/* Loads what the sensor knows and opens its interfaces and its control socket: all that needs
 * privileges. NULL with *err. Blocks the signals that the run waits for, in this thread and those
 * it starts. */
struct live_run *live_run_open(
	const struct live_run_config *cfg, const char *control_path, struct error *err);

/* What the sensor knows is kept in the state database at PATH from now on, and it goes on from what
 * is there. What cannot be used is moved aside, and told; nothing is kept then if no other file can
 * be opened. FRESH: all that is there is forgotten, nothing is kept, and the run ends with the last
 * word on everything. Once, as who runs later, before live_run; without it as with FRESH. 0, or
 * ERR_SYSTEM without memory. */
int live_run_keep(struct live_run *l, const char *path, bool fresh, struct error *err);

/* Runs until it is told to end. DELIVERY is borrowed and started here; NULL: alerts go nowhere but
 * to standard output. 0, or a negative code with *err. */
int live_run(struct live_run *l, struct delivery *delivery, struct error *err);

/* The callbacks for delivery_config, with the run as their user. */
void live_run_notice(void *user, enum delivery_notice what, const char *text);
void live_run_delivered(void *user, const struct alert *a);

void live_run_close(struct live_run *l); /* NULL allowed */
