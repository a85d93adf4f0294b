/* The analyst stage: takes events in their order, adds what policy and lists say, runs the rules,
 * folds what matched into findings. It owns everything that spans flows. One thread; packet time
 * only. */
#pragma once

#include <stdint.h>

#include "analysis/enrich/geo.h"
#include "analysis/event.h"
#include "common/error.h"
#include "rules/findings.h"
#include "rules/lists/lists.h"
#include "rules/policy/site.h"
#include "rules/sigma/sigma.h"

struct analyst_config {
	const struct site *site;
	const struct lists *lists;
	const struct sigma *sigma;
	const struct geo *geo;
	uint64_t hash_key;
	uint32_t max_findings;
	uint64_t window_ns, repeat_ns; /* of findings */
};

struct analyst_stats {
	uint64_t events;
	uint64_t judged; /* conversations seen from one piece of equipment, at one event */
	uint64_t names_evicted, entities_evicted;
	uint64_t regex_limit_hits;
	struct findings_stats findings;
};

struct analyst;

/* Borrows everything in CFG, which must outlive the analyst. NULL with *err. */
struct analyst *analyst_new(
	const struct analyst_config *cfg, alert_sink_fn *sink, void *user, struct error *err);
void analyst_free(struct analyst *a); /* NULL allowed */

/* Each returns 0 or a negative code, from the sink or for want of memory. */
int analyst_event(struct analyst *a, const struct event *ev);
int analyst_tick(struct analyst *a, uint64_t ts_ns);
int analyst_finish(struct analyst *a, uint64_t ts_ns);

void analyst_stats(const struct analyst *a, struct analyst_stats *ret);

/* For `vedette flows`: the facts of EV as the equipment among its ends sees them (the initiator,
 * when both are), or as nobody in particular does. The facts are valid until the next call on A. */
const struct facts *analyst_view(struct analyst *a, const struct event *ev);
