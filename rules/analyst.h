/* The analyst stage: takes events in their order, adds what policy and lists say, runs the rules,
 * folds what matched into findings. It owns everything that spans flows. One thread; packet time
 * only. */
#pragma once

#include <stdint.h>

#include "analysis/behaviour/behaviours.h"
#include "analysis/enrich/geo.h"
#include "analysis/event.h"
#include "common/blob.h"
#include "common/error.h"
#include "rules/baseline/baseline.h"
#include "rules/findings.h"
#include "rules/lists/lists.h"
#include "rules/policy/learned.h"
#include "rules/policy/site.h"
#include "rules/sensor_event.h"
#include "rules/sigma/correlator.h"
#include "rules/sigma/sigma.h"
#include "rules/tuning/noise.h"
#include "rules/visibility.h"

struct analyst_config {
	const struct site *site;
	const struct lists *lists;
	const struct sigma *sigma;
	const struct geo *geo;
	const struct tuning *tuning;         /* NULL: every match is told */
	const struct techniques *techniques; /* NULL: tags stay as they are */
	const struct learned *learned;       /* edges that were approved for SITE; NULL: none */
	uint64_t learn_ns; /* how long edges are learned, from the first conversation on; 0: not */
	uint64_t hash_key;
	uint32_t max_findings;
	uint64_t window_ns, repeat_ns; /* of findings */
};

/* Counted since the start of the run. */
struct sensor_counts {
	uint64_t packets;
	uint64_t reasons[REASON_COUNT];
	uint64_t duplicates, subscribers, late;
};

/* A period of the sensor's life that ended; strings are borrowed during the call. */
struct sensor_period {
	struct str name; /* "day" (UTC) or "end": of the input */
	uint64_t until_ns;
	struct sensor_counts counts;
	const struct str *blind; /* "eth0 kernel-drop 2026-...Z to 2026-...Z, 12 lost" */
	uint32_t n_blind;
	uint64_t blind_lost; /* packets known to be lost in this period */
};

struct analyst_stats {
	uint64_t events;
	uint64_t judged; /* conversations seen from one piece of equipment, at one event */
	uint64_t names_evicted, entities_evicted, visibility_evicted;
	uint64_t regex_limit_hits;
	struct findings_stats findings;
	struct correlator_stats correlations;
	struct noise_stats noise;
	uint64_t associations_evicted, associations_evicted_established, association_ways_forgotten;
	struct behaviours_stats behaviours;
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

/* FN is told of everything that the rules are given from now on, before they judge it: the facts
 * and the category of rules that judge them. It may work out facts and changes nothing. NULL:
 * nobody is told. */
typedef void analyst_watch_fn(
	void *user, enum rule_category category, const struct facts *f, uint64_t ts_ns);
void analyst_watch(struct analyst *a, analyst_watch_fn *fn, void *user);

/* No later event is earlier than TS_NS: alerts that were held back for their order leave. */
int analyst_settle(struct analyst *a, uint64_t ts_ns);

/* The sensor reports of itself, as of TS_NS. */
int analyst_sensor(struct analyst *a, const struct sensor_event *ev, uint64_t ts_ns);

/* A period ended: tells what was seen of each piece of equipment, and of the site. */
int analyst_period(struct analyst *a, const struct sensor_period *p);

/* From the next event on everything is judged by what CFG names (site, lists, sigma, geo, tuning,
 * learned); open findings and what was learned stay. Borrowed like that of analyst_new. On failure
 * a negative code with *err, and nothing has changed. */
int analyst_reload(struct analyst *a, const struct analyst_config *cfg, struct error *err);

/* What was learned and found, in parts that each say on their own what they are. Names and
 * visibility of equipment, and peers, which hold for the same hash key alone. */
struct analyst_parts {
	struct blob_writer *period, *names, *entities, *visibility, *findings, *correlations,
		*noise;
	struct blob_writer *baseline; /* what was learned, and of conversations if HELD */
	struct blob_writer *associations;
	struct blob_writer *behaviours; /* when not HELD, of the pairs those that are missed most */
};

/* COUNTED: what a period that ended now would be told. HELD: with the alerts that are held back to
 * be put in order; false while these go their way. */
void analyst_save(const struct analyst *a, const struct sensor_counts *counted, bool held,
	const struct analyst_parts *parts);

struct analyst_parts_read {
	struct blob_reader period, names, entities, visibility, findings, correlations;
	struct blob_reader noise;        /* empty: nothing was counted */
	struct blob_reader baseline;     /* empty: nothing was learned */
	struct blob_reader associations; /* empty: none was seen */
	struct blob_reader behaviours;   /* empty: nothing was remembered */
};

/* Into A, which is new. Counting begins at 0 again. 0, or ERR_INPUT with *err that names the part
 * that makes no sense; A then is good for analyst_free alone. */
int analyst_load(struct analyst *a, struct analyst_parts_read *parts, struct error *err);

/* As findings_go_on_behind. */
void analyst_go_on_behind(struct analyst *a, findings_last_fn *last, void *user);

/* Borrowed; changes with each event. */
const struct visibility *analyst_visibility(const struct analyst *a);
const struct noise *analyst_noise(const struct analyst *a);

/* Edges that were learned, in this run or before. Borrowed; changes with each event. */
const struct baseline *analyst_baseline(const struct analyst *a);

void analyst_stats(const struct analyst *a, struct analyst_stats *ret);

/* For `vedette flows`: the facts of EV as the equipment among its ends sees them (the initiator,
 * when both are), or as nobody in particular does. The facts are valid until the next call on A. */
const struct facts *analyst_view(struct analyst *a, const struct event *ev);
