/* What the parts of the analyst stage share: for analyst*.c alone. */
#pragma once

#include "analysis/behaviour/behaviours.h"
#include "analysis/facts.h"
#include "analysis/signalling/associations.h"
#include "rules/analyst.h"
#include "rules/perspective.h"
#include "rules/visibility.h"

struct analyst {
	uint64_t hash_key;
	struct perspective view;
	const struct sigma *sigma;
	struct sigma_scratch *scratch;
	struct findings *findings;
	struct correlator *correlator;
	struct noise *noise;
	struct arena *arena; /* of the event at hand */
	struct facts facts;
	struct analyst_stats stats;
	struct visibility *visibility;
	struct baseline *baseline;
	struct behaviours *behaviours;
	struct associations *associations;
	struct association *association; /* that the event at hand belongs to; NULL: none */
	int association_end;             /* which of its ends the event's first one is */
	struct event linked;             /* the event at hand with what its association knows */
	uint64_t learn_ns;
	struct visibility_counts site; /* in this period, each conversation once */
	struct sensor_counts day;      /* as they were when the period began */
	uint64_t day_ns;               /* when it began; 0: before the first event or tick */
	uint64_t ts_ns;                /* of the event at hand */
	bool ended;
	bool lists_are_new; /* nobody has looked yet how old they are */
	int rc;
	analyst_watch_fn *watch;
	void *watch_user;
};

/* Begins with empty facts as of TS_NS. */
void analyst_begin(struct analyst *a, uint64_t ts_ns, bool ended);

/* Tells of each list that is stale at TS_NS. */
int analyst_tell_stale_lists(struct analyst *a, uint64_t ts_ns);

/* Has the facts at hand judged by the rules of CATEGORY. */
void analyst_evaluate(struct analyst *a, enum rule_category category);

/* The end of an event: what is new of suppressions is judged, too. A->rc. */
int analyst_end(struct analyst *a);

/* What each suppression hid in the period that P ends. */
void analyst_tell_noise(struct analyst *a, const struct sensor_period *p);

/* The facts at hand are an event of the sensor. */
void analyst_judge_sensor(struct analyst *a);

/* The label as a contract names it: the application, else the protocol, when it is certain; else
 * empty. That of SCTP says nothing. */
struct str analyst_label(const struct flow_label *l);

/* NULL without memory. */
struct behaviours *analyst_new_behaviours(struct analyst *a);

/* Behaviours see what EV says as end SIDE sees it, whose facts are at hand or owed; what they find
 * is judged. */
void analyst_observe(struct analyst *a, enum sight_kind kind, const struct event *ev, int side);

/* The same for an answer of DNS. */
void analyst_observe_dns(struct analyst *a, const struct event *ev);

/* The packet clock reached TS_NS. Clears the facts at hand when behaviours look at
 * equipment. */
void analyst_tick_behaviours(struct analyst *a, uint64_t ts_ns);

/* Finds the association of SCTP that EV belongs to, and learns what EV says of it. EV, or the same
 * with the label of another path of that association: valid until the next call. */
const struct event *analyst_associate(struct analyst *a, const struct event *ev);

/* Adds what is known of that association to the facts at hand, as end SIDE of the event sees it. */
void analyst_set_association(struct analyst *a, int side);

/* Has each address judged, once, that an end of that association names beside the one that EV,
 * which belongs to it, goes to. The facts at hand are others afterwards. */
void analyst_judge_addresses(struct analyst *a, const struct event *ev);

/* What happens at TS_NS is the first that could be learned, unless something was before; FIRST_NS:
 * of the conversation that it is about, or 0. */
void analyst_begin_learning(struct analyst *a, uint64_t first_ns, uint64_t ts_ns);

/* Learns what EV, which is about the event's flow, says as end SIDE sees it, whose facts are owed.
 * False without memory. */
bool analyst_learn(struct analyst *a, const struct event *ev, int side);
